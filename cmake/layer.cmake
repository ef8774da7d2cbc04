# SPDX-License-Identifier: BSL-1.0
# What every target of the project is compiled with.
add_library(pickled_build INTERFACE)
target_compile_features(pickled_build INTERFACE cxx_std_20)
# The headers that are not installed.
target_include_directories(pickled_build INTERFACE "${PROJECT_SOURCE_DIR}")
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(pickled_build INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
  if(PICKLED_WERROR)
    target_compile_options(pickled_build INTERFACE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
    # At -O3 GCC 12 sees overlaps in std::string, and uninitialised members in cpp_int, that are not
    # there (GCC 105651).
    target_compile_options(pickled_build INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
  endif()
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What is in a source looks to GCC as if it were in a header.
  target_compile_options(pickled_build INTERFACE -Wno-subobject-linkage)
endif()
if(PICKLED_SANITIZE)
  target_compile_options(pickled_build INTERFACE
                         -fsanitize=${PICKLED_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(pickled_build INTERFACE -fsanitize=${PICKLED_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's own text says that sanitizers make it see what is not there: in std::regex, and in the
    # allocator of Asio's coroutines.
    target_compile_options(pickled_build INTERFACE
                           -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
    if(PICKLED_SANITIZE MATCHES "thread")
      # Asio has fences, which GCC's sanitizer does not see; nothing here relies on them.
      target_compile_options(pickled_build INTERFACE -Wno-tsan)
      target_sources(pickled_build INTERFACE "${CMAKE_CURRENT_LIST_DIR}/thread_sanitizer.cpp")
    endif()
  endif()
  if(PICKLED_SANITIZE MATCHES "address")
    target_sources(pickled_build INTERFACE "${CMAKE_CURRENT_LIST_DIR}/address_sanitizer.cpp")
  endif()
  if(PICKLED_SANITIZE MATCHES "undefined")
    # It asks by a pipe whether memory can be read, and is wrong where a test leaves no descriptors.
    target_compile_options(pickled_build INTERFACE -fno-sanitize-recover=undefined
                                                   -fno-sanitize=vptr)
    # Clang 14 writes what this check needs where coroutines have no place for it.
    target_compile_options(pickled_build INTERFACE
                           $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  endif()
endif()

# pickled_layer(pickle SOURCES value.cpp ... LINK fmt::fmt ...): the library pickled::pickle.
function(pickled_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(pickled_${name} STATIC ${LAYER_SOURCES})
  add_library(pickled::${name} ALIAS pickled_${name})
  set_target_properties(pickled_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(pickled_${name}
                             PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>")
  target_compile_features(pickled_${name} PUBLIC cxx_std_20)
  target_link_libraries(pickled_${name} PUBLIC ${LAYER_LINK}
                        PRIVATE $<BUILD_INTERFACE:pickled_build> ${LAYER_PRIVATE_LINK})
endfunction()
