#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class Analyze : public testing::Test {
 protected:
  void write(std::string const& name, Crystal const& crystal, std::vector<int> const& layer) {
    Frame frame{crystal, {}, {}};
    if (!layer.empty()) {
      frame.columns["layer"] = Eigen::Map<Eigen::RowVectorXi const>(layer.data(), std::ssize(layer)).cast<double>();
    }
    write_file(folder_.path() / name, to_extxyz(frame));
  }
  test::ProcessResult run(std::string const& arguments) {
    return test::run_command("cd " + folder_.path().string() + " && " + test::nacre_program() + " analyze " +
                             arguments);
  }
  Value value(std::string const& arguments) {
    auto const result = run(arguments + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
  test::TemporaryFolder folder_;
};

/// Triangular layers under tension, 8 x 8 cells of one on 7 x 7 of the other.
struct Moire {
  Crystal crystal;
  std::vector<int> layer;
  Moire() {
    double const a = 3.0, side = 8.0 * a;
    crystal.lattice << side, 0.5 * side, 0.0, 0.0, std::sqrt(0.75) * side, 0.0, 0.0, 0.0, 30.0;
    std::vector<Eigen::Vector3d> places;
    for (int const n : {8, 7}) {
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
          Eigen::Vector3d place = crystal.lattice.col(0) * i / n + crystal.lattice.col(1) * j / n;
          place.z() = n == 8 ? 1.0 : 28.6;  // the contact lies across the border
          places.push_back(place);
          layer.push_back(n == 8 ? 2 : 1);
          crystal.numbers.push_back(18);
        }
      }
    }
    crystal.positions.resize(3, std::ssize(places));
    for (std::size_t k = 0; k < places.size(); ++k) crystal.positions.col(static_cast<Eigen::Index>(k)) = places[k];
  }
};

TEST_F(Analyze, free_heights_of_a_moire_bilayer_are_corrugated_and_lower_in_energy) {
  Moire const moire;
  write("moire.extxyz", moire.crystal, moire.layer);

  auto const flat = value("moire.extxyz");
  auto const free = value("moire.extxyz --model lj:0.01,2.5,9 --free-z");

  EXPECT_NEAR(flat.at("contacts").as_array()[0].at("z_separation_A").as_number(), 2.4, 1e-6);
  EXPECT_EQ(flat.at("contacts").as_array()[0].at("lower").as_integer(), 1);
  auto const& heights = free.at("free_z");
  EXPECT_LT(heights.at("energy_free_eV").as_number(), heights.at("energy_clamped_eV").as_number() - 1e-4);
  for (auto const& layer : free.at("layers").as_array()) {
    EXPECT_GT(layer.at("lower_face").at("corrugation_A").as_number(), 0.01);
  }
  EXPECT_NEAR(free.at("contacts").as_array()[0].at("z_separation_unrelaxed_A").as_number(), 2.4, 1e-6);
}

/// MgO (001), four planes below four, `gap` apart.
Crystal magnesia(double gap) {
  Crystal crystal;
  crystal.lattice = Eigen::Vector3d(2.98, 2.98, 14.0 + gap + 20.0).asDiagonal();
  crystal.positions.resize(3, 16);
  for (int p = 0; p < 8; ++p) {
    double const z = 2.1 * p + (p >= 4 ? gap - 2.1 : 0.0), metal = p % 2 == 0 ? 0.0 : 1.49;
    crystal.positions.col(2 * p) << metal, metal, z;
    crystal.positions.col(2 * p + 1) << 1.49 - metal, 1.49 - metal, z;
    crystal.numbers.insert(crystal.numbers.end(), {12, 8});
  }
  return crystal;
}

