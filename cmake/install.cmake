# cmake --install: the libraries with their headers, the program, and what find_package(pickled)
# reads.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(pickled_headers "${CMAKE_INSTALL_INCLUDEDIR}/pickled")
set(pickled_package "${CMAKE_INSTALL_LIBDIR}/cmake/pickled")

set(pickled_layers value codec objects)
set(pickled_components pickle)
set(pickled_folders pickle/value pickle/codec python convert frozen)
if(PICKLED_JSON)
  list(APPEND pickled_layers json)
  list(APPEND pickled_folders pickle/json)
endif()
if(PICKLED_BUILD_PROXY)
  list(APPEND pickled_layers connection proxy process)
  list(APPEND pickled_components proxy process)
  list(APPEND pickled_folders connection proxy process)
endif()
foreach(layer IN LISTS pickled_layers)
  install(TARGETS pickled_${layer} EXPORT pickled
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          INCLUDES DESTINATION "${pickled_headers}")
endforeach()
install(TARGETS pickled_pickle EXPORT pickled INCLUDES DESTINATION "${pickled_headers}")
foreach(folder IN LISTS pickled_folders)
  get_filename_component(pickled_parent "${folder}" DIRECTORY)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}"
          DESTINATION "${pickled_headers}/${pickled_parent}"
          FILES_MATCHING PATTERN "*.hpp"
          # The server's, which need Asio.
          REGEX "connection/(asio_error|connection|listener|reply|xml_rpc)\\.hpp$" EXCLUDE)
endforeach()
if(PICKLED_BUILD_SERVER)
  install(TARGETS pickled RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

# For builds without CMake: pkg-config --cflags --libs pickled-proxy.
file(RELATIVE_PATH pickled_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
set(pickled_pc_pickle_libs "-lpickled_objects -lpickled_codec -lpickled_value")
if(PICKLED_JSON)
  string(PREPEND pickled_pc_pickle_libs "-lpickled_json ")
endif()
set(pickled_pc_pickle_requires "fmt")
set(pickled_pc_proxy_libs "-lpickled_proxy -lpickled_connection")
set(pickled_pc_proxy_requires "pickled-pickle libcrypto")
set(pickled_pc_process_libs "-lpickled_process")
set(pickled_pc_process_requires "pickled-proxy")
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
