#include "ionic_sum.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ewald_split.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "neighbor_table.hpp"
#include "pair_list.hpp"
#include "reciprocal_sum.hpp"

namespace nacre::detail {

/// Cells without vacuum (superlattices) are taken as they are.
void require_whole_slab(Eigen::VectorXd const& height, double period) {
  constexpr double vacuum_A = 6.0;
  std::vector<double> inside(height.begin(), height.end());
  for (double& h : inside) h -= period * std::floor(h / period);
  std::sort(inside.begin(), inside.end());
  double widest = inside.front() + period - inside.back();
  for (std::size_t i = 1; i < inside.size(); ++i) widest = std::max(widest, inside[i] - inside[i - 1]);
  double const spread = height.maxCoeff() - height.minCoeff();
  require(widest < vacuum_A || spread <= period - widest + 1e-6,
          "the slab is cut by the border of the cell (its atoms span ", spread, " Å, but ", widest, " Å of the cell's ",
          period, " Å are empty), so its dipole is not defined: ",
          "move its atoms by whole lattice vectors until it is in one piece");
}

namespace {

/// The cell that is summed over: the crystal's own, a padded one for a slab, or none for a cluster.
struct SummedCell {
  Eigen::Matrix3d lattice;
  bool periodic = true;  ///< in all three directions
  bool slab = false;     ///< with the slab correction
  bool has_stress = true;
  Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();
  std::array<bool, 3> directions() const { return {periodic, periodic, periodic}; }
};

/// The slab in a cell so high that its images add less than 1e-12: they fall as exp(-2 pi gap/height), height the
/// larger one of the reduced in-plane cell.
SummedCell padded_slab(Crystal const& crystal, Eigen::Vector3d const& normal, double cutoff) {
  Eigen::Matrix3d lattice = crystal.lattice;
  lattice.col(2) = normal;
  lattice = reduce_cell(lattice, {true, true, false}).lattice;
  Eigen::Vector3d const a = lattice.col(0), b = lattice.col(1);
  double const height = a.cross(b).norm() / std::min(a.norm(), b.norm());
  Eigen::RowVectorXd const z = normal.transpose() * crystal.positions;
  lattice.col(2) = normal * (z.maxCoeff() - z.minCoeff() + std::max(4.5 * height, cutoff + 1.0));
  return {lattice, true, true, false, normal};
}

SummedCell summed_cell(Crystal const& crystal, IonicModel const& model) {
  auto const& [x, y, z] = crystal.periodic;
  if (!x && !y && !z) return {Eigen::Matrix3d::Identity(), false, false, false, Eigen::Vector3d::UnitZ()};
  Eigen::Vector3d const normal = crystal.lattice.col(0).cross(crystal.lattice.col(1)).normalized();
  if (x && y && z) return {crystal.lattice, true, model.slab_correction, true, normal};
  require(
      x && y, "cannot sum charges over a cell with pbc '", x ? "T" : "F", " ", y ? "T" : "F", " ", z ? "T" : "F",
      "' (periodic in all directions, in the first two, or in none): reorder the lattice vectors or pad with vacuum");
  return padded_slab(crystal, normal, model.cutoff);
}

/// Arrays that live as long as the thread, so that relaxations do not allocate.
struct Workspace {
  PairList pairs;
  ReciprocalSum reciprocal;
  MeshSum mesh;
  std::vector<double> vectors, r2, energy, slope;  // of one atom's pairs
  std::vector<double> sums;  // four for each atom: force and energy from pairs
  Eigen::VectorXd charges, scaled_charges;
};

class IonicSum {
 public:
  IonicSum(Crystal const& crystal, std::vector<int> const& species, IonicModel const& model, Workspace& work,
           EvaluationState* state)
      : crystal_(crystal),
        species_(species),
        model_(model),
        cell_(summed_cell(crystal, model)),
        work_(work),
        pairs_(state == nullptr ? work.pairs : state->part<KeptPairs>().list),
        skin_(state == nullptr ? 0.0 : pair_list_skin) {}
  Evaluation run();

 private:
  void set_charges();
  void add_pairs(EwaldSplit const& split);
  void add_center(PairList::Center const& center, PairSettings const& settings, std::array<double, 12>& virial);
  void add_core(PairList::Center const& center, std::size_t second);
  void add_reciprocal(EwaldSplit const& split);
  void add_self_energy(EwaldSplit const& split);
  void add_background(double alpha);
  void add_slab_correction();

