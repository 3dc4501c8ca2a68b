/// Space charge beside a core that vacancies prefer or avoid (definitions.md 9): charged planes at a contact and the layers
/// of missing or excess carriers that screen them.
///
/// One dimension, both sides alike. Core: N sites per area with segregation energy E_seg. Outside, Boltzmann vacancies
/// without interaction; acceptors follow the potential (Poisson-Boltzmann, the case of Gouy and Chapman) or stay where they
/// are (Mott-Schottky). X. Guo and R. Waser, Prog. Mater. Sci. 51, 151 (2006), doi:10.1016/j.pmatsci.2005.07.001.
#pragma once

#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

enum class AcceptorRule { mobile, frozen };

struct SpaceChargeOptions {
  double permittivity = 30.0;      ///< relative
  double acceptors = 1e26;         ///< density [1/m^3]
  double acceptor_charge = -1.0;   ///< effective [e]
  double carrier_charge = 2.0;     ///< effective charge of the mobile defect [e]
  double temperature = 1000.0;     ///< [K]
  double core_sites = 1e19;        ///< per area [1/m^2]
  double segregation_eV = 0.0;     ///< of the mobile defect to the core; negative: it goes there
  double site_density = 5e28;      ///< of the mobile species in the layers [1/m^3], for what the core's sites compete with
  double thickness_nm = 10.0;      ///< of the membrane on each side of the contact
  AcceptorRule acceptor_rule = AcceptorRule::frozen;
  int points = 400;                ///< of the profile on one side
};

struct NACRE_API SpaceCharge {
  double core_potential_V = 0.0;    ///< of the core against the inside of the layer
  double core_charge_C_per_m2 = 0.0;
  double core_occupancy = 0.0;      ///< share of the core's sites with a carrier
  double width_nm = 0.0;            ///< lambda* = sqrt(2 eps phi/(e c_A)); 0 without a potential
  double debye_nm = 0.0;            ///< of the layer far from the contact
  double resistance_ratio = 1.0;    ///< mean of bulk density / density over both depletion widths, along the normal
  double excess_resistance_nm = 0.0;  ///< integral of bulk density / density - 1 over both sides: times the bulk
                                      ///< resistivity the extra resistance of the contact [nm]
  double excess_conductance_nm = 0.0;  ///< integral of density / bulk density - 1: times the bulk conductivity [nm]
  double neutrality = 0.0;          ///< charge of the whole profile over that of the core; 0 without a charge
  std::vector<double> distance_nm, potential_V, carriers_per_m3;  ///< of one side, from the core inward
};

/// @throws InputError for options out of range
NACRE_API SpaceCharge space_charge(SpaceChargeOptions const& options);

/// sqrt(2 eps0 eps_r phi/(e c_A)) [nm], phi [V], c_A [1/m^3].
NACRE_API double depletion_width_nm(double permittivity, double acceptors, double potential_V);
/// exp(z e phi/kT)/(2 z e phi/kT): resistivity of a depletion layer over that of the crystal, z = 2 for oxygen vacancies.
NACRE_API double depletion_resistance_ratio(double carrier_charge, double potential_V, double temperature);

}  // namespace nacre
