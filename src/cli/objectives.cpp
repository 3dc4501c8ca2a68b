#include <iomanip>
#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/score/plugin.hpp"

namespace nacre {
namespace {

struct Options {
  std::string plugin_path;
  bool json = false;
};

std::vector<std::string> tier_names(Info const& info) {
  std::vector<std::string> names;
  for (auto const tier : info.tiers) names.emplace_back(to_string(tier));
  return names;
}

Value to_value(LoadedObjective const& loaded) {
  auto const info = loaded.objective->info();
  auto entry = Value::object();
  entry["name"] = info.name;
  entry["unit"] = info.unit;
  entry["direction"] = to_string(info.direction);
  entry["tiers"] = Value::array();
  for (auto const& tier : tier_names(info)) entry["tiers"].push_back(tier);
  entry["summary"] = info.summary;
  entry["path"] = loaded.path.string();
  entry["sha256"] = loaded.sha256;
  return entry;
}

void print_json(std::vector<LoadedObjective> const& all) {
  auto page = Value::object();
  page["schema"] = "nacre.objectives/1";
  page["objectives"] = Value::array();
  for (auto const& loaded : all) page["objectives"].push_back(to_value(loaded));
  std::cout << page.dump() << '\n';
}

void print_table(std::vector<LoadedObjective> const& all) {
  auto const row = [](std::string const& name, std::string const& unit, std::string_view direction,
                      std::string const& tiers, std::string const& rest) {
    std::cout << std::left << std::setw(20) << name << ' ' << std::setw(8) << unit << ' ' << std::setw(9) << direction
              << ' ' << std::setw(26) << tiers << ' ' << rest << '\n';
  };
  row("name", "unit", "direction", "tiers", "what it is");
  for (auto const& loaded : all) {
    auto const info = loaded.objective->info();
    row(info.name, info.unit, to_string(info.direction), join(tier_names(info), ", "), info.summary);
    std::cout << "  " << loaded.path.string() << '\n';
  }
}

int run(Options const& options) {
  std::vector<std::filesystem::path> folders;
  if (!options.plugin_path.empty()) {
    for (auto const& folder : split(options.plugin_path, ':')) folders.emplace_back(folder);
  }
  std::vector<LoadedObjective> all;
  for (auto const& name : find_objectives(folders)) all.push_back(load_objective(name, folders));
  options.json ? print_json(all) : print_table(all);
  return 0;
}

}  // namespace

Command objectives_command() {
  return {"objectives", "List the objective plug-ins that a campaign can name", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.option("--plugin-path", options->plugin_path,
                        "folders to look in first, separated by ':' (then NACRE_PLUGIN_PATH, then those of Nacre)");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre objectives --plugin-path ~/my_objectives --json");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
