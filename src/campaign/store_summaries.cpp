#include <map>

#include "store_state.hpp"

namespace nacre {

std::vector<DesignSummary> Store::summaries(Tier tier) const {
  std::vector<DesignSummary> all;
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> places;  // by proposal and position
  auto& database = state_->database;
  auto rows = database.query(
      "SELECT p.number, d.position, d.answers, coalesce(o.status, ''), coalesce(o.reason, ''), e.energy_per_area, "
      "e.design IS NOT NULL FROM proposals p JOIN proposed_designs d ON d.proposal = p.number "
      "LEFT JOIN outcomes o ON o.proposal = p.number "
      "LEFT JOIN evaluated_designs e ON e.proposal = p.number AND e.position = d.position "
      "WHERE p.tier = ? ORDER BY p.number, d.position",
      to_string(tier));
  while (rows.next()) {
    DesignSummary summary;
    summary.design = design_from(rows.text(2));
    if (auto const status = rows.text(3); !status.empty()) summary.task = status_from(status);
    summary.task_reason = rows.text(4);
    summary.energy_per_area = rows.real(5);
    summary.evaluated = rows.integer(6) != 0;
    places.emplace(std::pair(rows.integer(0), rows.integer(1)), all.size());
    all.push_back(std::move(summary));
  }
  auto const at = [&](Rows const& row) -> DesignSummary* {
    auto const found = places.find({row.integer(0), row.integer(1)});
    return found == places.end() ? nullptr : &all[found->second];
  };
  auto choices = database.query(
      "SELECT c.proposal, c.position, names.name, c.label FROM choices c JOIN names ON names.number = c.name "
      "JOIN proposals p ON p.number = c.proposal WHERE p.tier = ? AND names.name IN ('bottom', 'bottom_plane', "
      "'bottom_termination', 'top', 'top_plane', 'top_termination') ORDER BY c.proposal, c.position, c.number",
      to_string(tier));
  while (choices.next()) {
    if (auto* summary = at(choices)) summary->choices.push_back({choices.text(2), choices.text(3), 0.0, 0.0});
  }
  auto objectives = database.query(
      "SELECT o.proposal, o.position, o.status, o.reason FROM objectives o JOIN proposals p ON p.number = o.proposal "
      "WHERE p.tier = ? ORDER BY o.proposal, o.position, o.number",
      to_string(tier));
  while (objectives.next()) {
    if (auto* summary = at(objectives))
      summary->objectives.emplace_back(status_from(objectives.text(2)), objectives.text(3));
  }
  return all;
}

}  // namespace nacre
