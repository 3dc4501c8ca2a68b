#include "nacre/transport/bond_valence.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "bond_valence_table.hpp"
#include "framework_ion.hpp"
#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double coulomb_eV_A = 14.4;  // as the published tables of barriers take it, not CODATA's 14.39965
constexpr double same_charge_e = 1e-6;
constexpr double most_images = 2e7;

}  // namespace

namespace detail {

Ion framework_ion(Crystal const& crystal, std::size_t atom) {
  double const charge = crystal.oxidation[atom];
  bool const fine = std::abs(charge) < 10.0 && std::abs(charge - std::round(charge)) < same_charge_e;
  require(fine, "oxidation state ", charge, " of '", symbol(crystal.numbers[atom]), "' in ", formula(crystal),
          " (bond-valence parameters are tabulated for whole charges); give each ion a whole charge");
  return {crystal.numbers[atom], static_cast<int>(std::lround(charge))};
}

std::size_t kind_index(std::vector<Ion>& kinds, Ion ion) {
  for (std::size_t k = 0; k < kinds.size(); ++k)
    if (kinds[k].number == ion.number && kinds[k].charge == ion.charge) return k;
  kinds.push_back(ion);
  return kinds.size() - 1;
}

}  // namespace detail

RadialEnergy::RadialEnergy(Ion mobile, Ion other, SiteEnergyOptions const& options)
    : attractive_(mobile.charge * other.charge < 0) {
  if (attractive_) {
    pair_ = require_bond_valence_pair(mobile, other);
    return;
  }
  auto const& a = detail::bond_valence_element(mobile.number);
  auto const& b = detail::bond_valence_element(other.number);
  strength_ =
      coulomb_eV_A * mobile.charge * other.charge / std::sqrt(a.principal_quantum_number * b.principal_quantum_number);
  range_ = options.screening * (a.covalent_radius + b.covalent_radius);
}

double RadialEnergy::energy(double distance) const {
  if (attractive_) {
    double const x = std::exp(pair_.alpha * (pair_.rmin - distance)) - 1.0;
    return 0.5 * pair_.d0 * (x * x - 1.0);
  }
  if (distance <= 0.0) return std::numeric_limits<double>::infinity();
  return strength_ * std::erfc(distance / range_) / distance;
}

RadialEnergy::Values RadialEnergy::at(double distance) const {
  if (attractive_) {
    double const e = std::exp(pair_.alpha * (pair_.rmin - distance)), d = pair_.d0 * pair_.alpha;
    return {0.5 * pair_.d0 * ((e - 1.0) * (e - 1.0) - 1.0), -d * e * (e - 1.0), d * pair_.alpha * e * (2.0 * e - 1.0)};
  }
  double const r = distance, x = r / range_;
  double const screened = std::erfc(x), gauss = 2.0 * std::numbers::inv_sqrtpi / range_ * std::exp(-x * x);
  return {strength_ * screened / r, -strength_ * (screened / r + gauss) / r,
          strength_ * (2.0 * (screened / r + gauss) / r + 2.0 * gauss * x / range_) / r};
}

SiteEnergy::SiteEnergy(Crystal const& crystal, Ion mobile, SiteEnergyOptions const& options)
    : mobile_(mobile), options_(options), inverse_(crystal.lattice.inverse()) {
  check(crystal, crystal.name.empty() ? "crystal" : concat("'", crystal.name, "'"));
  require(options.cutoff > 0.0 && options.cutoff <= 50.0, "invalid cutoff=", options.cutoff,
          " A (must be positive and at most 50)");
  require(options.screening > 0.0 && std::isfinite(options.screening), "invalid screening=", options.screening,
          " (must be positive)");
  require(crystal.oxidation.size() == crystal.size(), "no oxidation states for ", formula(crystal),
          " (the field depends on the charges); give them");
  framework_.lattice = crystal.lattice;
  framework_.periodic = crystal.periodic;
  framework_.name = crystal.name;
  add_images(take_ions(crystal));
}

