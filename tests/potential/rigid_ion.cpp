#include "nacre/potential/rigid_ion.hpp"

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/ewald.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::vector<double> numbers(std::string const& text) {
  std::vector<double> values;
  for (auto const& word : split_words(text)) values.push_back(parse_double(word).value());
  return values;
}

/// The set as the reference data use it: plain truncation at 12 Å; the YSZ frame has C(O-O) = 27.89.
std::shared_ptr<Potential const> reference_potential(Frame const& frame) {
  auto set = read_rigid_ion_set(frame.info.at("potential"));
  if (frame.info.at("pairs").find("'O-O': ['buck', 22764.3, 0.149, 27.89]") != std::string::npos) {
    for (auto& pair : set.pairs) {
      if (pair.first == "O" && pair.second == "O") pair.power = 27.89;
    }
  }
  PotentialOptions options;
  options.taper = false;
  auto const found = frame.info.find("slab_correction");
  options.slab_correction = found != frame.info.end() && found->second != "none";
  return make_rigid_ion(set, options, set.name);
}

void expect_frame(Frame const& frame) {
  SCOPED_TRACE(frame.info.at("name"));
  auto const result = reference_potential(frame)->evaluate(frame.crystal);
  double const energy = parse_double(frame.info.at("energy")).value(),
               atoms = static_cast<double>(frame.crystal.size());

  // The reference has 12 decimals and agrees with a second implementation to 6e-12 eV; positions have 8 decimals.
  EXPECT_NEAR(result.energy, energy, 1e-10 * std::abs(energy));
  EXPECT_NEAR(result.atom_energies.sum(), energy, 1e-10 * std::abs(energy));
  EXPECT_LT((result.forces - frame.columns.at("forces")).cwiseAbs().maxCoeff(), 1e-9);
  auto const stress = numbers(frame.info.at("stress"));
  ASSERT_TRUE(result.stress.has_value());
  for (int k = 0; k < 9; ++k) EXPECT_NEAR((*result.stress)(k / 3, k % 3), stress[static_cast<std::size_t>(k)], 1e-11);
  if (frame.info.count("energy_lammps") == 0) return;
  // LAMMPS approximates erfc by a polynomial that is right to 1.5e-7.
  EXPECT_NEAR(result.energy, parse_double(frame.info.at("energy_lammps")).value(), 5e-5 * atoms);
  EXPECT_LT((result.forces - frame.columns.at("forces_lammps")).cwiseAbs().maxCoeff(), 1e-5);
}

TEST(RigidIon, reproduces_the_reference_structures) {
  for (auto const* name :
       {"reference/physics/rigid_ion_reference.extxyz", "reference/physics2/rigid_ion_frames.extxyz"}) {
    auto const path = test::shared_file(name);
    NACRE_NEEDS_SHARED(path);
    auto const frames = read_extxyz(path);
    EXPECT_GE(frames.size(), 6u);
    for (auto const& frame : frames) expect_frame(frame);
  }
}

}  // namespace
}  // namespace nacre
