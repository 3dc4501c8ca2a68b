/// What two builds must agree on before C++ objects cross between a plug-in and the library.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <string>

#include "nacre/core/api.hpp"

#ifndef NACRE_SANITIZE
#define NACRE_SANITIZE ""
#endif

namespace nacre {

/// Plain C data, the beginning of what every kind of plug-in says of its build. `abi_number` comes first and never moves.
struct BuildAbi {
  std::uint32_t abi_number;
  std::uint32_t sizeof_vector4d, alignof_vector4d;
  std::uint32_t gxx_abi_version;
  std::uint32_t glibcxx_cxx11_abi;
  std::uint32_t compiler_major;
  std::uint32_t eigen_max_align_bytes;
  char sanitizers[64];
};

/// Of the code that includes this.
inline BuildAbi current_build_abi(std::uint32_t abi_number) {
  return {abi_number,
          sizeof(Eigen::Vector4d),
          alignof(Eigen::Vector4d),
          __GXX_ABI_VERSION,
          _GLIBCXX_USE_CXX11_ABI,
          __GNUC__,
          EIGEN_MAX_ALIGN_BYTES,
          NACRE_SANITIZE};
}

/// A number that one kind of plug-in compares besides, such as the size of a class that crosses.
struct AbiMember {
  char const* name;
  std::uint32_t there, here;
};

/// What differs, in words with both values ("sizeof_candidate is 88 there and 96 here"); empty if nothing does. Of
/// another abi_number nothing else is read.
NACRE_API std::string describe_difference(BuildAbi const& there, BuildAbi const& here,
                                          std::span<AbiMember const> members);

}  // namespace nacre
