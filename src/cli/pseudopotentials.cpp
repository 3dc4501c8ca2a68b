#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/pseudopotentials.hpp"

namespace nacre {
namespace {

struct Options {
  std::string source, folder;
  std::vector<std::string> elements;
};

int run(Options const& options) {
  std::filesystem::create_directories(options.folder);
  for (auto const& name : dft::convert_gth(options.source, options.folder, options.elements)) std::cout << name << '\n';
  return 0;
}

}  // namespace

Command pseudopotentials_command() {
  return {"pseudopotentials", "Convert CP2K's GTH pseudopotentials for pw.x and ABINIT", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("SOURCE", options->source, "a file GTH_POTENTIALS, e.g. that of Debian's cp2k-data");
            line.positional("FOLDER", options->folder, "where one file per element is written, for [dft] pseudo_dir");
            line.positionals("ELEMENT", options->elements, "symbols; without them all", false);
            line.example("nacre pseudopotentials /usr/share/cp2k/GTH_POTENTIALS pseudo Si Ge");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
