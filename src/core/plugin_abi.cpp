#include "nacre/core/plugin_abi.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

std::string sanitizers(BuildAbi const& abi) {
  auto const end = std::ranges::find(abi.sanitizers, '\0');
  return {std::begin(abi.sanitizers), end};
}

}  // namespace

std::string describe_difference(BuildAbi const& there, BuildAbi const& here, std::span<AbiMember const> members) {
  std::vector<AbiMember> all{{"abi_number", there.abi_number, here.abi_number}};
  if (there.abi_number == here.abi_number) {
    all.insert(all.end(), members.begin(), members.end());
    all.push_back({"sizeof_vector4d", there.sizeof_vector4d, here.sizeof_vector4d});
    all.push_back({"alignof_vector4d", there.alignof_vector4d, here.alignof_vector4d});
    all.push_back({"gxx_abi_version", there.gxx_abi_version, here.gxx_abi_version});
    all.push_back({"glibcxx_cxx11_abi", there.glibcxx_cxx11_abi, here.glibcxx_cxx11_abi});
    all.push_back({"compiler_major", there.compiler_major, here.compiler_major});
    all.push_back({"eigen_max_align_bytes", there.eigen_max_align_bytes, here.eigen_max_align_bytes});
  }
  for (auto const& member : all) {
    if (member.there != member.here)
      return concat(member.name, " is ", member.there, " there and ", member.here, " here");
  }
  if (sanitizers(there) == sanitizers(here)) return {};
  return concat("sanitizers is '", sanitizers(there), "' there and '", sanitizers(here), "' here");
}

}  // namespace nacre
