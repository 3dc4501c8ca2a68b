/// London dispersion that density functionals and models fitted to them lack: D3 with Becke-Johnson damping, S. Grimme
/// et al., J. Chem. Phys. 132, 154104 (2010), doi:10.1063/1.3382344, and J. Comput. Chem. 32, 1456 (2011),
/// doi:10.1002/jcc.21759. Two-body terms.
///
/// E = - sum over pairs C6 [s6 / (r^6 + R^6) + s8 q / (r^8 + R^8)], q = C8/C6, R = a1 sqrt(q) + a2. C6 depends on the
/// coordination numbers of both atoms through a table of reference molecules, which is read from a file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Damping of a functional. Distances in bohr, as they are published.
struct DampingD3 {
  double s6 = 1.0, s8 = 0.0, a1 = 0.0;
  double a2_bohr = 0.0;
};

struct FunctionalD3 {
  std::string name;
  DampingD3 damping;
  std::string origin;        ///< DOI
  std::string confirmed_by;  ///< programs whose parameters or energies are the same (tests/peers/dispersion_peer.py)
};
/// Functionals whose parameters are known, by name. All sets are those of the table assets/parameters.toml of simple-dftd3
/// (commit 0649c1f).
NACRE_API std::vector<FunctionalD3> const& functionals_d3();

struct DispersionOptions {
  DampingD3 damping;
  double cutoff = 30.0;               ///< of pairs [Å]
  double coordination_cutoff = 21.2;  ///< of coordination numbers (40 bohr, where a pair still counts 1e-7) [Å]
  bool taper = true;                  ///< pairs fall to zero with two continuous derivatives over the last tenth
  std::filesystem::path table{};      ///< empty: find_d3_table()
};

/// The table of reference C6 in the format of CP2K's dftd3.dat: NACRE_D3_TABLE, dftd3.dat in CP2K_DATA_DIR, or where
/// Debian's cp2k-data puts it. Empty if it is nowhere.
NACRE_API std::filesystem::path find_d3_table();

/// @throws InputError for parameters out of range, or a table that is missing, damaged or not the one of D3
NACRE_API std::shared_ptr<Potential const> make_dispersion(DispersionOptions const& options, std::string const& name);

/// "FUNCTIONAL[,cutoff=X][,cn=X][,table=PATH]" or "custom,s6=X,s8=X,a1=X,a2=X[,...]".
NACRE_API std::shared_ptr<Potential const> make_dispersion(std::string const& text, PotentialOptions const& options,
                                                           std::string const& name);

}  // namespace nacre
