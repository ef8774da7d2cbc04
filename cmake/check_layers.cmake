# SPDX-License-Identifier: BSL-1.0
# cmake -P cmake/check_layers.cmake: fails where a file includes one of a layer above its own.

get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(below "")
set(upwards "")
foreach(layer IN ITEMS value codec json python convert frozen files connection proxy process)
  set(allowed ${below} ${layer})
  if(NOT layer MATCHES "^(json|files)$")  # which nothing is built on
    list(APPEND below ${layer})
  endif()
  list(JOIN allowed "|" allowed)
  file(GLOB files "${root}/include/pickled/${layer}/*.hpp"
                  "${root}/pickle/${layer}/*.hpp" "${root}/pickle/${layer}/*.cpp"
                  "${root}/${layer}/*.hpp" "${root}/${layer}/*.cpp")
  if(NOT files)
    message(FATAL_ERROR "${layer} has no files")
  endif()
  foreach(file IN LISTS files)
    file(STRINGS "${file}" includes REGEX "^#include \"[^\"]*/")
    foreach(include IN LISTS includes)
      # Private files open the namespace themselves.
      if(include MATCHES "pickled/namespace.hpp" AND file MATCHES "/include/")
        continue()
      endif()
      if(NOT include MATCHES "\"((pickle|pickled)/)?(${allowed})/[^/]*\"")
        string(APPEND upwards "  ${file}: ${include}\n")
      endif()
    endforeach()
  endforeach()
endforeach()
if(upwards)
  message(FATAL_ERROR "these include what lies above them:\n${upwards}")
endif()
