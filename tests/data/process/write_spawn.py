# SPDX-License-Identifier: BSL-1.0
"""Writes spawn.json: how CPythons start processes by the executable that set_executable named.

    python3 write_spawn.py PYTHON... > spawn.json

For each interpreter and each process: the command line, and the two pickles in its pipe. With --one
it does so for the interpreter that runs it; with --record it is that executable.
"""

import json
import os
import pickletools
import queue
import re
import subprocess
import sys
import tempfile


def read_pickle(pipe):
    """One pickle as bytes, which is not executed."""
    taken = []

    class Recorder:
        def read(self, size):
            taken.append(pipe.read(size))
            return taken[-1]

        def readline(self):
            taken.append(pipe.readline())
            return taken[-1]

    for _ in pickletools.genops(Recorder()):
        pass
    return b"".join(taken).hex()


def record(where, arguments):
    kind = re.search(r"from multiprocessing\.(\w+) import", " ".join(arguments)).group(1)
    seen = {"arguments": arguments}
    if kind == "spawn":
        handle = int(re.search(r"pipe_handle=(\d+)", " ".join(arguments)).group(1))
        with open(handle, "rb", buffering=0) as pipe:
            seen["preparation"] = read_pickle(pipe)
            seen["process"] = read_pickle(pipe)
    # Which descriptors were free is another matter each time.
    for what, fd in (r"tracker_fd=", 5), (r"pipe_handle=", 8), (r"main\(", 5):
        seen["arguments"] = [re.sub("(%s)\\d+" % what, r"\g<1>%d" % fd, argument)
                             for argument in seen["arguments"]]
    with open(os.path.join(where, kind), "w") as file:
        json.dump(seen, file)
    sys.exit(1)


def setting_up():
    pass


class Counter:
    pass


def managers():
    from multiprocessing.managers import BaseManager, SharedMemoryManager, SyncManager

    class Named(BaseManager):
        pass

    class Own(SyncManager):
        pass

    for manager in Named, Own:
        manager.__module__ = "app"
        manager.__qualname__ = manager.__name__
        setattr(sys.modules["app"], manager.__name__, manager)
    Named.register("get_tasks", queue.Queue)
    Own.register("Counter", Counter, exposed=("next",), method_to_typeid={"next": "Counter"})
    key = dict(authkey=b"key of its own")
    yield "sync", SyncManager, {}, ()
    yield "shared_memory", SharedMemoryManager, {}, ()
    yield "own", Own, {}, ()
    yield "tcp", Named, dict(address=("127.0.0.1", 0), **key), ()
    yield "path", Named, dict(address="/run/app/manager", **key), ()
    yield "abstract", Named, dict(address=b"\0app", **key), ()
    yield "xmlrpclib", Named, dict(serializer="xmlrpclib"), ()
    yield "initializer", Named, {}, (setting_up, (1,))


def record_one():
    from multiprocessing import (context, popen_spawn_posix, process, resource_tracker,
                                 spawn as spawning, util)
    import types

    # The same on every machine.
    app = sys.modules["app"] = types.ModuleType("app")
    app.setting_up, app.Counter = setting_up, Counter
    setting_up.__module__ = Counter.__module__ = "app"
    prepared = spawning.get_preparation_data
    spawning.get_preparation_data = lambda name: dict(prepared(name), sys_path=["/srv/app"])
    sys.argv[:] = ["main.py"]
    sys.modules["__main__"].__file__ = "/srv/app/main.py"
    process.current_process().authkey = b"key of the process"
    process.ORIGINAL_DIR = os.getcwd()
    process.BaseProcess.__getstate__ = lambda self: dict(self.__dict__, _parent_pid=1000)
    # The pickle names a descriptor that the child inherits, which nobody uses here.
    popen_spawn_posix.Popen.duplicate_for_child = lambda self, fd: self._fds.append(fd) or 7

    spawn = context._default_context.get_context("spawn")
    runs = {"version": list(sys.version_info[:2])}
    with tempfile.TemporaryDirectory() as where:
        executable = os.path.join(where, "executable")
        with open(executable, "w") as script:
            script.write("#!/bin/sh\nexec '%s' -S '%s' --record '%s' \"$@\"\n"
                         % (sys.executable, SCRIPT, where))
        os.chmod(executable, 0o700)
        spawn.set_executable(executable)
        util._args_from_interpreter_flags = lambda: ["-B", "-X", "dev", "-Wignore"]

        def recorded(kind):
            with open(os.path.join(where, kind)) as file:
                return json.load(file)

        for name, manager, options, starting in managers():
            try:
                manager(ctx=spawn, **options).start(*starting)
            except EOFError:
                runs[name] = recorded("spawn")
        ordinary = spawn.Process(target=print, args=("hello",), kwargs={"end": "!"})
        ordinary.start()
        ordinary.join()
        runs["ordinary"] = recorded("spawn")
        resource_tracker._resource_tracker.ensure_running()
        tracker = resource_tracker._resource_tracker._pid
        os.waitpid(tracker, 0)
        runs["resource_tracker"] = recorded("resource_tracker")
    json.dump(runs, sys.stdout)
    sys.stdout.flush()
    # The tracker is gone, and it is no use to tell it what is left.
    os._exit(0)


SCRIPT = os.path.abspath(__file__)


def main():
    if sys.argv[1] == "--record":
        record(sys.argv[2], sys.argv[3:])
    if sys.argv[1] == "--one":
        record_one()
    runs = [subprocess.check_output([python, SCRIPT, "--one"], cwd="/",
                                    stderr=subprocess.DEVNULL) for python in sys.argv[1:]]
    json.dump([json.loads(run) for run in runs], sys.stdout, indent=1)
    print()


main()
