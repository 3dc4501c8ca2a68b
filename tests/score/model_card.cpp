#include "nacre/score/model_card.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "support/nequix_weights.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

CardOptions without_hops() {
  CardOptions options;
  options.hops = false;
  return options;
}

TEST(ModelCard, has_the_bulk_modulus_of_the_stiffness) {
  auto const model = make_potential("rigid-ion:grimes");
  auto const crystals = card_crystals();
  for (auto const* name : {"MgO", "SrTiO3"}) {
    auto const& crystal = std::ranges::find(crystals, name, &CardCrystal::name)->crystal;
    auto const bulk = relax_bulk(crystal, *model, 0, false);
    double const modulus = (bulk.stiffness(0, 0) + 2.0 * bulk.stiffness(0, 1)) / 3.0;

    auto const state = cubic_state(*model, crystal);

    EXPECT_NEAR(state.lattice, bulk.crystal.lattice(0, 0), 1e-4) << name;
    EXPECT_NEAR(state.modulus, modulus, 5e-3 * modulus) << name;  // the cubic through seven points leaves less
    EXPECT_LT(state.outward_modulus, state.modulus) << name;      // crystals soften as they grow
    EXPECT_GT(state.outward_modulus, 0.95 * state.modulus) << name;
  }
}

TEST(ModelCard, sees_charged_planes_attract_in_a_model_with_charges_only) {
  auto const ions = make_model_card(*make_potential("rigid-ion:pedone2006+zbl"), without_hops()).at("charged_planes");
  auto const formal = make_model_card(*make_potential("lj:0.01,2+far-charges"), without_hops()).at("charged_planes");

  double const expected = formal.at("formal_charges_eV_per_A").as_number();
  EXPECT_NEAR(expected, 2.0 * units::pi * units::coulomb_eV_A * 4.0 / (4.2 * 4.2), 1e-9);
  EXPECT_NEAR(formal.at("force_eV_per_A").as_number(), expected, 1e-4);  // Gaussians of 3 A still overlap by 4e-5 at 19 A
  EXPECT_NEAR(ions.at("force_eV_per_A").as_number(), 0.36 * expected, 1e-6);  // charges of 0.6 of the formal ones
}

class LearnedCard : public testing::Test {
 protected:
  LearnedCard() { test::write_nequix(folder_.path() / "w.safetensors", test::random_nequix(7)); }
  std::shared_ptr<Potential const> model() const { return make_potential("nequix:" + (folder_.path() / "w.safetensors").string()); }
  test::TemporaryFolder folder_;
};

TEST_F(LearnedCard, says_what_the_model_does_not_cover_and_what_it_cannot_see) {
  auto const card = make_model_card(*model(), without_hops());

  EXPECT_EQ(card.at("bulk").at("SrTiO3").at("status").as_string(), "refused");
  EXPECT_NE(card.at("bulk").at("SrTiO3").at("reason").as_string().find("'Sr'"), std::string::npos);
  EXPECT_EQ(card.at("charged_planes").at("force_eV_per_A").as_number(), 0.0);
  EXPECT_EQ(card.at("model").at("identity").as_string(), model()->identity());
  EXPECT_EQ(card.at("range").at("origin").as_string(), "the card's crystals, rattled by 0.1 A");
  EXPECT_EQ(card.find("forces"), nullptr);
  EXPECT_EQ(card.find("hops"), nullptr);
}

TEST_F(LearnedCard, has_the_slope_of_forces_against_labels) {
  auto const potential = model();
  auto options = without_hops();
  for (auto const& one : card_crystals()) {
    if (one.name != "MgO" && one.name != "Si") continue;  // of silicon the model knows nothing
    Frame frame;
    frame.crystal = one.crystal;
    frame.crystal.positions.col(0) += Eigen::Vector3d(0.1, 0.05, -0.1);
    frame.columns["forces"] = one.name == "MgO" ? Eigen::MatrixXd(2.0 * potential->evaluate(frame.crystal).forces) : Eigen::MatrixXd::Ones(3, 8);
    options.labels.push_back(frame);
  }

  auto const forces = make_model_card(*potential, options).at("forces");

  EXPECT_NEAR(forces.at("slope").as_number(), 0.5, 1e-12);
  EXPECT_NEAR(forces.at("correlation").as_number(), 1.0, 1e-12);
  EXPECT_NEAR(forces.at("elements").at("O").at("slope").as_number(), 0.5, 1e-12);
  EXPECT_EQ(forces.at("frames_refused").as_integer(), 1);
  options.labels.front().columns.clear();
  options.labels.resize(1);
  EXPECT_THROW(make_model_card(*potential, options), InputError);
}

TEST_F(LearnedCard, is_computed_once_and_kept_by_identity) {
  auto const weights = (folder_.path() / "w.safetensors").string(), cards = (folder_.path() / "cards").string();
  auto const card = [&](std::string const& more) {
    return test::run_command(concat("NACRE_CARD_DIR='", cards, "' '", test::nacre_program(), "' models card 'nequix:", weights, "' --skip-hops --json ", more));
  };

  auto const first = card(""), second = card(""), again = card("--again");

  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_NE(first.err.find("equation of state of MgO"), std::string::npos);
  EXPECT_EQ(second.err, "");
  EXPECT_EQ(second.out, first.out);
  EXPECT_NE(again.err.find("equation of state of MgO"), std::string::npos);
  auto const file = std::filesystem::path(cards) / (model()->identity() + ".json");
  EXPECT_TRUE(std::filesystem::exists(file));
  auto const inspected = test::run_command(concat("NACRE_CARD_DIR='", cards, "' '", test::nacre_program(), "' models '", weights, "'"));
  EXPECT_NE(inspected.out.find(file.string()), std::string::npos) << inspected.out << inspected.err;
  EXPECT_EQ(test::run_command(test::nacre_program() + " models card").status, 2);
  EXPECT_EQ(card("--labels /nowhere.extxyz").status, 2);
  write_file(folder_.path() / "empty.extxyz", "");
  EXPECT_EQ(card(concat("--known '", (folder_.path() / "empty.extxyz").string(), "'")).status, 2);
  EXPECT_EQ(card("--threads 0").status, 2);
}

}  // namespace
}  // namespace nacre
