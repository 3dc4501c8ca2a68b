#include <gtest/gtest.h>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "support/lennard_jones.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::LennardJones;
using test::make_fcc;

/// The conventional cell of rock salt, fluorite or cubic perovskite with lattice constant a.
Crystal make_cubic(std::string const& formula, double a) {
  Crystal crystal = make_fcc(a);
  crystal.name = formula;
  auto place = [&](int number, double charge, double x, double y, double z) {
    auto const n = crystal.positions.cols();
    crystal.positions.conservativeResize(3, n + 1);
    crystal.positions.col(n) = a * Eigen::Vector3d(x, y, z);
    crystal.numbers.push_back(number);
    crystal.oxidation.push_back(charge);
  };
  if (formula == "SrTiO3") {
    crystal.positions.resize(3, 0);
    crystal.numbers.clear();
    crystal.oxidation.clear();
    place(38, 2.0, 0.0, 0.0, 0.0);
    place(22, 4.0, 0.5, 0.5, 0.5);
    for (int k = 0; k < 3; ++k) place(8, -2.0, k == 0 ? 0.0 : 0.5, k == 1 ? 0.0 : 0.5, k == 2 ? 0.0 : 0.5);
    return crystal;
  }
  bool const fluorite = formula == "CeO2" || formula == "ZrO2";
  int const cation = formula == "MgO" ? 12 : formula == "CeO2" ? 58 : 40;
  crystal.numbers.assign(4, cation);
  crystal.oxidation.assign(4, fluorite ? 4.0 : 2.0);
  Eigen::Matrix3Xd const sites = crystal.positions / a;
  for (double const d : fluorite ? std::vector{0.25, 0.75} : std::vector{0.5}) {
    for (int i = 0; i < 4; ++i) place(8, -2.0, sites(0, i) + d, sites(1, i) + d, sites(2, i) + d);
  }
  return crystal;
}

class BulkReference : public testing::TestWithParam<std::pair<char const*, char const*>> {};
INSTANTIATE_TEST_SUITE_P(Physics2, BulkReference,
                         testing::Values(std::pair("MgO", "grimes"), std::pair("SrTiO3", "grimes"),
                                         std::pair("CeO2", "grimes"), std::pair("ZrO2", "grimes"),
                                         std::pair("MgO", "pedone2006"), std::pair("SrTiO3", "pedone2006"),
                                         std::pair("CeO2", "pedone_sayle_ceria"), std::pair("MgO", "du_teter")),
                         [](auto const& entry) { return std::string(entry.param.first) + "_" + entry.param.second; });

TEST_P(BulkReference, lattice_constant_energy_and_stiffness_agree) {
  auto const file = test::shared_file("reference/physics2/bulk_and_stiffness.json");
  NACRE_NEEDS_SHARED(file);
  auto const [formula, set] = GetParam();
  auto const page = Value::parse_json(read_file(file), file.string());
  auto const& entry = page.at("entries").at(std::string(formula) + "|" + set);
  PotentialOptions plain;
  plain.taper = false;
  auto const model = make_potential(std::string("rigid-ion:") + set, plain);

  auto const bulk = relax_bulk(make_cubic(formula, entry.at("a_A").as_number() * 1.01), *model, 1, false);

  ASSERT_EQ(bulk.status, Status::ok) << bulk.reason;
  EXPECT_NEAR(bulk.crystal.lattice(0, 0), entry.at("a_A").as_number(), 1e-5);
  double const per_atom = bulk.energy / static_cast<double>(bulk.crystal.size());
  EXPECT_NEAR(per_atom, entry.at("E_per_atom_eV").as_number(), 1e-7);
  auto const& c = entry.at("C_eV_A3");
  double const tolerance = 1e-4 * c.at("C11").as_number();  // strain steps of 1e-4 and 5e-4 differ by up to 2e-5
  EXPECT_NEAR(bulk.stiffness(0, 0), c.at("C11").as_number(), tolerance);
  EXPECT_NEAR(bulk.stiffness(0, 1), c.at("C12").as_number(), tolerance);
  EXPECT_NEAR(bulk.stiffness(3, 3), c.at("C44").as_number(), tolerance);
}

TEST(Bulk, a_rattled_oxide_goes_back_to_its_lattice) {
  auto const model = make_potential("rigid-ion:grimes");

  auto const bulk = relax_bulk(make_cubic("CeO2", 5.41), *model, 1);

  EXPECT_EQ(bulk.status, Status::ok) << bulk.reason;
  EXPECT_LT(std::abs(bulk.rattle_gain), 1e-5);
}

