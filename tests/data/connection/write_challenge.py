# SPDX-License-Identifier: BSL-1.0
"""Writes challenge.json: what CPythons answer to challenges, and how they challenge.

    python3 write_challenge.py PYTHON... > challenge.json

With --one it does so for the interpreter that runs it.
"""

import json
import os
import subprocess
import sys
from multiprocessing import connection

KEYS = [b"k", b"", bytes(range(256)) * 2]
NONCE = bytes((7 * i + 3) % 256 for i in range(40))
DIGESTS = ["md5", "sha256", "sha384", "sha3_256", "sha3_384"]


class Peer:
    """A connection whose other end says what is in `script`."""

    def __init__(self, *script):
        self.script = list(script)
        self.sent = []

    def recv_bytes(self, maxlength):
        return self.script.pop(0)

    def send_bytes(self, message):
        self.sent.append(message)


def answers():
    challenges = [NONCE[:20]]
    challenges += [b"{%s}" % name.encode() + NONCE for name in DIGESTS]
    for key in KEYS:
        for challenge in challenges:
            peer = Peer(b"#CHALLENGE#" + challenge, b"#WELCOME#")
            connection.answer_challenge(peer, key)
            yield {"key": key.hex(), "challenge": challenge.hex(), "response": peer.sent[0].hex()}


def challenge():
    os.urandom = lambda size: NONCE[:size]
    peer = Peer(b"{md5}never right")
    try:
        connection.deliver_challenge(peer, b"k")
    except connection.AuthenticationError:
        pass
    return [message.hex() for message in peer.sent]


def main():
    if sys.argv[1] == "--one":
        version = list(sys.version_info[:2])
        json.dump({"version": version, "sent": challenge(), "answers": list(answers())}, sys.stdout)
        return
    runs = [subprocess.check_output([python, __file__, "--one"]) for python in sys.argv[1:]]
    json.dump([json.loads(run) for run in runs], sys.stdout, indent=1)
    print()


main()
