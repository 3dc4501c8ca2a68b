/// The radial functions of a message-passing layer as splines: the network behind them costs ten times what
/// reading a table does, and depends on the distance alone.
#pragma once

#include <cstddef>
#include <vector>

#include "nequix_model.hpp"

namespace nacre::detail {

/// Knots of quintic Hermite interpolation: value, slope and curvature are exact there and continuous everywhere. They lie
/// cutoff/128 apart, and four times closer below a quarter of the cutoff, where the functions are steep.
class RadialGrid {
 public:
  explicit RadialGrid(double cutoff);

  /// Where a distance lies: the interval, and the weights of its six rows for the value and the derivative [1/Å].
  struct Place {
    int interval;
    float value[6], slope[6];
  };
  Place place(double distance) const;
  int interval(double distance) const;  ///< increasing with the distance
  double knot(int index) const;         ///< [Å]
  static int knots();

 private:
  double coarse_, fine_;
};

/// Values, slopes and curvatures at the knots, in single precision. Against the networks of the models tried the error is
/// below 1e-6 of the largest value (tests/potential/nequix.cpp).
class RadialTable {
 public:
  /// @param columns where column c of the network's output goes in a row of the table; -1 is nowhere
  /// @param width   floats per row, a multiple of 16
  RadialTable(NequixModel const& model, NequixLayer const& layer, std::vector<int> const& columns, int width);

  int width() const { return width_; }
  /// Six rows of `width` floats: value, slope and curvature on the left and on the right of the interval.
  float const* rows(int interval) const {
    return table_.data() + static_cast<std::size_t>(interval) * 3 * static_cast<std::size_t>(width_);
  }

 private:
  int width_;
  std::vector<float> table_;
};

/// The output of the network itself, one row per distance: what the table interpolates.
RowMatrix radial_network(NequixModel const& model, NequixLayer const& layer, std::vector<double> const& distances);

}  // namespace nacre::detail
