#include "bayes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bayes_state.hpp"
#include "maximise.hpp"
#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

constexpr std::size_t most_exact = 2000;       ///< observations of a model of all
constexpr std::size_t most_local = 500;        ///< of one around a design
constexpr std::size_t local_growth = 50;       ///< results after which that is made anew
constexpr std::size_t patience = 12;           ///< results without a gain, until what is least known is looked at, too
constexpr std::int64_t most_listed = 100'000;  ///< designs of a space that is taken for a list

/// Draws of what noisy values may be: as many as the time for a suggestion allows.
int world_count(std::size_t observations) {
  auto const size = static_cast<double>(observations);
  return static_cast<int>(std::clamp(1.2e5 / (size * size), 1.0, 16.0));
}

std::string words_of(Aim aim, Judge const& judge) {
  if (!judge.anything_feasible()) return "log of the chance to be feasible ";
  if (aim.kind == Aim::Kind::knowledge) return "no gain for long, log of what is not known ";
  if (aim.kind == Aim::Kind::list) return concat("log of the chance to be among the best ", aim.places, ": ");
  if (aim.kind == Aim::Kind::leap)
    return concat("no gain for long, log of the expected gain beyond ", aim.margin, ": ");
  if (aim.kind == Aim::Kind::drawn) return "promise in one draw of the model ";
  return "log of the expected gain ";
}

class Bayes final : public Proposer {
 public:
  Bayes(std::shared_ptr<Space const> space, EngineOptions options);
  std::string name() const override { return "bo"; }
  std::optional<Proposal> propose(std::int64_t number, Archive const& archive, ProposedSet const& proposed,
                                  Rng rng) override;
  std::string save() const override;
  void load(std::string const& bytes) override;
  void revalue() override {
    surrogate_.reset();
    loaded_.reset();
  }

 private:
  int top() const { return static_cast<int>(options_.tiers.size()) - 1; }
  Tier tier(int level) const { return options_.tiers[static_cast<std::size_t>(level)]; }
  void begin(Rng& rng);
  void take_in(Archive const& archive);
  std::optional<Proposal> open(std::int64_t number, ProposedSet const& proposed);
  /// Designs of one proposal: several only below the top.
  int block(int level) const { return level < top() ? std::max(options_.screen, 1) : 1; }
  std::optional<Proposal> guess(std::int64_t number, Archive const& archive, ProposedSet const& proposed, Rng& rng,
                                std::string const& reason);
  std::optional<Proposal> optimise(std::int64_t number, Archive const& archive, ProposedSet const& proposed, Rng& rng);
  std::vector<std::size_t> rows(Archive const& archive) const;
  void update_model(Archive const& archive);
  std::vector<Design> best_fresh(std::vector<Scored> const& found, int level, Archive const& archive,
                                 ProposedSet const& proposed, Rng& rng);
  std::vector<Path const*> believe(Surrogate& surrogate);
  struct Stagnation {
    bool stuck = false;
    double way = 0.0;
  };
  Stagnation stagnation(Archive const& archive) const;
  Aim aim(std::int64_t number, Archive const& archive);
  int choose_level(Surrogate const& surrogate, Path const& path, ProposedSet const& proposed) const;
  Proposal issue(std::int64_t number, int level, std::vector<Design> designs, std::string const& reason);

  std::shared_ptr<Space const> space_;
  EngineOptions options_;
  BayesState state_;
  FreshDesigns fresh_;
  History history_;
  std::optional<Surrogate> surrogate_;
  std::optional<SavedSurrogate> loaded_;  ///< until the archive is at hand
  std::map<Design, Path> paths_;          ///< of pending designs
  std::optional<bool> finite_;            ///< the designs of the space are a list of moderate length
};

Bayes::Bayes(std::shared_ptr<Space const> space, EngineOptions options)
    : space_(std::move(space)), options_(std::move(options)), fresh_(space_), history_(space_, options_.tiers) {
  require(!options_.tiers.empty(), "no tier to search on (needs at least one)");
  require(std::ranges::is_sorted(options_.tiers, std::less_equal<>{}) || options_.tiers.size() == 1,
          "tiers out of order (the cheapest comes first, each once)");
  state_.asked.assign(options_.tiers.size(), 0);
}

