/// Vacancies that make the polar faces of a slab neutral (definitions.md 4): ions of the terminating plane are missing
/// at the density Q/z, in cells up to 2 x 2 of the plane cell, in every arrangement that symmetry keeps apart.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/stack/slab.hpp"

namespace nacre {

/// A place in the 2 x 2 cell from which an ion may be missing.
struct VacancySite {
  int atom;              ///< of the slab
  Eigen::Vector2i cell;  ///< each 0 or 1
  bool upper;            ///< on the upper face
};

/// Which ions are missing: one element for each polar face. All arrangements of a choice are composed alike.
struct NACRE_API VacancyChoice {
  int lower_element = 0, upper_element = 0;  ///< atomic numbers; 0: the face is neutral
  int lower_count = 0, upper_count = 0;      ///< vacancies per 2 x 2 cell
  std::vector<VacancySite> sites;            ///< those of the lower face first; at most 64
  /// Vacant sites as bits: one of each symmetry class, the smallest, ascending. Operations of the slab that turn it
  /// over count, and translations by vectors of the plane's lattice.
  std::vector<std::uint64_t> arrangements;
};

struct NACRE_API Compensation {
  std::vector<VacancyChoice> choices;  ///< empty where it is refused
  std::string
      refusal;  ///< the face, its Q, and the smallest cell in which vacancies would do; empty if both faces can be
};

/// For a slab with at least one polar face.
/// @throws InputError where a face has so many arrangements that they are not listed
NACRE_API Compensation find_compensations(Slab const& slab);

/// "; 1 vacant Mg per 2 plane cells would compensate it": the fewest cells (up to 16) whose bound charge whole ions of
/// an atomic plane make up; empty if none do.
NACRE_API std::string smallest_compensation(Slab const& slab, int atomic_plane, double charge_per_area);

/// A slab with vacancies in the smallest cell that its pattern has.
struct NACRE_API CompensatedSlab {
  Crystal crystal;              ///< as Slab::crystal; columns 0, 1 span `cell`
  Eigen::Matrix2i cell;         ///< rows: in-plane cell in the plane's basis
  std::vector<int> atom_plane;  ///< per atom
  std::string vacancies;        ///< "1 O below, 1 O above per 2 cells"
  Hash128 hash;                 ///< of the crystal, plane, cuts, thickness and vacant places
};
NACRE_API CompensatedSlab with_vacancies(Slab const& slab, VacancyChoice const& choice, std::uint64_t arrangement);

/// The ions of the 2 x 2 cell, the sites first. The sites of a face share the charge that its vacancies leave, so that
/// the cell is neutral.
struct NACRE_API DoubledSlab {
  Crystal crystal;
  Eigen::VectorXd charges;
};
NACRE_API DoubledSlab doubled_slab(Slab const& slab, VacancyChoice const& choice);

}  // namespace nacre
