# SPDX-License-Identifier: BSL-1.0
"""Writes messages.json: pickles of tokens, proxies, exceptions and replies by CPythons.

    python3 write_messages.py PYTHON... > messages.json

With --one it does so for the interpreter that runs it.
"""

import json
import subprocess
import sys
from multiprocessing import context, managers, pool, process
from multiprocessing.reduction import ForkingPickler

TCP = managers.Token("dict", ("127.0.0.1", 5000), "7fa35711b640")
UNIX = managers.Token("Queue", "/run/p/mgr.sock", "7fa357124640")
ABSTRACT = managers.Token("list", b"\0name", "1000")


def proxy(kind, token, **attributes):
    """A proxy as it is pickled, of an object that nobody hosts."""
    made = kind.__new__(kind)
    made._token = token
    made._serializer = "pickle"
    made._authkey = process.AuthenticationString(b"key")
    made._decref = made._incref = lambda *args: None
    made.__dict__.update(attributes)
    return made


def raised():
    error = KeyError("zz", 1)
    error.colour = "red"
    return error


def messages():
    yield "token tcp", TCP
    yield "token unix", UNIX
    yield "token abstract", ABSTRACT
    yield "proxy", proxy(managers.DictProxy, TCP)
    yield "auto proxy", proxy(managers.BaseProxy, UNIX, _isauto=True, _exposed_=("get", "put"))
    yield "exception", KeyError("zz")
    yield "exception with state", raised()
    yield "exception without arguments", StopIteration()
    yield "exception with traceback", pool.ExceptionWithTraceback(KeyError("zz"), None)
    yield "return", ("#RETURN", {"a": [1, None]})
    yield "error", ("#ERROR", KeyError("zz"))
    yield "traceback", ("#TRACEBACK", "Traceback\n")
    yield "unserializable", ("#UNSERIALIZABLE", "no\n")
    yield "proxy reply", ("#PROXY", (("__next__", "send"), TCP))


def main():
    if sys.argv[1] != "--one":
        runs = [subprocess.check_output([python, __file__, "--one"]) for python in sys.argv[1:]]
        json.dump([json.loads(run) for run in runs], sys.stdout, indent=1)
        print()
        return
    run = {name: bytes(ForkingPickler.dumps(value)).hex() for name, value in messages()}
    context.set_spawning_popen(object())
    spawned = proxy(managers.DictProxy, TCP)
    run["spawned proxy"] = bytes(ForkingPickler.dumps(spawned)).hex()
    json.dump(run, sys.stdout)


main()
