#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string folder;
  std::string campaign = "quickstart";
};

/// Names of the folders in runs/ that have a campaign file, sorted.
std::vector<std::string> templates(fs::path const& runs) {
  std::vector<std::string> names;
  for (auto const& entry : fs::directory_iterator(runs)) {
    if (fs::exists(entry.path() / "campaign.toml")) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path find_template(std::string const& name) {
  auto const runs = data_file("../runs");
  auto const known = templates(runs);
  require(std::find(known.begin(), known.end(), name) != known.end(), "unknown template '", name, "'",
          did_you_mean(name, known));
  return runs / name;
}

void replace_all(std::string& text, std::string const& what, std::string const& instead) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += instead.size()) {
    text.replace(at, what.size(), instead);
  }
}

/// The campaign file and the structures it names, which may lie in another run and all end up in structures/.
std::map<fs::path, std::string> files_of(fs::path const& source) {
  std::map<fs::path, std::string> files;
  auto text = read_file(source / "campaign.toml");
  auto const config = Value::parse_toml(text, (source / "campaign.toml").string());
  if (auto const* materials = config.find("material")) {
    for (auto const& material : materials->as_array()) {
      auto const& named = material.at("file").as_string();
      auto const target = concat("structures/", fs::path(named).filename().string());
      files[target] = read_file(source / named);
      replace_all(text, concat('"', named, '"'), concat('"', target, '"'));
    }
  }
  files["campaign.toml"] = text;
  if (fs::exists(source / "README.md")) files["README.md"] = read_file(source / "README.md");
  return files;
}

/// Written beside the goal and renamed, so that a campaign folder is whole or absent.
void write_folder(fs::path const& folder, std::map<fs::path, std::string> const& files) {
  auto const goal = fs::absolute(folder / "").lexically_normal().parent_path();
  auto temporary = goal;
  temporary += ".tmp" + std::to_string(::getpid());
  try {
    fs::create_directories(temporary);
    for (auto const& [name, content] : files) {
      fs::create_directories((temporary / name).parent_path());
      write_file(temporary / name, content);
    }
    fs::rename(temporary, goal);
  } catch (fs::filesystem_error const& error) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw Error(concat("cannot make the folder '", folder.string(), "' (", error.code().message(), ")"));
  }
}

int run(Options const& options) {
  fs::path const folder = options.folder;
  std::error_code error;
  require(!fs::exists(folder, error) || (fs::is_directory(folder, error) && fs::is_empty(folder, error)), "'",
          folder.string(), "' exists and is not an empty folder (name another one)");
  auto const source = find_template(options.campaign);
  write_folder(folder, files_of(source));
  std::cout << "made " << folder.string() << " from the template " << options.campaign << "\nedit "
            << (folder / "campaign.toml").string() << " (nacre check --schema explains every key), then\n  nacre check "
            << folder.string() << "\n  mpirun -n 2 nacre run " << folder.string() << '\n';
  return 0;
}

}  // namespace

Command init_command() {
  return {"init", "Make a campaign folder from a template", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("DIR", options->folder, "the folder to make; may exist if it is empty");
            line.option("--template", options->campaign, "a folder of runs/: quickstart, oxide_membranes, smoke");
            line.example("nacre init my_campaign --template quickstart");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
