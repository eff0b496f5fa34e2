# What another project's find_package(tilesmith) finds: the libraries, and the headers under one root,
# <prefix>/include/tilesmith, laid out as here, so that `#include "tuner/kernel.h"` reads the same there.
# Not the tilesmith program: it compiles variants of this checkout's kernels, so it stays beside them.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tilesmith)
set(header_root ${CMAKE_INSTALL_INCLUDEDIR}/tilesmith)

install(TARGETS tilesmith_results tilesmith_reports tilesmith_tuner tilesmith_main
        EXPORT tilesmithTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY results reports tuner kernels DESTINATION ${header_root}
        FILES_MATCHING PATTERN "*.h")
install(FILES ${TILESMITH_GENERATED_INCLUDE_DIR}/tuner/version.h DESTINATION ${header_root}/tuner)

install(EXPORT tilesmithTargets NAMESPACE tilesmith:: DESTINATION ${package_dir})
configure_package_config_file(cmake/tilesmithConfig.cmake.in
  ${PROJECT_BINARY_DIR}/tilesmithConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tilesmithConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tilesmithConfig.cmake
              ${PROJECT_BINARY_DIR}/tilesmithConfigVersion.cmake
        DESTINATION ${package_dir})
