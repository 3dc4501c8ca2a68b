#include "nacre/campaign/status.hpp"

#include <iostream>
#include <memory>
#include <tuple>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string folder;
  bool json = false;
};

std::string counts_in_words(Value const& counts) {
  std::vector<std::string> parts;
  for (auto const& [word, number] : counts.as_object()) parts.push_back(concat(number.as_integer(), " ", word));
  return parts.empty() ? "none" : join(parts, ", ");
}

void print(Value const& status) {
  auto const number = [&](char const* key) { return status.at(key).as_integer(); };
  std::cout << "state      " << status.at("state").as_string() << "\nproposals  " << number("done") << " of "
            << number("budget") << " done, " << number("proposed") - number("done") << " in flight, "
            << number("failed") << " failed\n";
  for (auto const& [tier, counts] : status.at("tiers").as_object()) {
    std::cout << tier << std::string(tier.size() < 11 ? 11 - tier.size() : 1, ' ') << counts_in_words(counts) << '\n';
  }
  std::cout << "DFT queue  " << counts_in_words(status.at("queue")) << "\nwork       "
            << significant(status.at("work").as_number(), 4) << '\n';
  if (auto const* range = status.find("twist_range_deg"); range && range->is_array()) {
    auto const& [least, most] = std::tie(range->as_array().at(0), range->as_array().at(1));
    std::cout << "twists     " << significant(least.as_number(), 4) << " to " << significant(most.as_number(), 4)
              << " deg searched\n";
  }
  if (status.at("journal_hash").is_string())
    std::cout << "journal    " << status.at("journal_hash").as_string() << '\n';
  TextTable table({"best", "value", "unit", "id"});
  for (auto const& [name, best] : status.at("best").as_object()) {
    table.row({name, with_error(best), best.at("unit").as_string(), best.at("id").as_string().substr(0, 12)});
  }
  if (!table.empty()) std::cout << '\n' << table.str();
}

int run(Options const& options) {
  auto const status = read_status(options.folder);
  if (options.json) {
    std::cout << status.dump() << '\n';
  } else {
    print(status);
  }
  return 0;
}

}  // namespace

Command status_command() {
  return {"status", "Show how far a campaign is", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("DIR", options->folder, "the campaign folder");
            line.flag("--json", options->json, "print JSON (schema nacre.status/1)");
            line.example("nacre status runs/quickstart");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
