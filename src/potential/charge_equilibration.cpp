#include "nacre/potential/charge_equilibration.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/numerics/linalg.hpp"
#include "nacre/potential/neighbors.hpp"
#include "nacre/potential/rigid_ion.hpp"

namespace nacre {
namespace {

constexpr std::size_t most_atoms = 2000;
constexpr double splitting = 0.35;  // of the Ewald sum [1/Å]
constexpr double reach = 4.6;       // erfc(4.6) = 8e-11, exp(-4.6^2) = 6e-10

double width_of(double hardness) { return units::coulomb_eV_A / (std::sqrt(units::pi) * hardness); }

/// J_ij of atoms in empty space.
Eigen::MatrixXd open_matrix(Crystal const& crystal, Eigen::VectorXd const& width) {
  auto const n = static_cast<Eigen::Index>(crystal.size());
  Eigen::MatrixXd matrix(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      double const r = (crystal.positions.col(i) - crystal.positions.col(j)).norm();
      double const gamma = std::sqrt(2.0 * (width[i] * width[i] + width[j] * width[j]));
      matrix(i, j) = units::coulomb_eV_A * (r > 1e-8 ? std::erf(r / gamma) / r : 2.0 / (std::sqrt(units::pi) * gamma));
    }
  }
  return matrix;
}

void add_real_space(Eigen::MatrixXd& matrix, Crystal const& crystal, Eigen::VectorXd const& width) {
  double const widest = 2.0 * width.maxCoeff();
  double const cutoff = reach * std::max(1.0 / splitting, widest);
  for (auto const& pair : find_neighbors(crystal, cutoff, PairKind::half)) {
    double const r = pair.vector.norm();
    double const a = width[pair.first], b = width[pair.second];
    double const gamma = std::sqrt(2.0 * (a * a + b * b));
    double const term = units::coulomb_eV_A * (std::erfc(splitting * r) - std::erfc(r / gamma)) / r;
    matrix(pair.first, pair.second) += term;
    matrix(pair.second, pair.first) += term;
  }
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    matrix(i, i) +=
        units::coulomb_eV_A * (1.0 / (std::sqrt(units::pi) * width[i]) - 2.0 * splitting / std::sqrt(units::pi));
  }
}

void add_reciprocal_space(Eigen::MatrixXd& matrix, Crystal const& crystal) {
  Eigen::Matrix3d const reciprocal = 2.0 * units::pi * crystal.lattice.inverse().transpose();
  double const cutoff = 2.0 * splitting * reach;
  Eigen::Vector3i most;
  for (int k = 0; k < 3; ++k) most[k] = static_cast<int>(cutoff * crystal.lattice.col(k).norm() / (2.0 * units::pi));
  double const volume = std::abs(crystal.lattice.determinant());
  std::vector<Eigen::Vector3d> waves;
  std::vector<double> weights;
  for (int h = 0; h <= most[0]; ++h) {
    for (int k = -most[1]; k <= most[1]; ++k) {
      for (int l = -most[2]; l <= most[2]; ++l) {
        if (h == 0 && (k < 0 || (k == 0 && l <= 0))) continue;
        Eigen::Vector3d const g = reciprocal * Eigen::Vector3d(h, k, l);
        double const square = g.squaredNorm();
        if (square > cutoff * cutoff) continue;
        waves.push_back(g);
        weights.push_back(8.0 * units::pi * units::coulomb_eV_A / volume *
                          std::exp(-square / (4.0 * splitting * splitting)) / square);
      }
    }
  }
  auto const n = matrix.rows();
  constexpr Eigen::Index block = 256;
  for (Eigen::Index first = 0; first < std::ssize(waves); first += block) {
    auto const count = std::min<Eigen::Index>(block, std::ssize(waves) - first);
    Eigen::MatrixXd parts(n, 2 * count);
    for (Eigen::Index k = 0; k < count; ++k) {
      double const root = std::sqrt(weights[static_cast<std::size_t>(first + k)]);
      Eigen::ArrayXd const phase =
          (waves[static_cast<std::size_t>(first + k)].transpose() * crystal.positions).transpose().array();
      parts.col(2 * k) = (root * phase.cos()).matrix();
      parts.col(2 * k + 1) = (root * phase.sin()).matrix();
    }
    matrix.noalias() += parts * parts.transpose();
  }
}

Eigen::MatrixXd periodic_matrix(Crystal const& crystal, Eigen::VectorXd const& width, bool slab_correction) {
  auto const n = static_cast<Eigen::Index>(crystal.size());
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n, n);
  add_real_space(matrix, crystal, width);
  add_reciprocal_space(matrix, crystal);
  if (slab_correction) {
    Eigen::Vector3d const normal = crystal.lattice.col(0).cross(crystal.lattice.col(1)).normalized();
    Eigen::VectorXd const z = (normal.transpose() * crystal.positions).transpose();
    Eigen::VectorXd const centred = z.array() - z.mean();
    matrix +=
        4.0 * units::pi * units::coulomb_eV_A / std::abs(crystal.lattice.determinant()) * centred * centred.transpose();
  }
  return matrix;
}

