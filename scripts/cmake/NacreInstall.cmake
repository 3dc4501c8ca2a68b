# A usable tree: program, library, plug-ins, headers, data, and a CMake package for find_package(Nacre).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Nacre)
set_target_properties(nacre PROPERTIES INSTALL_RPATH "$ORIGIN")
set_target_properties(nacre_program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS nacre EXPORT NacreTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS nacre_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/nacre DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/nacre/data OPTIONAL)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DATADIR}/nacre OPTIONAL)
install(DIRECTORY runs DESTINATION ${CMAKE_INSTALL_DATADIR}/nacre OPTIONAL)
install(EXPORT NacreTargets NAMESPACE Nacre:: DESTINATION ${package_dir})
configure_package_config_file(scripts/cmake/NacreConfig.cmake.in ${PROJECT_BINARY_DIR}/NacreConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/NacreConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/NacreConfig.cmake ${PROJECT_BINARY_DIR}/NacreConfigVersion.cmake
  DESTINATION ${package_dir})
