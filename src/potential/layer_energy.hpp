/// Canonical energies of one layer of a stack: strained bulk and isolated slab, each computed in a frame and at a
/// strain that follow from the cache key alone, so that a cached value and a computed one have the same bits.
#pragma once

#include <Eigen/Core>
#include <map>
#include <string>

#include "nacre/potential/contact_energy.hpp"
#include "nacre/stack/slab.hpp"

namespace nacre::detail {

/// Energy of a cell with its in-plane stress, so that a neighbouring strain follows to first order.
struct LayerEnergy {
  double energy = 0.0;                               ///< [eV]
  double error = 0.0;                                ///< what a further relaxation would gain [eV]
  Eigen::Matrix2d virial = Eigen::Matrix2d::Zero();  ///< dE/dstrain in plane [eV]
  Eigen::VectorXd members;                           ///< energies of a committee's members, empty otherwise [eV]
  double work = 0.0;
  std::string failure;  ///< empty, or the relaxation's reason
};

/// The layer's part in a stack: which slab, on which supercell, how stretched.
struct LayerCell {
  Slab const& slab;
  Eigen::Matrix2i supercell;    ///< rows: vectors in the slab's primitive basis
  Eigen::Matrix2d deformation;  ///< of the primitive vectors into the stack
  int index() const { return std::abs(supercell(0, 0) * supercell(1, 1) - supercell(0, 1) * supercell(1, 0)); }
};

/// D = R U with U symmetric. @return U
Eigen::Matrix2d stretch_of(Eigen::Matrix2d const& deformation);

/// One repeat with the in-plane vectors deformed, as a periodic cell whose third vector is the stacking vector.
Crystal oriented_bulk(Slab const& slab, Eigen::Matrix2d const& deformation);
/// The slab with its in-plane vectors deformed and `vacuum` between its images [Å].
Crystal isolated_slab(Slab const& slab, Eigen::Matrix2d const& deformation, double vacuum);
/// Copies of a slab (third vector along z) on the lattice points of a supercell, in lexicographic order.
Crystal plane_supercell(Crystal const& slab, Eigen::Matrix2i const& rows);
/// Gaussian displacements of the atoms, keyed.
void rattle(Crystal& crystal, double width, std::uint64_t seed, std::string_view purpose, std::uint64_t index);
/// Whether an operation turns the slab upside down, so that its two faces are alike in this strain.
bool has_equal_faces(Slab const& slab, Eigen::Matrix2d const& deformation);

/// A strained bulk's energy and what it looks like.
struct RelaxedLayer {
  LayerEnergy layer;
  Crystal crystal;
};
/// Atoms and third vector of a periodic cell relaxed (definitions.md 3), without the slab correction.
RelaxedLayer relax_third_vector(Crystal const& bulk, Potential const& potential);
/// The same of one repeat, per primitive in-plane cell.
LayerEnergy strained_bulk_energy(Slab const& slab, Eigen::Matrix2d const& deformation, Potential const& potential);
/// The isolated slab relaxed in the stack's in-plane cell: the lower of the primitive cell's minimum and of what a
/// rattled supercell finds, so that a layer that reconstructs in the larger cell may do so here as well.
LayerEnergy slab_energy(LayerCell const& layer, Potential const& potential, RelaxOptions const& options, double rattle);

/// The same from the cache at the strain rounded to 1e-6, corrected to the strain asked for by the in-plane stress.
LayerEnergy cached_strained_bulk(LayerCell const& layer, Potential const& potential, ContactCache& cache);
LayerEnergy cached_slab(LayerCell const& layer, Potential const& potential, ContactOptions const& options,
                        ContactCache& cache);

inline constexpr double slab_vacuum = 18.0;  ///< between the outermost unrelaxed planes of an isolated slab [Å]

}  // namespace nacre::detail

struct nacre::ContactCache::Entries {
  std::filesystem::path folder;                       ///< of the files; empty: none
  std::map<std::string, detail::LayerEnergy> layers;  ///< by the key's text
};
