# SPDX-License-Identifier: BSL-1.0
"""C++ workers of stock pools and executors that are killed at any moment.

Each test goes on for as many seconds as $PICKLED_KILL_SECONDS says, or for two.
"""

import unittest

from interop.workers.running import Program

RANDOM_KILLS = """
import faulthandler, random

SECONDS = float(os.environ.get('PICKLED_KILL_SECONDS', '2'))
faulthandler.dump_traceback_later(SECONDS + 120, exit=True)

def kill(pids, times, longest_pause):
    killed = 0
    for _ in range(times):
        time.sleep(random.uniform(0, longest_pause))
        living = pids()
        if living:
            try:
                os.kill(random.choice(living), signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
    return killed
"""


class Kills(Program):
    def test_pool(self):
        # As in every stock pool the task of a worker that is killed has no end. All others have.
        run = self.run_program(RANDOM_KILLS + """
if __name__ == '__main__':
    end = time.monotonic() + SECONDS
    killed = done = lost = 0
    with context.Pool(3) as pool:
        pids = lambda: [w.pid for w in list(pool._pool) if w.exitcode is None]
        await_true(lambda: all(native(pid) for pid in pids()))
        while time.monotonic() < end:
            tasks = [(n, pool.apply_async(jobs.square, (n,))) for n in range(300)]
            times = kill(pids, 3, 0.02)
            killed += times
            pending = dict(tasks)
            patience = time.monotonic() + 60
            while len(pending) > times:
                time.sleep(0.01)
                for n, task in list(pending.items()):
                    if task.ready():
                        assert task.get() == n * n
                        del pending[n]
                        done += 1
                if time.monotonic() > patience:
                    # One died amid a message: the pool cannot even be ended.
                    print('dead', flush=True)
                    os._exit(0)
            lost += len(pending)
    print(killed, 'killed,', done, 'done,', lost, 'lost')
    assert killed and done
""")
        self.assertEqual((run.code, run.left), (0, []), run.err)
        # A stock pool that is dead has its workers say so, if any had to read from it still.
        if run.out != "dead\n":
            self.assertEqual(run.err, "")

    def test_executor(self):
        run = self.run_program(RANDOM_KILLS + """
if __name__ == '__main__':
    end = time.monotonic() + SECONDS
    killed = done = broken = 0
    while time.monotonic() < end:
        with ProcessPoolExecutor(3, mp_context=context) as executor:
            tasks = [executor.submit(jobs.square, n) for n in range(300)]
            killed += kill(lambda: list(executor._processes or ()), 1, 0.05)
            for n, task in enumerate(tasks):
                try:
                    assert task.result(timeout=60) == n * n
                    done += 1
                except BrokenProcessPool:
                    broken += 1
    print(killed, 'killed,', done, 'done,', broken, 'broken')
    assert killed and done
""")
        self.assertEqual((run.code, run.left), (0, []), run.err)
        self.assertIn("killed", run.out)
        # A worker may die amid a message, which the others tell before they end.
        for line in run.err.splitlines():
            self.assertIn("died amid a message of this queue", line)


if __name__ == "__main__":
    unittest.main()
