# SPDX-License-Identifier: BSL-1.0
"""The C++ proxies against live servers."""

import os
import subprocess

BIN = os.environ.get("PICKLED_BIN", os.path.join("build", "dev", "bin"))
AUTHKEY = b"interop tests"


def address_text(address):
    """An address of `multiprocessing` as the C++ programs take it."""
    if isinstance(address, tuple):
        return "%s:%d" % address
    if isinstance(address, bytes):
        return "unix:@" + address[1:].decode()
    return "unix:" + address


def run(program, *arguments, address, timeout=300, **variables):
    """Runs a C++ program against a server; its output is that of the test that fails."""
    environment = dict(
        os.environ, PICKLED_SERVER=address_text(address), PICKLED_AUTHKEY=AUTHKEY.decode(),
        PICKLED_PROGRAM=os.path.join(BIN, "pickled"), **variables)
    ran = subprocess.run([os.path.join(BIN, program), *arguments], env=environment,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    output = ran.stdout.decode(errors="replace")
    if ran.returncode != 0:
        raise AssertionError("%s ended with %d:\n%s" % (program, ran.returncode, output))
    return output
