# Debian's gemmi-dev has headers only and no CMake config; it needs tao-pegtl-dev beside it.
find_path(Gemmi_INCLUDE_DIR gemmi/cif.hpp)
find_path(Gemmi_PEGTL_INCLUDE_DIR tao/pegtl.hpp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Gemmi REQUIRED_VARS Gemmi_INCLUDE_DIR Gemmi_PEGTL_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install gemmi-dev, tao-pegtl-dev, libstb-dev, zlib1g-dev (scripts/bootstrap build)")
if(Gemmi_FOUND AND NOT TARGET Gemmi::gemmi)
  add_library(Gemmi::gemmi INTERFACE IMPORTED)
  set_target_properties(Gemmi::gemmi PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${Gemmi_INCLUDE_DIR};${Gemmi_PEGTL_INCLUDE_DIR}")
endif()
