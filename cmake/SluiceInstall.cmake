# One export set per component, so that asking for `core` asks nothing of liburing.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/sluice")

# The pkg-config file finds its prefix from where it lies, so an installed tree can be moved.
set(pc_dir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH SLUICE_PC_PREFIX "${pc_dir}" "${CMAKE_INSTALL_PREFIX}")
file(RELATIVE_PATH SLUICE_PC_LIBDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH SLUICE_PC_INCLUDEDIR
  "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")

install(TARGETS sluice_core EXPORT sluice-core-targets)
install(TARGETS sluice_library EXPORT sluice-sluice-targets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
set(components core sluice)
# Built with the tests, so it may be missing from what is installed; the package looks.
if(TARGET sluice_conformance)
  list(APPEND components conformance)
  install(TARGETS sluice_conformance sluice_conformance_cases EXPORT sluice-conformance-targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" OPTIONAL)
endif()
foreach(component IN LISTS components)
  install(EXPORT sluice-${component}-targets NAMESPACE sluice:: DESTINATION "${package_dir}")
endforeach()
if(EXISTS "${PROJECT_SOURCE_DIR}/include/")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp")
endif()
if(TARGET sluice)
  install(TARGETS sluice RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
# Programs that the tool starts; tools/sluice/companion.cpp looks there.
foreach(program IN ITEMS sluice_label sluice_serve)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/sluice")
  endif()
endforeach()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/sluice-config.cmake.in"
  "${PROJECT_BINARY_DIR}/package/sluice-config.cmake" INSTALL_DESTINATION "${package_dir}"
  PATH_VARS CMAKE_INSTALL_LIBDIR)
# Before 1.0 a new minor version may change anything.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/sluice-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/sluice-config.cmake"
  "${PROJECT_BINARY_DIR}/package/sluice-config-version.cmake" DESTINATION "${package_dir}")

configure_file("${PROJECT_SOURCE_DIR}/cmake/sluice.pc.in"
  "${PROJECT_BINARY_DIR}/package/sluice.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/sluice.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
