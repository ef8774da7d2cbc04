# SPDX-License-Identifier: BSL-1.0
"""CPython's own manager in the process itself, for side_by_side.py: cpython_manager.py ADDRESS.

ADDRESS is HOST:PORT or unix:PATH; the one that it listens at is printed.
"""

import os
import sys
from multiprocessing.managers import SyncManager


def main():
    given = sys.argv[1]
    host, _, port = given.rpartition(":")
    where = given[len("unix:"):] if given.startswith("unix:") else (host, int(port))
    server = SyncManager(where, os.environ["PICKLED_AUTHKEY"].encode()).get_server()
    bound = server.address
    print(f"unix:{bound}" if isinstance(bound, str) else f"{bound[0]}:{bound[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
