# SPDX-License-Identifier: BSL-1.0
# cmake --install: one library of all layers, static and shared, with its headers, the program, and
# what find_package(pickled) and pkg-config read.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(pickled_package "${CMAKE_INSTALL_LIBDIR}/cmake/pickled")

# What is compiled in, and what that takes which no header tells of.
set(pickled_layers value codec python convert frozen)
set(pickled_private fmt::fmt)
set(pickled_components pickle)
if(PICKLED_JSON)
  list(APPEND pickled_layers json)
endif()
if(PICKLED_BUILD_FILES)
  list(APPEND pickled_layers files)
  list(APPEND pickled_private ZLIB::ZLIB)
  list(APPEND pickled_components files)
endif()
if(PICKLED_BUILD_PROXY)
  list(APPEND pickled_layers connection proxy process)
  list(APPEND pickled_private OpenSSL::Crypto Threads::Threads)
  list(APPEND pickled_components proxy process)
endif()
if(PICKLED_BUILD_SERVER)
  list(APPEND pickled_layers logging xml_rpc server)
  list(APPEND pickled_private spdlog::spdlog EXPAT::EXPAT)
  list(APPEND pickled_components logging server)
endif()
list(TRANSFORM pickled_layers REPLACE "(.+)" "$<TARGET_OBJECTS:pickled_\\1>" OUTPUT_VARIABLE
     pickled_objects)

# pickled_library(static STATIC): pickled::static, libpickled.a
function(pickled_library name type)
  add_library(pickled_${name} ${type} ${pickled_objects})
  set_target_properties(pickled_${name} PROPERTIES
    EXPORT_NAME ${name} OUTPUT_NAME pickled LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${pickled_abi})
  target_compile_features(pickled_${name} INTERFACE cxx_std_20)
  install(TARGETS pickled_${name} EXPORT pickled-${name}
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT pickled-${name} NAMESPACE pickled:: DESTINATION "${pickled_package}"
          FILE pickled-${name}.cmake)
endfunction()

pickled_library(static STATIC)
set(pickled_linkages static)
if(PICKLED_SHARED)
  pickled_library(shared SHARED)
  target_link_libraries(pickled_shared PRIVATE ${pickled_private})
  set(pickled_map "${CMAKE_CURRENT_LIST_DIR}/libpickled.map")
  target_link_options(pickled_shared PRIVATE LINKER:-z,defs "LINKER:--version-script=${pickled_map}")
  set_target_properties(pickled_shared PROPERTIES LINK_DEPENDS "${pickled_map}")
  list(PREPEND pickled_linkages shared)
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/pickled"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(PICKLED_BUILD_SERVER)
  install(TARGETS pickled RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  add_subdirectory(packaging)
endif()

# For builds without CMake: pkg-config --cflags --libs pickled-proxy.
file(RELATIVE_PATH pickled_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
set(pickled_pc_pickle "fmt" "")
set(pickled_pc_files "pickled-pickle" "zlib")
set(pickled_pc_proxy "pickled-pickle" "libcrypto")
set(pickled_pc_process "pickled-proxy" "")
set(pickled_pc_logging "pickled-process spdlog" "")
set(pickled_pc_server "pickled-process" "spdlog expat")
foreach(component IN LISTS pickled_components)
  set(pickled_pc_component "${component}")
  list(GET pickled_pc_${component} 0 pickled_pc_requires)
  list(GET pickled_pc_${component} 1 pickled_pc_private)
  if(NOT PICKLED_SHARED)
    string(APPEND pickled_pc_requires " ${pickled_pc_private}")
    set(pickled_pc_private "")
  endif()
  configure_file("${CMAKE_CURRENT_LIST_DIR}/pickled.pc.in"
                 "${PROJECT_BINARY_DIR}/pickled-${component}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/pickled-${component}.pc"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/pickled-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/pickled-config.cmake"
                              INSTALL_DESTINATION "${pickled_package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pickled-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pickled-config.cmake"
              "${PROJECT_BINARY_DIR}/pickled-config-version.cmake"
        DESTINATION "${pickled_package}")
