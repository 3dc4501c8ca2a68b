/// Diffusion and conduction of one kind of ion from its paths, with errors, bounds and refusals.
///
/// Mean squared displacements over all time origins, in B blocks of time or of ions; a line with intercept over a
/// window of lags; errors by leaving out one block at a time, intervals by Student's t with B - 1 degrees of freedom. A
/// number is given only if it was measured: too few jumps give an upper bound, motion that is no diffusion is refused
/// with a code.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/ion_paths.hpp"
#include "nacre/transport/layers.hpp"
#include "nacre/transport/slope.hpp"

namespace nacre {

enum class BlockBy { time, ion };
enum class Axes { all, x, y, z, in_plane };

struct DiffusionOptions {
  double charge = 0.0;       ///< formal charge of the ion [e]
  double temperature = 0.0;  ///< [K]
  int blocks = 10;
  BlockBy block_by = BlockBy::time;
  Axes axes = Axes::all;
  std::optional<Window> window;
  std::optional<double> hop_length;  ///< [Å]
  bool with_layers = false;
  std::vector<double> contacts;  ///< heights in the coordinates of the file [Å]; empty: found from the framework
};

/// A value with its jackknife error and the interval that holds the truth 95 times in 100.
struct Measured {
  double value = 0.0, error = 0.0;
  std::array<double, 2> interval{0.0, 0.0};
};

enum class Verdict { ok, bound, refused };
NACRE_API std::string_view to_string(Verdict verdict);

/// What can be said of a set of ions; numbers are there only where the verdict allows them.
struct DiffusionEstimate {
  Verdict verdict = Verdict::refused;
  std::vector<Refusal> reasons;    ///< why it is not ok
  std::vector<std::string> flags;  ///< what to mind though it is ok
  std::int64_t jumps = 0;
  std::optional<Measured> D;                          ///< [Å^2/ps] over the axes asked for
  std::optional<double> D_upper;                      ///< 95 % limit [Å^2/ps]; bound only
  std::array<std::optional<Measured>, 3> components;  ///< along x, y, z
  std::optional<double> exponent, exponent_error;     ///< of the MSD less its intercept
};

struct PrincipalAxis {
  double D = 0.0;  ///< [Å^2/ps]
  Eigen::Vector3d axis;
};

struct LayerEstimate {
  LayerDiffusion layer;        ///< without its blocks
  DiffusionEstimate estimate;  ///< in the plane of the layers
};

struct ContactEstimate {
  ContactExchange exchange;
  std::optional<double> G, G_error, G_upper;  ///< [S/m^2]
};

/// Mean over blocks and the line fitted to it, for pictures.
struct DisplacementCurve {
  std::vector<double> lag_ps, msd_A2;
  Line line{0.0, 0.0};
  Window window;
};

struct DiffusionResult {
  DiffusionEstimate tracer;
  Eigen::Index mobile = 0, frames = 0;
  double interval_ps = 0.0, temperature = 0.0, charge = 0.0;
  std::optional<double> volume;        ///< [Å^3]
  std::optional<Measured> collective;  ///< charge diffusion [Å^2/ps]
  std::optional<Measured> haven;
  std::optional<Measured> sigma;         ///< Einstein-Helfand [S/cm]
  std::optional<Measured> sigma_tracer;  ///< Nernst-Einstein [S/cm]
  std::vector<PrincipalAxis> principal;
  double hop_length = 0.0;             ///< [Å]
  bool sites_found = false;
  int sites = 0;
  Wrapping wrapping = Wrapping::inside;
  std::vector<LayerEstimate> layers;
  std::vector<ContactEstimate> contacts;
  DisplacementCurve curve;
};

/// @throws InputError for options that make no sense (fewer than two blocks, an invalid window, no contact found)
NACRE_API DiffusionResult analyze_diffusion(IonPaths const& paths, DiffusionOptions const& options);

/// Largest D [Å^2/ps] that agrees with `jumps` at 95 %: q a²/(2 d M t), definitions.md 8.
NACRE_API double diffusion_upper_bound(std::int64_t jumps, double hop_length, int dimensions, double ions,
                                       double time_ps);

/// Sums over blocks of time (equal stretches, the rest is left out) or of ions (consecutive, sizes differ by one at
/// most), up to `max_lag` frames; the collective ones over time always.
NACRE_API BlockSums block_sums(IonPaths const& paths, int blocks, BlockBy block_by, Eigen::Index max_lag);
/// Of the sum over ions, divided by their number; empty where a block is shorter than the lag.
NACRE_API std::vector<MomentSums> collective_sums(IonPaths const& paths, int blocks, Eigen::Index max_lag);

}  // namespace nacre
