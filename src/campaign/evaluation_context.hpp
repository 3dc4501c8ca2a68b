/// What an objective sees while it runs in a campaign. Internal to campaign.
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "domains.hpp"
#include "nacre/campaign/config.hpp"
#include "nacre/score/objective.hpp"

namespace nacre::detail {

/// With a change in its error that the relaxation cannot know of and near designs share; NaN: not known.
Estimate widened(Estimate estimate, double change);
/// An energy per area, with what one more repeat of each layer and the strain of the coincidence change.
Estimate widened(Estimate const& estimate, Candidate const& candidate);

/// What an objective sees while it runs.
class EvaluationContext final : public Context {
 public:
  EvaluationContext(CampaignConfig const& config, Candidate const& candidate, Tier tier,
                    std::shared_ptr<Potential const> potential, ContactCache& cache, std::int64_t proposal,
                    std::atomic<bool> const& cancelled, std::filesystem::path scratch = {})
      : config_(config), candidate_(candidate), tier_(tier), potential_(std::move(potential)), cache_(cache),
        proposal_(proposal), cancelled_(cancelled), scratch_(std::move(scratch)) {}

  Candidate const& candidate() const override { return candidate_; }
  Tier tier() const override { return tier_; }
  Potential const& potential() const override;
  ContactEnergies const& contact_energies() override;
  Superlattice const& superlattice(int repeats) override;
  Rng rng(std::string_view purpose) const override {
    return {config_.seed, purpose, static_cast<std::uint64_t>(proposal_)};
  }
  int threads() const override { return config_.run.threads; }
  bool cancelled() const override { return cancelled_; }
  std::filesystem::path scratch() const override { return scratch_; }
  ContactEnergies const* contact() const { return contact_.get(); }
  /// Of the superlattice that was asked for, null if none was.
  InterfacePair const* pair() const;

 private:
  ContactEnergies slab_energies() const;

  /// The stack of a campaign of superlattices, or what a slab's layers make without its vacuum.
  Superlattice make_superlattice(int repeats) const;
  static Slab thicker(Slab const& slab, int repeats);

  ContactEnergies superlattice_energies();

  ContactOptions contact_options() const;

  CampaignConfig const& config_;
  Candidate const& candidate_;
  Tier tier_;
  std::shared_ptr<Potential const> potential_;
  ContactCache& cache_;
  std::int64_t proposal_;
  std::atomic<bool> const& cancelled_;
  std::filesystem::path scratch_;
  std::unique_ptr<ContactEnergies> contact_;
  std::map<int, Superlattice> superlattices_;  ///< by further repeats
};

}  // namespace nacre::detail
