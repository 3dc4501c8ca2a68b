#include "mesh_sum.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <mutex>

#include "nacre/core/units.hpp"
#include "reciprocal_kernel.hpp"

namespace nacre::detail {
namespace {

/// FFTW's planner knows no threads.
std::mutex& planner() {
  static std::mutex mutex;
  return mutex;
}

/// M_order(x) for the whole x = 1 .. order - 1.
std::vector<double> spline_at_integers(int order) {
  std::vector<double> value(static_cast<std::size_t>(order) + 1, 0.0);
  value[1] = 1.0;  // of order 2
  for (int n = 3; n <= order; ++n) {
    for (int x = n; x > 0; --x) {
      auto const at = static_cast<std::size_t>(x);
      value[at] = (x * value[at] + (n - x) * value[at - 1]) / (n - 1);
    }
  }
  return value;
}

/// U^2 / (sum of U^2 over all aliases)^2 for each index of an axis, U = (sin(x)/x)^order, x = pi index/size.
std::vector<double> spline_influence(int size, int order) {
  auto const twice = spline_at_integers(2 * order);
  std::vector<double> influence(static_cast<std::size_t>(size));
  for (int m = 0; m < size; ++m) {
    int const index = m <= size / 2 ? m : m - size;
    double const x = units::pi * index / size, sinc = index == 0 ? 1.0 : std::sin(x) / x;
    double sum = twice[static_cast<std::size_t>(order)];
    for (int k = 1; k < order; ++k) sum += 2.0 * twice[static_cast<std::size_t>(order + k)] * std::cos(2.0 * x * k);
    influence[static_cast<std::size_t>(m)] = std::pow(sinc, 2 * order) / (sum * sum);
  }
  return influence;
}

}  // namespace

int fast_mesh_size(double least) {
  for (int n = std::max(1, static_cast<int>(std::ceil(least)));; ++n) {
    int rest = n;
    for (int const factor : {2, 3, 5, 7}) {
      while (rest % factor == 0) rest /= factor;
    }
    if (rest == 1) return n;
  }
}

/// Between the measured points the logarithm is linear in that of alpha h, beyond them it goes on.
double mesh_spacing(int order, double error) {
  constexpr std::array<double, 10> at{0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.50, 0.60, 0.70};
  constexpr std::array<std::array<double, 10>, 5> measured{
      {{4.93e-05, 1.67e-04, 4.79e-04, 1.19e-03, 2.01e-03, 3.91e-03, 7.31e-03, 2.26e-02, 5.95e-02, 1.33e-01},
       {7.09e-08, 6.86e-07, 3.95e-06, 1.70e-05, 4.43e-05, 1.36e-04, 3.81e-04, 2.38e-03, 1.09e-02, 3.54e-02},
       {2.20e-10, 4.96e-09, 5.83e-08, 4.46e-07, 1.95e-06, 9.56e-06, 4.07e-05, 5.36e-04, 3.95e-03, 1.65e-02},
       {9.45e-13, 5.46e-11, 1.29e-09, 1.83e-08, 1.39e-07, 1.09e-06, 7.34e-06, 1.98e-04, 2.05e-03, 1.00e-02},
       {5.58e-15, 8.19e-13, 3.98e-11, 1.04e-09, 1.40e-08, 1.83e-07, 2.03e-06, 9.98e-05, 1.31e-03, 7.15e-03}}};
  auto const& values = measured[static_cast<std::size_t>(order / 2 - 2)];
  std::size_t k = 1;
  while (k + 1 < at.size() && values[k] < error) ++k;
  double const slope = std::log(at[k] / at[k - 1]) / std::log(values[k] / values[k - 1]);
  return std::clamp(at[k] * std::pow(error / values[k], slope), 0.02, 1.0);
}

MeshSum::Mesh::Mesh(MeshShape const& shape) : size(shape.size) {
  stride = size[2] + shape.order - 1;
  half = size[2] / 2 + 1;
  real = fftw_alloc_real(rows() * static_cast<std::size_t>(stride));
  complex = fftw_alloc_complex(rows() * static_cast<std::size_t>(half));
  int const real_rows[3] = {size[0], size[1], stride}, complex_rows[3] = {size[0], size[1], half};
  {
    std::lock_guard const lock(planner());
    forward = fftw_plan_many_dft_r2c(3, size.data(), 1, real, real_rows, 1, 0, complex, complex_rows, 1, 0,
                                     FFTW_ESTIMATE);
    backward = fftw_plan_many_dft_c2r(3, size.data(), 1, complex, complex_rows, 1, 0, real, real_rows, 1, 0,
                                      FFTW_ESTIMATE);
  }
  for (int d = 0; d < 3; ++d) {
    spline[static_cast<std::size_t>(d)] = spline_influence(size[static_cast<std::size_t>(d)], shape.order);
  }
  lattice.setZero();
}

MeshSum::Mesh::~Mesh() {
  std::lock_guard const lock(planner());
  fftw_destroy_plan(forward);
  fftw_destroy_plan(backward);
  fftw_free(real);
  fftw_free(complex);
}

MeshSum::Mesh& MeshSum::mesh_of(MeshShape const& shape) {
  constexpr std::size_t kept = 16;
  auto found = meshes_.find(shape);
  if (found != meshes_.end()) return *found->second;
  if (meshes_.size() == kept) meshes_.clear();
  return *meshes_.emplace(shape, std::make_unique<Mesh>(shape)).first->second;
}

/// 4 pi/V exp(-k^2/4 alpha^2)/k^2 and the splines' part, for half of the vectors of a row; and what a strain does to it.
void MeshSum::set_influence(Isa isa, Mesh& mesh, Eigen::Matrix3d const& lattice, double alpha) {
  if (mesh.lattice == lattice && mesh.alpha == alpha) return;
  mesh.lattice = lattice;
  mesh.alpha = alpha;
  Eigen::Matrix3d const reciprocal = 2.0 * units::pi * lattice.inverse();  // rows
  double const prefactor = 4.0 * units::pi / std::abs(lattice.determinant()), scale = 1.0 / (4.0 * alpha * alpha);
  auto const half = static_cast<std::size_t>(mesh.half);
  mesh.influence.resize(mesh.rows() * half);
  mesh.stretch.resize(mesh.rows() * half);
  k2_.resize(half);
  auto const index = [](int m, int size) { return m <= size / 2 ? m : m - size; };
  Eigen::Vector3d const b2 = reciprocal.row(2);
  for (int i = 0; i < mesh.size[0]; ++i) {
    for (int j = 0; j < mesh.size[1]; ++j) {
      Eigen::Vector3d const plane =
          index(i, mesh.size[0]) * reciprocal.row(0) + index(j, mesh.size[1]) * reciprocal.row(1);
      double const across = 2.0 * plane.dot(b2), along = b2.squaredNorm(), square = plane.squaredNorm();
      for (std::size_t l = 0; l < half; ++l) {
        double const n = static_cast<double>(l);
        k2_[l] = square + n * (n * along + across);
      }
      if (i == 0 && j == 0) k2_[0] = 0.0;
      auto const row = (static_cast<std::size_t>(i) * static_cast<std::size_t>(mesh.size[1]) +
                        static_cast<std::size_t>(j)) * half;
      double* const influence = &mesh.influence[row];
      weigh_vectors(isa, mesh.half, scale, 1e300, k2_.data(), influence);
      double const splines = prefactor * mesh.spline[0][static_cast<std::size_t>(i)] *
                             mesh.spline[1][static_cast<std::size_t>(j)];
      for (std::size_t l = 0; l < half; ++l) {
        influence[l] *= splines * mesh.spline[2][l];
        mesh.stretch[row + l] = k2_[l] > 0.0 ? 2.0 * (1.0 / k2_[l] + scale) : 0.0;
      }
    }
  }
}

void MeshSum::place_atoms(Isa isa, Mesh const& mesh, int order, Eigen::Matrix3d const& inverse,
                          Eigen::Matrix3Xd const& positions) {
  auto const atoms = static_cast<std::size_t>(positions.cols());
  splines_.order = order;
  splines_.first.resize(3 * atoms);
  place_.resize(atoms);
  for (std::size_t d = 0; d < 3; ++d) {
    splines_.weights[d].resize(atoms * static_cast<std::size_t>(order));
    splines_.slopes[d].resize(atoms * static_cast<std::size_t>(order));
    double const size = mesh.size[d];
    Eigen::RowVector3d const row = inverse.row(static_cast<Eigen::Index>(d));
    for (std::size_t i = 0; i < atoms; ++i) {
      double const f = row.dot(positions.col(static_cast<Eigen::Index>(i))), u = (f - std::floor(f)) * size;
      place_[i] = u < size ? u : 0.0;
    }
    fill_splines(isa, order, static_cast<int>(atoms), place_.data(), &splines_.first[d * atoms],
                 splines_.weights[d].data(), splines_.slopes[d].data());
  }
}

/// Energy and strain derivative from the transform of the charges, which becomes that of the potential.
void MeshSum::weigh(Isa isa, Mesh& mesh, Eigen::Matrix3d const& inverse) {
  auto const half = static_cast<std::size_t>(mesh.half);
  row_energy_.assign(half, 0.0);
  for (auto& moment : moments_) moment.assign(half, 0.0);
  auto const index = [](int m, int size) { return m <= size / 2 ? m : m - size; };
  for (int i = 0; i < mesh.size[0]; ++i) {
    for (int j = 0; j < mesh.size[1]; ++j) {
      auto const row = (static_cast<std::size_t>(i) * static_cast<std::size_t>(mesh.size[1]) +
                        static_cast<std::size_t>(j)) * half;
      MeshRow in{mesh.half, static_cast<double>(index(i, mesh.size[0])), static_cast<double>(index(j, mesh.size[1])),
                 &mesh.influence[row], &mesh.stretch[row], mesh.complex[row], row_energy_.data(), {}};
      for (std::size_t m = 0; m < 6; ++m) in.moments[m] = moments_[m].data();
      weigh_row(isa, in);
    }
  }
  double energy = 0.0;
  Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();  // of index products
  for (std::size_t l = 0; l < half; ++l) {
    // all but the first plane, and the last one of an even size, stand for their negatives too
    bool const alone = l == 0 || 2 * l == static_cast<std::size_t>(mesh.size[2]);
    double const n = static_cast<double>(l), weight = alone ? 0.5 : 1.0;
    auto const m = [&](std::size_t k) { return weight * moments_[k][l]; };
    energy += weight * row_energy_[l];
    sum(0, 0) += m(3), sum(0, 1) += m(4), sum(1, 1) += m(5);
    sum(0, 2) += n * m(1), sum(1, 2) += n * m(2), sum(2, 2) += n * n * m(0);
  }
  sum(1, 0) = sum(0, 1), sum(2, 0) = sum(0, 2), sum(2, 1) = sum(1, 2);
  Eigen::Matrix3d const reciprocal = 2.0 * units::pi * inverse;
  strain_derivative = reciprocal.transpose() * sum * reciprocal;
  strain_derivative.diagonal().array() -= energy;
}

void MeshSum::compute(Isa isa, Eigen::Matrix3d const& lattice, Eigen::Matrix3Xd const& positions,
                      Eigen::VectorXd const& charges, double alpha, MeshShape const& shape) {
  auto& mesh = mesh_of(shape);
  Eigen::Matrix3d const inverse = lattice.inverse();
  auto const atoms = positions.cols();
  set_influence(isa, mesh, lattice, alpha);
  place_atoms(isa, mesh, shape.order, inverse, positions);
  MeshView const view{{shape.size[0], shape.size[1], shape.size[2]}, mesh.stride, mesh.real};
  std::fill_n(mesh.real, mesh.rows() * static_cast<std::size_t>(mesh.stride), 0.0);
  spread_charges(isa, splines_, static_cast<int>(atoms), charges.data(), view);
  for (std::size_t row = 0; row < mesh.rows(); ++row) {
    double* const values = mesh.real + row * static_cast<std::size_t>(mesh.stride);
    for (int c = mesh.size[2]; c < mesh.stride; ++c) values[c % mesh.size[2]] += values[c];
  }
  fftw_execute(mesh.forward);
  weigh(isa, mesh, inverse);
  fftw_execute(mesh.backward);
  for (std::size_t row = 0; row < mesh.rows(); ++row) {
    double* const values = mesh.real + row * static_cast<std::size_t>(mesh.stride);
    for (int c = mesh.size[2]; c < mesh.stride; ++c) values[c] = values[c % mesh.size[2]];
  }
  auto const count = static_cast<std::size_t>(atoms);
  potential_.resize(count);
  for (auto& slope : slopes_) slope.resize(count);
  gather_potential(isa, splines_, static_cast<int>(atoms), view, potential_.data(), slopes_[0].data(),
                   slopes_[1].data(), slopes_[2].data());
  atom_energies.resize(atoms);
  forces.resize(3, atoms);
  Eigen::Matrix3d const turn = inverse.transpose();
  for (Eigen::Index i = 0; i < atoms; ++i) {
    auto const n = static_cast<std::size_t>(i);
    atom_energies[i] = 0.5 * charges[i] * potential_[n];
    Eigen::Vector3d const gradient(shape.size[0] * slopes_[0][n], shape.size[1] * slopes_[1][n],
                                   shape.size[2] * slopes_[2][n]);
    forces.col(i) = -charges[i] * (turn * gradient);
  }
  forces.colwise() -= forces.rowwise().mean().eval();
}

}  // namespace nacre::detail
