#include <memory>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

struct Options {
  std::string folder, file;
};

/// What can be seen without the space, which only the run knows. @return number of lines that say something
std::size_t check_lines(std::string const& text, CampaignConfig const& config, std::string const& file) {
  std::size_t number = 0, points = 0;
  for (auto const& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    auto const point = Value::parse_json(line, concat("'", file, "', line ", number));
    require(point.is_object() && (point.find("point") || point.find("design")) && point.find("values"), "'", file,
            "', line ", number, ": no point with values (needs {\"point\": {..}, \"values\": {..}})");
    for (auto const& objective : config.objectives)
      require(point.at("values").find(objective.name) != nullptr, "'", file, "', line ", number, ": no value of '",
              objective.name, "' (needs every objective of the campaign)");
    ++points;
  }
  require(points > 0, "no results in '", file, "'");
  return points;
}

int run(Options const& options) {
  auto const config = read_campaign(options.folder);
  auto const text = read_file(options.file);
  auto const points = check_lines(text, config, options.file);
  drop_into_inbox(options.folder, "import", text);
  print_message(concat("nacre: left ", points, " results in the inbox of '", options.folder,
                       "'; its run takes them in and says so, or the next one"));
  return 0;
}

}  // namespace

Command import_command() {
  return {"import", "Give a campaign results from elsewhere: they guide its search and are not ranked", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("DIR", options->folder, "the campaign folder");
            line.positional("FILE", options->file, "lines {\"point\": {..}, \"values\": {..}, \"stderr\": {..}}");
            line.example("nacre import my-campaign points.jsonl");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