/// Twice the number of answers and 2, but at most a quarter of the budget.
void Bayes::begin(Rng& rng) {
  Rng sizes(7, "answers", 0);
  std::size_t answers = 1;
  for (int i = 0; i < 16; ++i) {
    if (auto const design = try_random_design(*space_, sizes)) answers = std::max(answers, design->values.size());
  }
  state_.initial = static_cast<std::int32_t>(std::min<std::size_t>(2 * (answers + 1), 40));
  if (options_.budget) {
    auto const quarter = std::clamp<std::int64_t>(*options_.budget / 4, 3, 40);
    state_.initial = std::min(state_.initial, static_cast<std::int32_t>(quarter));
  }
  auto const high = static_cast<std::uint64_t>(rng.bits());
  state_.salt = high << 32 | rng.bits();
}

std::optional<Proposal> Bayes::propose(std::int64_t number, Archive const& archive, ProposedSet const& proposed,
                                       Rng rng) {
  if (state_.initial == 0) begin(rng);
  take_in(archive);
  if (auto proposal = open(number, proposed)) return proposal;
  std::size_t usable = 0;
  for (auto const& one : archive.all()) usable += history_.level(one) == top() && one.ok() ? 1 : 0;
  if (usable < 2) return guess(number, archive, proposed, rng, "random design, too few results for a model");
  return optimise(number, archive, proposed, rng);
}

void Bayes::take_in(Archive const& archive) {
  history_.take_in(archive, archive.all().size());
  for (; state_.seen < archive.all().size(); ++state_.seen) {
    auto const& one = archive.all()[state_.seen];
    auto const found = state_.pending.find(one.proposal);
    if (found == state_.pending.end() || tier(found->second.level) != one.tier) continue;
    std::erase(found->second.designs, one.design);
    if (found->second.designs.empty()) state_.pending.erase(found);
  }
}

/// A Latin hypercube; with several tiers its first third is repeated on each tier above, to learn how they are linked.
std::optional<Proposal> Bayes::open(std::int64_t number, ProposedSet const& proposed) {
  auto const repeated = std::max(state_.initial / 3, 2);
  while (state_.opened < state_.initial + top() * repeated) {
    auto const step = static_cast<int>(state_.opened);
    int const level = step < state_.initial ? 0 : 1 + (step - state_.initial) / repeated;
    auto const first = step < state_.initial ? step : (step - state_.initial) % repeated;
    auto const end = std::min(first + block(level), level == 0 ? state_.initial : repeated);
    std::vector<Design> designs;
    for (int index = first; index < end; ++index) {
      ++state_.opened;
      Rng own(state_.salt, "hypercube", static_cast<std::uint64_t>(index));
      auto const path = hypercube_path(*space_, state_.salt, index, state_.initial, own);
      if (!path || proposed.contains({path->design.id(), tier(level)})) continue;
      if (std::ranges::find(designs, path->design) == designs.end()) designs.push_back(path->design);
    }
    if (!designs.empty()) return issue(number, level, std::move(designs), concat("initial design ", first + 1));
  }
  return std::nullopt;
}

std::optional<Proposal> Bayes::guess(std::int64_t number, Archive const& archive, ProposedSet const& proposed, Rng& rng,
                                     std::string const& reason) {
  auto design = fresh_.find({tier(top()), proposed, {}, known_designs(archive, state_.pending)}, rng, 0,
                            [](int) { return std::nullopt; });
  if (!design) return std::nullopt;
  return issue(number, top(), {*std::move(design)}, reason);
}

/// Observations that the model is made of: all, or beyond what an exact model can hold those around a good design.
std::vector<std::size_t> Bayes::rows(Archive const& archive) const {
  auto const size = archive.all().size();
  std::vector<std::size_t> all(size);
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (size <= most_exact) return all;
  if (!surrogate_) {  // an archive from elsewhere: some of its values, evenly, until there are lengths to be near by
    std::vector<std::size_t> known, some;
    for (auto const i : all) {
      if (history_.level(archive.all()[i]) >= 0 && archive.all()[i].ok()) known.push_back(i);
    }
    auto const count = std::min(known.size(), most_local);
    for (std::size_t i = 0; i < count; ++i) some.push_back(known[i * known.size() / count]);
    return some;
  }
  Judge const judge(archive, history_, *surrogate_, top(), {});
  auto const& bases = judge.bases();
  // every second time the best one, else another good one in turn
  auto const turn = size / local_growth;
  auto const center = turn % 2 == 0 || bases.empty() ? 0 : (turn / 2) % bases.size();
  auto const& path = history_.path(bases.empty() ? size - 1 : bases[center]);
  return surrogate_->nearest(history_, size, path, most_local);
}

