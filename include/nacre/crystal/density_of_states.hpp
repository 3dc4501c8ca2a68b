/// Densities of states as DFT programs write them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Both spins together, per cell of the calculation; linear between the energies of the table.
struct NACRE_API DensityOfStates {
  std::vector<double> energy;   ///< increasing [eV]
  std::vector<double> density;  ///< [1/eV]
  std::optional<double> fermi;  ///< as the file has it [eV]
  std::string format;           ///< "dos.x", "DOSCAR" or "columns"

  double at(double energy_eV) const;                     ///< 0 outside the table
  double integral(double from, double to) const;         ///< of the piecewise linear density; from > to is negative
};

/// dos.x of Quantum ESPRESSO ("# E (eV) dos(E) Int dos(E) EFermi = x eV", or dosup(E) dosdw(E)); DOSCAR of VASP (total
/// density, two spins added); and two columns of energy and density, or three with the densities of two spins. Lines
/// that begin with #, ! or @ are comments.
/// @param columns how many columns of a plain table are densities (1, or 2 for two spins); 0: two columns as one
///        density, more are refused
/// @throws InputError with file and line: energies that do not increase, densities that are not finite or clearly
///         negative (methods of smearing may make them slightly so; those count as zero)
NACRE_API DensityOfStates read_density_of_states(std::filesystem::path const& path, int columns = 0);
NACRE_API DensityOfStates parse_density_of_states(std::string_view text, std::string const& origin, int columns = 0);

/// Edges of the bands around the Fermi level: the last energy below it and the first above it with states. Equal to the
/// Fermi level for a metal.
struct BandEdges {
  double valence_top = 0.0, conduction_bottom = 0.0;  ///< [eV]
  bool gap = false;
};
/// @param threshold a density below it is none [1/eV]
/// @throws InputError if the Fermi level is not inside the table
NACRE_API BandEdges band_edges(DensityOfStates const& states, double fermi, double threshold);

}  // namespace nacre
