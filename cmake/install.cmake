# cmake --install: the libraries with their headers, the program, and what find_package(pickled)
# reads.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(pickled_headers "${CMAKE_INSTALL_INCLUDEDIR}/pickled")
set(pickled_package "${CMAKE_INSTALL_LIBDIR}/cmake/pickled")

set(pickled_layers pickle)
if(PICKLED_BUILD_PROXY)
  list(APPEND pickled_layers connection proxy)
  set_target_properties(pickled_asio PROPERTIES EXPORT_NAME asio)
  install(TARGETS pickled_asio EXPORT pickled)
endif()
foreach(layer IN LISTS pickled_layers)
  install(TARGETS pickled_${layer} EXPORT pickled
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          INCLUDES DESTINATION "${pickled_headers}")
  set(pickled_folders ${layer})
  if(layer STREQUAL "pickle")
    list(APPEND pickled_folders python convert frozen)
  endif()
  list(TRANSFORM pickled_folders PREPEND "${PROJECT_SOURCE_DIR}/")
  install(DIRECTORY ${pickled_folders} DESTINATION "${pickled_headers}"
          FILES_MATCHING PATTERN "*.hpp")
endforeach()
if(PICKLED_BUILD_SERVER)
  install(TARGETS pickled RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

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
