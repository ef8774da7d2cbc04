# SPDX-License-Identifier: BSL-1.0
# Debian's Asio has no CMake package: the header says which version it is.
find_path(ASIO_INCLUDE_DIR asio.hpp)
if(ASIO_INCLUDE_DIR)
  file(STRINGS "${ASIO_INCLUDE_DIR}/asio/version.hpp" asio_version
       REGEX "^#define ASIO_VERSION [0-9]+")
  string(REGEX REPLACE "^#define ASIO_VERSION ([0-9]+).*" "\\1" asio_version "${asio_version}")
endif()
if(NOT ASIO_INCLUDE_DIR OR asio_version LESS 102200)
  message(FATAL_ERROR "pickled needs Asio 1.22 or newer: apt-get install libasio-dev, "
                      "or run script/bootstrap")
endif()
add_library(pickled_asio INTERFACE)
target_include_directories(pickled_asio SYSTEM INTERFACE "${ASIO_INCLUDE_DIR}")
target_compile_definitions(pickled_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
# Asio 1.22 looks for clang's coroutines where they were before C++20.
target_compile_definitions(pickled_asio INTERFACE $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT>)
target_link_libraries(pickled_asio INTERFACE Threads::Threads)
