/// Jobs made from other things than one stack: static after relaxation, hops, charged cells, proxies of large stacks.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/dft/job.hpp"
#include "nacre/dft/result.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre::dft {

/// The static calculation at the geometry that a relaxation found, at `static_kpoint_density`.
/// @throws InputError unless the relaxation is done
NACRE_API Job static_after(Job const& relaxation, Result const& result);

/// Initial, saddle and final image of a hop as frozen-geometry single points; labels say which. The three have equal
/// settings, so that their differences mean something.
/// @throws InputError for images of other atoms or cells
NACRE_API std::array<Job, 3> hop_jobs(Job const& settings, Crystal const& initial, Crystal const& saddle,
                                      Crystal const& final_image);
/// The climbing-image band through the three.
NACRE_API Job neb_job(Job const& settings, Crystal const& initial, Crystal const& saddle, Crystal const& final_image);

/// Electrons of a cell with vacancies, by oxidation states. A cell whose charges add up (an oxygen vacancy with its two
/// acceptors) stays neutral and all electrons are paired; else the cell has the charge of the sum, as ions with closed
/// shells give it, and `reason` says which.
struct CellCharge {
  double charge = 0.0;
  int unpaired_electrons = 0;
  std::string reason;
};
/// @throws InputError for a crystal without oxidation states
NACRE_API CellCharge cell_charge(Crystal const& crystal);

/// Whether a cation took an electron that its oxidation state has no place for: a moment of at least 0.5 on an atom
/// that should have a closed shell. Empty if not, else which atoms.
NACRE_API std::string find_reduced(Job const& job, std::vector<double> const& moments);

/// Untwisted cells with the planes and terminations of a stack above `max_atoms`, at the symmetry-distinct
/// high-symmetry shifts of the contact: each is marked as proxy.
struct Proxy {
  Stack stack;
  Eigen::Vector2d shift;  ///< fractional in the contact's shift cell
  std::string label;      ///< "proxy: shift (1/2, 0)"
};
/// Energy of a stack, by which the gap of its rigid layers is chosen; empty: the one from ionic radii.
using StackEnergy = std::function<double(Crystal const&)>;
/// @throws InputError if the planes share no untwisted cell within the strain limit, or no gap keeps their atoms apart
NACRE_API std::vector<Proxy> proxies(Slab const& bottom, Slab const& top, double max_strain, int max_atoms,
                                     StackOptions const& options = {}, StackEnergy const& energy = {});

}  // namespace nacre::dft