  Crystal const& crystal_;
  std::vector<int> const& species_;
  IonicModel const& model_;
  SummedCell const cell_;
  Workspace& work_;
  PairList& pairs_;
  double const skin_;
  Isa const isa_ = selected_isa();
  ReducedCell reduced_;
  Evaluation result_;
  double total_charge_ = 0.0;  // [e]
  Eigen::Matrix3d strain_derivative_ = Eigen::Matrix3d::Zero();  // dE/dstrain [eV]
};

Evaluation IonicSum::run() {
  auto const atoms = crystal_.positions.cols();
  result_.atom_energies.setZero(atoms);
  result_.forces.setZero(3, atoms);
  set_charges();
  double const volume = std::abs(cell_.lattice.determinant());
  reduced_ = reduce_cell(cell_.lattice, cell_.directions());
  if (atoms == 0) return result_;
  EwaldSplit split;
  if (cell_.periodic) {
    split = choose_split(model_, reduced_.lattice, static_cast<int>(atoms), work_.charges.squaredNorm());
  } else {
    Eigen::Vector3d const size = crystal_.positions.rowwise().maxCoeff() - crystal_.positions.rowwise().minCoeff();
    split.real_cutoff = size.norm() + 1.0;
  }
  add_pairs(split);
  if (cell_.periodic) {
    add_reciprocal(split);
    add_self_energy(split);
    add_background(split.alpha);
  }
  if (cell_.slab) add_slab_correction();
  result_.energy = result_.atom_energies.sum();
  if (cell_.has_stress) result_.stress = strain_derivative_ / volume;
  return std::move(result_);
}

void IonicSum::set_charges() {
  auto const atoms = crystal_.positions.cols();
  work_.charges.resize(atoms);
  for (Eigen::Index i = 0; i < atoms; ++i) {
    work_.charges[i] = model_.charges[static_cast<std::size_t>(species_[static_cast<std::size_t>(i)])];
  }
  total_charge_ = work_.charges.sum();
  if (std::abs(total_charge_) < 1e-6) {
    total_charge_ = 0.0;
    return;
  }
  require(model_.background, "the cell has a charge of ", total_charge_,
          " e (the energy of a charged periodic cell is not defined): ",
          "add or remove ions until the charges sum to zero, or ask for a uniform background");
  require(!cell_.slab && cell_.has_stress == cell_.periodic, "a charge of ", total_charge_,
          " e with vacuum (a uniform background would fill the vacuum, too): use a cell without vacuum");
}

void IonicSum::add_pairs(EwaldSplit const& split) {
  PairSettings const settings{.alpha = split.alpha,
                              .coulomb_cutoff = split.real_cutoff,
                              .coulomb_shift = split.shift,
                              .cutoff = model_.cutoff,
                              .taper_width = model_.taper_width};
  auto const kinds = static_cast<int>(model_.charges.size());
  pairs_.update({cell_.lattice, cell_.directions(), crystal_.positions, species_, kinds},
                std::max(split.real_cutoff, model_.cutoff), skin_);
  work_.sums.assign(4 * species_.size(), 0.0);
  std::array<double, 12> virial{};
  pairs_.for_each_center([&](PairList::Center const& center) { add_center(center, settings, virial); });
  for (std::size_t i = 0; i < species_.size(); ++i) {
    auto const column = static_cast<Eigen::Index>(i);
    for (int d = 0; d < 3; ++d) result_.forces(d, column) = work_.sums[4 * i + static_cast<std::size_t>(d)];
    result_.atom_energies[column] = work_.sums[4 * i + 3];
  }
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      auto const [a, b] = std::minmax(row, column);
      strain_derivative_(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)) -= virial[4 * b + a];
    }
  }
}

void IonicSum::add_center(PairList::Center const& center, PairSettings const& settings,
                          std::array<double, 12>& virial) {
  auto const kinds = model_.charges.size();
  auto const begin = center.start[0], count = center.start[kinds] - begin;
  if (count == 0) return;
  for (auto* array : {&work_.r2, &work_.energy, &work_.slope}) array->resize(std::max(array->size(), count));
  work_.vectors.resize(std::max(work_.vectors.size(), 4 * count));
  PairGeometry pairs{.count = static_cast<int>(count),
                     .entries = center.entries + begin,
                     .center = pairs_.atoms() + 4 * static_cast<std::ptrdiff_t>(center.atom),
                     .atoms = pairs_.atoms(),
                     .shifts = pairs_.shifts(),
                     .limit = model_.cutoff * model_.cutoff,
                     .vectors = work_.vectors.data(),
                     .r2 = work_.r2.data(),
                     .nearest = std::numeric_limits<double>::infinity(),
                     .near = 0};
  measure_pairs(isa_, pairs);
  result_.edges += 2 * pairs.near;
  auto const row = static_cast<std::size_t>(species_[static_cast<std::size_t>(center.atom)]) * kinds;
  for (std::size_t s = 0; s < kinds; ++s) {
    auto const from = center.start[s] - begin, pairs_of_kind = center.start[s + 1] - center.start[s];
    if (pairs_of_kind == 0) continue;
    evaluate_pairs(isa_, model_.terms[row + s], settings, static_cast<int>(pairs_of_kind), &work_.r2[from],
                   &work_.energy[from], &work_.slope[from]);
    double const largest = std::max(coincident_A, model_.cores.empty() ? 0.0 : model_.cores[row + s].radius());
    if (pairs.nearest < largest * largest) add_core(center, s);
  }
  nacre::detail::add_pairs(isa_, {center.atom, pairs.count, pairs.entries, pairs.vectors, work_.energy.data(),
                                  work_.slope.data(), work_.sums.data(), virial.data()});
}

