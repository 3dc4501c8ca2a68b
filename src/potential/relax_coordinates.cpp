#include "relax_coordinates.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

constexpr double cell_step = 0.02;  // largest change of the deformation gradient in one step

/// Translation that moves each atom: one per group in the order of its first atom, none for frozen atoms.
std::vector<int> number_variables(Crystal const& crystal, RelaxOptions const& options) {
  auto const n = crystal.size();
  require(options.frozen.empty() || options.frozen.size() == n, "frozen has ", options.frozen.size(), " entries for ",
          n, " atoms");
  require(options.group.empty() || options.group.size() == n, "group has ", options.group.size(), " entries for ", n,
          " atoms");
  std::vector<int> variable(n, -1);
  std::map<int, int> of_group;
  int next = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!options.frozen.empty() && options.frozen[i]) continue;
    int const group = options.group.empty() ? -1 : options.group[i];
    if (group < 0) {
      variable[i] = next++;
    } else {
      auto const [at, is_new] = of_group.try_emplace(group, next);
      if (is_new) ++next;
      variable[i] = at->second;
    }
  }
  return variable;
}

/// Length [Å] by which a cell parameter is multiplied: in the spring model it is then as stiff as an atom.
double spring_scale(SpringNetwork const& springs, std::size_t atoms, CellFreedom cell, Eigen::Vector3d const& normal) {
  double stretch = 0.0, weight = 0.0;
  for (auto const& spring : springs) {
    double const square =
        cell == CellFreedom::full ? spring.vector.squaredNorm() / 3.0 : std::pow(normal.dot(spring.vector), 2);
    stretch += spring.weight * square;
    weight += spring.weight;
  }
  if (stretch <= 0.0) return std::sqrt(static_cast<double>(std::max<std::size_t>(atoms, 1)));
  return std::sqrt(stretch * static_cast<double>(atoms) / (2.0 * weight));
}

}  // namespace

RelaxCoordinates::RelaxCoordinates(Crystal const& start, RelaxOptions const& options, SpringNetwork const& springs)
    : start_(start),
      cell_(options.cell),
      motion_(options.motion),
      layer_shift_(options.layer_shift),
      normal_(start.lattice.col(0).cross(start.lattice.col(1)).normalized()),
      along_c_(start.lattice.col(2).normalized()),
      variable_(number_variables(start, options)) {
  for (int const v : variable_) translations_ = std::max<Eigen::Index>(translations_, v + 1);
  members_.assign(static_cast<std::size_t>(translations_), 0);
  for (int const v : variable_) {
    if (v >= 0) ++members_[v];
  }
  if (cell_ != CellFreedom::fixed) cell_scale_ = spring_scale(springs, start.size(), cell_, normal_);
  if (layer_shift_ != LayerShift::none) number_layers(options, springs);
  require(motion_ == Motion::any || cell_ == CellFreedom::fixed || cell_ == CellFreedom::c_length,
          "motion along the normal with a cell that shears (the atoms would be carried along in the plane): keep the cell "
          "fixed or free the length of c alone");
}

/// A layer is as stiff as the springs between it and others; an atom, as the mean over atoms.
void RelaxCoordinates::number_layers(RelaxOptions const& options, SpringNetwork const& springs) {
  require(options.layer.size() == start_.size(), "layer has ", options.layer.size(), " entries for ", start_.size(),
          " atoms (layer shifts need the layer of each)");
  std::map<int, int> index;
  for (int const layer : options.layer) index.emplace(layer, 0);
  int next = -1;
  for (auto& [layer, place] : index) place = next++;
  for (std::size_t i = 0; i < start_.size(); ++i)
    layer_.push_back(variable_[i] < 0 ? -1 : index.at(options.layer[i]));
  std::vector<int> of_body(static_cast<std::size_t>(translations_), -2);
  for (std::size_t i = 0; i < start_.size(); ++i) {
    if (variable_[i] < 0) continue;
    auto& layer = of_body[static_cast<std::size_t>(variable_[i])];
    require(layer == -2 || layer == layer_[i], "a group has atoms of two layers (atom ", i + 1,
            "): a rigid body that is shifted with its layer must lie in one");
    layer = layer_[i];
  }
  std::vector<double> across(static_cast<std::size_t>(std::max(next, 0)), 0.1);
  double total = 0.0;
  for (auto const& spring : springs) {
    total += 2.0 * spring.weight;
    int const a = index.at(options.layer[static_cast<std::size_t>(spring.first)]);
    int const b = index.at(options.layer[static_cast<std::size_t>(spring.second)]);
    if (a == b) continue;
    for (int const layer : {a, b}) {
      if (layer >= 0) across[static_cast<std::size_t>(layer)] += spring.weight;
    }
  }
  double const mean = 0.1 + total / static_cast<double>(std::max<std::size_t>(start_.size(), 1));
  for (double const stiffness : across) layer_scale_.push_back(std::sqrt(mean / stiffness));
}

