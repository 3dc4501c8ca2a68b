#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// A frame of a reference file in a file of its own, and what the program says about it.
struct Contact {
  test::TemporaryFolder folder;
  std::string file = (folder.path() / "stack.extxyz").string();

  Contact(std::filesystem::path const& reference, std::size_t frame) {
    write_file(file, to_extxyz(read_extxyz(reference).at(frame)));
  }
  Value value(std::string const& arguments, std::string const& set = "grimes") const {
    auto const result = test::run_command(test::nacre_program() + " adhesion " + file + " --model rigid-ion:" + set +
                                          " --truncation plain --json " + arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
};

std::filesystem::path ceria_on_zirconia() {
  return test::shared_file("reference/physics2/structure_CeO2_ZrO2_111_grimes.extxyz");
}

// Reference numbers of 6 repeats; the issue asks for 1e-4 J/m^2.
TEST(AdhesionCommand, finds_both_crystals_in_a_stack_and_agrees_with_the_reference) {
  NACRE_NEEDS_SHARED(ceria_on_zirconia());
  Contact const contact(ceria_on_zirconia(), 0);

  auto const v = contact.value("");

  EXPECT_EQ(v.at("status").as_string(), "ok") << v.at("reason").as_string();
  EXPECT_NEAR(v.at("W_ad_J_per_m2").as_number(), 3.3890674517841344, 1e-4);
  EXPECT_NEAR(v.at("W_sep_J_per_m2").as_number(), 3.529053553532229, 1e-4);
  EXPECT_NEAR(v.at("gamma_int_J_per_m2").as_number(), 0.07977433103128018, 1e-4);
  EXPECT_NEAR(v.at("gap_A").as_number(), 1.5040070483944454, 1e-4);
  EXPECT_EQ(v.at("layers").as_array()[0].at("formula").as_string(), "CeO2");
  EXPECT_EQ(v.at("layers").as_array()[1].at("repeats").as_integer(), 6);
}

TEST(AdhesionCommand, a_superlattice_gives_the_same_interface_energy) {
  NACRE_NEEDS_SHARED(ceria_on_zirconia());
  Contact const contact(ceria_on_zirconia(), 1);

  auto const v = contact.value("--superlattice");
  auto const frozen = contact.value("--superlattice --frozen");

  EXPECT_EQ(v.at("status").as_string(), "ok") << v.at("reason").as_string();
  EXPECT_NEAR(v.at("interface_energy_pair_mean_J_per_m2").as_number(), 0.07977432372303733, 1e-4);
  EXPECT_TRUE(v.at("contacts_equivalent").as_bool());
  EXPECT_EQ(v.at("gamma_int_J_per_m2").as_number(), v.at("interface_energy_pair_mean_J_per_m2").as_number());
  EXPECT_NEAR(frozen.at("interface_energy_pair_mean_J_per_m2").as_number(), 0.07977432372303733, 1e-4);
}

/// Unequal faces: 5 cells on 9, both contacts from slabs, their mean from the period at zero displacement field.
TEST(AdhesionCommand, titanate_on_magnesia_agrees_with_the_reference) {
  auto const file = test::shared_file("reference/physics2/structure_SrTiO3_MgO_5_9_pedone2006.extxyz");
  NACRE_NEEDS_SHARED(file);
  auto const lower = Contact(file, 0).value("", "pedone2006"), upper = Contact(file, 1).value("", "pedone2006");
  auto const pair = Contact(file, 2).value("--superlattice", "pedone2006");

  EXPECT_NEAR(lower.at("W_ad_J_per_m2").as_number(), 0.836255000089755, 1e-4);
  EXPECT_NEAR(lower.at("W_sep_J_per_m2").as_number(), 1.846912001752315, 1e-4);
  EXPECT_NEAR(upper.at("W_ad_J_per_m2").as_number(), 0.5933714924779634, 1e-4);
  EXPECT_NEAR(upper.at("W_sep_J_per_m2").as_number(), 0.8760502871785146, 1e-4);
  EXPECT_TRUE(lower.at("gamma_int_J_per_m2").is_null());
  EXPECT_TRUE(lower.at("gamma_int_reason").as_string().starts_with("unequal_faces"));
  EXPECT_NEAR(pair.at("interface_energy_pair_mean_J_per_m2").as_number(), 1.6964655458381215, 1e-4);
  EXPECT_FALSE(pair.at("contacts_equivalent").as_bool());
  EXPECT_TRUE(pair.at("gamma_int_J_per_m2").is_null());
}

/// Each contact has a line over mu; their sum is free of it and is that of the superlattice.
TEST(AdhesionCommand, lines_over_chemical_potentials_add_up_to_the_pair) {
  auto const file = test::shared_file("reference/physics2/structure_SrTiO3_MgO_5_9_pedone2006.extxyz");
  NACRE_NEEDS_SHARED(file);
  std::string const options = "--chemical --cache none --fmax 0.001";
  auto const lower = Contact(file, 0).value(options, "pedone2006"),
             upper = Contact(file, 1).value(options, "pedone2006");

  auto const &a = lower.at("corners").as_array(), &b = upper.at("corners").as_array();
  ASSERT_EQ(a.size(), 2u) << lower.at("gamma_int_reason").as_string();
  ASSERT_EQ(b.size(), 2u) << upper.at("gamma_int_reason").as_string();
  for (std::size_t k = 0; k < 2; ++k) {
    double const sum = a[k].at("gamma_int_J_per_m2").as_number() + b[k].at("gamma_int_J_per_m2").as_number();
    // of 2.7 J/m^2 of cleavage, symmetric slabs of 4 cells relax 0.4 % otherwise than slabs with one face of each
    EXPECT_NEAR(0.5 * sum, 1.6964231893622173, 1e-2);
  }
  // what one contact gains along the window the other loses
  EXPECT_NEAR(a[0].at("gamma_int_J_per_m2").as_number() + b[0].at("gamma_int_J_per_m2").as_number(),
              a[1].at("gamma_int_J_per_m2").as_number() + b[1].at("gamma_int_J_per_m2").as_number(), 1e-6);
  EXPECT_GT(std::abs(a[0].at("gamma_int_J_per_m2").as_number() - a[1].at("gamma_int_J_per_m2").as_number()), 0.1);
}

TEST(AdhesionCommand, a_superlattice_has_no_work_of_adhesion) {
  NACRE_NEEDS_SHARED(ceria_on_zirconia());
  Contact const contact(ceria_on_zirconia(), 1);

  auto const v = contact.value("");

  EXPECT_EQ(v.at("status").as_string(), "refused");
  EXPECT_TRUE(v.at("reason").as_string().starts_with("no_vacuum"));
  EXPECT_TRUE(v.at("W_ad_J_per_m2").is_null());
}

/// definitions.md 6: a crystal on itself has no interface energy; its works are those of two surfaces.
TEST(AdhesionCommand, a_crystal_on_itself_has_no_interface_energy) {
  auto const file = test::shared_file("reference/physics2/structure_identity_SrTiO3_grimes.extxyz");
  NACRE_NEEDS_SHARED(file);
  Contact const contact(file, 0);

  auto const v = contact.value("");
  auto const frozen = contact.value("--frozen");

  EXPECT_NEAR(v.at("gamma_int_J_per_m2").as_number(), 0.0, 1e-4);
  EXPECT_NEAR(v.at("W_ad_J_per_m2").as_number(), 3.775539, 1e-4);
  EXPECT_NEAR(frozen.at("W_sep_J_per_m2").as_number(), v.at("W_sep_J_per_m2").as_number(), 1e-4);
  EXPECT_TRUE(frozen.at("gamma_int_J_per_m2").is_null());
}

TEST(AdhesionCommand, thicker_layers_change_nothing_where_thickness_has_converged) {
  NACRE_NEEDS_SHARED(ceria_on_zirconia());
  Contact const slab(ceria_on_zirconia(), 0), period(ceria_on_zirconia(), 1);

  auto const v = slab.value("--converge"), pair = period.value("--converge --superlattice");

  for (auto const* answer : {&v, &pair}) {
    EXPECT_EQ(answer->at("status").as_string(), "ok") << answer->at("reason").as_string();
    auto const& series = answer->at("thickness_series").as_array();
    ASSERT_EQ(series.size(), 1u);
    // the reference changes by less than this from 6 to 8 repeats; a repeat put in wrongly would cost tenths
    EXPECT_LT(series[0].at("change_J_per_m2").as_number(), 1e-3);
    EXPECT_LT(series[0].at("gap_change_A").as_number(), 1e-3);
    EXPECT_EQ(series[0].at("n_atoms").as_integer(), answer->at("n_atoms").as_integer() + 6);  // a trilayer of each
  }
  EXPECT_NEAR(v.at("W_ad_J_per_m2").as_number(), 3.3890674517841344, 1e-4);
}

/// reference/physics2 found 0.8363 J/m^2 as the lowest of 96 starts; from the registry as built alone it is 0.8124.
TEST(AdhesionCommand, finds_the_lowest_known_minimum_of_titanate_on_magnesia) {
  test::TemporaryFolder const folder;
  auto const path = [&](char const* name) { return (folder.path() / name).string(); };
  write_file(path("a.vasp"),
             "SrTiO3\n3.922647370715556\n1 0 0\n0 1 0\n0 0 1\nSr Ti O\n1 1 3\nDirect\n0 0 0\n.5 .5 .5\n.5 .5 0\n.5 0 "
             ".5\n0 .5 .5\n");
  write_file(path("b.vasp"),
             "MgO\n4.240219243755552\n1 0 0\n0 1 0\n0 0 1\nMg O\n4 4\nDirect\n0 0 0\n0 .5 .5\n.5 0 .5\n.5 .5 0\n"
             ".5 .5 .5\n.5 0 0\n0 .5 0\n0 0 .5\n");
  auto const built = test::run_command(test::nacre_program() + " build " + path("a.vasp") + " " + path("b.vasp") +
                                       " --planes 0,0,1 --repeats 3/6 --matrices 3,0,0,3:2,1,-1,2 --max-strain 0.1 "
                                       "--elastic rigid-ion:pedone2006 -o " +
                                       path("stack.extxyz"));
  ASSERT_EQ(built.status, 0) << built.err;

  auto const result = test::run_command(test::nacre_program() + " adhesion " + path("stack.extxyz") +
                                        " --model rigid-ion:pedone2006 --truncation plain --shifts 4 --gaps 2 --fmax "
                                        "0.003 --json");
  auto const v = Value::parse_json(result.out, "output");

  EXPECT_EQ(v.at("status").as_string(), "ok") << result.err;
  EXPECT_NEAR(v.at("W_ad_J_per_m2").as_number(), 0.8363, 1e-3);  // forces of 3 meV/A leave this
}

TEST(AdhesionCommand, layers_far_apart_are_not_bonded) {
  auto const file = test::shared_file("reference/physics2/structure_identity_MgO_grimes.extxyz");
  NACRE_NEEDS_SHARED(file);
  Contact const contact(file, 0);
  auto frame = read_extxyz(contact.file).front();
  frame.crystal.lattice(2, 2) += 20.0;
  for (Eigen::Index i = 0; i < frame.crystal.positions.cols(); ++i) {
    if (frame.columns.at("layer")(0, i) > 1.5) frame.crystal.positions(2, i) += 15.0;
  }
  write_file(contact.file, to_extxyz(frame));

  auto const v = contact.value("--rattle 0");

  EXPECT_EQ(v.at("status").as_string(), "not_bonded");
  EXPECT_TRUE(v.at("W_ad_J_per_m2").is_null());
}

TEST(AdhesionCommand, a_slab_may_be_periodic_in_the_plane_alone) {
  NACRE_NEEDS_SHARED(ceria_on_zirconia());
  Contact const contact(ceria_on_zirconia(), 0);
  auto frame = read_extxyz(contact.file).front();
  frame.crystal.periodic = {true, true, false};
  write_file(contact.file, to_extxyz(frame));

  auto const v = contact.value("");

  EXPECT_NEAR(v.at("gamma_int_J_per_m2").as_number(), 0.07977433103128018, 1e-4);  // as before
}

/// A period may begin anywhere: here its atoms are folded into the cell after a move.
TEST(AdhesionCommand, a_superlattice_may_begin_anywhere) {
  NACRE_NEEDS_SHARED(ceria_on_zirconia());
  Contact const contact(ceria_on_zirconia(), 1);
  auto frame = read_extxyz(contact.file).front();
  auto& crystal = frame.crystal;
  crystal.positions.colwise() += 0.4 * crystal.lattice.col(2) - 0.7 * crystal.lattice.col(0);
  for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i) {
    for (int k : {2, 1, 0}) {  // the first two vectors lie in the plane
      Eigen::Vector3d const v = crystal.lattice.col(k);
      crystal.positions.col(i) -= std::floor(crystal.positions(k, i) / v[k]) * v;
    }
  }
  write_file(contact.file, to_extxyz(frame));

  auto const v = contact.value("--superlattice --frozen");

  EXPECT_NEAR(v.at("interface_energy_pair_mean_J_per_m2").as_number(), 0.07977432372303733, 1e-4);
}

TEST(AdhesionCommand, a_relaxation_that_fails_is_a_status) {
  NACRE_NEEDS_SHARED(ceria_on_zirconia());
  Contact const contact(ceria_on_zirconia(), 0);

  auto const v = contact.value("--max-steps 1 --fmax 1e-8");

  EXPECT_EQ(v.at("status").as_string(), "failed");
  EXPECT_TRUE(v.at("reason").as_string().starts_with("max_steps"));
  EXPECT_TRUE(v.at("W_ad_J_per_m2").is_null());
}

}  // namespace
}  // namespace nacre
