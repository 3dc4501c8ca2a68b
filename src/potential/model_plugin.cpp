#include "nacre/potential/model_plugin.hpp"

#include <cstring>

#include "nacre/core/error.hpp"
#include "nacre/core/shared_library.hpp"

namespace nacre {

std::filesystem::path find_model_plugin() {
  for (auto const& folder : plugin_folders()) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / "mlip.so", ignored)) return folder / "mlip.so";
  }
  return {};
}

namespace {

void compare_abi(PotentialAbi const& theirs, std::string const& library) {
  auto const ours = current_potential_abi();
  auto const same = [&](char const* what, std::uint32_t PotentialAbi::*member) {
    require(theirs.*member == ours.*member, "refused the plug-in '", library, "' (", what, " is ", theirs.*member,
            ", this Nacre has ", ours.*member, "): build both with the same compiler and Nacre");
  };
  same("the ABI number", &PotentialAbi::abi_number);
  same("sizeof(Crystal)", &PotentialAbi::sizeof_crystal);
  same("alignof(Crystal)", &PotentialAbi::alignof_crystal);
  same("sizeof(Evaluation)", &PotentialAbi::sizeof_evaluation);
  same("alignof(Evaluation)", &PotentialAbi::alignof_evaluation);
  same("sizeof(PotentialOptions)", &PotentialAbi::sizeof_options);
  same("alignof(PotentialOptions)", &PotentialAbi::alignof_options);
  same("sizeof(Eigen::Vector4d)", &PotentialAbi::sizeof_vector4d);
  same("alignof(Eigen::Vector4d)", &PotentialAbi::alignof_vector4d);
  same("__GXX_ABI_VERSION", &PotentialAbi::gxx_abi_version);
  same("_GLIBCXX_USE_CXX11_ABI", &PotentialAbi::glibcxx_cxx11_abi);
  same("the compiler's major version", &PotentialAbi::compiler_major);
  same("EIGEN_MAX_ALIGN_BYTES", &PotentialAbi::eigen_max_align_bytes);
  require(std::strncmp(theirs.sanitizers, ours.sanitizers, sizeof ours.sanitizers) == 0, "refused the plug-in '",
          library, "' (built with other sanitizers than this Nacre): build both with the same NACRE_SANITIZE");
}

}  // namespace

std::shared_ptr<Potential const> load_model(std::filesystem::path const& library, std::string const& path,
                                            PotentialOptions const& options) {
  void* const symbol = find_symbol(open_plugin(library), "nacre_potential_entry");
  require(symbol != nullptr, "refused the plug-in '", library.string(), "' (it does not export nacre_potential_entry)");
  auto const entry = reinterpret_cast<PotentialEntry (*)()>(symbol)();
  compare_abi(entry.abi, library.string());
  return std::shared_ptr<Potential const>(entry.create(path, options));
}

}  // namespace nacre
