/// What a contact adds to its layers, from diffusion measured in the stack and in each layer alone (definitions.md 6).
///
/// In plane the layers of a periodic repeat conduct side by side: S = σ h; across one after the other: R = h/σ. Tracer
/// diffusion stands for conduction (Nernst-Einstein): in a ratio at one temperature the correlation of the carriers'
/// charges cancels where it is alike in stack and layers.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/transport/diffusion.hpp"

namespace nacre {

/// A number that is known, known to be below a limit, or not known.
struct Conduction {
  Status status = Status::refused;  ///< ok; bound: `value` is an upper limit; refused, failed: nothing
  std::string reason;
  double value = 0.0, error = 0.0;
};

/// Of one periodic cell with the in-plane vectors of the stack.
struct CellConduction {
  std::array<Conduction, 2> sheet;     ///< along x and y [S]
  std::array<Conduction, 2> in_plane;  ///< D along x and y [Å^2/ps]
  Conduction resistance;               ///< across [ohm m^2]; of a stack only where ions cross whole repeats
};

/// @param height    of the cell along the normal of its first two vectors [Å]
/// @param layered   a stack: across it a slope counts only if the mean square exceeds the height squared
NACRE_API CellConduction cell_conduction(DiffusionResult const& diffusion, double height, bool layered);

/// One of g, dS or dR.
struct ContactTransport {
  std::array<Conduction, 3> g;   ///< along x, y and across [1]
  std::array<Conduction, 2> dS;  ///< along x, y, for each contact [S]
  Conduction dR;                 ///< for each contact [ohm m^2]
};
/// @param layers  each as its own crystal of the same thickness in the same cell; without carriers: nothing in it
/// counts
/// @param carries whether a layer has carriers: one without makes only the in-plane g defined
NACRE_API ContactTransport contact_transport(CellConduction const& stack, std::span<CellConduction const> layers,
                                             std::vector<bool> const& carries, int contacts);

/// Mean over K arrangements with sqrt(var_between/K + mean(var_within)/K) (definitions.md 5). Not ok if any is not.
NACRE_API Conduction over_arrangements(std::span<Conduction const> values);

/// A straight line in 1/T through values at three temperatures or more, at `temperature`, with the covariance of the
/// fit. Nothing if any value is a bound.
NACRE_API Conduction extrapolate(std::span<std::pair<double, Conduction> const> by_temperature, double temperature);

}  // namespace nacre
