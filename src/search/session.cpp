#include "session.hpp"

#include <algorithm>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/numerics/hypervolume.hpp"

namespace nacre::detail {
namespace {

/// Crowding distances of a front (K. Deb et al., IEEE Trans. Evol. Comput. 6, 182 (2002)): how lonely each member is.
std::vector<double> loneliness(std::vector<Observation const*> const& front, std::size_t objectives) {
  std::vector<double> distance(front.size(), 0.0);
  std::vector<std::size_t> order(front.size());
  for (std::size_t i = 0; i < objectives; ++i) {
    auto const value = [&](std::size_t member) { return front[member]->objectives[i].value; };
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, value);
    auto const extent = value(order.back()) - value(order.front());
    distance[order.front()] = distance[order.back()] = std::numeric_limits<double>::infinity();
    for (std::size_t j = 1; j + 1 < order.size() && extent > 0.0; ++j) {
      distance[order[j]] += (value(order[j + 1]) - value(order[j - 1])) / extent;
    }
  }
  return distance;
}

}  // namespace

Session::Session(SpaceFile file)
    : file_(std::move(file)), proposer_(make_proposer(file_.space, file_.engine)), archive_(file_.problem) {
  state_.first_budget = file_.engine.budget.value_or(-1);
}

bool Session::budget_spent() const { return file_.budget && state_.next_id >= *file_.budget; }

std::optional<Session::Point> Session::ask() {
  if (budget_spent()) return std::nullopt;
  if (state_.queue.empty()) {
    auto const number = state_.proposals;
    auto const proposal = proposer_->propose(number, archive_, state_.proposed,
                                             Rng(file_.seed, "propose", static_cast<std::uint64_t>(number)));
    if (!proposal) return std::nullopt;
    ++state_.proposals;
    state_.blocks[number].missing = static_cast<std::int64_t>(proposal->designs.size());
    for (auto const& design : proposal->designs) {
      state_.proposed.emplace(design.id(), proposal->tier);
      state_.queue.push_back({number, proposal->tier, design});
    }
  }
  auto const id = state_.next_id++;
  auto const& open = state_.pending.emplace(id, std::move(state_.queue.front())).first->second;
  state_.queue.pop_front();
  auto const tier = std::ranges::find(file_.engine.tiers, open.tier) - file_.engine.tiers.begin();
  return Point{id, file_.space->point(open.design), static_cast<int>(tier)};
}

void Session::tell(std::int64_t id, std::vector<Estimate> objectives, std::vector<double> constraints) {
  auto const found = state_.pending.find(id);
  require(found != state_.pending.end(), id >= 0 && id < state_.next_id ? "repeated" : "unknown", " id ", id,
          id >= 0 && id < state_.next_id ? " (its result was told before)" : " (no such point was asked for)");
  auto const open = std::move(found->second);
  state_.pending.erase(found);
  auto const block = state_.blocks.find(open.proposal);
  block->second.results.emplace(
      id, Observation{open.proposal, open.design, open.tier, std::move(objectives), std::move(constraints)});
  if (--block->second.missing > 0) return;
  for (auto& [number, result] : block->second.results) observe(number, std::move(result));
  state_.blocks.erase(block);
}

void Session::observe(std::int64_t id, Observation observation) {
  archive_.observe(std::move(observation));
  state_.ids.push_back(id);
}

/// Feasible results of the last tier as indices into the archive, the best first.
std::vector<std::size_t> Session::ranked() const {
  std::vector<std::size_t> found;
  auto const& all = archive_.all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].tier == top() && all[i].ok() && feasible(file_.problem, all[i])) found.push_back(i);
  }
  std::ranges::stable_sort(found, {}, [&](std::size_t i) {
    return std::pair(minimised(file_.problem.objectives[0], all[i].objectives[0].value), state_.ids[i]);
  });
  return found;
}

Value Session::hypervolume_of(std::vector<Observation const*> const& front) const {
  std::vector<double> reference;
  for (auto const& objective : file_.problem.objectives) {
    if (!objective.reference) return {};
    reference.push_back(minimised(objective, *objective.reference));
  }
  std::vector<std::vector<double>> points;
  for (auto const* one : front) {
    points.emplace_back();
    for (std::size_t i = 0; i < reference.size(); ++i) {
      points.back().push_back(minimised(file_.problem.objectives[i], one->objectives[i].value));
    }
  }
  return hypervolume(std::move(points), reference);
}

Value Session::best(std::size_t count) const {
  std::vector<std::size_t> chosen;
  std::vector<Observation const*> front;
  if (file_.problem.objectives.size() == 1) {
    chosen = ranked();
    if (!chosen.empty()) front.push_back(&archive_.all()[chosen[0]]);
    chosen.resize(std::min(count, chosen.size()));
  } else {
    front = archive_.pareto(top());
    auto const lonely = front.empty() ? std::vector<double>() : loneliness(front, file_.problem.objectives.size());
    std::vector<std::size_t> order(front.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t i) { return lonely[i]; });
    order.resize(std::min(count, order.size()));
    for (auto const i : order) chosen.push_back(static_cast<std::size_t>(front[i] - archive_.all().data()));
    std::ranges::sort(chosen, {}, [&](std::size_t i) { return state_.ids[i]; });
  }
  auto list = Value::array();
  for (auto const index : chosen) {
    auto const& one = archive_.all()[index];
    auto values = Value::object();
    for (std::size_t i = 0; i < one.objectives.size(); ++i) {
      values[file_.problem.objectives[i].name] = one.objectives[i].value;
    }
    for (std::size_t i = 0; i < one.constraints.size(); ++i) {
      values[file_.problem.constraints[i].name] = one.constraints[i];
    }
    auto entry = Value::object();
    entry["id"] = state_.ids[index];
    entry["point"] = file_.space->point(one.design);
    entry["values"] = std::move(values);
    list.push_back(std::move(entry));
  }
  auto answer = Value::object();
  answer["best"] = std::move(list);
  answer["hypervolume"] = hypervolume_of(front);
  return answer;
}

std::string Session::save() const {
  auto state = state_;
  state.observations = archive_.all();
  return save_session(state, file_.identity, proposer_->save());
}

void Session::load(std::string const& bytes) {
  std::string proposer;
  state_ = load_session(bytes, file_.identity, proposer);
  for (auto& one : state_.observations) archive_.observe(std::move(one));
  state_.observations.clear();
  file_.engine.budget.reset();
  if (state_.first_budget >= 0) file_.engine.budget = state_.first_budget;
  proposer_ = make_proposer(file_.space, file_.engine);
  proposer_->load(proposer);
}

}  // namespace nacre::detail
