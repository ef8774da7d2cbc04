# SPDX-License-Identifier: BSL-1.0
"""The libraries and the program as a Conan 2 package: conan create ."""

import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class Pickled(ConanFile):
    name = "pickled"
    description = "Python's pickles, and the objects of its multiprocessing, from C++"
    license = "BSL-1.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "with_server": [True, False]}
    default_options = {"shared": False, "with_server": True}
    exports_sources = ("CMakeLists.txt", "LICENSE", "*.cpp", "*.hpp", "*.inc", "*.cmake", "*.in",
                       "*.map", "*/CMakeLists.txt", "packaging/*", "!build/*")

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "pickled", "version.hpp"))
        self.version = re.search(r'VERSION_STRING "(.*)"', header).group(1)

    def requirements(self):
        self.requires("boost/[>=1.74]", transitive_headers=True, options={"header_only": True})
        self.requires("fmt/[>=9.1]", transitive_headers=True)
        self.requires("nlohmann_json/[>=3.11]", transitive_headers=True)
        self.requires("openssl/[>=3.0 <4]")
        self.requires("asio/[>=1.22.1]")
        self.requires("zlib/[>=1.2.11 <2]")
        if self.options.with_server:
            self.requires("cli11/[>=2.1]")
            self.requires("expat/[>=2.5]")
            self.requires("spdlog/[>=1.10]", transitive_headers=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["PICKLED_BUILD_TESTS"] = False
        toolchain.cache_variables["PICKLED_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["PICKLED_BUILD_FILES"] = True
        toolchain.cache_variables["PICKLED_SHARED"] = bool(self.options.shared)
        toolchain.cache_variables["PICKLED_BUILD_SERVER"] = bool(self.options.with_server)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # What was installed has a CMake package of its own.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "pickled")]
