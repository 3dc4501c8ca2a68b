#include "nacre/campaign/export.hpp"

#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "published.hpp"

namespace nacre {
namespace {

struct Options {
  std::string folder, format = "csv", output;
  std::int64_t top = 20;
  bool pareto = false;
};

bool fills_a_folder(Options const& options) { return options.format == "poscar" || options.format == "cif"; }

std::string text_of(ExportTable const& table, std::string const& format) {
  if (format == "csv") return to_csv(table);
  if (format == "json") return export_document(table).dump(1) + "\n";
  return to_extxyz(table);
}

int run(Options const& options) {
  require(options.top >= 1, "invalid --top ", options.top, " (must be at least 1)");
  require(!fills_a_folder(options) || !options.output.empty(), "missing -o FOLDER (", options.format,
          " is one file per candidate)");
  Published const published(options.folder);
  auto const table = make_export(published.ranking(), {static_cast<std::size_t>(options.top), options.pareto},
                                 [&](Hash128 const& id, Tier tier) { return published.find(id, tier); });
  if (fills_a_folder(options)) {
    write_export_folder(options.output, export_files(table, options.format));
  } else if (auto const text = text_of(table, options.format); options.output.empty()) {
    std::cout << text;
  } else {
    write_file(options.output, text);
  }
  return 0;
}

}  // namespace

Command export_command() {
  return {"export", "Write the best candidates for other programs", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("DIR", options->folder, "the campaign folder");
            line.choice("--format", options->format, {"csv", "json", "extxyz", "poscar", "cif"},
                        "docs/export.md says what each holds");
            line.option("--top", options->top, "how many");
            line.flag("--pareto", options->pareto, "only what no candidate dominates");
            line.option("-o,--output", options->output, "a file, for poscar and cif a folder; else standard output");
            line.example("nacre export runs/quickstart --format poscar --top 5 -o best");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
