#include "nacre/crystal/symmetry.hpp"

#include <gmock/gmock.h>

#include <rapidcheck.h>
#include <Eigen/LU>

#include "crystal/crystals.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::magnesia;
using test::rotated;
using test::strontium_titanate;

/// Whether `part` stands on atoms of `whole`, modulo the lattice of `part`.
bool stands_on(Crystal const& part, Crystal const& whole) {
  Eigen::Matrix3d const inverse = part.lattice.inverse();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    bool found = false;
    for (std::size_t j = 0; j < part.size() && !found; ++j) {
      Eigen::Vector3d d = inverse * (whole.positions.col(static_cast<Eigen::Index>(i)) -
                                     part.positions.col(static_cast<Eigen::Index>(j)));
      d.array() -= d.array().round();
      found = whole.numbers[i] == part.numbers[j] && (part.lattice * d).norm() < 1e-6;  // rounding of ten digits
    }
    if (!found) return false;
  }
  return true;
}

TEST(SpaceGroup, is_found_with_the_identity_first) {
  auto const group = find_space_group(strontium_titanate());

  EXPECT_EQ(group.number, 221);
  EXPECT_EQ(group.symbol, "Pm-3m");
  EXPECT_EQ(group.point_group, "m-3m");
  ASSERT_EQ(group.operations.size(), 48u);
  EXPECT_TRUE(group.operations[0].rotation.isIdentity());
  EXPECT_TRUE(group.operations[0].translation.isZero(1e-9));
}

TEST(SpaceGroup, operations_map_the_crystal_onto_itself) {
  auto const crystal = rotated(magnesia(), 0.7);
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();

  for (auto const& operation : find_space_group(crystal).operations) {
    auto image = crystal;
    Eigen::Matrix3Xd const fractional = inverse * crystal.positions;
    image.positions =
        crystal.lattice * ((operation.rotation.cast<double>() * fractional).colwise() + operation.translation);
    EXPECT_TRUE(stands_on(crystal, image));
  }
}

TEST(SpaceGroup, tells_oxidation_states_of_one_element_apart) {
  auto crystal = magnesia();
  crystal.oxidation = {3, 1, 1, 3, -2, -2, -2, -2};  // layers along z: tetragonal

  EXPECT_EQ(find_space_group(crystal).number, 123);
  EXPECT_EQ(primitive_cell(crystal).size(), 4u);
}

TEST(SpaceGroup, is_refused_for_atoms_on_one_place) {
  auto crystal = strontium_titanate();
  crystal.positions.col(1) = crystal.positions.col(0);
  crystal.numbers[1] = crystal.numbers[0];

  EXPECT_THAT(test::input_error_of([&] { find_space_group(crystal); }), testing::HasSubstr("no space group for"));
}

TEST(PrimitiveCell, keeps_orientation_and_atoms) {
  auto const crystal = rotated(magnesia(), 1.1);

  auto const primitive = primitive_cell(crystal);

  EXPECT_EQ(primitive.size(), 2u);
  EXPECT_NEAR(primitive.volume() * 4, crystal.volume(), 1e-9);
  EXPECT_TRUE(stands_on(primitive, crystal));
  EXPECT_GT(primitive.lattice.determinant(), 0.0);
  for (int i = 0; i < 3; ++i)  // the shortest vectors of a face-centred lattice
    EXPECT_NEAR(primitive.lattice.col(i).norm(), 4.212 / std::sqrt(2.0), 1e-9);
}

TEST(PrimitiveCell, of_a_primitive_cell_is_the_same_cell) {
  auto const crystal = strontium_titanate();

  auto const primitive = primitive_cell(crystal);

  EXPECT_EQ(primitive.lattice, crystal.lattice);
  EXPECT_EQ(primitive.positions, crystal.positions);
}

TEST(ConventionalCell, leads_back_from_the_primitive_one) {
  auto const crystal = magnesia();

  auto const conventional = conventional_cell(primitive_cell(rotated(crystal, 0.4)));

  EXPECT_EQ(conventional.size(), 8u);
  EXPECT_TRUE(conventional.lattice.isApprox(crystal.lattice, 1e-9));
  EXPECT_EQ(find_space_group(conventional).number, 225);
}

TEST(Symmetry, does_not_depend_on_the_description) {
  bool const holds = rc::check([] {
    auto const number = [](double low, double high) {
      return low + (high - low) * *rc::gen::inRange(0, 1000001) / 1e6;
    };
    auto crystal = rotated(strontium_titanate(), number(0.0, 3.0));
    crystal.positions.colwise() += Eigen::Vector3d(number(-3, 3), number(-3, 3), number(-3, 3));
    crystal = supercell(crystal, {*rc::gen::inRange(1, 3), *rc::gen::inRange(1, 3), 1});
    for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i)
      crystal.positions.col(i) += *rc::gen::inRange(-2, 3) * crystal.lattice.col(i % 3);
    crystal.lattice.col(0) += *rc::gen::inRange(-2, 3) * crystal.lattice.col(1);  // another basis

    auto const group = find_space_group(crystal);
    auto const primitive = primitive_cell(crystal);

    RC_ASSERT(group.number == 221);
    RC_ASSERT(primitive.size() == 5u);
    RC_ASSERT(stands_on(primitive, crystal));
  });
  EXPECT_TRUE(holds);
}

TEST(Symmetry, agrees_with_the_reference_structures) {
  auto const path = test::shared_file("reference/interface/cases.json");
  NACRE_NEEDS_SHARED(path);
  auto const file = Value::parse_json(read_file(path), path.string());
  std::map<std::string, std::string> expected;
  for (auto const& c : file.at("cases").as_array())
    for (auto const* side : {"film", "substrate"})
      expected[c.at(side).at("poscar").as_string()] = c.at(side).at("space_group").as_string();
  ASSERT_GE(expected.size(), 10u);

  for (auto const& [poscar, symbol] : expected) {
    auto const crystal = read_crystal(path.parent_path() / poscar);
    auto const primitive = primitive_cell(crystal);
    auto const conventional = conventional_cell(crystal);

    EXPECT_EQ(find_space_group(crystal).symbol, symbol) << poscar;
    EXPECT_EQ(find_space_group(primitive).symbol, symbol) << poscar;
    EXPECT_EQ(find_space_group(conventional).symbol, symbol) << poscar;
    EXPECT_TRUE(stands_on(primitive, crystal)) << poscar;
    EXPECT_EQ(primitive_cell(conventional).size(), primitive.size()) << poscar;
  }
}

}  // namespace
}  // namespace nacre
