/// The lowest way from one minimum to another and the saddle on it: nudged elastic band with a climbing image.
///
/// Tangents: G. Henkelman and H. Jonsson, J. Chem. Phys. 113, 9978 (2000), doi:10.1063/1.1323224. Climbing image:
/// G. Henkelman, B. P. Uberuaga and H. Jonsson, J. Chem. Phys. 113, 9901 (2000), doi:10.1063/1.1329672. Start by the
/// image-dependent pair potential of S. Smidstrup et al., J. Chem. Phys. 140, 214106 (2014), doi:10.1063/1.4878664.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

struct BandOptions {
  int images = 5;         ///< between the end points
  double spring = 3.0;    ///< between neighbouring images [eV/Å^2]
  double fmax = 0.02;     ///< largest norm of the band's force on an atom, of the climbing image the whole force [eV/Å]
  int max_steps = 600;    ///< moves of the whole band
  double max_step = 0.1;  ///< of an atom in one move [Å]
  bool climb = true;
  int threads = 1;                  ///< images are shared out among these; changes no bit
  std::function<bool()> cancelled;  ///< asked once a move
};

struct NACRE_API Band {
  std::vector<Crystal> images;   ///< end points included, each unwrapped against the one before
  std::vector<double> energies;  ///< [eV]
  std::vector<double> path;      ///< distance from the first image along the band, all atoms counted [Å]
  std::size_t saddle = 0;        ///< the highest image; 0 or the last one where the way only rises
  bool converged = false;
  std::string reason;  ///< "converged", "max_steps", "not_finite", "cancelled", "refused_by_model: ..."
  int steps = 0;
  double fmax = 0.0;  ///< [eV/Å]
  double work = 0.0;  ///< edges summed over evaluations, the end points' included

  double forward() const { return energies[saddle] - energies.front(); }    ///< [eV]
  double backward() const { return energies[saddle] - energies.back(); }    ///< [eV]
  double reaction() const { return energies.back() - energies.front(); }    ///< [eV]
};

/// `last` moved by lattice vectors, atom by atom, so that no atom is farther from where `first` has it than half a cell,
/// and as a whole so that the mean displacement is zero.
/// @throws InputError for other cells or atoms than those of `first`
NACRE_API Crystal unwrapped(Crystal const& first, Crystal last);

/// Images between two crystals in which distances change evenly, so that no atoms pass through each other.
NACRE_API std::vector<Crystal> interpolate_distances(Crystal const& first, Crystal const& last, int images);

/// The end points are taken as they are; relax them before. The cell is fixed.
/// @throws InputError for options out of range and what `unwrapped` throws
NACRE_API Band find_band(Crystal const& first, Crystal const& last, Potential const& potential,
                         BandOptions const& options = {});

}  // namespace nacre
