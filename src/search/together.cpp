#include "together.hpp"

#include <algorithm>
#include <array>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/deque.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <deque>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"
#include "ranking.hpp"

namespace nacre::detail {
namespace {

constexpr Envelope envelope{0x4e544f47, 1};  // "NTOG"
constexpr std::size_t window = 20;           ///< latest results that an engine is judged by

/// A normalised log of who proposed what and whether it was a gain.
struct Record {
  std::uint64_t seen = 0;                        ///< observations of the archive taken in
  std::map<std::int64_t, std::int32_t> pending;  ///< engine by proposal on the top tier
  std::array<std::deque<bool>, 2> gains;         ///< latest results of each engine
};

class Together final : public Proposer {
 public:
  Together(std::shared_ptr<Space const> const& space, EngineOptions options) : tiers_(options.tiers) {
    options.engine = "swarm";
    engines_[0] = make_proposer(space, options);
    options.engine = "bo";
    engines_[1] = make_proposer(space, options);
  }
  std::string name() const override { return "swarm+bo"; }
  std::optional<Proposal> propose(std::int64_t number, Archive const& archive,
                                  std::set<std::pair<Hash128, Tier>> const& proposed, Rng rng) override;
  std::string save() const override;
  void load(std::string const& bytes) override;
  void revalue() override {
    for (auto const& engine : engines_) engine->revalue();
    front_.clear();
    ranked_ = 0;
  }

 private:
  void take_in(Archive const& archive);
  bool gained(Archive const& archive, std::size_t index);
  double share(std::size_t engine) const;
  std::vector<Tier> tiers_;
  std::array<std::unique_ptr<Proposer>, 2> engines_;
  Record record_;
  std::vector<std::vector<double>> front_;  ///< of the observations before `ranked_`, minimised
  std::size_t ranked_ = 0;
};

/// A feasible result on the top tier that no earlier one is as good as in every objective.
bool Together::gained(Archive const& archive, std::size_t index) {
  auto const& one = archive.all()[index];
  if (one.tier != tiers_.back() || !one.ok() || !feasible(archive.problem(), one)) return false;
  std::vector<double> values;
  for (std::size_t i = 0; i < one.objectives.size(); ++i) {
    values.push_back(minimised(archive.problem().objectives[i], one.objectives[i].value));
  }
  auto const covers = [](auto const& a, auto const& b) { return std::ranges::equal(a, b, std::less_equal<>{}); };
  if (std::ranges::any_of(front_, [&](auto const& other) { return covers(other, values); })) return false;
  std::erase_if(front_, [&](auto const& other) { return covers(values, other); });
  front_.push_back(std::move(values));
  return true;
}

void Together::take_in(Archive const& archive) {
  for (; ranked_ < record_.seen; ++ranked_) gained(archive, ranked_);  // after a load
  for (; record_.seen < archive.all().size(); ++record_.seen, ++ranked_) {
    bool const gain = gained(archive, ranked_);
    auto const found = record_.pending.find(archive.all()[ranked_].proposal);
    if (found == record_.pending.end() || archive.all()[ranked_].tier != tiers_.back()) continue;
    auto& gains = record_.gains[static_cast<std::size_t>(found->second)];
    gains.push_back(gain);
    if (gains.size() > window) gains.pop_front();
    record_.pending.erase(found);
  }
}

/// As if each had gained once in two results before.
double Together::share(std::size_t engine) const {
  auto const& gains = record_.gains[engine];
  return (static_cast<double>(std::ranges::count(gains, true)) + 1.0) / (static_cast<double>(gains.size()) + 2.0);
}

std::optional<Proposal> Together::propose(std::int64_t number, Archive const& archive,
                                          std::set<std::pair<Hash128, Tier>> const& proposed, Rng rng) {
  take_in(archive);
  auto const swarm = share(0), model = share(1), chance = model / (swarm + model);
  std::size_t const first = rng.uniform() < chance ? 1 : 0;
  for (auto const engine : {first, 1 - first}) {
    auto proposal = engines_[engine]->propose(number, archive, proposed, rng);
    if (!proposal) continue;
    if (proposal->tier == tiers_.back()) record_.pending.emplace(number, static_cast<std::int32_t>(engine));
    auto const percent = static_cast<int>(100.0 * (engine == 1 ? chance : 1.0 - chance) + 0.5);
    proposal->reason += concat(" (chosen with ", percent, " %: ", std::ranges::count(record_.gains[engine], true),
                               " of its latest ", record_.gains[engine].size(), " results were gains)");
    return proposal;
  }
  return std::nullopt;
}

std::string Together::save() const {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    auto const swarm = engines_[0]->save(), model = engines_[1]->save();
    archive << swarm << model << record_.seen << record_.pending << record_.gains[0] << record_.gains[1];
  }
  return seal(envelope, bytes.str());
}

void Together::load(std::string const& bytes) {
  std::istringstream in(open_envelope(envelope, bytes));
  std::string swarm, model;
  Record record;
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    archive >> swarm >> model >> record.seen >> record.pending >> record.gains[0] >> record.gains[1];
  } catch (boost::archive::archive_exception const& error) {
    throw Error(concat("unusable state of an engine (", error.what(), ")"));
  }
  engines_[0]->load(swarm);
  engines_[1]->load(model);
  record_ = std::move(record);
  front_.clear();
  ranked_ = 0;
}

}  // namespace

std::unique_ptr<Proposer> make_together(std::shared_ptr<Space const> space, EngineOptions const& options) {
  return std::make_unique<Together>(space, options);
}

}  // namespace nacre::detail
