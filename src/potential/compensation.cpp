#include "nacre/potential/compensation.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "nacre/potential/ewald.hpp"

namespace nacre {
namespace {

constexpr double tie = 1e-7;  ///< energies per area that count as equal [eV/Å^2]

/// The energy of a choice's arrangements as a quadratic form in which sites are vacant, from few Ewald sums.
///
/// With charges q_ref in which all sites of a face are equal, an arrangement adds charges d_i that cancel on each face:
/// E = E_ref + sum d_i phi_i - sum_{i<j} d_i d_j D_ij, phi_i the potential at site i, D_ij the energy of +1 at i and -1
/// at j alone (self terms are equal for all sites of a slab in empty space).
class VacancyEnergy {
 public:
  VacancyEnergy(Slab const& slab, VacancyChoice const& choice) : sites_(choice.sites) {
    auto const doubled = doubled_slab(slab, choice);
    auto const reference = ewald(doubled.crystal, doubled.charges, options());
    energy_ = reference.energy;
    auto const n = static_cast<Eigen::Index>(sites_.size());
    potential_ = Eigen::VectorXd::Zero(n);
    reference_ = doubled.charges.head(n);
    full_.resize(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      full_[i] = slab.crystal.oxidation[static_cast<std::size_t>(sites_[static_cast<std::size_t>(i)].atom)];
      if (reference_[i] != 0.0) potential_[i] = 2.0 * reference.atom_energies[i] / reference_[i];
    }
    pairs_ = pair_energies(doubled.crystal, n);
  }

  double operator()(std::uint64_t mask) const {
    Eigen::VectorXd d = -reference_;
    for (Eigen::Index i = 0; i < d.size(); ++i) {
      if ((mask >> i & 1) == 0) d[i] += full_[i];
    }
    return energy_ + d.dot(potential_) - 0.5 * d.dot(pairs_ * d);
  }

 private:
  static EwaldOptions options() { return {.accuracy = 1e-10}; }

  /// D_ij depends on the two atoms and the difference of their cells alone.
  Eigen::MatrixXd pair_energies(Crystal const& crystal, Eigen::Index n) const {
    Eigen::MatrixXd pairs = Eigen::MatrixXd::Zero(n, n);
    Crystal two;
    two.lattice = crystal.lattice;
    two.periodic = crystal.periodic;
    two.positions.resize(3, 2);
    two.numbers = {1, 1};
    for (Eigen::Index i = 0; i < n; i += 4) {
      for (Eigen::Index j = i; j < n; j += 4) {
        for (Eigen::Index k = 0; k < 4; ++k) {
          if (i == j && k == 0) continue;
          two.positions.col(0) = crystal.positions.col(i);
          two.positions.col(1) = crystal.positions.col(j + k);
          double const energy = ewald(two, Eigen::Vector2d(1.0, -1.0), options()).energy;
          for (Eigen::Index from = 0; from < 4; ++from) {  // cells are added modulo 2 in each direction
            pairs(i + from, j + (from ^ k)) = pairs(j + (from ^ k), i + from) = energy;
          }
        }
      }
    }
    return pairs;
  }

  std::vector<VacancySite> sites_;
  double energy_ = 0.0;
  Eigen::VectorXd potential_, reference_, full_;
  Eigen::MatrixXd pairs_;
};

}  // namespace

std::vector<VacancyArrangement> order_by_ewald_energy(Slab const& slab, Compensation const& compensation) {
  std::vector<VacancyArrangement> list;
  double const area = 4.0 * slab.plane.area();
  for (std::size_t c = 0; c < compensation.choices.size(); ++c) {
    auto const& choice = compensation.choices[c];
    VacancyEnergy const energy(slab, choice);
    for (auto const mask : choice.arrangements) list.push_back({c, mask, energy(mask) / area});
  }
  auto const hash = [&](VacancyArrangement const& a) {
    return with_vacancies(slab, compensation.choices[a.choice], a.mask).hash;
  };
  std::ranges::sort(list, {},
                    [](VacancyArrangement const& a) { return std::tuple(a.energy_per_area, a.choice, a.mask); });
  for (auto first = list.begin(); first != list.end();) {
    auto last = first + 1;
    while (last != list.end() && last->energy_per_area - (last - 1)->energy_per_area < tie) ++last;
    if (last - first > 1) std::ranges::sort(first, last, {}, hash);
    first = last;
  }
  return list;
}

}  // namespace nacre