IonSpecies const* species_of(RigidIonSet const& set, Crystal const& crystal, std::size_t atom) {
  IonSpecies const* found = nullptr;
  int count = 0;
  for (auto const& species : set.species) {
    if (species.number != crystal.numbers[atom]) continue;
    ++count;
    bool const states = crystal.oxidation.size() == crystal.size();
    if (!found || (states && std::abs(species.oxidation - crystal.oxidation[atom]) < 1e-6)) found = &species;
  }
  require(count < 2 || crystal.oxidation.size() == crystal.size(), "several ions of ", symbol(crystal.numbers[atom]),
          " in '", set.name, "' (which one?); give oxidation states");
  return found;
}

}  // namespace

EquilibrationElement equilibration_element(int atomic_number) {
  static Value const elements = [] {
    auto const path = data_file("charge_equilibration.json");
    return Value::parse_json(read_file(path), path.string()).at("elements");
  }();
  auto const name = symbol(atomic_number);
  auto const* entry = elements.find(name);
  require(entry, "no electronegativity of ", name,
          " for charge equilibration (data/charge_equilibration.json); give charges in a column");
  return {entry->at("chi_eV").as_number(), entry->at("hardness_eV").as_number(),
          entry->at("from").as_string() == "paper"};
}

Eigen::VectorXd with_exact_sum(Eigen::VectorXd charges, double total) {
  if (charges.size() == 0) return charges;
  double const unit = std::ldexp(1.0, -40);  // sums of such numbers below 2^12 are exact in any order
  Eigen::Index largest = 0;
  double sum = 0.0;
  for (Eigen::Index i = 0; i < charges.size(); ++i) {
    charges[i] = unit * std::round(charges[i] / unit);
    sum += charges[i];
    if (std::abs(charges[i]) > std::abs(charges[largest])) largest = i;
  }
  charges[largest] += total - sum;
  return charges;
}

ChargeEquilibration equilibrate_charges(Crystal const& crystal, bool slab_correction) {
  auto const n = crystal.size();
  require(n > 0 && n <= most_atoms, "found ", n, " atoms for charge equilibration (1 to ", most_atoms,
          ": a dense matrix); give charges in a column");
  auto const& p = crystal.periodic;
  bool const open = !p[0] && !p[1] && !p[2];
  require(open || (p[0] && p[1] && p[2]),
          "charge equilibration of a crystal that is periodic in some directions only; ",
          "give a slab as a periodic cell with vacuum");
  Eigen::VectorXd chi(n), width(n);
  ChargeEquilibration result;
  for (std::size_t i = 0; i < n; ++i) {
    auto const element = equilibration_element(crystal.numbers[i]);
    chi[static_cast<Eigen::Index>(i)] = element.electronegativity;
    width[static_cast<Eigen::Index>(i)] = width_of(element.hardness);
    std::string const name(symbol(crystal.numbers[i]));
    if (!element.from_paper && std::ranges::find(result.outside, name) == result.outside.end())
      result.outside.push_back(name);
  }
  Eigen::MatrixXd matrix = open ? open_matrix(crystal, width) : periodic_matrix(crystal, width, slab_correction);
  // The periodic sum is positive definite for neutral cells only; this changes nothing for those.
  if (!open) matrix.array() += 100.0 * matrix.diagonal().cwiseAbs().maxCoeff();
  auto const factor = Cholesky::factor(matrix);
  require(factor.has_value(), "charge equilibration has no minimum (atoms at the same place?)");
  Eigen::VectorXd const ones = Eigen::VectorXd::Ones(chi.size());
  Eigen::VectorXd const response = factor->solve(ones), drive = factor->solve(chi);
  result.electronegativity = drive.sum() / response.sum();
  result.charges = with_exact_sum(result.electronegativity * response - drive);
  result.energy = chi.dot(result.charges) + 0.5 * result.charges.dot(matrix * result.charges);
  return result;
}

std::optional<Eigen::VectorXd> model_charges(std::string const& model, Crystal const& crystal) {
  std::optional<Eigen::VectorXd> charges;
  for (auto const& part : split(model, '+')) {
    auto const name = trim(part);
    if (!name.starts_with("rigid-ion:")) continue;
    auto const set = read_rigid_ion_set(name.substr(10));
    if (!charges) charges = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(crystal.size()));
    for (std::size_t i = 0; i < crystal.size(); ++i) {
      auto const* species = species_of(set, crystal, i);
      require(species != nullptr, "no ", symbol(crystal.numbers[i]), " in '", name, "'");
      (*charges)[static_cast<Eigen::Index>(i)] += species->charge;
    }
  }
  return charges;
}

}  // namespace nacre
