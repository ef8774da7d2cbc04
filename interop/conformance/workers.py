# SPDX-License-Identifier: BSL-1.0
"""Runs CPython's own tests of pools, queues, locks, memory and connections with C++ processes.

A test of test._test_multiprocessing that starts another process says what runs there by the name of
a function. The worker in C++ (tests/integration/stock_tests_worker.cpp) has functions of these
names, and `set_executable` is all that it takes; the tests are the interpreter's, unchanged. A test
counts only if the worker was called.

    python3 interop/conformance/workers.py --program build/dev/bin/stock_tests_worker [NAME…]

NAME narrows the run to tests whose name contains it. `--list` prints what is left out, and why.
Every test of these classes is run or listed, in every version: one that is neither is an error.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import unittest

import stock_tests

# The other process runs these in C++.
RUN = {
    "WithProcessesTestProcess": [
        "test_active_children", "test_args_argument", "test_child_fd_inflation", "test_close",
        "test_error_on_stdio_flush_1", "test_kill", "test_many_processes",
        "test_parent_process", "test_parent_process_attributes", "test_process",
        "test_process_mainthread_native_id",
        "test_recursion", "test_sentinel", "test_terminate"],
    "WithProcessesTestSubclassingProcess": ["test_sys_exit"],
    "WithProcessesTestQueue": ["test_fork", "test_get", "test_put", "test_task_done"],
    "WithProcessesTestCondition": [
        "test_notify", "test_notify_all", "test_notify_n", "test_wait_result", "test_waitfor",
        "test_waitfor_timeout"],
    "WithProcessesTestEvent": ["test_event"],
    "WithProcessesTestBarrier": ["test_thousand"],
    "WithProcessesTestValue": ["test_rawvalue", "test_value"],
    "WithProcessesTestArray": ["test_array", "test_rawarray"],
    "WithProcessesTestSharedCTypes": ["test_sharedctypes", "test_synchronize"],
    "WithProcessesTestPool": [
        "test_apply", "test_async", "test_async_timeout", "test_context", "test_imap",
        "test_imap_handle_iterable_exception", "test_imap_unordered",
        "test_imap_unordered_handle_iterable_exception", "test_map", "test_map_async",
        "test_map_async_callbacks", "test_map_no_failfast", "test_release_task_refs",
        "test_starmap", "test_starmap_async", "test_terminate", "test_wrapped_exception"],
    "WithProcessesTestPoolWorkerErrors": ["test_async_error_callback", "test_unpickleable_result"],
    "WithProcessesTestPoolWorkerLifetime": [
        "test_pool_worker_lifetime", "test_pool_worker_lifetime_early_close"],
    "WithProcessesTestConnection": [
        "test_connection", "test_fd_transfer", "test_large_fd_transfer",
        "test_missing_fd_transfer", "test_spawn_close"],
    "WithProcessesTestListenerClient": ["test_issue14725", "test_listener_client"],
    "WithProcessesTestPoll": ["test_boundaries", "test_dont_merge", "test_strings"],
    "WithProcessesTestPicklingConnections": ["test_access", "test_pickling"],
    "WithProcessesTestPollEintr": ["test_poll_eintr"],
    "TestInitializers": ["test_pool_initializer"],
    "TestWait": ["test_wait", "test_wait_integer", "test_wait_slow", "test_wait_socket",
                 "test_wait_socket_slow"],
    "TestTimeouts": ["test_timeout"],
    "TestIgnoreEINTR": ["test_ignore", "test_ignore_listener"],
    "TestSimpleQueue": ["test_empty"],
}

# Workers may be ended before the first call.
NEED_NO_CALL = ["WithProcessesTestPool.test_terminate"]

ALONE = "no function runs in another process"
UNSENT = "fails before anything is sent to another process"
OBJECT = "the other process runs a method of an object that the test pickles"
SUBCLASS = "the other process is a class of the test's, with a run() in Python"
PYTHON_STATE = "the other process changes and shows what only a Python interpreter has"
TRACEBACK = "the text of the Python source is expected in the traceback"
OWN_PROGRAM = "starts programs of its own with the interpreter"
FORKSERVER = "of the fork server's children, which are CPython's"

LEFT_OUT = {
    "WithProcessesTestProcess": {
        "test_cpu_count": ALONE, "test_current": ALONE, "test_daemon_argument": ALONE,
        "test_set_executable": "sets the executable itself",
        "test_error_on_stdio_flush_2": PYTHON_STATE,
        "test_forkserver_sigint": FORKSERVER, "test_forkserver_sigkill": FORKSERVER,
        "test_lose_target_ref": OBJECT,
        "test_wait_for_threads": PYTHON_STATE},
    "WithProcessesTestSubclassingProcess": {
        "test_stderr_flush": TRACEBACK, "test_subclassing": SUBCLASS},
    "WithProcessesTestQueue": {name: ALONE for name in (
        "test_closed_queue_empty_exceptions", "test_closed_queue_put_get_exceptions",
        "test_no_import_lock_contention", "test_qsize", "test_queue_feeder_donot_stop_onexc",
        "test_queue_feeder_on_queue_feeder_error", "test_timeout")},
    "WithProcessesTestLock": {name: ALONE for name in (
        "test_lock", "test_lock_context", "test_rlock")},
    "WithProcessesTestSemaphore": {name: ALONE for name in (
        "test_bounded_semaphore", "test_semaphore", "test_timeout")},
    "WithProcessesTestCondition": {"test_timeout": ALONE},
    "WithProcessesTestEvent": {"test_repr": ALONE},
    "WithProcessesTestBarrier": {
        **{name: OBJECT for name in (
            "test_abort", "test_abort_and_reset", "test_action", "test_barrier", "test_barrier_10",
            "test_default_timeout", "test_reset", "test_timeout", "test_wait_return")},
        "test_single_thread": ALONE},
    "WithProcessesTestValue": {"test_getobj_getlock": ALONE},
    "WithProcessesTestArray": {
        "test_array_from_size": ALONE, "test_getobj_getlock_obj": ALONE,
        "test_accepts_long": ALONE},
    "WithProcessesTestPool": {
        **{name: ALONE for name in (
            "test_empty_iterable", "test_enter", "test_make_pool", "test_map_chunksize",
            "test_resource_warning")},
        "test_map_handle_iterable_exception": UNSENT, "test_map_unplicklable": UNSENT,
        "test_traceback": TRACEBACK},
    "WithProcessesTestPoolWorkerLifetime": {
        "test_pool_maxtasksperchild_invalid": ALONE,
        "test_worker_finalization_via_atexit_handler_of_multiprocessing": OWN_PROGRAM},
    "WithProcessesTestConnection": {name: ALONE for name in (
        "test_context", "test_duplex_false", "test_sendbytes")},
    "WithProcessesTestListener": {name: ALONE for name in (
        "test_abstract_socket", "test_context", "test_empty_authkey", "test_multiple_bind")},
    "WithProcessesTestListenerClient": {"test_issue16955": ALONE},
    "WithProcessesTestPoll": {"test_empty_string": ALONE},
    "WithProcessesTestHeap": {"test_free_from_gc": ALONE, "test_heap": ALONE},
    "WithProcessesTestSharedCTypes": {
        "test_copy": ALONE},
    "WithProcessesTestSharedMemory": {
        **{name: ALONE for name in (
            "test_invalid_shared_memory_cration", "test_invalid_shared_memory_creation",
            "test_shared_memory_ShareableList_basics", "test_shared_memory_ShareableList_pickling",
            "test_shared_memory_ShareableList_pickling_dead_object",
            "test_shared_memory_SharedMemoryManager_basics",
            "test_shared_memory_SharedMemoryServer_ignores_sigint", "test_shared_memory_basics",
            "test_shared_memory_name_with_embedded_null",
            "test_shared_memory_pickle_unpickle",
            "test_shared_memory_pickle_unpickle_dead_object", "test_shared_memory_recreate")},
        **{name: OWN_PROGRAM for name in (
            "test_shared_memory_SharedMemoryManager_reuses_resource_tracker",
            "test_shared_memory_cleaned_after_process_termination",
            "test_shared_memory_tracking", "test_shared_memory_untracking")},
        "test_shared_memory_across_processes": OBJECT},
    "WithProcessesTestLogging": {
        "test_enable_logging": ALONE, "test_filename": ALONE, "test_level": PYTHON_STATE},
    "TestInitializers": {"test_manager_initializer": "interop/conformance/run.py has it"},
    "TestWait": {"test_neg_timeout": ALONE, "test_wait_timeout": ALONE},
    "TestSimpleQueue": {name: ALONE for name in (
        "test_close", "test_closed", "test_empty_exceptions")},
    "TestStdinBadfiledescriptor": {name: PYTHON_STATE for name in (
        "test_flushing", "test_pool_in_process", "test_queue_in_process")},
    "TestCloseFds": {"test_closefd": "the answer is an exception of Python's socket module"},
    "TestPoolNotLeakOnFailure": {"test_release_unused_processes": "its processes are a mock"},
}


def cases():
    """(class, test) of every test in question."""
    for name in sorted(set(RUN) | set(LEFT_OUT)):
        cls = globals().get(name)
        if cls is not None:
            for case in unittest.defaultTestLoader.loadTestsFromTestCase(cls):
                yield name, case


class Result(unittest.TextTestResult):
    """Fails a test that no C++ process took part in."""

    served = None

    def startTest(self, test):
        open(self.served, "w").close()
        super().startTest(test)

    def addSuccess(self, test):
        name = type(test).__name__ + "." + test._testMethodName
        # A call is written down before it is answered.
        if os.path.getsize(self.served) or name in NEED_NO_CALL:
            super().addSuccess(test)
        else:
            self.addFailure(test, (AssertionError,
                                   AssertionError("no function of the C++ worker was called"),
                                   None))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--list", action="store_true", help="print what is left out, and stop")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    stock_tests.install_or_exit(globals(), "spawn")

    suite, left_out, unknown = unittest.TestSuite(), [], []
    for name, case in cases():
        test = case._testMethodName
        full_name = name + "." + test
        if test in RUN.get(name, ()):
            if not options.names or any(part in full_name for part in options.names):
                suite.addTest(case)
        elif test in LEFT_OUT.get(name, {}):
            left_out.append("left out: %s: %s" % (full_name, LEFT_OUT[name][test]))
        else:
            unknown.append(full_name)
    print("\n".join(left_out))
    if unknown:
        sys.exit("neither run nor listed: " + ", ".join(unknown))
    if options.list:
        return 0

    multiprocessing.set_executable(os.path.abspath(options.program))
    # They leave files where they run.
    with tempfile.TemporaryDirectory(prefix="pickled-") as directory:
        here = os.getcwd()
        os.chdir(directory)
        Result.served = os.environ["PICKLED_SERVED"] = os.path.join(directory, "served")
        result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
        os.chdir(here)
    return stock_tests.exit_status(result, left_out)


if __name__ == "__main__":
    sys.exit(main())
else:  # a spawned child, which needs the classes of the tests
    stock_tests.install(globals(), "spawn")
