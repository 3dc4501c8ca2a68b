/// Numbers that describe the contact of two layers by its design: crystals, planes, cuts, match, shift and gap. No
/// stack is built, so a new shift costs microseconds; the descriptor tier of campaigns and `nacre describe` use the
/// same ones.
///
/// They do not depend on the order of the atoms, on where the crystal's origin lies, or on how many cells a file or a
/// stack repeats. What is not known is NaN, never 0.
#pragma once

#include <Eigen/Core>
#include <complex>
#include <limits>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/stack/slab.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

struct DescriptorInfo {
  std::string name;  ///< with the unit, "area_A2"
  std::string unit;  ///< "Å²"; "1" for pure numbers
  std::string meaning;
};
/// In the order of the values. Those of a layer come twice: "..._bottom..." and "..._top...".
NACRE_API std::vector<DescriptorInfo> const& contact_descriptor_list();

/// One layer of a contact, whatever it lies on.
class NACRE_API LayerDescription {
 public:
  /// @param upper_face the face that the contact shows @param surface_energy unstrained, NaN if not known [J/m^2]
  LayerDescription(Slab const& slab, bool upper_face, double surface_energy = std::numeric_limits<double>::quiet_NaN());

 private:
  friend class ContactDescription;
  std::vector<double> values_;      ///< the layer's descriptors
  Eigen::Matrix2Xd facing_;         ///< atoms of the facing plane, in plane about the slab's origin [Å]
  std::vector<double> charges_;     ///< of these [e]; NaN: not known
  Eigen::Matrix2d basis_;           ///< in-plane cell, columns [Å]
  double surface_energy_, volume_;  ///< [J/m^2]; per atom of the crystal [Å^3]
  double electronegativity_, face_electronegativity_, bound_charge_, broken_bonds_;
  double atoms_;  ///< per in-plane cell of the slab
};

/// How the two lie on each other.
struct ContactPlacement {
  StackLayer bottom, top;
  Coincidence coincidence;
  Eigen::Matrix2d shift_cell;  ///< columns [Å]
  Eigen::Vector2d offset;      ///< from the bottom layer's origin to the top layer's at zero shift [Å]
  /// Of the stack [eV/Å^2]; NaN without stiffness.
  double strain_energy = std::numeric_limits<double>::quiet_NaN();
};
/// Of contact `index` of a frame, counted from 0 (the closing one of a superlattice is the last).
/// @param stiff the stiffness of every layer is known
NACRE_API ContactPlacement placement_of(StackFrame const& frame, std::size_t index, bool stiff);

class NACRE_API ContactDescription {
 public:
  ContactDescription(LayerDescription const& bottom, LayerDescription const& top, ContactPlacement const& placement);
  /// @param shift fractional, in the shift cell @param gap [Å]
  std::vector<double> at(Eigen::Vector2d const& shift, double gap) const;

 private:
  /// One wave of the registry: what both facing planes have in common at a reciprocal vector of the shift cell.
  struct Wave {
    int u, v;
    std::complex<double> charges, atoms;
  };
  void add_waves(LayerDescription const& bottom, LayerDescription const& top, ContactPlacement const& placement);

  std::vector<double> values_;
  std::vector<Wave> waves_;  ///< half of them: the others are their conjugates
  int highest_ = 0;          ///< |u|, |v|
  bool charged_ = true;
};

}  // namespace nacre
