#include "md_design.hpp"

#include "nacre/campaign/design_dynamics.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/parallel/stop.hpp"
#include "published.hpp"

namespace nacre {
namespace {

Hash128 first_of(Published const& published, std::string const& folder) {
  auto const ranking = published.ranking();
  auto const& candidates = ranking.at("candidates").as_array();
  require(!candidates.empty(), "nothing is ranked in '", folder, "' yet (nacre status says how far it is)");
  return Hash128::from_hex(candidates.front().at("id").as_string());
}

}  // namespace

MdDesign read_md_design(std::string const& folder, std::string const& design, double temperature) {
  Published const published(folder);
  auto const id = design.empty() ? first_of(published, folder) : published.resolve(design);
  auto start = design_for_dynamics(folder, id, temperature, [] { return stop_requested(); },
                                   [](std::string const& step) { log_info(step); });
  log_info("design ", id.hex().substr(0, 12), ": ", start.words);
  return {{std::move(start.crystal), std::move(start.layer), std::nullopt}, start.model, id.hex(), start.words};
}

}  // namespace nacre
