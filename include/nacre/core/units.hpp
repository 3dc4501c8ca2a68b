/// Units. Inside: Å, eV, radians, kelvin, elementary charge. Conversions happen where files are read or written.
#pragma once

namespace nacre::units {

// CODATA 2018; exact where the SI of 2019 makes them so.
inline constexpr double elementary_charge_C = 1.602176634e-19;
inline constexpr double boltzmann_eV_per_K = 8.617333262145179e-5;
inline constexpr double coulomb_eV_A = 14.3996454784255;   ///< e^2/(4 pi eps0) [eV Å]
inline constexpr double J_per_m2 = 16.02176634;            ///< 1 eV/Å^2 in J/m^2
inline constexpr double GPa = 160.2176634;                 ///< 1 eV/Å^3 in GPa
inline constexpr double bohr_A = 0.529177210903;
inline constexpr double rydberg_eV = 13.605693122994;
inline constexpr double pi = 3.14159265358979323846;
inline constexpr double degrees = 180.0 / pi;              ///< 1 radian in degrees

}  // namespace nacre::units
