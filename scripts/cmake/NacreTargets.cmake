# Compile options shared by every target of ours, and the functions that add plug-ins and tests.
function(nacre_target name)
  # -ffp-contract=off: the same bits on every rank (docs/reproducibility.md); never -ffast-math, never -march=native.
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -ffp-contract=off
    $<$<CONFIG:Debug>:-D_GLIBCXX_ASSERTIONS -DEIGEN_INITIALIZE_MATRICES_BY_NAN>)
  if(NACRE_SANITIZE)
    # -O1 -g1: a third of the compile time of -O2 -g, and the tests still run in seconds. Checks of every pointer for
    # null and alignment cost another quarter and find what the address sanitizer ends as a crash.
    target_compile_options(${name} PRIVATE -fsanitize=${NACRE_SANITIZE} -fno-sanitize=null,alignment
      -fno-omit-frame-pointer -fno-sanitize-recover=all -O1 -g1)
    target_link_options(${name} PRIVATE -fsanitize=${NACRE_SANITIZE})
    target_compile_definitions(${name} PRIVATE NACRE_SANITIZE="${NACRE_SANITIZE}")
  endif()
endfunction()

add_custom_target(nacre_everything)  # the program and its plug-ins, without tests

# nacre_plugin(name source...): one plug-in in lib/nacre/; the global property NACRE_PLUGINS lists them all
function(nacre_plugin name)
  add_library(${name} MODULE ${ARGN})
  nacre_target(${name})
  target_link_libraries(${name} PRIVATE Nacre::nacre)
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/nacre
    INSTALL_RPATH "$ORIGIN/..")
  add_dependencies(nacre_everything ${name})
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/nacre)
  set_property(GLOBAL APPEND PROPERTY NACRE_PLUGINS ${name})
endfunction()

# nacre_objective(name source...): one objective plug-in, the library has the name of the objective
function(nacre_objective name)
  nacre_plugin(${name} ${ARGN})
endfunction()

# nacre_test(layer/name.cpp [RANKS 1 2 4] [MPI] [GROUP unit] [LIBRARIES ...]): one GoogleTest executable; with RANKS one
# CTest entry for each number of ranks; MPI: the test starts mpirun itself. The group is the CTest label that
# scripts/test selects.
function(nacre_test source)
  cmake_parse_arguments(arg "MPI" "GROUP;TIMEOUT" "RANKS;LIBRARIES;DEPENDS" ${ARGN})
  if(NOT arg_GROUP)
    set(arg_GROUP unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  string(REGEX REPLACE "\\.cpp$" "" name ${source})
  string(REPLACE "/" "_" target test_${name})
  add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/${source})
  nacre_target(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  if(arg_RANKS)
    set(main nacre_test_mpi_main)
  else()
    set(main nacre_test_main)
  endif()
  target_link_libraries(${target} PRIVATE ${main} nacre_test_support Nacre::nacre ${arg_LIBRARIES})
  target_precompile_headers(${target} REUSE_FROM nacre_test_support)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(arg_DEPENDS)
    add_dependencies(${target} ${arg_DEPENDS})
  endif()
  set(environment ${NACRE_TEST_ENVIRONMENT})
  if(NACRE_SANITIZE AND (arg_RANKS OR arg_MPI))
    list(APPEND environment ASAN_OPTIONS=fast_unwind_on_malloc=0)  # leaks of MPI's own plug-ins are told by deep frames
  endif()
  if(arg_RANKS)
    foreach(ranks ${arg_RANKS})
      add_test(NAME ${name}.ranks${ranks} COMMAND ${MPIEXEC_EXECUTABLE} -n ${ranks} $<TARGET_FILE:${target}>)
      set_tests_properties(${name}.ranks${ranks} PROPERTIES LABELS ${arg_GROUP} TIMEOUT ${arg_TIMEOUT} PROCESSORS ${ranks}
        SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\].*all tests" ENVIRONMENT "${environment}")
    endforeach()
  else()
    add_test(NAME ${name} COMMAND ${target})
    set_tests_properties(${name} PROPERTIES LABELS ${arg_GROUP} TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${environment}")
  endif()
endfunction()
