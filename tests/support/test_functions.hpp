/// Functions with known minima, shifted and rotated, for optimisers: the formulas of the noiseless BBOB set (N. Hansen,
/// S. Finck, R. Ros, A. Auger, INRIA RR-6829 (2009)) with our own shifts and rotations, and five more with noise,
/// plateaus and variables of unlike scales.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

namespace nacre::test {

class TestFunction {
 public:
  /// @param number 1 to 24 as in BBOB, 25 to 29 ours; @param instance decides on shift, rotation and offset
  TestFunction(int number, int dimensions, std::uint64_t instance);
  /// 1 to 24 with the shifts, rotations and offsets that the BBOB set itself has for an instance (its instances 1 to 5
  /// are those of most published results).
  static TestFunction published(int number, int dimensions, int instance);
  static constexpr int count = 29;
  static std::string name(int number);

  /// On the box [-5, 5]^D; the minimum is at `optimum`, where the value is `offset`.
  double operator()(Eigen::VectorXd const& x) const { return raw(x) + offset_; }
  double offset() const { return offset_; }
  Eigen::VectorXd const& optimum() const { return optimum_; }
  /// What an observer sees of the value at x: itself, or with noise of stream `draw`.
  double observed(Eigen::VectorXd const& x, std::uint64_t draw) const;

 private:
  double raw(Eigen::VectorXd const& x) const;
  double separable(Eigen::VectorXd const& x) const;
  double conditioned(Eigen::VectorXd const& x) const;
  double multimodal(Eigen::VectorXd const& x) const;
  double weakly_structured(Eigen::VectorXd const& x) const;
  double ours(Eigen::VectorXd const& x) const;
  struct Unset {};
  TestFunction(int number, int dimensions, Unset) : number_(number), dimensions_(dimensions) {}
  void place_peaks(int peaks);
  void place_published_peaks(int peaks, long seed);
  /// @param order of the peaks' conditions, @param axes of each peak's coordinates, places in unrotated coordinates
  void shape_peaks(std::vector<Eigen::Index> const& order, std::vector<std::vector<Eigen::Index>> const& axes,
                   Eigen::MatrixXd const& places);

  int number_, dimensions_;
  std::uint64_t instance_ = 0;
  double offset_ = 0.0;
  Eigen::VectorXd optimum_, signs_;
  Eigen::MatrixXd first_, second_;     ///< rotations
  Eigen::MatrixXd peaks_, stiffness_;  ///< of the Gaussian peaks, in rotated coordinates, one per column
  Eigen::VectorXd heights_;
};

}  // namespace nacre::test
