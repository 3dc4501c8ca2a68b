# What cmake -S surrogates/mlip builds: libnacre_mlip.a and bin/bench_mlip_alone, from the files of Nacre that they need.
# Asks for Eigen and a LibTorch from 1.13 on, by its CMake package, or, with NACRE_TORCH_ROOT, by its folder with include/
# and lib/ alone (that of the Python package does; the CMake package of a CUDA build wants the CUDA toolkit as well).
set(NACRE_TORCH_ROOT "" CACHE PATH "LibTorch without its CMake package: the folder with include/ and lib/")
option(NACRE_TORCH_NEW_ABI "with NACRE_TORCH_ROOT: it was built with the C++11 ABI (wheels before 2.6 were not)" ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_package(Threads REQUIRED)
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
if(NACRE_TORCH_ROOT)
  file(GLOB torch_libraries ${NACRE_TORCH_ROOT}/lib/libtorch.so ${NACRE_TORCH_ROOT}/lib/libtorch_cpu.so
    ${NACRE_TORCH_ROOT}/lib/libc10.so ${NACRE_TORCH_ROOT}/lib/libtorch_cuda.so ${NACRE_TORCH_ROOT}/lib/libc10_cuda.so)
  if(NOT torch_libraries)
    message(FATAL_ERROR "NACRE_TORCH_ROOT='${NACRE_TORCH_ROOT}' has no lib/libtorch_cpu.so")
  endif()
  # --no-as-needed: nothing of ours names a symbol of the CUDA libraries, which register themselves when they are loaded
  set(torch_libraries -Wl,--no-as-needed ${torch_libraries} -Wl,--as-needed -Wl,-rpath,${NACRE_TORCH_ROOT}/lib)
  set(torch_includes ${NACRE_TORCH_ROOT}/include ${NACRE_TORCH_ROOT}/include/torch/csrc/api/include)
  set(torch_flags -D_GLIBCXX_USE_CXX11_ABI=$<BOOL:${NACRE_TORCH_NEW_ABI}>)
else()
  find_package(Torch 1.13 REQUIRED)
  separate_arguments(torch_flags NATIVE_COMMAND "${TORCH_CXX_FLAGS}")
  set(torch_libraries ${TORCH_LIBRARIES})
  set(torch_includes ${TORCH_INCLUDE_DIRS})
endif()

get_filename_component(root ${CMAKE_CURRENT_SOURCE_DIR}/../.. ABSOLUTE)
set(sources
  core/error.cpp core/ids.cpp core/parallel_for.cpp core/plugin_abi.cpp core/rng.cpp core/text.cpp core/value.cpp
  crystal/crystal.cpp crystal/element_radii.cpp crystal/elements.cpp
  potential/batch.cpp potential/core_blend.cpp potential/device_queue.cpp potential/potential.cpp
  potential/screened_coulomb.cpp)
list(TRANSFORM sources PREPEND ${root}/src/)
add_library(nacre_mlip STATIC ${sources}
  adapters.cpp device.cpp dictionary.cpp edges.cpp mace.cpp mlip.cpp nequip.cpp sevennet.cpp torch_tools.cpp)
target_include_directories(nacre_mlip PUBLIC ${root}/include)
target_include_directories(nacre_mlip SYSTEM PUBLIC ${torch_includes})
target_compile_definitions(nacre_mlip PUBLIC EIGEN_MAX_ALIGN_BYTES=16 PRIVATE NACRE_SOURCE_DATA_DIR="${root}/data")
target_compile_options(nacre_mlip PUBLIC -ffp-contract=off ${torch_flags})
target_link_libraries(nacre_mlip PUBLIC Eigen3::Eigen Threads::Threads ${torch_libraries} ${CMAKE_DL_LIBS})

add_executable(bench_mlip_alone ${root}/bench/mlip/alone.cpp)
target_include_directories(bench_mlip_alone PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(bench_mlip_alone PRIVATE nacre_mlip)
