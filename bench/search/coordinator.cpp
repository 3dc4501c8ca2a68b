// bench_coordinator: results per second of a coordinator's processor time in a simulated campaign: the swarm proposes on
// the virtual clock for 64 simulated workers (V = 2 W), results come as packed messages, go into campaign.db in groups of
// 64, into the archive and into the journal hash. What a simulated worker computes is not counted.
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <set>

#include "nacre/campaign/journal.hpp"
#include "nacre/campaign/outcome.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/value.hpp"
#include "nacre/parallel/clock.hpp"
#include "nacre/search/swarm.hpp"
#include "nacre/search/variables.hpp"

namespace {

using namespace nacre;

constexpr char const* variables = R"(
[[variable]]
name = "phase"
kind = "categorical"
choices = ["rocksalt", "fluorite", "perovskite"]
[[variable]]
name = "x"
kind = "real"
range = [-5.0, 10.0]
[[variable]]
name = "y"
kind = "real"
range = [0.0, 15.0]
[[variable]]
name = "shift"
kind = "torus"
)";

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// What a worker sends back for a design.
std::string worker(Design const& design) {
  double value = 0.0;
  for (auto const answer : design.values) value += std::pow(std::sin(1e-6 * static_cast<double>(answer)), 2);
  EvaluatedDesign result;
  result.design = design;
  result.words = "phase fluorite, x 3.14159, y 2.275, shift (0.25, 0.6)";
  result.choices = {{"phase", "fluorite", 1.0, 0.0}, {"x", "3.14159", 3.14159, 0.0}, {"y", "2.275", 2.275, 0.0},
                    {"shift", "(0.25, 0.6)", 0.25, 0.6}};
  result.leaf = design.id();
  result.energy_per_area = std::nan("");
  result.objectives = {Estimate(value, 0.0, 1e6, std::string(64, 'a'))};
  Outcome outcome;
  outcome.work = 1e6;
  outcome.designs.push_back(std::move(result));
  return pack(outcome);
}

class Campaign {
 public:
  explicit Campaign(Store* store) : store_(store) {
    space_ = make_variable_space(Value::parse_toml(variables, "bench").at("variable"), Value(), "bench");
    EngineOptions options;
    options.particles = 40;
    proposer_ = make_proposer(space_, options);
  }

  /// @return seconds of the coordinator
  double run(std::int64_t budget) {
    auto const start = thread_seconds();
    for (std::int64_t k = 0; k < budget; ++k) propose(k);
    while (auto const hidden = clock_.drain()) observe(hidden->number);
    if (store_) store_->commit();
    return thread_seconds() - start - of_workers_;
  }
  std::string journal() const { return journal_.hex(); }

 private:
  void propose(std::int64_t k) {
    auto const slot = clock_.take_slot();
    while (auto const visible = clock_.pop_visible()) observe(visible->number);
    auto proposal = proposer_->propose(k, archive_, proposed_, Rng(7, "propose", static_cast<std::uint64_t>(k)));
    StoredProposal stored{k, proposal->tier, proposal->designs, clock_.now(), 0.0, proposal->reason};
    stored.expected_work = 1e6 * std::exp2(4.0 * Rng(7, "work", static_cast<std::uint64_t>(k)).uniform());
    proposed_.emplace(stored.designs[0].id(), stored.tier);
    clock_.issue(slot, k, stored.expected_work);
    if (store_) store_->begin(), store_->put_proposal(stored);
    auto const start = thread_seconds();
    answers_[k] = worker(stored.designs[0]);
    of_workers_ += thread_seconds() - start;
    pending_.emplace(k, std::move(stored));
  }

  void observe(std::int64_t number) {
    auto outcome = unpack_outcome(answers_.extract(number).mapped());
    auto proposal = std::move(pending_.extract(number).mapped());
    if (store_) {
      store_->begin();
      store_->put_outcome(number, outcome);
      store_->put_attempt({number, 0, 1, 0.0, "done"});
      if (++results_ % 64 == 0) store_->commit();
    }
    Observation observation;
    observation.proposal = number;
    observation.design = proposal.designs[0];
    observation.objectives = outcome.designs[0].objectives;
    archive_.observe(std::move(observation));
    unsealed_.emplace(number, std::pair(std::move(proposal), std::move(outcome)));
    for (auto first = unsealed_.begin(); first != unsealed_.end() && first->first == journal_.proposals();
         first = unsealed_.begin()) {
      journal_.add(first->second.first, first->second.second);
      unsealed_.erase(first);
    }
  }

  Store* store_;
  std::shared_ptr<Space const> space_;
  std::unique_ptr<Proposer> proposer_;
  Archive archive_{Problem{{{"f", "1", Direction::minimize, {}}}, {}}};
  std::set<std::pair<Hash128, Tier>> proposed_;
  VirtualClock clock_{128, 0.5};
  std::map<std::int64_t, std::string> answers_;
  std::map<std::int64_t, StoredProposal> pending_;
  std::map<std::int64_t, std::pair<StoredProposal, Outcome>> unsealed_;
  JournalHash journal_;
  std::int64_t results_ = 0;
  double of_workers_ = 0.0;
};

}  // namespace

int main() {
  std::puts("| results | journal | us each, least of 3 | results per second |");
  std::puts("|---|---|---|---|");
  for (std::int64_t const budget : {1'000, 20'000, 100'000}) {
    for (bool const stored : {false, true}) {
      double least = 1e30;
      for (int i = 0; i < 3; ++i) {
        auto const folder = std::filesystem::temp_directory_path() / "nacre-bench-coordinator";
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        auto const store = stored ? std::make_unique<nacre::Store>(folder, nacre::Store::Mode::write) : nullptr;
        least = std::min(least, Campaign(store.get()).run(budget));
        std::filesystem::remove_all(folder);
      }
      std::printf("| %lld | %s | %.1f | %.0f |\n", static_cast<long long>(budget), stored ? "campaign.db" : "hash only",
                  1e6 * least / static_cast<double>(budget), static_cast<double>(budget) / least);
    }
  }
}