// As on the virtual clock: when the data grew by a tenth; few data are fitted again at each result, and a local model
// moves on after as many results as it can take in.
void Bayes::update_model(Archive const& archive) {
  auto const size = archive.all().size();
  if (loaded_) {
    surrogate_ = Surrogate::restore(*loaded_, history_);
    loaded_.reset();
  }
  auto const growth = size > most_exact ? local_growth
                      : surrogate_      ? std::max<std::size_t>(1, surrogate_->fitted() / 10)
                                        : 0;
  if (!surrogate_ || size >= surrogate_->fitted() + growth) {
    surrogate_ = Surrogate::fit(archive, history_, rows(archive), size, {options_.tiers, state_.salt},
                                surrogate_ ? &*surrogate_ : nullptr);
  } else if (surrogate_->end() < size) {
    surrogate_->extend(archive, history_, size);
  }
}

/// Pending designs in the order of their proposals.
std::vector<Path const*> Bayes::believe(Surrogate& surrogate) {
  std::vector<Path const*> pending;
  surrogate.forget_beliefs();
  for (auto const& [number, issued] : state_.pending) {
    for (auto const& design : issued.designs) {
      auto found = paths_.find(design);
      if (found == paths_.end()) found = paths_.emplace(design, path_of(*space_, design)).first;
      surrogate.believe(found->second, issued.level);
      if (issued.level == top()) pending.push_back(&found->second);
    }
  }
  return pending;
}

/// Whether the latest results on the top tier brought no gain worth the name, 1e-4 of the way from the best to the
/// median; and that way.
Bayes::Stagnation Bayes::stagnation(Archive const& archive) const {
  std::vector<double> values;
  for (auto const& one : archive.all()) {
    if (one.tier != tier(top())) continue;
    bool const usable = one.ok() && feasible(archive.problem(), one);
    values.push_back(usable ? minimised(archive.problem().objectives[0], one.objectives[0].value)
                            : std::numeric_limits<double>::infinity());
  }
  auto sorted = values;
  std::ranges::sort(sorted);
  if (sorted.empty() || !std::isfinite(sorted[sorted.size() / 2])) return {};
  auto const way = sorted[sorted.size() / 2] - sorted[0];
  auto const near = std::ranges::find_if(values, [&](double value) { return value <= sorted[0] + 1e-4 * way; });
  return {values.end() - near > patience, way};
}

/// Where the designs are a list, so is what is looked for: every second time it counts to be among the best few, ten in
/// the end. In a continuum the neighbours of the best one would be. A search that gets no further looks every fourth
/// time at what it knows least, since a model may be sure of what is not so, and counts small gains as none, since on a
/// plateau it would expect them for ever.
Aim Bayes::aim(std::int64_t number, Archive const& archive) {
  if (options_.acquisition == Acquisition::thompson) return {Aim::Kind::drawn, 1, 0.0};
  if (archive.problem().objectives.size() > 1) return {};
  if (!finite_) finite_ = is_list(*space_, most_listed);
  auto const turn = number % 4;
  if (*finite_ && turn % 2 == 1) {
    return {Aim::Kind::list, std::min<std::size_t>(1 + archive.count(tier(top())) / 20, 10), 0.0};
  }
  auto const state = turn == 3 ? Stagnation() : stagnation(archive);
  if (!state.stuck) return {};
  if (turn == 0) return {Aim::Kind::knowledge, 1, 0.0};
  return {Aim::Kind::leap, 1, 0.03 * state.way};
}

