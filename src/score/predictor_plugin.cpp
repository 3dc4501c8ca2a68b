#include "nacre/score/predictor_plugin.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/shared_library.hpp"
#include "nacre/core/text.hpp"
#include "nacre/score/plugin.hpp"

namespace nacre {
namespace {

std::filesystem::path locate(std::string const& name, std::vector<std::filesystem::path> const& extra) {
  std::vector<std::string> folders;
  for (auto const& folder : plugin_folders(extra)) {
    auto path = folder / (name + ".so");
    std::error_code ignored;
    if (name.find('/') == std::string::npos && std::filesystem::is_regular_file(path, ignored)) return path;
    folders.push_back(concat('\'', folder.string(), '\''));
  }
  input_error("unknown predictor '", name, "' (no such library in ", join(folders, ", "), "); known: gaussian_process");
}

}  // namespace

std::shared_ptr<Predictor const> load_predictor(std::string const& name,
                                                std::vector<std::filesystem::path> const& extra) {
  auto const path = locate(name, extra);
  auto* const symbol = find_symbol(open_plugin(path), "nacre_predictor");
  require(symbol != nullptr, "cannot use plug-in '", path.string(), "' (it exports no 'nacre_predictor'); put ",
          "NACRE_PREDICTOR(Class) into its source");
  auto const& entry = *reinterpret_cast<PredictorEntry const* (*)()>(symbol)();
  auto const difference = describe_difference(entry.abi, current_plugin_abi());
  require(difference.empty(), "cannot use plug-in '", path.string(), "' (built for another Nacre: ", difference,
          "); build it again against this one");
  return std::shared_ptr<Predictor const>(entry.create());
}

}  // namespace nacre
