/// What two crystals do when they touch, from what is known of each alone: how their bands line up, and how much charge
/// flows until their Fermi levels agree (definitions.md 11).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/crystal/density_of_states.hpp"

namespace nacre {

/// Bands of one crystal, and a level that tells where they are relative to the other: its vacuum level, or the mean
/// potential of its bulk. All on one zero of energy of its own [eV].
struct BandLevels {
  double valence_top = 0.0, conduction_bottom = 0.0;
  double level = 0.0;
};

struct NACRE_API BandOffset {
  double valence = 0.0;     ///< valence top of the upper layer less that of the lower one [eV]
  double conduction = 0.0;  ///< the same of the conduction bottoms [eV]
  std::string type;         ///< "straddling", "staggered", "broken"
};
/// valence = (E_v - level)_upper - (E_v - level)_lower + step; for levels of bulks the step is that of the averaged
/// potential energy of an electron in the stack (C. G. Van de Walle and R. M. Martin, Phys. Rev. B 35, 8154 (1987),
/// doi:10.1103/PhysRevB.35.8154), for vacuum levels zero (R. L. Anderson, Solid-State Electron. 5, 341 (1962),
/// doi:10.1016/0038-1101(62)90115-6: no dipole at the contact).
/// @param step upper less lower [eV]. @throws InputError for a conduction bottom below its valence top
NACRE_API BandOffset band_offset(BandLevels const& lower, BandLevels const& upper, double step);

/// A slab of one crystal alone.
struct SlabStates {
  DensityOfStates states;        ///< per cell
  double fermi = 0.0;            ///< [eV], on the zero of the states
  std::optional<double> vacuum;  ///< level of the vacuum on the same zero [eV]; without it there is no answer
  double area = 0.0;             ///< in-plane cell of the calculation [Å^2]; 0: that of the contact
};

struct ContactCapacitor {
  double distance = 0.0;         ///< of the two sheets of charge [Å]
  double area = 0.0;             ///< [Å^2]
  double permittivity = 1.0;     ///< relative, between them
};

struct NACRE_API ChargeTransfer {
  Status status = Status::ok;    ///< refused without vacuum levels, or where a table ends too soon
  std::string reason;            ///< "gapped": both Fermi levels fit into both gaps, and no charge flows
  double electrons = 0.0;        ///< from the lower layer to the upper one, per contact area [e]
  double work_function_lower = 0.0, work_function_upper = 0.0;  ///< [eV]
  double shift_lower = 0.0, shift_upper = 0.0;  ///< of each Fermi level in its bands, upward [eV]
  double drop = 0.0;             ///< of the potential, upper sheet less lower one [V]
  double fermi = 0.0;            ///< common level, below the vacuum of the lower layer [eV]
};
/// Electrons Q leave the layer with the smaller work function: Q = integral of its density over a below its Fermi level =
/// that of the other one over b above its own, a + b = |dPhi| - Q e^2 d/(eps0 eps_r A) (after Gerber et al., Nat. Commun. 14
/// (2023), doi:10.1038/s41467-023-43496-5; definitions.md 11). Both densities constant: Q = dPhi / (1/D1 + 1/D2
/// + 180.95128 d/(eps_r A)).
/// @param threshold densities up to it count as none [1/eV]
/// @throws InputError for an area, distance or permittivity that is not positive (distance may be zero)
NACRE_API ChargeTransfer transfer_charge(SlabStates const& lower, SlabStates const& upper,
                                         ContactCapacitor const& contact, double threshold = 0.0);

}  // namespace nacre