TEST(Bulk, stiffness_agrees_with_the_curvature_of_the_energy) {
  LennardJones const model;

  auto const bulk = relax_bulk(make_fcc(3.7), model, 1);

  ASSERT_EQ(bulk.status, Status::ok) << bulk.reason;
  auto energy = [&](double strain) {
    Crystal cell = bulk.crystal;
    cell.lattice *= 1.0 + strain;
    cell.positions *= 1.0 + strain;
    return model.evaluate(cell).energy;
  };
  double const h = 1e-3, volume = bulk.crystal.volume();
  // isotropic strain e costs V (9/2) B e^2 with B = (C11 + 2 C12)/3
  double const modulus = (energy(h) - 2.0 * energy(0.0) + energy(-h)) / (h * h) / (9.0 * volume);
  auto const& c = bulk.stiffness;
  EXPECT_NEAR((c(0, 0) + 2.0 * c(0, 1)) / 3.0, modulus, 1e-3 * modulus);  // both differences err by h^2
  EXPECT_NEAR(c(0, 0), c(2, 2), 1e-6);
  EXPECT_NEAR(c(3, 3), c(5, 5), 1e-6);
  EXPECT_NEAR(c(0, 1), c(3, 3), 1e-3 * c(0, 1));  // Cauchy relation of central forces at zero pressure
  EXPECT_NEAR(c(0, 3), 0.0, 1e-6);
  EXPECT_LT(std::abs(bulk.rattle_gain), 1e-4);
}

/// A model whose forces and stress carry what single precision leaves: 1e-5 eV/A and 1e-7 eV/A^3.
class Rounded final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override {
    auto evaluation = exact_.evaluate(crystal);
    auto const phase = (1e7 * crystal.positions.array() + 1e7 * crystal.lattice.sum()).eval();
    evaluation.forces.array() += 1e-5 * phase.sin();
    *evaluation.stress += 1e-7 * std::sin(phase.sum()) * Eigen::Matrix3d::Identity();
    return evaluation;
  }
  std::string name() const override { return "rounded"; }
  std::string identity() const override { return exact_.identity(); }
  double cutoff() const override { return exact_.cutoff(); }
  std::vector<int> elements() const override { return exact_.elements(); }

 private:
  LennardJones exact_;
};

TEST(Bulk, a_model_in_single_precision_is_not_asked_for_digits_that_it_has_not) {
  auto const exact = relax_bulk(make_fcc(3.7), LennardJones(), 1), rounded = relax_bulk(make_fcc(3.7), Rounded(), 1);

  ASSERT_EQ(rounded.status, Status::ok) << rounded.reason;
  EXPECT_LT(rounded.work, 2.0 * exact.work);
  EXPECT_NEAR(rounded.crystal.lattice(0, 0), exact.crystal.lattice(0, 0), 1e-4);
  EXPECT_LT((rounded.stiffness - exact.stiffness).cwiseAbs().maxCoeff(), 1e-2 * exact.stiffness.maxCoeff());
}

TEST(Bulk, a_crystal_that_is_no_minimum_is_refused) {
  LennardJones const model;
  Crystal simple_cubic;
  simple_cubic.lattice = 2.7 * Eigen::Matrix3d::Identity();
  simple_cubic.positions = Eigen::Matrix3Xd::Zero(3, 1);
  simple_cubic.numbers = {18};
  simple_cubic.oxidation = {0.0};

  auto const bulk = relax_bulk(simple_cubic, model, 1);

  EXPECT_EQ(bulk.status, Status::refused);
  EXPECT_TRUE(bulk.reason.starts_with("unstable_in_model")) << bulk.reason;
  EXPECT_GT(bulk.rattle_gain, 5e-3);
}

TEST(Bulk, keeps_the_symmetry_that_a_file_with_rounded_numbers_meant) {
  LennardJones const model;
  auto rounded = make_fcc(3.7);
  rounded.lattice(0, 0) += 3e-5;
  rounded.positions(0, 2) += 4e-5;

  auto const bulk = relax_bulk(rounded, model, 1, false);

  auto const& h = bulk.crystal.lattice;
  EXPECT_NEAR(h(0, 0), h(2, 2), 1e-10);
  EXPECT_LT((bulk.crystal.positions.col(2) - Eigen::Vector3d(0.5 * h(0, 0), 0.0, 0.5 * h(2, 2))).norm(), 1e-4);
}

}  // namespace
}  // namespace nacre