std::optional<Proposal> Bayes::optimise(std::int64_t number, Archive const& archive, ProposedSet const& proposed,
                                        Rng& rng) {
  try {
    update_model(archive);
  } catch (Error const& error) {  // values or errors beyond all scale: the search goes on without a model
    return guess(number, archive, proposed, rng, concat("random design, no model (", error.what(), ")"));
  }
  auto const pending = believe(*surrogate_);
  auto const aim = this->aim(number, archive);
  std::vector<World> worlds;
  auto const count = aim.kind == Aim::Kind::drawn ? 1 : world_count(surrogate_->end());
  for (auto const& surrogate : surrogate_->worlds(count, rng)) {
    worlds.push_back({surrogate, Judge(archive, history_, *surrogate, top(), pending, aim)});
  }
  Prospect const prospect(std::move(worlds), top());
  MaximiseOptions options;
  options.known = [&](Design const& design) { return proposed.contains({design.id(), tier(top())}); };
  bool const local = archive.all().size() > most_exact;
  if (local) options.radius = 0.1;
  auto const size = static_cast<double>(std::min(surrogate_->end(), local ? most_local : most_exact));
  options.candidates = static_cast<int>(std::clamp(0.8e8 / (size * size), 64.0, 500.0));
  if (size > 400) {  // the time for a suggestion stays below that of the cheapest evaluations worth a model
    options.refined = 3;
    options.evaluations = 30;
    options.local_points = 160;
  }
  options.anywhere = aim.kind == Aim::Kind::knowledge;
  options.level = top();
  auto const found = aim.kind == Aim::Kind::drawn
                         ? maximise_draw(*space_, history_, *surrogate_, prospect.judge(), options, rng)
                         : maximise(*space_, history_, prospect, options, rng);
  int level = top();
  if (top() > 0 && !found.empty()) level = choose_level(*surrogate_, found[0].path, proposed);
  surrogate_->forget_beliefs();
  auto const designs = best_fresh(found, level, archive, proposed, rng);
  if (designs.empty()) return std::nullopt;
  bool const best = !found.empty() && designs[0] == found[0].path.design;
  return issue(number, level, designs,
               best ? concat(words_of(aim, prospect.judge()), found[0].score, " by ", surrogate_->end(), " results")
                    : std::string("next best design, the best was proposed before"));
}

std::vector<Design> Bayes::best_fresh(std::vector<Scored> const& found, int level, Archive const& archive,
                                      ProposedSet const& proposed, Rng& rng) {
  auto const known = known_designs(archive, state_.pending);
  std::vector<Design> designs;
  auto const draws = static_cast<int>(found.size());
  while (static_cast<int>(designs.size()) < block(level)) {
    auto design = fresh_.find({tier(level), proposed, designs, known}, rng, draws,
                              [&](int i) { return std::optional(found[static_cast<std::size_t>(i)].path.design); });
    if (!design) break;
    designs.push_back(*std::move(design));
  }
  return designs;
}

/// Of the tiers the one that says most about the top per work (D. Huang et al., Struct. Multidisc. Optim. 32, 369
/// (2006)), but the top at least as often as its share.
int Bayes::choose_level(Surrogate const& surrogate, Path const& path, ProposedSet const& proposed) const {
  std::int64_t all = 0;
  for (auto const count : state_.asked) all += count;
  if (static_cast<double>(state_.asked.back()) < options_.top_share * static_cast<double>(all)) return top();
  auto const row = surrogate.encoding().encode(path);
  Output const* work = nullptr;
  for (auto const& output : surrogate.outputs()) {
    if (output.kind == Output::Kind::work) work = &output;
  }
  int best = top();
  double highest = -std::numeric_limits<double>::infinity();
  for (int level = top(); level >= 0; --level) {
    if (proposed.contains({path.design.id(), tier(level)})) continue;
    double link = 0.0;
    for (auto const& output : surrogate.outputs()) {
      if (output.kind != Output::Kind::objective) continue;
      link = std::max(link, std::abs(output.process.link({row.numbers, row.choices, level}, top())));
    }
    auto const log_work = work ? work->process.means({row.numbers, row.choices, level})[0] : level * std::log(8.0);
    auto const value = std::log(std::max(link, 1e-9)) - log_work;
    if (!(value > highest)) continue;
    highest = value;
    best = level;
  }
  return best;
}

Proposal Bayes::issue(std::int64_t number, int level, std::vector<Design> designs, std::string const& reason) {
  ++state_.asked[static_cast<std::size_t>(level)];
  Proposal proposal{designs, tier(level), "bo: " + reason};
  state_.pending.insert_or_assign(number, Issued{level, std::move(designs)});
  return proposal;
}

std::string Bayes::save() const {
  return save_bayes({state_,
                     surrogate_ ? surrogate_->saved()
                     : loaded_  ? *loaded_
                                : SavedSurrogate{},
                     fresh_.cursors()});
}

void Bayes::load(std::string const& bytes) {
  auto saved = load_bayes(bytes);
  if (saved.state.asked.size() != options_.tiers.size()) throw Error("state of another number of tiers");
  state_ = std::move(saved.state);
  fresh_.restore(std::move(saved.cursors));
  surrogate_.reset();
  loaded_.reset();
  if (saved.surrogate.present) loaded_ = std::move(saved.surrogate);
  history_ = History(space_, options_.tiers);
  paths_.clear();
}

}  // namespace

std::unique_ptr<Proposer> make_bayes(std::shared_ptr<Space const> space, EngineOptions const& options) {
  return std::make_unique<Bayes>(std::move(space), options);
}

}  // namespace nacre::detail
