/// Several models of the same quantity as one: their mean, and how far they are apart.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Of one number, below `low`: trusted (go); below `high`: usable, and worth a better calculation (save); else stop.
struct TrustWindow {
  double low = 0.0, high = 0.0;
};
NACRE_API Trust judge(double value, TrustWindow const& window);

/// Mean of energy, energies of atoms, forces and stress; member_energies and force_deviations with the denominator n - 1.
/// @throws InputError for fewer than two members, or of different sizes
NACRE_API Evaluation combine_members(std::span<Evaluation const> members);

/// Standard deviation among members [eV] of a sum of energies, each with its factor: a difference of energies is known
/// better than they are. 0 where an evaluation has no members.
NACRE_API double committee_deviation(std::span<Eigen::VectorXd const> member_energies, std::span<double const> factors);

/// @param window of the largest force deviation of an atom [eV/Å]
/// @throws InputError for fewer than two members, the same one twice, or members that do not count the same
NACRE_API std::shared_ptr<Potential const> make_committee(std::vector<std::shared_ptr<Potential const>> members,
                                                          std::optional<TrustWindow> const& window, std::string const& name);

}  // namespace nacre
