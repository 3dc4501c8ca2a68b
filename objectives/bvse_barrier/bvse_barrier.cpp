#include <cmath>

#include "nacre/core/ids.hpp"
#include "nacre/score/hop_tier.hpp"
#include "nacre/transport/migration.hpp"

namespace {

constexpr double grid_step = 0.3, near_sites = 1.0;  // [Å]
constexpr double least_error = 0.05;  // what is left of the picture in a frozen lattice, within one family [eV]

/// In-plane barrier of lithium or sodium in the bond-valence field of the relaxed stack, counted from occupied sites,
/// near the mobile sublattice (definitions.md 7). Oxygen moves by vacancies, for which such maps are a picture only.
class BondValenceBarrier final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"bvse_barrier",
            "eV",
            nacre::Direction::minimize,
            {nacre::Tier::potential},
            "in-plane bond-valence barrier of Li+ or Na+ in the relaxed stack, from occupied sites; refused for oxygen"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto const model = nacre::sha256_hex("bvse_barrier/1 " + context.potential().identity());
    auto const without = [&](nacre::Status status, std::string const& reason) {
      return nacre::JobResult{nacre::Estimate::without_value(status, reason, 0.0, model), {}};
    };
    auto const& candidate = context.candidate();
    if (!candidate.parts) return without(nacre::Status::refused, "no_atoms: the candidate has no layers");
    int const species = nacre::mobile_species(candidate);
    if (species != 3 && species != 11)
      return without(nacre::Status::refused, "vacancy_conductor: bond-valence maps are for interstitial ions (Li+, Na+)");
    auto const& energies = context.contact_energies();
    if (energies.relaxed.size() == 0) return without(nacre::Status::failed, "no_relaxed_stack: " + energies.work_of_adhesion.reason);
    nacre::SiteEnergy const field(energies.relaxed, {species, 1});
    nacre::MigrationOptions options;
    options.grid.step = grid_step;
    options.reference = nacre::BarrierReference::sites;
    options.plane = Eigen::Vector3i(0, 0, 1);
    options.max_site_distance = near_sites;
    auto const map = nacre::map_migration(field, options);
    auto const& barrier = map.at("E_plane");
    double const work = static_cast<double>(map.grid.energy.size());
    auto const value = barrier.refined ? barrier.refined : barrier.barrier;
    if (!value)
      return {nacre::Estimate::without_value(nacre::Status::refused, "no_way: " + barrier.reason, work, model), {}};
    double const grid = barrier.barrier ? std::abs(*value - *barrier.barrier) : 0.0;
    return {nacre::Estimate(*value, std::hypot(least_error, grid), work, model), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(BondValenceBarrier)
