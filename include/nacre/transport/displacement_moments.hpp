/// Mean squared displacements of every lag over all time origins, by FFT.
///
/// Σ_k (a_{k+m} - a_k)(b_{k+m} - b_k) = Σ_k [a_{k+m} b_{k+m} + a_k b_k] - 2 Re corr(a, b)(m): the first sum by running
/// totals, the second from power spectra, which are added over ions so that one inverse transform serves them all (the
/// idea of the FFT: R. J. Kneller et al., Comput. Phys. Commun. 91, 191 (1995), doi:10.1016/0010-4655(95)00048-K).
#pragma once

#include <Eigen/Core>
#include <memory>

#include "nacre/core/api.hpp"

namespace nacre {

/// Rows xx, yy, zz, xy, xz, yz; one column a lag, from 0.
struct NACRE_API MomentSums {
  Eigen::Matrix<double, 6, Eigen::Dynamic> products;  ///< Σ over ions and origins of displacement products [Å^2]
  Eigen::VectorXd counts;                             ///< number of terms of each lag

  MomentSums& operator+=(MomentSums const& other);
  MomentSums& operator-=(MomentSums const& other);
  /// Mean product of rows `row` at the lags first..first + count - 1 [Å^2].
  Eigen::VectorXd mean(int row, Eigen::Index first, Eigen::Index count) const;
};

/// One component of the path of one ion over consecutive frames.
using PathView = Eigen::Ref<Eigen::VectorXd const>;

class NACRE_API DisplacementMoments {
 public:
  /// @param longest  frames of the longest stretch that will be added
  /// @param max_lag  largest lag wanted, in frames
  DisplacementMoments(Eigen::Index longest, Eigen::Index max_lag);
  ~DisplacementMoments();
  DisplacementMoments(DisplacementMoments&&) noexcept;

  void add(PathView const& x, PathView const& y, PathView const& z);
  /// Of what was added since the last call.
  MomentSums take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The definition as a double loop, for tests and short stretches.
NACRE_API MomentSums displacement_moments_brute_force(PathView const& x, PathView const& y, PathView const& z,
                                                      Eigen::Index max_lag);

}  // namespace nacre
