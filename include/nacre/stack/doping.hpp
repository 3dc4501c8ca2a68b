/// Doped layers: acceptors on cation sites and the vacancies that balance them (definitions.md 5).
///
/// One vacancy of a doubly charged anion for every two acceptors of charge -1. In each layer the number of acceptors is
/// the nearest one that vacancies can balance (for charge -1 the nearest even number), and the fraction that this makes
/// is told. Nothing crosses a contact: every layer has its own acceptors and vacancies.
#pragma once

#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// What a layer is doped with.
struct Dopant {
  int dopant = 0, host = 0;  ///< atomic numbers
  double fraction = 0.0;     ///< of the host's ions
  int layer = 0;             ///< as the structure counts them; 0: every layer that has the host
};

struct DopedLayer {
  int layer = 0;
  int dopant = 0, host = 0;
  int sites = 0, acceptors = 0, vacancies = 0;
  double fraction() const { return sites > 0 ? static_cast<double>(acceptors) / sites : 0.0; }
};

/// A crystal with acceptors and vacancies, and the sites they may go to.
struct NACRE_API DopedCrystal {
  Crystal crystal;         ///< without the vacancies; formal charges as they are then
  std::vector<int> layer;  ///< of each atom
  std::vector<DopedLayer> layers;
  Eigen::Matrix3Xd vacancies{3, 0};  ///< empty sites [Å]
  std::vector<int> vacancy_layer;    ///< of each
};

/// An arrangement drawn at random.
/// @param layer  of each atom; empty: one layer, number 1
/// @param anion  whose vacancies balance the acceptors
/// @throws InputError for a dopant that does not make such vacancies, a host that is not there, a fraction outside
/// 0..1, or a layer without enough anions
NACRE_API DopedCrystal dope(Crystal const& crystal, std::vector<int> const& layer, std::vector<Dopant> const& dopants,
                            Rng& rng, int anion = 8);

/// "Gd:Ce:0.1" or "1:Gd:Ce:0.1,2:Y:Zr:0.16" (layer first). @throws InputError
NACRE_API std::vector<Dopant> parse_dopants(std::string const& text);

}  // namespace nacre
