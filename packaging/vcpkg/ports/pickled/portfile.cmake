# SPDX-License-Identifier: BSL-1.0
# Builds the sources that this port lies in:
# vcpkg install pickled --overlay-ports=packaging/vcpkg/ports
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS options FEATURES server PICKLED_BUILD_SERVER)
vcpkg_check_linkage(ONLY_STATIC_LIBRARY)
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS ${options} -DPICKLED_SHARED=OFF -DPICKLED_BUILD_TESTS=OFF -DPICKLED_BUILD_EXAMPLES=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/pickled)
vcpkg_fixup_pkgconfig()
if("server" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES pickled AUTO_CLEAN)
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
