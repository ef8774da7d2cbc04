# SPDX-License-Identifier: BSL-1.0
"""What the documents show works: their C++ is that of examples and tests, which run; their Python,
configurations and commands run here; their links and paths lead somewhere."""

import contextlib
import glob
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from interop.serving import AUTHKEY, BIN, PROGRAM, Server

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ADDRESS, KEY = "('127.0.0.1', 40123)", "open('build/authkey', 'rb').read()"

# What the blocks of Python print that talk to a server; test_spawn.py runs the one that starts it.
PRINTED = {
    "README.md": [r"{'hello': 'world'}\n"],
    "docs/python.md": [r"{'hello': 'world'}\n", r"\[\('b', 2\)\]\n"],
    "docs/operating.md": [r"", r"{'objects': \d+, 'bytes': \d+}\n"],
}
STARTED_BY_PYTHON = "'/usr/local/bin/pickled'"
TUTORIAL = "docs/tutorial.md"


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


DOCUMENTS = [os.path.relpath(path, ROOT) for pattern in ("*.md", os.path.join("docs", "*.md"))
             for path in sorted(glob.glob(os.path.join(ROOT, pattern)))]


def blocks(document, language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", read(document), re.M | re.S)
    return [block for of, block in fenced if of == language]


def prose(document):
    """The document without what is fenced."""
    return re.sub(r"^```.*?^```$", "", read(document), flags=re.M | re.S)


def commands(document):
    """The lines of indented blocks."""
    lines = re.findall(r"^    (\S.*)$", prose(document), re.M)
    return [re.sub(r"\s+#.*", "", line) for line in lines]


def anchors(document):
    """The names of its headings, as GitHub and GitLab make them."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", prose(document), re.M):
        name = anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = 0
        while anchor in found:
            count += 1
            anchor = "%s-%d" % (name, count)
        found.add(anchor)
    return found


def sources(*folders):
    for folder in folders:
        for parent, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith((".cpp", ".hpp", ".py", "CMakeLists.txt")):
                    yield read(parent, name)


def terminated(process):
    process.terminate()
    process.stdout.close()
    return process.wait(30)


class Documents(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        self.environment = dict(os.environ, PICKLED_AUTHKEY="k", PATH=os.pathsep.join([
            os.path.abspath(BIN), os.path.dirname(sys.executable), os.environ["PATH"]]))

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def serve(self, command):
        """The process of a command that serves; it is ready."""
        process = subprocess.Popen("exec env " + command, shell=True, cwd=self.directory,
                                   env=self.environment, stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(process.stdout.readline(), command)
        return process

    def test_languages(self):
        for document in DOCUMENTS:
            languages = re.findall(r"^```([^\n]*)\n.*?^```$", read(document), re.M | re.S)
            self.assertLessEqual(set(languages), {"", "cmake", "cpp", "json", "python"}, document)

    def test_cpp_is_a_part_of_a_program(self):
        programs = list(sources("examples", "tests"))
        for document in DOCUMENTS:
            for block in blocks(document, "cpp"):
                with self.subTest(document):
                    self.assertTrue(any(block in program for program in programs), block)

    def test_cmake_is_a_part_of_a_project(self):
        projects = list(sources(os.path.join("tests", "packaging")))
        for document in DOCUMENTS:
            for block in blocks(document, "cmake"):
                with self.subTest(document):
                    self.assertTrue(any(block in project for project in projects), block)

    def test_python_runs(self):
        examples = list(sources("examples"))
        (configuration,) = blocks("docs/operating.md", "json")
        config = self.write("pickled.json", configuration)
        for document in DOCUMENTS:
            if document == TUTORIAL:
                continue
            expected = list(PRINTED.get(document, []))
            for block in blocks(document, "python"):
                if any(block in example for example in examples) or STARTED_BY_PYTHON in block:
                    continue
                with self.subTest(document), Server("--config", config, transport="tcp") as server:
                    code = compile(block.replace(ADDRESS, repr(server.address))
                                   .replace(KEY, repr(AUTHKEY)), document, "exec")
                    with contextlib.redirect_stdout(io.StringIO()) as out:
                        exec(code, {"__name__": "__main__", "address": server.address,
                                    "authkey": AUTHKEY})
                    self.assertTrue(expected, block)
                    self.assertRegex(out.getvalue(), "^%s$" % expected.pop(0))
            self.assertEqual(expected, [], document)

    def test_configurations_have_no_mistakes(self):
        configurations = [block for document in DOCUMENTS for block in blocks(document, "json")]
        for configuration in [*configurations, read("debian", "pickled.json")]:
            with self.subTest(configuration):
                path = self.write("pickled.json", configuration)
                self.assertEqual(subprocess.call([PROGRAM, "serve", "--config", path,
                                                  "--check-config"], stdout=subprocess.DEVNULL), 0)

    def check_command(self, document, command):
        if re.match(r"pickled (convert|scan|show) ", command):
            with open(os.path.join(self.directory, "in.pickle"), "wb") as file:
                file.write(b"]q\x00K\x01a.")
            subprocess.run(command, shell=True, cwd=self.directory, env=self.environment,
                           check=True, stdout=subprocess.DEVNULL)
        elif command.startswith("pickled serve "):
            self.assertEqual(terminated(self.serve(command)), 0)
        elif command.startswith("script/"):
            program = os.path.join(ROOT, re.split(r"[ ;]", command)[0])
            self.assertTrue(os.access(program, os.X_OK), command)
        elif re.match(r"cmake (--build )?--preset ", command):
            presets = json.loads(read("CMakePresets.json"))
            kind = "buildPresets" if "--build" in command else "configurePresets"
            name = re.search(r"--preset (\S+)", command).group(1)
            self.assertIn(name, [preset["name"] for preset in presets[kind]])
        elif command.startswith(("sudo cmake --install build/", "sudo ldconfig")):
            pass  # the test `install` does this, elsewhere
        elif command.startswith("doxygen "):  # script/check runs it
            self.assertTrue(os.path.exists(os.path.join(ROOT, command.split()[1])))
        elif command.startswith("dpkg-buildpackage "):
            self.assertTrue(os.access(os.path.join(ROOT, "debian", "rules"), os.X_OK))
        elif command.startswith("sudo apt-get install ../pickled_"):
            self.assertIn("\nPackage: pickled\n", read("debian", "control"))
        elif command.startswith("sudo systemctl enable --now "):
            unit = command.split()[-1]
            name = unit if "." in unit else unit + ".service"
            self.assertIn("[Install]", read("debian", name))
        else:
            self.fail("no test knows this command of %s: %s" % (document, command))

    def test_commands_run(self):
        for document in DOCUMENTS:
            in_tutorial = self.commands_of_tutorial() if document == TUTORIAL else []
            for command in commands(document):
                if command not in in_tutorial:
                    with self.subTest(document, command=command):
                        self.check_command(document, command)

    def commands_of_tutorial(self):
        return [command for command in commands(TUTORIAL)
                if re.match(r"PICKLED_AUTHKEY|python3 |c\+\+ |\./squares ", command)]

    def test_tutorial(self):
        (configuration,) = blocks(TUTORIAL, "json")
        self.write("squares.json", configuration)
        for name, block in zip(("submit.py", "results.py"), blocks(TUTORIAL, "python")):
            self.write(name, block)
        serve, submit, compiler, square, results = self.commands_of_tutorial()
        # The tests of packages run it.
        self.assertTrue(compiler.startswith("c++ -std=c++20 squares.cpp "))
        os.symlink(os.path.abspath(os.path.join(BIN, "squares")),
                   os.path.join(self.directory, "squares"))
        server = self.serve(serve)
        told = re.findall(r"^(?:It p|p)rints `(.*?)`", prose(TUTORIAL), re.M)
        for command, printed in ((submit, told[0] + "\n"), (square, ""), (results, told[1] + "\n")):
            command = command.replace("python3", sys.executable)
            out = subprocess.run(command, shell=True, cwd=self.directory, env=self.environment,
                                 check=True, timeout=60, stdout=subprocess.PIPE).stdout
            self.assertEqual(out.decode(), printed)
        self.assertEqual(terminated(server), 0)

    def test_packages_have_the_version_of_the_sources(self):
        version = re.search(r'VERSION_STRING "(.*)"',
                            read("include", "pickled", "version.hpp")).group(1)
        for manifest in "vcpkg.json", "packaging/vcpkg/ports/pickled/vcpkg.json":
            self.assertEqual(json.loads(read(manifest))["version-semver"], version)
        self.assertRegex(read("debian", "changelog"), r"^pickled \(%s-" % re.escape(version))
        self.assertIn("pickled_%s-" % version, read("docs", "operating.md"))

    def test_links_lead_somewhere(self):
        for document in DOCUMENTS:
            for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
                if re.match(r"https?://", link):
                    continue
                path, _, anchor = link.partition("#")
                target = document
                if path:
                    target = os.path.normpath(os.path.join(os.path.dirname(document), path))
                with self.subTest(document, link=link):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, target)))
                    if anchor:
                        self.assertIn(anchor, anchors(target))

    def test_paths_are_there(self):
        folders = ("bench|connection|convert|cmake|docs|examples|frozen|include|interop|packaging|"
                   "pickle|process|program|proxy|python|script|server|tests")
        for document in DOCUMENTS:
            for path in re.findall(r"`((?:%s)/[\w./]*)`" % folders, prose(document)):
                with self.subTest(document, path=path):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, path)))


if __name__ == "__main__":
    unittest.main()