std::vector<int> SiteEnergy::take_ions(Crystal const& crystal) {
  std::vector<Ion> ions;
  std::vector<int> kind_of;
  std::vector<Eigen::Index> kept, mobile_atoms;
  for (std::size_t a = 0; a < crystal.size(); ++a) {
    if (crystal.numbers[a] == mobile_.number) {
      mobile_atoms.push_back(static_cast<Eigen::Index>(a));
      continue;
    }
    Ion const ion = detail::framework_ion(crystal, a);
    if (ion.charge == 0) continue;
    kind_of.push_back(static_cast<int>(detail::kind_index(ions, ion)));
    kept.push_back(static_cast<Eigen::Index>(a));
    framework_.numbers.push_back(ion.number);
    framework_.oxidation.push_back(ion.charge);
  }
  require(!kept.empty(), "no charged ions in ", formula(crystal), " beside those of ", symbol(mobile_.number),
          " (they make the field); give a compound");
  framework_.positions = crystal.positions(Eigen::all, kept);
  sites_ = crystal.positions(Eigen::all, mobile_atoms);
  for (auto const ion : ions) kinds_.emplace_back(mobile_, ion, options_);
  return kind_of;
}

void SiteEnergy::add_images(std::vector<int> const& kind_of) {
  Eigen::Vector3d const reach = options_.cutoff * inverse_.rowwise().norm();
  Eigen::Matrix3Xd const fractional = inverse_ * framework_.positions;
  double const expected = (2.0 * reach.array() + 1.0).prod() * static_cast<double>(kind_of.size());
  require(expected <= most_images, "about ", expected, " images of the ions of ", formula(framework_),
          " within the cutoff (at most ", most_images, "); the cell is too flat, take a compact one");
  for (std::size_t a = 0; a < kind_of.size(); ++a)
    detail::for_each_image(
        fractional.col(static_cast<Eigen::Index>(a)), reach, framework_.periodic,
        [&](Eigen::Vector3d const& image) {
          images_.push_back({framework_.lattice * image, kind_of[a]});
        },
        1.0);
}

Eigen::Vector3d SiteEnergy::wrapped(Eigen::Vector3d const& position) const {
  Eigen::Vector3d shift = Eigen::Vector3d::Zero();
  Eigen::Vector3d const fractional = inverse_ * position;
  for (int k = 0; k < 3; ++k)
    if (framework_.periodic[static_cast<std::size_t>(k)]) shift[k] = std::floor(fractional[k]);
  return position - framework_.lattice * shift;
}

double SiteEnergy::energy(Eigen::Vector3d const& position) const {
  Eigen::Vector3d const inside = wrapped(position);
  double const limit = options_.cutoff - cutoff_margin_A;
  double sum = 0.0;
  for (auto const& image : images_) {
    double const squared = (inside - image.position).squaredNorm();
    if (squared < limit * limit) sum += kinds_[static_cast<std::size_t>(image.kind)].energy(std::sqrt(squared));
  }
  return sum;
}

SiteEnergyDerivatives SiteEnergy::derivatives(Eigen::Vector3d const& position) const {
  Eigen::Vector3d const inside = wrapped(position);
  double const limit = options_.cutoff - cutoff_margin_A;
  SiteEnergyDerivatives sum{0.0, Eigen::Vector3d::Zero(), Eigen::Matrix3d::Zero()};
  for (auto const& image : images_) {
    Eigen::Vector3d const arrow = inside - image.position;
    double const squared = arrow.squaredNorm();
    if (squared >= limit * limit) continue;
    double const distance = std::max(std::sqrt(squared), 1e-6);  // on top of an ion: no direction, a huge energy
    auto const values = kinds_[static_cast<std::size_t>(image.kind)].at(distance);
    Eigen::Vector3d const unit = arrow / distance;
    double const across = values.first / distance;
    sum.energy += values.energy;
    sum.gradient += values.first * unit;
    sum.hessian += across * Eigen::Matrix3d::Identity() + (values.second - across) * unit * unit.transpose();
  }
  return sum;
}

}  // namespace nacre
