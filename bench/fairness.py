#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""While one client calls each method of each container on a million items, how long does another
client's round trip take at worst?

    bench/fairness.py [--items N] [--threads N] [PATH_OF_PICKLED]

Prints a table: the call's time, and the other client's longest round trip, in milliseconds.
"""

import argparse
import os
import sys
import time
from multiprocessing.managers import BaseManager

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=1000000)
    parser.add_argument("--threads", default="1")
    parser.add_argument("program", nargs="?", default=os.path.join("build", "release", "bin", "pickled"))
    options = parser.parse_args()
    os.environ["PICKLED_BIN"] = os.path.dirname(options.program)

    from interop.manager.costs import calls, contents, registered
    from interop.serving import Server

    class Manager(BaseManager):
        pass
    registered(Manager)
    Manager.register("Value")

    with Server("--threads", options.threads, "--grace", "0") as server:
        other = os.fork()
        if other == 0:
            ping(server, Manager)
        # The other client is a process, so that this one's work does not hold it up.
        manager = server.manager(Manager)
        print("%-12s %-28s %10s %10s" % ("type", "method", "ms", "other ms"))
        worst_of_all = 0
        for typeid, method, arguments in calls():
            given = contents(typeid, options.items)
            proxy = None if method == "create" else getattr(manager, typeid)(*given)
            args = arguments(options.items) if arguments else ()
            time.sleep(.05)
            reset(server)
            begin = time.perf_counter()
            if method == "create":
                proxy = getattr(manager, typeid)(*given)
            elif method == "drop":
                del proxy
            else:
                proxy._callmethod(method, args)
            took = time.perf_counter() - begin
            time.sleep(.05)
            worst = read(server)
            worst_of_all = max(worst_of_all, worst)
            print("%-12s %-28s %10.1f %10.1f" % (typeid, method, took * 1e3, worst), flush=True)
            proxy = None
        os.kill(other, 9)
        os.waitpid(other, 0)
        print("worst: %.1f ms" % worst_of_all)


def ping(server, manager_class):
    """Calls all the time; tells its longest round trip since it was last asked, by files."""
    value = server.manager(manager_class).Value("i", 0)
    longest = 0
    while True:
        begin = time.perf_counter()
        value._callmethod("get")
        longest = max(longest, time.perf_counter() - begin)
        if os.path.exists(server.log + ".reset"):
            os.unlink(server.log + ".reset")
            longest = 0
        if os.path.exists(server.log + ".ask"):
            with open(server.log + ".answer~", "w") as file:
                file.write(str(longest * 1e3))
            os.rename(server.log + ".answer~", server.log + ".answer")
            os.unlink(server.log + ".ask")
        time.sleep(.001)


def reset(server):
    open(server.log + ".reset", "w").close()
    while os.path.exists(server.log + ".reset"):
        time.sleep(.001)


def read(server):
    open(server.log + ".ask", "w").close()
    while os.path.exists(server.log + ".ask"):
        time.sleep(.001)
    with open(server.log + ".answer") as file:
        return float(file.read())


if __name__ == "__main__":
    main()
