# SPDX-License-Identifier: BSL-1.0
"""Man pages and completions tell every command and option that the program has."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from interop.serving import PROGRAM

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def said(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout


class Manual(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        subprocess.run([sys.executable, os.path.join(ROOT, "packaging", "manual.py"), PROGRAM,
                        self.directory], check=True)
        self.commands = re.findall(r"^  (\w+)  ", said("--help").partition("Subcommands:")[2], re.M)
        self.assertIn("serve", self.commands)

    def read(self, *path):
        with open(os.path.join(self.directory, *path), encoding="utf-8") as file:
            return file.read()

    def options(self, command):
        return re.findall(r"^  (?:-\w,)?(--[\w-]+)", said(command, "--help"), re.M)

    def test_pages(self):
        main = self.read("man", "man1", "pickled.1")
        for command in self.commands:
            self.assertIn("pickled\\-%s\\fR(1)" % command, main)
            page = self.read("man", "man1", "pickled-%s.1" % command)
            headings = re.findall(r"^\.TP\n\\fB(.*?)\\fR", page.replace("\\-", "-"), re.M)
            told = [name for heading in headings for name in heading.split(", ")]
            for option in self.options(command):
                self.assertIn(option, told)
            self.assertNotRegex(page, r"(?m)^\.(?!TH|SH|TP|B )")

    def complete(self, *words):
        script = os.path.join(self.directory, "bash-completion", "completions", "pickled")
        command = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pickled; ' \
                  'printf "%s\\n" "${COMPREPLY[@]}"'
        out = subprocess.run(["bash", "-euc", command, "bash", script, "pickled", *words],
                             stdout=subprocess.PIPE, check=True, cwd=self.directory,
                             universal_newlines=True).stdout
        return out.split()

    def test_bash(self):
        self.assertEqual(self.complete("conv"), ["convert"])
        for command in self.commands:
            self.assertIn(command, self.complete(""))
            for option in self.options(command):
                self.assertIn(option, self.complete(command, option))
        self.assertEqual(self.complete("serve", "--max-mem"), ["--max-memory"])
        self.assertEqual(self.complete("show", "--encoding", "l"), ["latin1"])
        self.assertEqual(self.complete("serve", "--config", "ba"), ["bash-completion"])
        self.assertEqual(self.complete("show", "ba"), ["bash-completion"])

    def test_zsh(self):
        script = self.read("zsh", "site-functions", "_pickled")
        self.assertTrue(script.startswith("#compdef pickled\n"))
        for command in self.commands:
            self.assertIn("    %s)\n" % command, script)
            for option in self.options(command):
                self.assertRegex(script, r"'\*?%s\[" % option)


if __name__ == "__main__":
    unittest.main()
