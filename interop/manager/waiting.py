# SPDX-License-Identifier: BSL-1.0
"""Waits for what another process is about to do."""

import time


def wait_for(condition, seconds=60):
    """The first true value of `condition()`."""
    limit = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > limit:
            raise AssertionError("it did not happen within %s s" % seconds)
        time.sleep(0.02)