Eigen::Index RelaxCoordinates::layer_size() const {
  auto const shifts = static_cast<Eigen::Index>(layer_scale_.size());
  return layer_shift_ == LayerShift::none ? 0 : layer_shift_ == LayerShift::gap ? shifts : 3 * shifts;
}

Eigen::Index RelaxCoordinates::cell_size() const {
  switch (cell_) {
    case CellFreedom::fixed: return 0;
    case CellFreedom::c_length: return 1;
    case CellFreedom::third_vector: return 3;
    case CellFreedom::full: return 6;
  }
  return 0;
}

/// By how much the shift of its layer moves an atom [Å].
Eigen::Vector3d RelaxCoordinates::layer_shift(Eigen::VectorXd const& x, std::size_t atom) const {
  if (layer_.empty() || layer_[atom] < 0) return Eigen::Vector3d::Zero();
  Eigen::Index const layer = layer_[atom], begin = 3 * translations_;
  double const scale = layer_scale_[static_cast<std::size_t>(layer)];
  if (layer_shift_ == LayerShift::gap) return scale * x[begin + layer] * normal_;
  return scale * free_part(x.segment<3>(begin + 3 * layer));
}

Eigen::Vector3d RelaxCoordinates::free_part(Eigen::Vector3d const& v) const {
  return motion_ == Motion::any ? v : Eigen::Vector3d(normal_.dot(v) * normal_);
}

Eigen::Matrix3d RelaxCoordinates::deformation(Eigen::VectorXd const& x) const {
  Eigen::Matrix3d f = Eigen::Matrix3d::Identity();
  if (cell_ == CellFreedom::fixed) return f;
  Eigen::VectorXd const e = x.tail(cell_size()) / cell_scale_;
  if (cell_ == CellFreedom::c_length) return f + e[0] * along_c_ * normal_.transpose();
  if (cell_ == CellFreedom::third_vector) return f + e.head<3>() * normal_.transpose();
  for (int k = 0; k < 3; ++k) {
    int const a = (k + 1) % 3, b = (k + 2) % 3;  // 23, 31, 12
    f(k, k) += e[k];
    f(a, b) = f(b, a) = e[3 + k] / std::sqrt(2.0);
  }
  return f;
}

/// Mean position of each translation's atoms.
Eigen::Matrix3Xd RelaxCoordinates::centres(Eigen::Matrix3Xd const& positions) const {
  Eigen::Matrix3Xd sum = Eigen::Matrix3Xd::Zero(3, translations_);
  for (std::size_t i = 0; i < variable_.size(); ++i) {
    if (variable_[i] >= 0) sum.col(variable_[i]) += positions.col(static_cast<Eigen::Index>(i));
  }
  for (Eigen::Index v = 0; v < translations_; ++v) sum.col(v) /= members_[static_cast<std::size_t>(v)];
  return sum;
}

Crystal RelaxCoordinates::at(Eigen::VectorXd const& x) const {
  Eigen::Matrix3d const f = deformation(x);
  auto const centre = centres(start_.positions);
  Crystal crystal = start_;
  crystal.lattice = f * start_.lattice;
  for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i) {
    int const v = variable_[static_cast<std::size_t>(i)];
    Eigen::Vector3d const start = start_.positions.col(i);
    if (v < 0) {
      crystal.positions.col(i) = f * start;
      continue;
    }
    Eigen::Vector3d const move = free_part(x.segment<3>(3 * v)) + layer_shift(x, static_cast<std::size_t>(i));
    if (members_[static_cast<std::size_t>(v)] == 1) {
      crystal.positions.col(i) = f * (start + move);
    } else {
      crystal.positions.col(i) = f * (centre.col(v) + move) + start - centre.col(v);
    }
  }
  return crystal;
}

Eigen::Matrix3Xd RelaxCoordinates::net_forces(Evaluation const& evaluation) const {
  Eigen::Matrix3Xd net = Eigen::Matrix3Xd::Zero(3, translations_);
  for (std::size_t i = 0; i < variable_.size(); ++i) {
    if (variable_[i] >= 0) net.col(variable_[i]) += evaluation.forces.col(static_cast<Eigen::Index>(i));
  }
  return net;
}

