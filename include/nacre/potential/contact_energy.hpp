/// Energies of bulks, surfaces and contacts in one model (definitions.md 2, 3).
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/potential/relax.hpp"
#include "nacre/potential/reservoirs.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

/// A bulk in its model: the cell the whole campaign is built on with lattice = "model".
struct NACRE_API BulkState {
  Crystal crystal;                        ///< relaxed primitive or given cell
  double energy = 0.0;                    ///< per cell [eV]
  Eigen::Matrix<double, 6, 6> stiffness;  ///< relaxed-ion, Voigt 11 22 33 23 13 12 engineering, crystal frame [eV/Å^3]
  double rattle_gain = 0.0;               ///< energy a rattled 2x2x2 cell with free shape gains [eV/atom]
  Status status = Status::ok;             ///< refused with "unstable_in_model" above 5 meV/atom
  std::string reason;
  double work = 0.0;
};
/// definitions.md 1. `seed` keys the rattle.
NACRE_API BulkState relax_bulk(Crystal const& crystal, Potential const& potential, std::uint64_t seed,
                               bool test_stability = true);

/// Energy per primitive repeat of a bulk whose in-plane vectors are imposed, third vector and atoms relaxed [eV].
struct StrainedBulk {
  double energy = 0.0;  ///< per repeat of the primitive in-plane cell [eV]
  double work = 0.0;
  std::string failure;  ///< empty, or the relaxation's reason
};
NACRE_API StrainedBulk relax_strained_bulk(Slab const& slab, Eigen::Matrix2d const& deformation,
                                           Potential const& potential);

/// A bulk on the plane's own in-plane vectors, third vector and atoms relaxed: what slabs on a lattice that is not the
/// model's are cut from and measured against (definitions.md 3, strained bulk).
struct NACRE_API PlaneBulk {
  PlaneLattice plane;  ///< the same cell, operations and frame, with the relaxed atoms
  BulkState bulk;      ///< of the plane's primitive cell, in its order of atoms; without stiffness
};
NACRE_API PlaneBulk relax_on_plane(PlaneLattice const& plane, Potential const& potential);

/// Surface energy of a non-polar slab, both faces averaged. Of one that is composed otherwise than its crystal the value
/// depends on chemical potentials: it is that of the middle of their window.
struct NACRE_API SurfaceEnergy {
  Estimate relaxed;          ///< [J/m^2]
  Estimate unrelaxed;        ///< [J/m^2]
  bool equal_faces = false;  ///< an operation turns the slab over; else the value is half of a cleavage
  struct Corner {
    double relaxed, unrelaxed;  ///< [J/m^2]
  };
  /// Change of `relaxed` where both in-plane vectors grow by 1 %, bulk and slab relaxed (the surface stress less the
  /// surface energy, R. Shuttleworth, Proc. Phys. Soc. A 63, 444 (1950)); NaN: not known [J/m^2]
  double strain_sensitivity = std::nan("");
  std::vector<Corner> corners{};  ///< at the corners of the window; linear between them. Empty: no dependence
};
/// @param window of the bulk's crystal; without one only stoichiometric slabs have an energy
NACRE_API SurfaceEnergy surface_energy(Slab const& slab, BulkState const& bulk, Potential const& potential,
                                       RelaxOptions const& options, ChemicalWindow const* window = nullptr);

/// Everything that a relaxed contact gives; each estimate with its own status. Standard errors hold what the minimisers
/// left and, with two starts or more, how far a deeper minimum may lie (mean excess of the minima / their number); a
/// single start cannot know that; of a committee also the standard deviation of the quantity among its members. A stack that is not bonded or reacted has its numbers in the reason only.
struct NACRE_API ContactEnergies {
  Estimate work_of_adhesion;    ///< W_ad [J/m^2]
  Estimate work_of_separation;  ///< W_sep, rigid [J/m^2]
  Estimate interface_energy;    ///< gamma_int by the slab route, or a status: refused with "unequal_faces" unless
                                ///< each layer's faces are alike or both layers are the same slab [J/m^2]
  double z_separation = 0.0;    ///< [Å]
  Eigen::Vector2d relaxed_shift = Eigen::Vector2d::Zero();  ///< fractional, in the shift cell
  double stack_energy = 0.0;                                ///< [eV]
  Crystal relaxed;                                          ///< the relaxed stack
  std::string registry;                                     ///< fingerprint of the relaxed registry (definitions.md 11)
  double work = 0.0;
};

/// Starts (definitions.md 3): start k has shift k / gaps and gap k % gaps. Shift 0 is the designed registry, further
/// ones lie within a quarter of the shift cell's vectors around it; gap g is 0.4 g Å wider than designed.
struct ContactOptions {
  RelaxOptions relaxation;
  int shifts = 4;  ///< their number is part of what W_ad means
  int gaps = 2;
  double rattle = 0.02;    ///< of every start, standard deviation of each coordinate; ten times that where both shift and
                           ///< gap are not the designed ones [Å]
  std::uint64_t seed = 0;  ///< keys shifts and rattles
  bool separation = true;  ///< also W_sep
  int threads = 1;         ///< starts are shared out among these; no bit depends on their number
};

/// Relaxations of slabs and strained bulks are looked up in `cache` first; a cached one counts its work again, so that
/// the work of a contact does not depend on what was computed before it.
class NACRE_API ContactCache {
 public:
  /// @param folder where entries are kept as files beside those in memory, so that other processes and later runs find
  ///        them; empty: none. A file that is missing, damaged or cannot be written costs time and changes no bit.
  explicit ContactCache(std::filesystem::path folder = {});
  ~ContactCache();
  ContactCache(ContactCache const&) = delete;
  ContactCache& operator=(ContactCache const&) = delete;
  struct Entries;
  Entries& entries() { return *entries_; }

 private:
  std::unique_ptr<Entries> entries_;
};

/// The stack needs 15 Å of vacuum along z; superlattices and polar layers are refused. A slab's cache key is the slab,
/// its supercell, its stretch rounded to 1e-6 and the model; the value is computed at the rounded stretch and carried
/// to the exact one by the in-plane stress, so that it never depends on which stack asked first.
NACRE_API ContactEnergies contact_energies(Stack const& stack, Slab const& bottom, Slab const& top,
                                           Potential const& potential, ContactOptions const& options,
                                           ContactCache& cache);

/// What a superlattice gives (definitions.md 3): half of gamma_1 + gamma_2 [J/m^2]. It is the energy of a contact only
/// if an operation carries one contact into the other.
struct NACRE_API InterfacePair {
  Estimate mean;                     ///< reported as interface_energy_pair_mean
  bool contacts_equivalent = false;  ///< the mean is the interface energy of either contact
  Crystal relaxed;
  double energy = 0.0;               ///< of the relaxed superlattice [eV]
  std::string registry;              ///< of both contacts; "... / ..."
  Eigen::Vector2d relaxed_shift = Eigen::Vector2d::Zero();  ///< of the first contact, fractional in its shift cell
};
/// Third vector and atoms relaxed with the term 2 pi k M_z^2/V (zero displacement field), so that dipole steps at the
/// contacts put no field into the layers. The stack is one of StackGeometry::superlattice.
NACRE_API InterfacePair interface_energy_pair(Stack const& superlattice, Slab const& bottom, Slab const& top,
                                              Potential const& potential, ContactOptions const& options,
                                              ContactCache& cache);

}  // namespace nacre
