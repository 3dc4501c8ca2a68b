#include "cusp_engine.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/search/cusps.hpp"

namespace nacre::detail {
namespace {

constexpr std::int64_t most_steps = 1'000'000;

class CuspEngine final : public Proposer {
 public:
  CuspEngine(std::shared_ptr<Space const> space, EngineOptions options)
      : space_(std::move(space)), options_(std::move(options)) {
    auto const node = space_->next({});
    bool const one_real = node && node->kind == NodeKind::real && !node->logarithmic &&
                          !space_->next(std::vector<std::int64_t>{0}) && node->count() <= most_steps;
    require(one_real && options_.objectives == 1 && options_.tiers.size() == 1,
            "engine 'cusps' does not fit this space (it needs one objective, one tier, and one real variable with a "
            "'step', its resolution); use \"auto\"");
    cusps_.steps = node->count() - 1;
    for (auto const value : node->numbers) {
      cusps_.special.push_back(std::llround((value - node->lower) / node->step));
    }
  }
  std::string name() const override { return "cusps"; }
  std::optional<Proposal> propose(std::int64_t, Archive const& archive,
                                  std::set<std::pair<Hash128, Tier>> const& proposed, Rng) override;
  // everything follows from the archive
  std::string save() const override { return {}; }
  void load(std::string const&) override {}

 private:
  std::shared_ptr<Space const> space_;
  EngineOptions options_;
  CuspOptions cusps_;
};

std::optional<Proposal> CuspEngine::propose(std::int64_t, Archive const& archive,
                                            std::set<std::pair<Hash128, Tier>> const& proposed, Rng) {
  auto const tier = options_.tiers[0];
  std::map<std::int64_t, std::optional<double>> values;
  for (auto const& one : archive.all()) {
    if (one.tier != tier) continue;
    bool const usable = one.ok() && feasible(archive.problem(), one);
    values[one.design.values[0]] =
        usable ? std::optional(minimised(archive.problem().objectives[0], one.objectives[0].value)) : std::nullopt;
  }
  std::optional<CuspSurvey> survey;
  do {
    survey = survey_cusps(cusps_, values);
    bool forbidden = false;
    for (auto const place : survey->wanted) {
      auto const design = space_->canonical(Design{{place}});
      if (values.contains(place) || proposed.contains({design.id(), tier})) continue;
      if (space_->allowed(design)) {
        return Proposal{{design},
                        tier,
                        concat("cusps: round ", survey->rounds + 1, ", ", survey->cusps.size(), " cusps, ",
                               survey->stable, " stable rounds")};
      }
      values[place] = std::nullopt;
      forbidden = true;
    }
    if (!forbidden) return std::nullopt;
  } while (true);
}

}  // namespace

std::unique_ptr<Proposer> make_cusp_engine(std::shared_ptr<Space const> space, EngineOptions const& options) {
  return std::make_unique<CuspEngine>(std::move(space), options);
}

}  // namespace nacre::detail
