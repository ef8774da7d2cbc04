# SPDX-License-Identifier: BSL-1.0
"""Configuration files: options, and objects that every client finds by name."""

import gc
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import unittest
from multiprocessing import managers

from interop.serving import AUTHKEY, PROGRAM, Server

DOCUMENT = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "operating.md")


class Manager(managers.BaseManager):
    pass


for name in ("get_tasks", "get_settings", "get_semaphore", "get_log"):
    Manager.register(name)
Manager.register("nothing")


class ManagerWithProxytypes(managers.BaseManager):
    pass


ManagerWithProxytypes.register("get_settings", proxytype=managers.DictProxy)
ManagerWithProxytypes.register("get_log", proxytype=managers.ListProxy)
ManagerWithProxytypes.register("get_semaphore", proxytype=managers.AcquirerProxy)

OBJECTS = {
    "get_tasks": {"type": "Queue", "args": [2]},
    "get_settings": {"type": "dict", "value": {"retries": 3}},
    "get_semaphore": {"type": "Semaphore", "args": [1]},
    "get_log": {"type": "list"},
}


class Files(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="pickled-")
        self.addCleanup(shutil.rmtree, self.directory)

    def write(self, text):
        path = os.path.join(self.directory, "config.json")
        with open(path, "w") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def program(self, *options):
        """Exit code, stdout and stderr of `pickled serve` that is expected to end by itself."""
        environment = dict(os.environ, PICKLED_AUTHKEY_HEX=AUTHKEY.hex())
        done = subprocess.run([PROGRAM, "serve", *options], env=environment, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


class NamedObjects(Files):
    def setUp(self):
        super().setUp()
        self.server = Server("--config", self.write({"objects": OBJECTS}))
        self.addCleanup(self.server.__exit__)

    def test_autoproxy(self):
        manager = self.server.manager(Manager)
        tasks = manager.get_tasks()
        tasks.put("task")
        tasks.put("task")
        self.assertTrue(tasks.full())
        settings = manager.get_settings()
        self.assertEqual(settings.get("retries"), 3)
        settings.update(color="red")
        self.assertEqual(settings.copy(), {"retries": 3, "color": "red"})
        self.assertTrue(manager.get_semaphore().acquire(False))
        self.assertEqual(self.server.manager(Manager).get_tasks().get(), "task")

    def test_proxytypes(self):
        manager = self.server.manager(ManagerWithProxytypes)
        settings = manager.get_settings()
        self.assertIsInstance(settings, managers.DictProxy)
        self.assertEqual(settings["retries"], 3)
        log = manager.get_log()
        log.append("line")
        self.assertEqual(log[:], ["line"])
        semaphore = manager.get_semaphore()
        with semaphore:
            self.assertFalse(manager.get_semaphore().acquire(False))

    def test_everybody_gets_the_same_one_and_it_outlives_them(self):
        first, second = self.server.manager(Manager), self.server.manager(Manager)
        log = first.get_log()
        log.append(1)
        again = second.get_log()
        self.assertEqual(log._token.id, again._token.id)
        self.assertEqual(first._number_of_objects(), 1)
        ident = log._token.id
        del log, again
        self.assertEqual(first._number_of_objects(), 0)
        kept = first.get_log()
        self.assertEqual(kept._token.id, ident)
        self.assertEqual(kept.copy(), [1])

    def test_it_may_be_put_into_another(self):
        manager = self.server.manager(ManagerWithProxytypes)
        manager.get_log().append(manager.get_settings())
        self.assertEqual(manager.get_log()[0]["retries"], 3)

    def test_create_takes_no_arguments(self):
        with self.assertRaisesRegex(managers.RemoteError, "get_tasks.* takes 0 positional"):
            self.server.manager(Manager).get_tasks(5)

    def test_a_name_that_is_not_in_the_file(self):
        with self.assertRaisesRegex(managers.RemoteError, "KeyError: 'nothing'"):
            self.server.manager(Manager).nothing()

    def test_ordinary_types_are_there_too(self):
        self.assertEqual(self.server.manager().list([1])[:], [1])


class OnDemand(Files):
    """Objects whose names a pattern of the file allows."""

    NAMES = "queue_1", "queue_2", "lock_a", "queue_fixed", "other", "queue_last_1"

    class Manager(managers.BaseManager):
        pass

    def setUp(self):
        super().setUp()
        self.server = Server("--config", self.write({
            "objects": {"queue_fixed": {"type": "list", "value": [1]}},
            "create": {"queue_*": {"type": "Queue", "args": [2]}, "lock_?": {"type": "Lock"},
                       "*": {"type": "dict"}, "queue_last_*": {"type": "LifoQueue"}},
        }))
        self.addCleanup(self.server.__exit__)
        for name in self.NAMES:
            self.Manager.register(name)

    def test_a_name_is_the_same_object_for_all(self):
        first, second = (self.server.manager(self.Manager) for _ in range(2))
        first.queue_1().put("one")
        second.queue_2().put("two")
        self.assertEqual((second.queue_1().get(), first.queue_2().get()), ("one", "two"))
        self.assertEqual(first.queue_1()._token.id, second.queue_1()._token.id)
        self.assertTrue(first.lock_a().acquire())
        self.assertFalse(second.lock_a().acquire(False))

    def test_many_ask_for_it_at_once(self):
        tokens = []

        def ask():
            tokens.append(self.server.manager(self.Manager).queue_1()._token.id)
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(tokens), len(set(tokens))), (20, 1))

    def test_it_lives_without_proxies_and_takes_no_arguments(self):
        manager = self.server.manager(self.Manager)
        queue = manager.queue_1()
        queue.put(5)
        del queue
        gc.collect()
        self.assertEqual(manager.queue_1().get(), 5)
        with self.assertRaisesRegex(managers.RemoteError, "queue_2.* takes 0 positional"):
            manager.queue_2(5)

    def test_other_names(self):
        manager = self.server.manager(self.Manager)
        self.assertEqual(manager.queue_fixed().pop(), 1)
        with Server("--config", self.write({"create": {"queue_*": {"type": "Queue"}}})) as server:
            with self.assertRaisesRegex(managers.RemoteError, "KeyError: 'other'"):
                server.manager(self.Manager).other()
            longest = "queue_" + "x" * 994
            manager = server.manager()
            self.assertTrue(manager._create(longest)[0].id)
            with self.assertRaisesRegex(managers.RemoteError, "KeyError: 'queue_x"):
                manager._create(longest + "x")

    def test_of_two_patterns_the_one_that_says_more_is_taken(self):
        manager = self.server.manager(self.Manager)
        last = manager.queue_last_1()
        for item in 1, 2, 3:
            last.put(item)
        self.assertEqual([last.get() for _ in range(3)], [3, 2, 1])
        self.assertTrue(manager.lock_a().acquire())
        self.assertEqual(manager.other().copy(), {})

    def test_a_mistake_is_told_at_the_start(self):
        path = self.write('{"create": {\n"s*": {"type": "Semaphore", "args": [-1]}}}')
        code, out, err = self.program("--config", path)
        self.assertEqual((code, out), (2, ""))
        self.assertIn(":2: create.s*: ValueError: semaphore initial value must be >= 0", err)


