#include "nacre/potential/model_plugin.hpp"

#include <dlfcn.h>
#include <xmmintrin.h>

#include <cstdlib>
#include <cstring>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {

void* open_library(std::filesystem::path const& path) {
  constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) input_error("cannot open the plug-in '", path.string(), "' (", dlerror(), ")");
  require((_mm_getcsr() & (flush_to_zero | denormals_are_zero)) == 0, "refused the plug-in '", path.string(),
          "' (loading it turned flush-to-zero on, which changes results): build it without -ffast-math");
  return handle;
}

std::filesystem::path find_model_plugin() {
  std::vector<std::filesystem::path> folders;
  if (auto const* list = std::getenv("NACRE_PLUGIN_PATH")) {
    for (auto const& folder : split(list, ':')) folders.emplace_back(folder);
  }
  Dl_info info{};
  if (dladdr(reinterpret_cast<void const*>(&find_model_plugin), &info) != 0 && info.dli_fname != nullptr) {
    folders.push_back(std::filesystem::weakly_canonical(info.dli_fname).parent_path() / "nacre");
  }
  for (auto const& folder : folders) {
    std::error_code ignored;
    if (!folder.empty() && std::filesystem::exists(folder / "mlip.so", ignored)) return folder / "mlip.so";
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
  void* const symbol = dlsym(open_library(library), "nacre_potential_entry");
  require(symbol != nullptr, "refused the plug-in '", library.string(), "' (it does not export nacre_potential_entry)");
  auto const entry = reinterpret_cast<PotentialEntry (*)()>(symbol)();
  compare_abi(entry.abi, library.string());
  return std::shared_ptr<Potential const>(entry.create(path, options));
}

}  // namespace nacre
