# SPDX-License-Identifier: BSL-1.0
# cmake --install: the libraries with their headers, the program, and what find_package(pickled)
# reads.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(pickled_package "${CMAKE_INSTALL_LIBDIR}/cmake/pickled")

set(pickled_layers value codec python convert frozen)
set(pickled_components pickle)
if(PICKLED_JSON)
  list(APPEND pickled_layers json)
endif()
if(PICKLED_BUILD_FILES)
  list(APPEND pickled_layers files)
  list(APPEND pickled_components files)
endif()
if(PICKLED_BUILD_PROXY)
  list(APPEND pickled_layers connection proxy process)
  list(APPEND pickled_components proxy process)
endif()
if(PICKLED_BUILD_SERVER)
  list(APPEND pickled_layers logging xml_rpc server)
  list(APPEND pickled_components logging server)
endif()
foreach(layer IN LISTS pickled_layers)
  install(TARGETS pickled_${layer} EXPORT pickled
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endforeach()
install(TARGETS pickled_pickle EXPORT pickled INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/pickled"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(PICKLED_BUILD_SERVER)
  install(TARGETS pickled RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  add_subdirectory(packaging)
endif()

# For builds without CMake: pkg-config --cflags --libs pickled-proxy.
file(RELATIVE_PATH pickled_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
set(pickled_pc_pickle_libs "-lpickled_frozen -lpickled_convert -lpickled_python -lpickled_codec -lpickled_value")
if(PICKLED_JSON)
  string(PREPEND pickled_pc_pickle_libs "-lpickled_json ")
endif()
set(pickled_pc_pickle_requires "fmt")
set(pickled_pc_files_libs "-lpickled_files")
set(pickled_pc_files_requires "pickled-pickle zlib")
set(pickled_pc_proxy_libs "-lpickled_proxy -lpickled_connection")
set(pickled_pc_proxy_requires "pickled-pickle libcrypto")
set(pickled_pc_process_libs "-lpickled_process")
set(pickled_pc_process_requires "pickled-proxy")
set(pickled_pc_logging_libs "-lpickled_logging")
set(pickled_pc_logging_requires "pickled-process spdlog")
set(pickled_pc_server_libs "-lpickled_server -lpickled_xml_rpc")
set(pickled_pc_server_requires "pickled-process spdlog expat")
foreach(component IN LISTS pickled_components)
  set(pickled_pc_component "${component}")
  set(pickled_pc_libs "${pickled_pc_${component}_libs}")
  set(pickled_pc_requires "${pickled_pc_${component}_requires}")
  configure_file("${CMAKE_CURRENT_LIST_DIR}/pickled.pc.in"
                 "${PROJECT_BINARY_DIR}/pickled-${component}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/pickled-${component}.pc"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()

install(EXPORT pickled NAMESPACE pickled:: DESTINATION "${pickled_package}"
        FILE pickled-targets.cmake)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/pickled-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/pickled-config.cmake"
                              INSTALL_DESTINATION "${pickled_package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pickled-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pickled-config.cmake"
              "${PROJECT_BINARY_DIR}/pickled-config-version.cmake"
        DESTINATION "${pickled_package}")
