# SPDX-License-Identifier: BSL-1.0
"""CPython's own test._test_multiprocessing, as both programs here run it."""

import sys


def install(module, start_method):
    """Defines the test classes in `module`, where a spawned child finds them again."""
    from test import _test_multiprocessing
    _test_multiprocessing.install_tests_in_module_dict(module, start_method)


def install_or_exit(module, start_method):
    try:
        install(module, start_method)
    except ImportError:
        sys.exit("this interpreter came without its own tests: "
                 "apt-get install libpython3.11-testsuite")


def exit_status(result, left_out):
    """Says what came of the run."""
    print("%d run, %d failed, %d left out" % (
        result.testsRun, len(result.failures) + len(result.errors), len(left_out)))
    return 0 if result.wasSuccessful() and result.testsRun else 1
