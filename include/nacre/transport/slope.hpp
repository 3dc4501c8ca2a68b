/// From mean squared displacements to a diffusion coefficient with its jackknife error.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/displacement_moments.hpp"
#include "nacre/transport/ion_paths.hpp"

namespace nacre {

struct Window {
  double first_ps = 0.0, last_ps = 0.0;
};

/// Lags of the fit, in frames, both ends included.
struct LagWindow {
  Eigen::Index first = 0, last = 0;
  Eigen::Index count() const { return last - first + 1; }
};

inline constexpr double default_window_start_ps = 5.0;  ///< beyond vibrations and cages of oxides

/// The window asked for, or from 5 ps to a quarter of the block, if need be up to the half of it, so that there are at
/// least 10 lags. A window longer than half a block is a refusal `blocks_too_short`.
struct ChosenWindow {
  LagWindow lags;
  std::optional<Refusal> refusal;
};
NACRE_API ChosenWindow choose_window(Eigen::Index block_frames, double interval_ps, std::optional<Window> const& asked);

struct Line {
  double slope, intercept;
};
/// Ordinary least squares.
NACRE_API Line fit_line(Eigen::VectorXd const& x, Eigen::VectorXd const& y);

struct Jackknife {
  Eigen::VectorXd value;     ///< of all blocks
  Eigen::VectorXd error;     ///< sqrt((B-1)/B Σ (leave-one-out - their mean)²)
  Eigen::MatrixXd left_out;  ///< one column a block
};
/// `f(b)` is computed without block b, f(-1) with all of them.
NACRE_API Jackknife jackknife(int blocks, std::function<Eigen::VectorXd(int)> const& f);

/// Tracer sums of every block, and those of the sum over ions (each divided by the number of ions), if known.
struct BlockSums {
  std::vector<MomentSums> tracer, collective;
};

/// Entries of the vectors of `diffusion_estimates`.
enum class Derived { D, Dx, Dy, Dz, xy, xz, yz, exponent, collective, haven, count };
constexpr Eigen::Index index(Derived quantity) { return static_cast<Eigen::Index>(quantity); }

/// D over the axes given ([Å^2/ps], slope/(2 d)), its components, the exponent of MSD less its intercept, the
/// collective D and the Haven ratio, with errors. NaN where a quantity is not defined.
NACRE_API Jackknife diffusion_estimates(BlockSums const& blocks, LagWindow const& window, double interval_ps,
                                        std::vector<int> const& axes);
/// D of each block on its own.
NACRE_API std::vector<double> block_values(std::vector<MomentSums> const& blocks, LagWindow const& window,
                                           double interval_ps, std::vector<int> const& axes);

/// Number of the first ion of a block: consecutive ions, the first blocks have one more if they cannot be equal.
NACRE_API Eigen::Index first_of_block(Eigen::Index ions, int blocks, int block);

/// Mean squared displacement over `axes` [Å^2] at the lags of the window.
NACRE_API Eigen::VectorXd mean_square(MomentSums const& sums, LagWindow const& window, std::vector<int> const& axes);

}  // namespace nacre