/// dE/dstrain when rigid groups keep their shape: the full virial plus f (r - centre)^T of their atoms [eV].
Eigen::Matrix3d RelaxCoordinates::virial(Crystal const& crystal, Evaluation const& evaluation) const {
  Eigen::Matrix3d w = crystal.volume() * *evaluation.stress;
  auto const centre = centres(crystal.positions);
  for (std::size_t i = 0; i < variable_.size(); ++i) {
    int const v = variable_[i];
    if (v < 0 || members_[static_cast<std::size_t>(v)] == 1) continue;
    auto const column = static_cast<Eigen::Index>(i);
    w += evaluation.forces.col(column) * (crystal.positions.col(column) - centre.col(v)).transpose();
  }
  return w;
}

/// @param atoms dE/dy of each atom
void RelaxCoordinates::add_layer_gradient(Eigen::VectorXd& g, Eigen::Matrix3Xd const& atoms) const {
  Eigen::Index const begin = 3 * translations_;
  for (std::size_t i = 0; i < layer_.size(); ++i) {
    if (layer_[i] < 0) continue;
    Eigen::Index const layer = layer_[i];
    Eigen::Vector3d const force = layer_scale_[static_cast<std::size_t>(layer)] * atoms.col(static_cast<Eigen::Index>(i));
    if (layer_shift_ == LayerShift::gap)
      g[begin + layer] += normal_.dot(force);
    else
      g.segment<3>(begin + 3 * layer) += free_part(force);
  }
}

Eigen::VectorXd RelaxCoordinates::gradient(Eigen::VectorXd const& x, Crystal const& crystal,
                                           Evaluation const& evaluation) const {
  Eigen::Matrix3d const f = deformation(x);
  Eigen::Matrix3Xd const atoms = -(f.transpose() * net_forces(evaluation));
  Eigen::VectorXd g = Eigen::VectorXd::Zero(size());
  for (Eigen::Index v = 0; v < translations_; ++v) g.segment<3>(3 * v) = free_part(atoms.col(v));
  add_layer_gradient(g, -(f.transpose() * evaluation.forces));
  if (cell_ == CellFreedom::fixed) return g;
  Eigen::Matrix3d const by_f = virial(crystal, evaluation) * f.inverse().transpose();  // dE/dF
  if (cell_ == CellFreedom::c_length) {
    g[g.size() - 1] = along_c_.dot(by_f * normal_) / cell_scale_;
    return g;
  }
  if (cell_ == CellFreedom::third_vector) {
    g.tail<3>() = by_f * normal_ / cell_scale_;
    return g;
  }
  Eigen::Index const cell = g.size() - 6;
  for (int k = 0; k < 3; ++k) {
    int const a = (k + 1) % 3, b = (k + 2) % 3;
    g[cell + k] = by_f(k, k) / cell_scale_;
    g[cell + 3 + k] = (by_f(a, b) + by_f(b, a)) / (std::sqrt(2.0) * cell_scale_);
  }
  return g;
}

double RelaxCoordinates::fmax(Evaluation const& evaluation) const {
  auto const net = net_forces(evaluation);
  double largest = 0.0;
  for (Eigen::Index v = 0; v < translations_; ++v) largest = std::max(largest, free_part(net.col(v)).norm());
  return largest;
}

double RelaxCoordinates::smax(Eigen::VectorXd const& x, Crystal const& crystal, Evaluation const& evaluation) const {
  if (cell_ == CellFreedom::fixed) return 0.0;
  Eigen::Matrix3d const stress = virial(crystal, evaluation) / crystal.volume();
  if (cell_ == CellFreedom::c_length) return std::abs(along_c_.dot(stress * normal_));
  if (cell_ == CellFreedom::third_vector) return (stress * normal_).cwiseAbs().maxCoeff();
  Eigen::Matrix3d const free = stress * deformation(x).inverse().transpose();
  return (0.5 * (free + free.transpose())).cwiseAbs().maxCoeff();
}

double RelaxCoordinates::limit(Eigen::VectorXd const& dx, double max_step) const {
  double factor = 1.0;
  for (std::size_t i = 0; i < variable_.size(); ++i) {
    if (variable_[i] < 0) continue;
    double const length = (free_part(dx.segment<3>(3 * variable_[i])) + layer_shift(dx, i)).norm();
    if (length * factor > max_step) factor = max_step / length;
  }
  double const cell = cell_size() > 0 ? dx.tail(cell_size()).norm() / cell_scale_ : 0.0;
  if (cell * factor > cell_step) factor = cell_step / cell;
  return factor;
}

}  // namespace nacre::detail
