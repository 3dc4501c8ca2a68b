#include "reciprocal_sum.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/core/units.hpp"
#include "reciprocal_kernel.hpp"

namespace nacre::detail {

/// The longest lattice vector, which has most indices, goes last.
void ReciprocalSum::set_cell(Eigen::Matrix3d const& lattice, double alpha, double cutoff) {
  std::array<int, 3> axes{0, 1, 2};
  std::stable_sort(axes.begin(), axes.end(),
                   [&](int a, int b) { return lattice.col(a).norm() < lattice.col(b).norm(); });
  Eigen::Matrix3d ordered;
  for (int d = 0; d < 3; ++d) ordered.col(d) = lattice.col(axes[static_cast<std::size_t>(d)]);
  inverse_ = ordered.inverse();
  reciprocal_ = 2.0 * units::pi * inverse_;
  k2_limit_ = cutoff * cutoff;
  inverse_4_alpha2_ = 1.0 / (4.0 * alpha * alpha);
  prefactor_ = 4.0 * units::pi / std::abs(ordered.determinant());
  for (int d = 0; d < 3; ++d) largest_[d] = static_cast<int>(cutoff * ordered.col(d).norm() / (2.0 * units::pi));
}

void ReciprocalSum::compute(Isa isa, Eigen::Matrix3d const& lattice, Eigen::Matrix3Xd const& positions,
                            Eigen::VectorXd const& charges, double alpha, double cutoff) {
  set_cell(lattice, alpha, cutoff);
  tabulate_phases(inverse_ * positions);
  auto const atoms = positions.cols();
  atom_energies.setZero(atoms);
  strain_derivative.setZero();
  for (auto& t : t_) t.assign(static_cast<std::size_t>(atoms), 0.0);
  for (int h = 0; h <= largest_[0]; ++h) {
    for (int k = h == 0 ? 0 : -largest_[1]; k <= largest_[1]; ++k) {
      if (int const last = last_index(h, k); last >= 0) add_plane(isa, {h, k, last}, charges);
    }
  }
  atom_energies.array() *= charges.array();
  forces.resize(3, atoms);
  for (Eigen::Index i = 0; i < atoms; ++i) {
    auto const n = static_cast<std::size_t>(i);
    Eigen::Vector3d const gradient(t_[0][n], t_[1][n], t_[2][n]);
    forces.col(i) = -2.0 * charges[i] * (reciprocal_.transpose() * gradient);
  }
}

/// Largest |l| with |h b0 + k b1 + l b2| within the cutoff; -1 if there is none.
int ReciprocalSum::last_index(int h, int k) const {
  Eigen::Vector3d const plane = h * reciprocal_.row(0) + k * reciprocal_.row(1);
  double const b2 = reciprocal_.row(2).squaredNorm(), center = -plane.dot(reciprocal_.row(2)) / b2;
  double const square = center * center - (plane.squaredNorm() - k2_limit_) / b2;
  if (square < 0.0) return -1;
  return std::min(largest_[2], static_cast<int>(std::abs(center) + std::sqrt(square) + 1e-9));
}

void ReciprocalSum::tabulate_phases(Eigen::Matrix3Xd const& fractional) {
  auto const atoms = static_cast<std::size_t>(fractional.cols());
  for (int d = 0; d < 3; ++d) {
    auto const rows = static_cast<std::size_t>(largest_[d] + 1);
    cos_[d].resize(rows * atoms);
    sin_[d].resize(rows * atoms);
    for (std::size_t i = 0; i < atoms; ++i) {
      double const f = fractional(d, static_cast<Eigen::Index>(i)), phase = 2.0 * units::pi * (f - std::floor(f));
      double const c1 = std::cos(phase), s1 = std::sin(phase);
      double c = 1.0, s = 0.0;
      for (std::size_t n = 0; n < rows; ++n) {
        cos_[d][n * atoms + i] = c;
        sin_[d][n * atoms + i] = s;
        double const next = c * c1 - s * s1;
        s = s * c1 + c * s1;
        c = next;
      }
    }
  }
  auto const rows = static_cast<std::size_t>(largest_[2] + 1);
  cos_by_atom_.resize(rows * atoms);
  sin_by_atom_.resize(rows * atoms);
  for (std::size_t i = 0; i < atoms; ++i) {
    for (std::size_t n = 0; n < rows; ++n) {
      cos_by_atom_[i * rows + n] = cos_[2][n * atoms + i];
      sin_by_atom_[i * rows + n] = sin_[2][n * atoms + i];
    }
  }
}

/// Weights of the vectors (h, k, +l) and (h, k, -l). Each stands for its negative, too; where that would be counted
/// twice (l = 0, h = k = 0) the second one has no weight.
void ReciprocalSum::weigh(Isa isa, Range const& range) {
  auto const count = static_cast<std::size_t>(range.last + 1);
  Eigen::Vector3d const plane = range.h * reciprocal_.row(0) + range.k * reciprocal_.row(1);
  Eigen::Vector3d const b2 = reciprocal_.row(2);
  double const across = 2.0 * plane.dot(b2), along = b2.squaredNorm(), square = plane.squaredNorm();
  for (auto* values : {&k2_plus_, &k2_minus_, &w_plus_, &w_minus_}) values->resize(count);
  for (std::size_t l = 0; l < count; ++l) {
    double const n = static_cast<double>(l);
    k2_plus_[l] = square + n * (n * along + across);
    k2_minus_[l] = l == 0 || (range.h == 0 && range.k == 0) ? 0.0 : square + n * (n * along - across);
  }
  int const n = range.last + 1;
  weigh_vectors(isa, n, inverse_4_alpha2_, k2_limit_, k2_plus_.data(), w_plus_.data());
  weigh_vectors(isa, n, inverse_4_alpha2_, k2_limit_, k2_minus_.data(), w_minus_.data());
  for (std::size_t l = 0; l < count; ++l) {
    w_plus_[l] *= prefactor_;
    w_minus_[l] *= prefactor_;
  }
}

/// exp(i theta) of every atom, theta the phase of (h, k, 0), and the same times its charge.
void ReciprocalSum::set_plane(Range const& range, Eigen::VectorXd const& charges) {
  auto const atoms = static_cast<std::size_t>(charges.size());
  for (auto* values : {&cos_plane_, &sin_plane_, &q_cos_, &q_sin_}) values->resize(atoms);
  auto const first = static_cast<std::size_t>(range.h) * atoms,
             second = static_cast<std::size_t>(std::abs(range.k)) * atoms;
  double const *cx = &cos_[0][first], *sx = &sin_[0][first], *cy = &cos_[1][second], *sy = &sin_[1][second];
  double const sign = range.k < 0 ? -1.0 : 1.0;
  for (std::size_t i = 0; i < atoms; ++i) {
    double const s = sign * sy[i], q = charges[static_cast<Eigen::Index>(i)];
    cos_plane_[i] = cx[i] * cy[i] - sx[i] * s;
    sin_plane_[i] = sx[i] * cy[i] + cx[i] * s;
    q_cos_[i] = q * cos_plane_[i];
    q_sin_[i] = q * sin_plane_[i];
  }
}

/// From the structure factors of +l and -l: the weights of the four products in the potential, and the strain
/// derivative.
void ReciprocalSum::weigh_structure(Range const& range) {
  auto const count = static_cast<std::size_t>(range.last + 1);
  for (auto& weight : weight_) weight.resize(count);
  Eigen::Vector3d const plane = range.h * reciprocal_.row(0) + range.k * reciprocal_.row(1), along = reciprocal_.row(2);
  auto const add_strain = [&](double k2, double weighted_square, double l) {
    if (weighted_square == 0.0) return;
    Eigen::Vector3d const k = plane + l * along;
    strain_derivative += (2.0 * weighted_square * (1.0 / k2 + inverse_4_alpha2_)) * k * k.transpose();
    strain_derivative.diagonal().array() -= weighted_square;
  };
  for (std::size_t l = 0; l < count; ++l) {
    double const re_plus = cc_[l] - ss_[l], im_plus = sc_[l] + cs_[l], re_minus = cc_[l] + ss_[l],
                 im_minus = sc_[l] - cs_[l];
    double const wp = w_plus_[l], wm = w_minus_[l];
    weight_[0][l] = wp * re_plus + wm * re_minus;
    weight_[1][l] = wm * re_minus - wp * re_plus;
    weight_[2][l] = wp * im_plus + wm * im_minus;
    weight_[3][l] = wp * im_plus - wm * im_minus;
    add_strain(k2_plus_[l], wp * (re_plus * re_plus + im_plus * im_plus), static_cast<double>(l));
    add_strain(k2_minus_[l], wm * (re_minus * re_minus + im_minus * im_minus), -static_cast<double>(l));
  }
}

/// All vectors (h, k, l) of one (h, k): structure factors, then the potential and its gradient at every atom.
void ReciprocalSum::add_plane(Isa isa, Range const& range, Eigen::VectorXd const& charges) {
  auto const count = static_cast<std::size_t>(range.last + 1), size = static_cast<std::size_t>(charges.size());
  int const atoms = static_cast<int>(size);
  for (auto* values : {&p_, &r_, &p3_, &r3_}) values->assign(size, 0.0);
  for (auto* values : {&cc_, &ss_, &sc_, &cs_}) values->assign(count, 0.0);
  set_plane(range, charges);
  add_structure_sums(isa, {atoms, range.last, largest_[2] + 1, q_cos_.data(), q_sin_.data(), cos_by_atom_.data(),
                           sin_by_atom_.data(), cc_.data(), ss_.data(), sc_.data(), cs_.data()});
  weigh(isa, range);
  weigh_structure(range);
  add_potential_sums(isa,
                     {atoms, range.last, atoms, cos_[2].data(), sin_[2].data(), weight_[0].data(), weight_[1].data(),
                      weight_[2].data(), weight_[3].data(), p_.data(), r_.data(), p3_.data(), r3_.data()});
  for (std::size_t i = 0; i < size; ++i) {
    double const c = cos_plane_[i], s = sin_plane_[i], along_plane = c * r_[i] - s * p_[i];
    atom_energies[static_cast<Eigen::Index>(i)] += c * p_[i] + s * r_[i];
    t_[0][i] += range.h * along_plane;
    t_[1][i] += range.k * along_plane;
    t_[2][i] += c * p3_[i] + s * r3_[i];
  }
}

}  // namespace nacre::detail
