#include "nacre/score/plugin.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

constexpr char const* entry_symbol = "nacre_objective";

/// A plug-in of another kind: its file names that kind's entry symbol (the dynamic string table is plain text).
bool is_other_kind(fs::path const& path) {
  auto const bytes = read_file(path);
  auto const names = [&](char const* symbol) { return bytes.find(symbol) != std::string::npos; };
  return !names(entry_symbol) && (names("nacre_potential_entry") || names("nacre_predictor"));
}

/// What is wrong with what a plug-in says of itself; empty if nothing is.
std::string describe_problem(Info const& info, std::string const& name) {
  if (info.name != name) return concat("it calls itself '", info.name, "', unlike its file");
  if (info.unit.empty()) return "it has no unit; a number without one has unit \"1\"";
  if (info.tiers.empty()) return "it lists no tier";
  if (std::set<Tier>(info.tiers.begin(), info.tiers.end()).size() != info.tiers.size()) return "it lists a tier twice";
  return {};
}

std::shared_ptr<Objective const> create(PluginEntry const& entry, std::string const& name, fs::path const& path,
                                        ObjectiveSettings const& settings) {
  std::string problem = "it made no objective";
  try {
    if (std::shared_ptr<Objective> objective(entry.create()); objective) {
      objective->configure(settings);
      problem = describe_problem(objective->info(), name);
      if (problem.empty()) return objective;
    }
  } catch (std::exception const& error) {
    problem = concat("it threw: ", error.what());
  } catch (...) {
    problem = "it threw something that is no std::exception";
  }
  input_error("cannot use plug-in '", path.string(), "' (", problem, ")");
}

fs::path locate(std::string const& name, std::vector<fs::path> const& extra) {
  for (auto const& folder : plugin_folders(extra)) {
    auto path = folder / (name + ".so");
    std::error_code ignored;
    if (!name.empty() && name.find('/') == std::string::npos && fs::is_regular_file(path, ignored)) return path;
  }
  auto const known = find_objectives(extra);
  std::vector<std::string> folders;
  for (auto const& folder : plugin_folders(extra)) folders.push_back(concat('\'', folder.string(), '\''));
  input_error("unknown objective '", name, "' (no such library in ", join(folders, ", "), ")",
              did_you_mean(name, known));
}

}  // namespace

std::string describe_difference(PluginAbi const& there, PluginAbi const& here) {
  std::array<AbiMember, 4> const members{{{"sizeof_estimate", there.sizeof_estimate, here.sizeof_estimate},
                                          {"alignof_estimate", there.alignof_estimate, here.alignof_estimate},
                                          {"sizeof_candidate", there.sizeof_candidate, here.sizeof_candidate},
                                          {"alignof_candidate", there.alignof_candidate, here.alignof_candidate}}};
  return describe_difference(there, here, members);
}

std::vector<std::string> find_objectives(std::vector<fs::path> const& extra) {
  std::set<std::string> names;
  for (auto const& folder : plugin_folders(extra)) {
    std::error_code none;
    for (auto const& entry : fs::directory_iterator(folder, none)) {
      auto const& path = entry.path();
      if (path.extension() == ".so" && entry.is_regular_file() && !is_other_kind(path))
        names.insert(path.stem().string());
    }
  }
  return {names.begin(), names.end()};
}

LoadedObjective load_objective(std::string const& name, std::vector<fs::path> const& extra,
                               ObjectiveSettings const& settings) {
  auto const path = locate(name, extra);
  auto* const library = open_plugin(path);
  auto* const symbol = find_symbol(library, entry_symbol);
  require(symbol != nullptr, "cannot use plug-in '", path.string(), "' (it exports no '", entry_symbol,
          "'); put NACRE_OBJECTIVE(Class) into its source");
  auto const& entry = *reinterpret_cast<PluginEntry const* (*)()>(symbol)();
  auto const difference = describe_difference(entry.abi, current_plugin_abi());
  require(difference.empty(), "cannot use plug-in '", path.string(), "' (built for another Nacre: ", difference,
          "); build it again against this one");
  return {create(entry, name, path, settings), path, sha256_file(path.string())};
}

}  // namespace nacre
