#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/search/ask_tell.hpp"

namespace nacre {

Command optimize_command() {
  return {"optimize", "Search a space of your own: JSON lines on standard input and output (docs/ask_tell.md)",
          [](CommandLine& line) {
            auto const space = std::make_shared<std::string>(), resume = std::make_shared<std::string>();
            line.positional("SPACE", *space, "TOML file with variables and objectives");
            line.option("--resume", *resume, "go on from a state that {\"state\": FILE} saved");
            line.example("echo '{\"ask\": 3}' | nacre optimize SPACE.toml");
            return [space, resume] {
              std::ios::sync_with_stdio(false);
              ask_tell(*space, *resume, std::cin, std::cout);
              return 0;
            };
          }};
}

}  // namespace nacre
