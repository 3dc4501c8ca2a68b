/// A search on a function that is known: proposals go out, results come back later, as on the virtual clock.
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/search/problem.hpp"
#include "nacre/search/swarm.hpp"
#include "nacre/search/variables.hpp"

namespace nacre::test {

/// Fills in objectives and constraints of an observation that has its design and tier.
using Evaluate = std::function<void(Observation&)>;

inline std::shared_ptr<VariableSpace const> read_space(std::string const& toml) {
  auto const file = Value::parse_toml(toml, "SPACE.toml");
  return make_variable_space(file.at("variable"), file.find("constraint") ? file.at("constraint") : Value(),
                             "SPACE.toml");
}

/// `dimensions` reals x0, x1, ... in a range.
inline std::shared_ptr<VariableSpace const> box(int dimensions, double low, double high) {
  std::string toml;
  for (int i = 0; i < dimensions; ++i) {
    toml += concat("[[variable]]\nname='x", i, "'\nkind='real'\nrange=[", low, ",", high, "]\n");
  }
  return read_space(toml);
}

inline Problem minimise(int objectives = 1) {
  Problem problem;
  for (int i = 0; i < objectives; ++i) problem.objectives.push_back({concat("f", i), "", Direction::minimize, {}});
  return problem;
}

/// Which of the results on their way comes next.
enum class Arrival { first, last, shuffled };

class Simulation {
 public:
  Simulation(std::shared_ptr<Space const> space, EngineOptions const& options, Problem problem, std::uint64_t seed,
             std::size_t in_flight, Evaluate evaluate)
      : proposer(make_proposer(space, for_problem(options, problem))),
        archive(std::move(problem)),
        seed_(seed),
        in_flight_(in_flight),
        evaluate_(std::move(evaluate)) {}

  static EngineOptions for_problem(EngineOptions options, Problem const& problem) {
    options.objectives = problem.objectives.size();
    return options;
  }

  /// @return false if nothing was proposed and nothing is on its way
  bool step() {
    if (pending.size() >= in_flight_) receive();
    auto proposal =
        proposer->propose(number, archive, proposed, Rng(seed_, "propose", static_cast<std::uint64_t>(number)));
    if (!proposal && pending.empty()) return false;
    if (!proposal) {
      receive();
      return true;
    }
    for (auto const& design : proposal->designs) {
      repeated = repeated || !proposed.insert({design.id(), proposal->tier}).second;
      log += concat(number, " ", to_string(proposal->tier), " ", design.id().hex(), "\n");
    }
    pending.emplace_back(number++, *std::move(proposal));
    return true;
  }
  void run(int steps) {
    for (int i = 0; i < steps && step(); ++i) {
    }
  }
  /// The best value of the first objective on the last tier.
  double best() const {
    double least = 1e300;
    for (auto const& one : archive.all()) {
      if (one.tier == Tier::potential && one.ok() && feasible(archive.problem(), one)) {
        least = std::min(least, minimised(archive.problem().objectives[0], one.objectives[0].value));
      }
    }
    return least;
  }

  std::unique_ptr<Proposer> proposer;
  Archive archive;
  std::set<std::pair<Hash128, Tier>> proposed;
  std::deque<std::pair<std::int64_t, Proposal>> pending;
  std::int64_t number = 0;
  std::string log;
  bool repeated = false;
  Arrival arrival = Arrival::first;

 private:
  void receive() {
    auto const last = pending.size() - 1;
    auto const which = arrival == Arrival::first ? 0
                       : arrival == Arrival::last
                           ? last
                           : Rng(seed_, "arrival", static_cast<std::uint64_t>(number)).below(last + 1);
    auto const [from, proposal] = std::move(pending[which]);
    pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(which));
    for (auto const& design : proposal.designs) {
      Observation one;
      one.proposal = from;
      one.design = design;
      one.tier = proposal.tier;
      evaluate_(one);
      archive.observe(std::move(one));
    }
  }
  std::uint64_t seed_;
  std::size_t in_flight_;
  Evaluate evaluate_;
};

/// One objective from the numbers of a box.
inline Evaluate on_box(std::shared_ptr<Space const> space, std::function<double(std::vector<double> const&)> function) {
  return [space, function](Observation& one) {
    auto const nodes = nodes_along(*space, one.design);
    std::vector<double> x;
    for (std::size_t i = 0; i < nodes.size(); ++i) x.push_back(nodes[i]->number(one.design.values[i]));
    one.objectives = {Estimate(function(x), 0.0, 1.0, "")};
  };
}

}  // namespace nacre::test
