#include <iostream>
#include <memory>

#include "nacre/campaign/config.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/score/plugin.hpp"
#include "schema.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string folder;
  bool schema = false, json = false, markdown = false;
};

int print_schema(Options const& options) {
  std::cout << (options.json ? schema_json() : options.markdown ? schema_markdown() : schema_text());
  return 0;
}

}  // namespace

Command check_command() {
  return {"check", "Validate a campaign; print its size, work, memory and time", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("DIR", options->folder, "the campaign folder", false);
            line.flag("--schema", options->schema,
                      "print every key of campaign.toml with type, unit, default and meaning");
            line.flag("--json", options->json, "print JSON");
            line.flag("--markdown", options->markdown, "with --schema: print the page docs/campaign.md");
            line.example("nacre check runs/quickstart");
            return [options] {
              if (options->schema) return print_schema(*options);
              require(!options->folder.empty(), "missing DIR (name a campaign folder, or --schema)");
              return 0;
            };
          }};
}

}  // namespace nacre
