/// Models without charges: Tersoff and Stillinger-Weber (parameter files in the format of LAMMPS), Lennard-Jones, and
/// the screened nuclear repulsion that guards any other model at short distances. Energies are sums of atoms; cells of
/// any size and shape, periodic in any directions (stress in three only).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Which label of a parameter file stands for an element. A label is a chemical symbol, with or without a variant in
/// parentheses: "Si", "Si(D)". Elements that are not listed take the label with most entries in the file (then the
/// bare symbol, then the last one).
struct LabelChoice {
  std::string element;  ///< "Si"
  std::string label;    ///< "Si(B)"
};

/// J. Tersoff, Phys. Rev. B 39, 5566 (1989), doi:10.1103/PhysRevB.39.5566, with the general exponent m and factor gamma
/// of the file format. Where the two directions of a pair have different parameters each gets half of the energy.
/// @param text entries "i j k m gamma lambda3 c d cos(theta0) n beta lambda2 B R D lambda1 A" in eV and Å
/// @param origin names the file in messages
/// @throws InputError naming the line of a malformed entry
NACRE_API std::shared_ptr<Potential const> make_tersoff(std::string_view text, std::string const& origin,
                                                        std::vector<LabelChoice> const& labels,
                                                        std::string const& name);

/// F. H. Stillinger and T. A. Weber, Phys. Rev. B 31, 5262 (1985), doi:10.1103/PhysRevB.31.5262.
/// @param text entries "i j k epsilon sigma a lambda gamma cos(theta0) A B p q tol" in eV and Å
NACRE_API std::shared_ptr<Potential const> make_stillinger_weber(std::string_view text, std::string const& origin,
                                                                 std::vector<LabelChoice> const& labels,
                                                                 std::string const& name);

struct LennardJonesParameters {
  double epsilon = 0.0;  ///< [eV]
  double sigma = 0.0;    ///< [Å]
  double cutoff = 0.0;   ///< [Å]
};
/// 4 epsilon [(sigma/r)^12 - (sigma/r)^6] between all atoms alike, ended as `options` say (taper or plain).
NACRE_API std::shared_ptr<Potential const> make_lennard_jones(LennardJonesParameters const& parameters,
                                                              PotentialOptions const& options, std::string const& name);

/// The core of a CoreBlend: nuclei repel below `outer` with a force that is theirs below `inner`, between all atoms.
NACRE_API std::shared_ptr<Potential const> make_repulsion(RepulsionRange const& range, std::string const& name);

/// Energies, forces and stress of all parts added; the cutoff is the longest, elements are those that all cover.
NACRE_API std::shared_ptr<Potential const> make_sum(std::vector<std::shared_ptr<Potential const>> parts,
                                                    std::string const& name);

}  // namespace nacre
