# SPDX-License-Identifier: BSL-1.0
"""What README.md shows works: its C++ is that of the examples, which run; its Python runs here."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from interop.serving import AUTHKEY, BIN, Server

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ADDRESS, KEY = "('127.0.0.1', 40123)", "open('build/authkey', 'rb').read()"


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```" % re.escape(language), read("README.md"), re.M | re.S)


class Readme(unittest.TestCase):
    def test_cpp_is_a_part_of_an_example(self):
        names = os.listdir(os.path.join(ROOT, "examples"))
        examples = [read("examples", name) for name in names if name.endswith(".cpp")]
        self.assertTrue(blocks("cpp"))
        for block in blocks("cpp"):
            self.assertTrue(any(block in example for example in examples), block)

    def test_python_runs(self):
        printed = []
        (configuration,) = blocks("json")
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        config = os.path.join(directory, "pickled.json")
        with open(config, "w", encoding="utf-8") as file:
            file.write(configuration)
        for block in blocks("python"):
            code = compile(block.replace(KEY, repr(AUTHKEY)), "README.md", "exec")
            if ADDRESS not in block:
                continue
            with Server("--config", config, transport="tcp") as server:
                code = compile(block.replace(ADDRESS, repr(server.address))
                               .replace(KEY, repr(AUTHKEY)), "README.md", "exec")
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(code, {"__name__": "__main__"})
                printed.append(out.getvalue())
        self.assertEqual(printed, ["{'hello': 'world'}\n", "", "[('b', 2)]\n"])

    def test_commands_that_read_pickles_run(self):
        commands = re.findall(r"^    (pickled (?:convert|show) .*)$", read("README.md"), re.M)
        self.assertTrue(commands)
        environment = dict(os.environ, PATH=BIN + os.pathsep + os.environ["PATH"])
        for command in commands:
            with self.subTest(command), tempfile.TemporaryDirectory() as directory:
                with open(os.path.join(directory, "in.pickle"), "wb") as file:
                    file.write(b"]q\x00K\x01a.")
                subprocess.run(command, shell=True, cwd=directory, env=environment, check=True,
                               stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    unittest.main()
