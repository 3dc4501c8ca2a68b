#include "nacre/potential/model_plugin.hpp"

#include <array>

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

int count_devices(std::string const& device) {
  if (device != "cuda") return 1;
  auto const library = find_model_plugin();
  if (library.empty()) return 0;
  void* const symbol = find_symbol(open_plugin(library), "nacre_potential_devices");
  return symbol ? reinterpret_cast<int (*)()>(symbol)() : 0;
}

namespace {

std::string difference(PotentialAbi const& there, PotentialAbi const& here) {
  std::array<AbiMember, 6> const members{
      {{"sizeof_crystal", there.sizeof_crystal, here.sizeof_crystal},
       {"alignof_crystal", there.alignof_crystal, here.alignof_crystal},
       {"sizeof_evaluation", there.sizeof_evaluation, here.sizeof_evaluation},
       {"alignof_evaluation", there.alignof_evaluation, here.alignof_evaluation},
       {"sizeof_options", there.sizeof_options, here.sizeof_options},
       {"alignof_options", there.alignof_options, here.alignof_options}}};
  return describe_difference(there, here, members);
}

}  // namespace

std::shared_ptr<Potential const> load_model(std::filesystem::path const& library, std::string const& kind,
                                            std::string const& path, PotentialOptions const& options) {
  void* const symbol = find_symbol(open_plugin(library), "nacre_potential_entry");
  require(symbol != nullptr, "refused the plug-in '", library.string(), "' (it does not export nacre_potential_entry)");
  auto const& entry = *reinterpret_cast<PotentialEntry const* (*)()>(symbol)();
  auto const differs = difference(entry.abi, current_potential_abi());
  require(differs.empty(), "refused the plug-in '", library.string(), "' (built for another Nacre: ", differs,
          "); build it again against this one");
  return std::shared_ptr<Potential const>(entry.create(kind, path, options));
}

}  // namespace nacre