TEST_F(Analyze, layers_have_charges_that_sum_to_zero_and_symmetric_stacks_no_dipole) {
  std::vector<int> const layer{1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2};
  write("stack.extxyz", magnesia(2.3), layer);

  for (std::string const charges : {"qeq", "formal", "model --model rigid-ion:pedone2006"}) {
    auto const v = value("stack.extxyz --charges " + charges);

    EXPECT_EQ(v.at("total_charge_e").as_number(), 0.0) << charges;
    EXPECT_NEAR(v.at("dipole_e_A").as_number(), 0.0, 1e-7) << charges;
    EXPECT_NEAR(v.at("potential_step_V").as_number(), 0.0, 1e-6) << charges;
    EXPECT_NEAR(v.at("contacts").as_array()[0].at("z_separation_A").as_number(), 2.3, 1e-6);
    EXPECT_EQ(v.at("planes_from").as_string(), "crystal");
    EXPECT_EQ(v.at("warnings").size(), charges == "qeq" ? 1u : 0u);
  }
  auto open = magnesia(2.3);
  open.periodic[2] = false;
  write("open.extxyz", open, layer);
  EXPECT_NEAR(value("open.extxyz --charges qeq").at("charges_e").as_array()[0].as_number(),
              value("stack.extxyz --charges qeq").at("charges_e").as_array()[0].as_number(), 1e-9);
  EXPECT_EQ(value("stack.extxyz --split 7").at("contacts").dump(), value("stack.extxyz").at("contacts").dump());
}

TEST_F(Analyze, an_undisturbed_contact_has_the_order_of_the_crystal) {
  std::vector<int> const layer{1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2};
  write("whole.extxyz", magnesia(2.1), layer);
  write("open.extxyz", magnesia(3.5), layer);
  write_file(folder_.path() / "POSCAR", "MgO\n4.2\n0 .5 .5\n.5 0 .5\n.5 .5 0\nMg O\n1 1\nDirect\n0 0 0\n.5 .5 .5\n");

  auto const whole = value("whole.extxyz --bulk POSCAR,POSCAR --order-cutoff 3.5");
  auto const open = value("open.extxyz --bulk POSCAR,POSCAR --order-cutoff 3.5");

  EXPECT_EQ(whole.at("contacts").as_array()[0].at("width_A").as_number(), 0.0);
  EXPECT_GT(open.at("contacts").as_array()[0].at("width_A").as_number(), 3.0);
}

TEST_F(Analyze, warns_of_mixed_valence_and_ends_with_a_message_on_rubbish) {
  write_file(
      folder_.path() / "fe.extxyz",
      "7\nLattice=\"6 0 0 0 6 0 0 0 30\" Properties=species:S:1:pos:R:3:layer:I:1\nFe 0 0 1 1\nFe 2 0 1 1\nFe 0 2 1 1\n"
      "O 2 2 1 1\nO 4 0 1 1\nO 0 4 1 1\nO 4 4 1 1\n");
  write_file(folder_.path() / "mixed.extxyz",
             "2\nLattice=\"6 0 0 0 6 0 0 0 30\" Properties=species:S:1:pos:R:3:layer:R:1\nMg 0 0 1 1.5\nO 2 0 1 1\n");
  write_file(folder_.path() / "planes.extxyz",
             "2\nLattice=\"6 0 0 0 6 0 0 0 30\" Properties=species:S:1:pos:R:3:layer:I:1:plane:I:1\nMg 0 0 1 1 0\n"
             "O 2 0 4 2 1\n");
  write_file(folder_.path() / "empty.extxyz", "");

  EXPECT_EQ(run("planes.extxyz").status, 0);
  EXPECT_NE(value("fe.extxyz").at("warnings").dump().find("between Fe2+ and Fe3+"), std::string::npos);
  for (auto const& arguments :
       {"empty.extxyz", "missing.extxyz", "mixed.extxyz", "fe.extxyz --split x", "fe.extxyz --split 1e9",
        "fe.extxyz --split 15", "fe.extxyz --charges nothing", "fe.extxyz --charges magmom", "fe.extxyz --free-z",
        "fe.extxyz --plane-tolerance -1", "planes.extxyz --plane-tolerance -1", "fe.extxyz --order-cutoff 1e9",
        "fe.extxyz --order-threshold 0", "fe.extxyz --bulk missing.cif", "fe.extxyz --unrelaxed mixed.extxyz"}) {
    EXPECT_EQ(run(arguments).status, 2) << arguments;
  }
}

}  // namespace
}  // namespace nacre