class Options(Files):
    def test_the_command_line_comes_first(self):
        other = os.path.join(self.directory, "other")
        config = self.write({"address": "unix:" + other, "threads": 1})
        with Server("--config", config) as server:
            self.assertTrue(os.path.exists(server.socket))
            self.assertFalse(os.path.exists(other))

    def test_the_key_may_come_from_the_file(self):
        key = os.path.join(self.directory, "key")
        with open(key, "wb") as file:
            file.write(b"from the file\n")
        with Server("--config", self.write({"authkey-file": key})) as server:
            server.authkey = b"from the file"
            self.assertEqual(server.manager().list([1])[:], [1])

    def test_a_mistake_tells_the_line(self):
        path = self.write('{\n  "threads": 1,\n  "max-mesage": 5\n}')
        for check in ((), ("--check-config",)):
            code, out, err = self.program("--config", path, *check)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(path + ":3: max-mesage: expected ", err)

    def test_a_number_that_is_too_large_is_a_mistake(self):
        path = self.write('{"threads": 1e400}')
        code, out, err = self.program("--config", path)
        self.assertEqual((code, out), (2, ""))
        self.assertIn("1e400", err)

    def test_a_type_tells_what_it_refuses(self):
        path = self.write('{"objects": {\n"s": {"type": "Semaphore", "args": [-1]}}}')
        code, out, err = self.program("--config", path)
        self.assertEqual((code, out), (2, ""))
        self.assertIn(":2: objects.s: ValueError: semaphore initial value must be >= 0", err)

    def test_check_config_serves_nothing(self):
        path = self.write({"threads": 1, "objects": OBJECTS})
        self.assertEqual(self.program("--config", path, "--check-config"),
                         (0, path + ": no mistakes found\n", ""))
        code, out, err = self.program("--check-config")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("--config", err)

    def test_the_example_in_the_documents(self):
        with open(DOCUMENT) as file:
            example = re.search(r"```json\n(.*?)```", file.read(), re.S).group(1)
        path = self.write(example)
        self.assertEqual(self.program("--config", path, "--check-config")[0], 0)
        with Server("--config", path) as server:
            manager = server.manager(Manager)
            self.assertEqual(manager.get_settings().copy(), {"retries": 3})
            manager.get_tasks().put("task")


if __name__ == "__main__":
    unittest.main()
