// nacre charge, potential-step, charge-transfer and band-offset on cubes that are written here.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr double area = 20.0, period = 30.0, per_eps0 = 180.95128;

double gaussian(double z, double center, double width) {
  return std::exp(-0.5 * std::pow((z - center) / width, 2)) / (width * std::sqrt(2.0 * std::numbers::pi));
}

using Height = std::function<double(double)>;
using Atoms = std::vector<std::pair<int, double>>;  // atomic number and height

class ElectronicCommands : public testing::Test {
 protected:
  /// 2 x 2 x 300 points of a 4 x 5 x 30 Å cell; MgO's valence on the atoms.
  void cube(std::string const& name, Atoms const& atoms, Height const& value) {
    auto const bohr = [](double x) { return shortest(x / units::bohr_A); };
    std::string text = "a\nb\n" + std::to_string(atoms.size()) + " 0 0 0\n2 " + bohr(2.0) + " 0 0\n2 0 " + bohr(2.5) +
                       " 0\n300 0 0 " + bohr(0.1) + "\n";
    for (auto const& [number, z] : atoms) {
      text += std::to_string(number) + (number == 12 ? " 10 0 0 " : " 6 " + bohr(2.0) + " " + bohr(2.5) + " ") +
              bohr(z) + "\n";
    }
    std::string line;
    for (int k = 0; k < 300; ++k) line += shortest(value(0.1 * k)) + (k % 6 == 5 ? "\n" : " ");
    write_file(folder_.path() / name, text + line + line + line + line);
  }
  /// Electrons per area and length, as a density per bohr^3.
  void density(std::string const& name, Atoms const& atoms, Height const& electrons) {
    cube(name, atoms, [&](double z) { return electrons(z) / area * std::pow(units::bohr_A, 3); });
  }
  test::ProcessResult run(std::string const& arguments) {
    return test::run_command("cd " + folder_.path().string() + " && " + test::nacre_program() + " " + arguments);
  }
  Value value(std::string const& arguments) {
    auto const result = run(arguments + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
  test::TemporaryFolder folder_;
  Atoms const lower_{{12, 10.0}, {8, 10.0}}, upper_{{12, 13.0}, {8, 13.0}};
  Atoms const both_{{12, 10.0}, {8, 10.0}, {12, 13.0}, {8, 13.0}};
  double const moved_ = 0.05;
  Height const lower_density_ = [](double z) { return 16.0 * gaussian(z, 10.0, 0.4); };
  Height const upper_density_ = [](double z) { return 16.0 * gaussian(z, 13.0, 0.4); };
  Height const difference_ = [this](double z) { return moved_ * (gaussian(z, 13.0, 0.25) - gaussian(z, 10.0, 0.25)); };
};

// Two plates: what one lost and the other gained, and the voltage of a capacitor, Q d / (eps0 A).
TEST_F(ElectronicCommands, two_plates_give_charge_and_voltage) {
  density("stack.cube", both_, [&](double z) { return lower_density_(z) + upper_density_(z) + difference_(z); });
  density("lower.cube", lower_, lower_density_);
  density("upper.cube", upper_, upper_density_);
  density("difference.cube", both_, difference_);

  for (auto const& arguments :
       {"charge stack.cube lower.cube upper.cube", "charge stack.cube upper.cube lower.cube --electrons 32,16,16",
        "charge difference.cube --difference --contacts 11.5"}) {
    auto const v = value(arguments);

    EXPECT_EQ(v.at("status").as_string(), "ok") << v.at("reason").as_string();
    EXPECT_NEAR(v.at("electrons_to_upper_e").as_number(), moved_, 1e-6 * moved_) << arguments;
    EXPECT_NEAR(v.at("potential_step_V").as_number(), -per_eps0 * moved_ * 3.0 / area, 1e-6) << arguments;
    EXPECT_NEAR(v.at("dipole_e_A").as_number(), -moved_ * 3.0, 1e-6) << arguments;
  }
}

TEST_F(ElectronicCommands, layers_of_a_single_density_have_charges_and_a_symmetric_one_no_dipole) {
  density("polar.cube", both_, [&](double z) { return lower_density_(z) + upper_density_(z) + difference_(z); });
  density("symmetric.cube", both_, [&](double z) { return lower_density_(z) + upper_density_(z); });

  auto const polar = value("charge polar.cube --contacts 11.5"), symmetric = value("charge symmetric.cube");

  EXPECT_NEAR(polar.at("layers").as_array()[0].at("charge_e").as_number(), moved_, 1e-6);
  EXPECT_NEAR(polar.at("layers").as_array()[1].at("charge_e").as_number(), -moved_, 1e-6);
  EXPECT_NEAR(polar.at("potential_step_V").as_number(), -per_eps0 * moved_ * 3.0 / area, 1e-6);
  EXPECT_NEAR(symmetric.at("dipole_e_A").as_number(), 0.0, 1e-9);
}

TEST_F(ElectronicCommands, a_wrong_number_of_electrons_is_refused) {
  density("stack.cube", both_, [&](double z) { return lower_density_(z) + 1.01 * upper_density_(z); });
  density("lower.cube", lower_, lower_density_);
  density("upper.cube", upper_, upper_density_);

  auto const refused = [&](std::string const& arguments) {
    auto const v = value(arguments);
    EXPECT_EQ(v.at("status").as_string(), "refused") << arguments;
    EXPECT_TRUE(v.at("electrons_to_upper_e").is_null());
    EXPECT_TRUE(v.at("potential_step_V").is_null());
    return v.at("reason").as_string();
  };

  EXPECT_NE(refused("charge stack.cube lower.cube upper.cube").find("wrong_electron_count"), std::string::npos);
  EXPECT_NE(refused("charge stack.cube").find("32.16"), std::string::npos);
  EXPECT_NE(refused("charge lower.cube --electrons 17").find("17 expected"), std::string::npos);
  EXPECT_NE(refused("charge lower.cube --density-unit e/A3").find("--density-unit e/bohr3"), std::string::npos);
  EXPECT_NE(refused("charge lower.cube --difference").find("0 expected"), std::string::npos);
}

TEST_F(ElectronicCommands, a_superlattice_has_charges_but_no_step) {
  // Planes every 3 Å fill the period.
  Atoms atoms;
  for (int k = 0; k < 10; ++k) atoms.insert(atoms.end(), {{12, 3.0 * k}, {8, 3.0 * k}});
  density("full.cube", atoms, [](double z) {
    double sum = 0.0;
    for (int k = -3; k <= 13; ++k) sum += (k == 2 ? 16.1 : k == 7 ? 15.9 : 16.0) * gaussian(z, 3.0 * k, 0.3);
    return sum;
  });

  auto const v = value("charge full.cube --contacts 1.5,13.5");

  EXPECT_EQ(v.at("status").as_string(), "ok");
  EXPECT_TRUE(v.at("potential_step_V").is_null());
  EXPECT_EQ(v.at("potential_step_status").as_string(), "no_vacuum");
  EXPECT_NEAR(v.at("layers").as_array()[0].at("charge_e").as_number(), -0.1, 1e-6);
  EXPECT_NEAR(v.at("layers").as_array()[1].at("charge_e").as_number(), 0.1, 1e-6);
}

TEST_F(ElectronicCommands, vacuum_levels_need_a_unit_a_vacuum_and_no_field) {
  auto const level = [](double z) { return z > 9.0 && z < 14.0 ? -1.0 : z <= 9.0 || z > 27.0 ? 0.3 : 0.4; };
  cube("V.cube", both_, level);
  cube("field.cube", both_, [](double z) { return 0.02 * z; });
  cube("full.cube", {{12, 0.0}, {12, 7.5}, {12, 15.0}, {12, 22.5}}, level);

  auto const v = value("potential-step V.cube --unit Ry --fermi 1");

  EXPECT_NEAR(v.at("potential_step_V").as_number(), -0.1 * units::rydberg_eV, 1e-9);
  EXPECT_NEAR(v.at("work_function_above_eV").as_number(), 0.4 * units::rydberg_eV - 1.0, 1e-9);
  EXPECT_NE(value("potential-step field.cube --unit Ry").at("reason").as_string().find("field_in_vacuum"),
            std::string::npos);
  EXPECT_NE(value("potential-step full.cube --unit eV").at("reason").as_string().find("no_vacuum"), std::string::npos);
  EXPECT_TRUE(value("potential-step full.cube --unit eV").at("potential_step_V").is_null());
  EXPECT_EQ(run("potential-step V.cube").status, 2);
  EXPECT_EQ(run("potential-step V.cube --unit volts").status, 2);
}

TEST_F(ElectronicCommands, charge_transfer_has_the_golden_number_and_flips_its_sign) {
  write_file(folder_.path() / "flat.dos", "# E (eV) dos(E) Int dos(E) EFermi = 0.0 eV\n-6 1 0\n6 1 12\n");
  std::string const contact = " --distance 3 --area 10";

  auto const up = value("charge-transfer flat.dos flat.dos --lower-work-function 4 --upper-work-function 5" + contact);
  auto const down = value("charge-transfer flat.dos flat.dos --lower-vacuum 5 --upper-vacuum 4" + contact);
  auto const blind = value("charge-transfer flat.dos flat.dos --lower-work-function 4" + contact);

  EXPECT_NEAR(up.at("electrons_to_upper_e").as_number(), 0.0177666, 5e-8);  // the digits it is given with
  EXPECT_EQ(down.at("electrons_to_upper_e").as_number(), -up.at("electrons_to_upper_e").as_number());
  EXPECT_EQ(blind.at("status").as_string(), "refused");
  EXPECT_TRUE(blind.at("electrons_to_upper_e").is_null());
  EXPECT_EQ(run("charge-transfer flat.dos flat.dos --lower-work-function 4 --upper-work-function 5").status, 2);
}

TEST_F(ElectronicCommands, band_offsets_follow_bands_levels_and_the_stack) {
  // Wells of both crystals, 0.4 Ry apart on average, with waves of 2 and 3 Å.
  Atoms atoms;
  for (int k = 0; k <= 5; ++k) atoms.insert(atoms.end(), {{12, 2.0 + 2.0 * k}, {8, 2.0 + 2.0 * k}});
  for (int k = 0; k <= 4; ++k) atoms.insert(atoms.end(), {{12, 15.0 + 3.0 * k}, {8, 15.0 + 3.0 * k}});
  auto const turn = 2.0 * std::numbers::pi;
  cube("stack.cube", atoms, [&](double z) {
    return z < 13.5 ? -1.0 + 0.2 * std::cos(turn * z / 2.0) : -0.6 + 0.3 * std::cos(turn * z / 3.0);
  });
  write_file(folder_.path() / "upper.dos", "0 2\n1 2\n1.01 0\n3.99 0\n4 1\n5 1\n");

  auto const v = value(
      "band-offset --lower-bands 1.2,8.9 --lower-level -3.1 --upper-dos upper.dos --upper-fermi 2 --upper-level -2.6 "
      "--stack stack.cube --unit Ry --windows 2,3 --contacts 0,13.5");
  auto const given =
      value("band-offset --lower-bands 1.2,8.9 --lower-level -3.1 --upper-bands 1,4 --upper-level -2.6 --align vacuum");

  EXPECT_NEAR(v.at("potential_energy_step_eV").as_number(), 0.4 * units::rydberg_eV, 1e-6);
  EXPECT_NEAR(v.at("valence_band_offset_eV").as_number(), 3.6 - 4.3 + 0.4 * units::rydberg_eV, 1e-6);
  EXPECT_NEAR(given.at("valence_band_offset_eV").as_number(), -0.7, 1e-12);
  EXPECT_NEAR(given.at("conduction_band_offset_eV").as_number(), 6.6 - 12.0, 1e-12);
  EXPECT_EQ(run("band-offset").status, 2);
  EXPECT_EQ(run("band-offset --lower-bands 3,1 --upper-bands 1,4").status, 2);
}

TEST_F(ElectronicCommands, rubbish_ends_with_a_message) {
  density("lower.cube", lower_, lower_density_);
  density("upper.cube", upper_, upper_density_);
  auto const text = read_file(folder_.path() / "lower.cube");
  write_file(folder_.path() / "short.cube", text.substr(0, text.size() / 2));
  write_file(folder_.path() / "empty.cube", "");
  density("stack.cube", both_, [](double) { return 0.0; });

  for (auto const& arguments :
       {"charge short.cube", "charge empty.cube", "charge missing.cube", "charge lower.cube upper.cube",
        "charge lower.cube --electrons x", "charge lower.cube --valence Xx=3", "charge lower.cube --valence Mg=10",
        "charge lower.cube --contacts 5,3", "charge stack.cube --difference", "charge lower.cube --axis q",
        "potential-step empty.cube --unit Ry", "charge-transfer lower.cube upper.cube --distance 1 --area 1",
        "charge-transfer empty.cube empty.cube --distance 1 --area -1"}) {
    auto const result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments << result.out;
    EXPECT_NE(result.err.find("nacre: "), std::string::npos);
  }
}

}  // namespace
}  // namespace nacre