void IonicSum::add_core(PairList::Center const& center, std::size_t second) {
  auto const pair = static_cast<std::size_t>(species_[static_cast<std::size_t>(center.atom)]) * model_.charges.size() +
                    second;
  for (auto k = center.start[second]; k < center.start[second + 1]; ++k) {
    auto const p = k - center.start[0];
    double const r = std::sqrt(work_.r2[p]);
    if (r < coincident_A) refuse_coincident(crystal_, center.atom, center.entries[k].atom, r);
    if (model_.cores.empty() || r >= model_.cores[pair].radius()) continue;
    auto const extra = model_.cores[pair].correction(model_.terms[pair], r);
    work_.energy[p] += extra.energy;
    work_.slope[p] += extra.force / r;
  }
}

void IonicSum::add_reciprocal(EwaldSplit const& split) {
  work_.scaled_charges = std::sqrt(units::coulomb_eV_A) * work_.charges;
  auto const add = [&](auto const& sum) {
    result_.atom_energies += sum.atom_energies;
    result_.forces += sum.forces;
    strain_derivative_ += sum.strain_derivative;
  };
  if (split.mesh.order > 0) {
    work_.mesh.compute(isa_, reduced_.lattice, crystal_.positions, work_.scaled_charges, split.alpha, split.mesh);
    return add(work_.mesh);
  }
  work_.reciprocal.compute(isa_, reduced_.lattice, crystal_.positions, work_.scaled_charges, split.alpha,
                           split.reciprocal_cutoff);
  add(work_.reciprocal);
}

/// Of the Gaussians; and where the pair energies are shifted, of the charge that neutralises each sphere of neighbours
/// (D. Wolf et al., J. Chem. Phys. 110, 8254 (1999), doi:10.1063/1.478738).
void IonicSum::add_self_energy(EwaldSplit const& split) {
  double const factor = units::coulomb_eV_A * split.alpha / std::sqrt(units::pi) +
                        0.5 * units::coulomb_eV_A * split.shift;
  result_.atom_energies.array() -= factor * work_.charges.array().square();
}

/// The background's energy in its own potential and that of the charges' Gaussians.
void IonicSum::add_background(double alpha) {
  if (total_charge_ == 0.0) return;
  double const volume = std::abs(cell_.lattice.determinant());
  double const potential = -units::pi * units::coulomb_eV_A * total_charge_ / (volume * alpha * alpha);
  result_.atom_energies.array() += 0.5 * potential * work_.charges.array();
  strain_derivative_.diagonal().array() -= 0.5 * potential * total_charge_;
}

/// The energies of atoms take the potential of the slab in empty space, whose constant vanishes in the sum.
void IonicSum::add_slab_correction() {
  double const volume = std::abs(cell_.lattice.determinant()), factor = 2.0 * units::pi * units::coulomb_eV_A / volume;
  Eigen::VectorXd height = crystal_.positions.transpose() * cell_.normal;
  require_whole_slab(height, std::abs(cell_.normal.dot(cell_.lattice.col(2))));
  height.array() -= height.mean();
  double const dipole = work_.charges.dot(height), second = work_.charges.dot(height.cwiseAbs2());
  result_.atom_energies.array() += factor * work_.charges.array() * (dipole * height.array() - 0.5 * second);
  result_.forces -= 2.0 * factor * dipole * cell_.normal * work_.charges.transpose();
  strain_derivative_ +=
      factor * dipole * dipole * (2.0 * cell_.normal * cell_.normal.transpose() - Eigen::Matrix3d::Identity());
}

}  // namespace

Evaluation evaluate_ions(Crystal const& crystal, std::vector<int> const& species, IonicModel const& model,
                         EvaluationState* state) {
  thread_local Workspace workspace;
  return IonicSum(crystal, species, model, workspace, state).run();
}

}  // namespace nacre::detail
