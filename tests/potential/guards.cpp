// What stands around learned models: the shortest distance, the core, the range, rules of sums.
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/batch.hpp"
#include "nacre/potential/extrapolation.hpp"
#include "nacre/potential/relax.hpp"
#include "support/nequix_weights.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// A learned model of Mg, Ti and O with random weights.
class Guards : public testing::Test {
 protected:
  Guards() { test::write_nequix(folder_.path() / "w.safetensors", test::random_nequix(7)); }
  std::string model(std::string const& more = {}) const { return "nequix:" + (folder_.path() / "w.safetensors").string() + more; }

  test::TemporaryFolder folder_;
};

Crystal dimer(double r) {
  Crystal crystal;
  crystal.periodic = {false, false, false};
  crystal.numbers = {12, 8};
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 2);
  crystal.positions(0, 1) = r;
  return crystal;
}

Crystal magnesia(double rattle, std::uint64_t seed) {
  Crystal crystal;
  crystal.lattice = 4.2 * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, 8);
  int next = 0;
  for (int i = 0; i < 8; ++i) {
    crystal.positions.col(next++) = 2.1 * Eigen::Vector3d(i & 1, i >> 1 & 1, i >> 2);
    crystal.numbers.push_back(((i & 1) + (i >> 1 & 1) + (i >> 2)) % 2 == 0 ? 12 : 8);
  }
  Rng rng(seed, "guards", 0);
  for (double& x : crystal.positions.reshaped()) x += rattle * rng.normal();
  return crystal;
}

std::string message_of(std::function<void()> const& action) {
  try {
    action();
  } catch (InputError const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(Guards, refuse_atoms_closer_than_anything_learned) {
  auto const potential = make_potential(model());
  double const least = 0.22 * (1.41 + 0.66);  // covalent radii of Mg and O

  EXPECT_NO_THROW(potential->evaluate(dimer(least + 1e-9)));
  auto const message = message_of([&] { potential->evaluate(dimer(least - 1e-9)); });
  EXPECT_NE(message.find("atoms 1 (Mg) and 2 (O)"), std::string::npos) << message;
  EXPECT_NE(message.find("+zbl"), std::string::npos) << message;
  EXPECT_EQ(potential->evaluate(dimer(2.0)).energy, make_potential(model("+lj:1,0.1,0.2"))->evaluate(dimer(2.0)).energy);
}

TEST_F(Guards, refuse_one_structure_of_a_batch_and_evaluate_the_others) {
  auto const potential = make_potential(model());
  std::vector<Crystal> const crystals{magnesia(0.05, 1), dimer(0.4), magnesia(0.05, 2)};

  auto const results = evaluate_batch(*potential, crystals);

  EXPECT_EQ(results[0].evaluation.energy, potential->evaluate(crystals[0]).energy);
  EXPECT_NE(results[1].refusal.find("0.4 Å apart"), std::string::npos) << results[1].refusal;
  EXPECT_EQ(results[2].evaluation.forces, potential->evaluate(crystals[2]).forces);
}

TEST_F(Guards, refuse_formal_charges_that_do_not_sum_to_zero) {
  auto crystal = magnesia(0.05, 1);
  for (int const z : crystal.numbers) crystal.oxidation.push_back(z == 8 ? -2.0 : 2.0);
  auto charged = crystal;
  charged.oxidation[0] += 1.0;
  PotentialOptions background;
  background.background = true;
  for (auto const& text : {model(), model("+zbl"), "committee(" + model() + ";" + model("+lj:0.1,0.5,1.5") + ")"}) {
    auto const potential = make_potential(text);

    EXPECT_NO_THROW(potential->evaluate(crystal));
    auto const message = message_of([&] { potential->evaluate(charged); });
    EXPECT_NE(message.find("sum to 1 e"), std::string::npos) << message;
    EXPECT_NE(message.find("--background"), std::string::npos) << message;
    EXPECT_EQ(potential->with_background()->evaluate(charged).energy, potential->evaluate(crystal).energy) << text;
    EXPECT_EQ(make_potential(text, background)->evaluate(charged).energy, potential->evaluate(crystal).energy) << text;
  }
  EXPECT_NO_THROW(make_potential("lj:0.1,2")->evaluate(charged));  // a formula says nothing of electrons
}

TEST_F(Guards, leave_elements_without_charge_states_to_the_model) {
  auto crystal = magnesia(0.05, 1);
  crystal.numbers[0] = 54;

  auto const message = message_of([&] { make_potential(model())->evaluate(crystal); });
  EXPECT_NE(message.find("Xe"), std::string::npos) << message;
  EXPECT_EQ(message.find("oxidation"), std::string::npos) << message;
}

TEST_F(Guards, grade_surroundings_by_those_that_are_known) {
  auto const potential = make_potential(model());
  std::vector<Crystal> known;
  for (std::uint64_t k = 0; k < 30; ++k) known.push_back(magnesia(0.05, k));
  FeatureSet const set(*potential, known, "thirty rattled cells");

  for (auto const& crystal : known) EXPECT_LE(set.grades(*potential, crystal).maxCoeff(), 1.001 + 1e-6);
  EXPECT_LT(set.grades(*potential, magnesia(0.05, 77)).maxCoeff(), 2.0);
  EXPECT_GT(set.grades(*potential, magnesia(0.25, 77)).maxCoeff(), 2.0);
  EXPECT_GT(set.grades(*potential, dimer(1.0)).minCoeff(), 2.0);
  auto titanium = magnesia(0.0, 0);
  titanium.numbers[3] = 22;
  EXPECT_TRUE(std::isinf(set.grades(*potential, titanium)[3]));
  EXPECT_TRUE(set.rare().empty());
  FeatureSet const read(Value::parse_json(set.to_value().dump(), "a set"));
  EXPECT_EQ(read.grades(*potential, known[0]), set.grades(*potential, known[0]));
}

TEST_F(Guards, fall_back_on_the_ridge_where_one_surrounding_is_known) {
  auto const potential = make_potential(model());
  std::vector<Crystal> const known{magnesia(0.0, 0)};  // every Mg, and every O, sees the same

  FeatureSet const set(*potential, known, "one perfect cell");

  EXPECT_EQ(set.rare(), (std::vector<int>{8, 12}));
  EXPECT_LE(set.grades(*potential, known[0]).maxCoeff(), 1.0);
  EXPECT_GT(set.grades(*potential, magnesia(0.3, 1)).maxCoeff(), 1.0);
}

TEST_F(Guards, warn_outside_the_range_in_a_card) {
  auto const potential = make_potential(model());
  std::vector<Crystal> known;
  for (std::uint64_t k = 0; k < 6; ++k) known.push_back(magnesia(0.05, k));
  auto card = Value::object();
  card["range"] = FeatureSet(*potential, known, "six rattled cells").to_value();
  auto const file = (folder_.path() / "card.json").string();
  write_file(file, card.dump());
  auto const ranged = make_potential("ranged(" + model() + ";" + file + ")");

  auto const inside = ranged->evaluate(known[2]), outside = ranged->evaluate(dimer(1.0));

  EXPECT_EQ(inside.energy, potential->evaluate(known[2]).energy);
  EXPECT_EQ(inside.trust, Trust::go);
  EXPECT_NE(outside.trust, Trust::go);
  EXPECT_NE(outside.warning.find("extrapolation grade"), std::string::npos) << outside.warning;
  EXPECT_EQ(ranged->evaluate(magnesia(0.05, 9)).grade, ranged->evaluate_many(std::vector{magnesia(0.05, 9)}, 1)[0].evaluation.grade);
  EXPECT_NE(ranged->identity(), potential->identity());
  EXPECT_NE(message_of([&] { make_potential("ranged(lj:1,2;" + file + ")"); }).find("another model"), std::string::npos);
  EXPECT_NE(message_of([&] { make_potential("ranged(" + model() + ")"); }).find("no model and card"), std::string::npos);
  write_file(file, "{}");
  EXPECT_NE(message_of([&] { make_potential("ranged(" + model() + ";" + file + ")"); }).find("is no card"), std::string::npos);
}

TEST_F(Guards, refuse_sums_that_count_twice) {
  EXPECT_NE(message_of([&] { make_potential(model("+rigid-ion:grimes")); }).find("the energy of bonds"), std::string::npos);
  EXPECT_NE(message_of([&] { make_potential("rigid-ion:grimes+far-charges"); }).find("Coulomb energy of far ions"), std::string::npos);
  EXPECT_NO_THROW(make_potential(model("+far-charges:3,5+zbl")));
}

TEST_F(Guards, add_a_correction_to_the_model_it_was_fitted_to) {
  auto const crystal = magnesia(0.05, 3);
  auto const sum = make_potential("rigid-ion:lewis_catlow1985+correction(" + model() + ")");
  auto charged = crystal;
  for (int const z : charged.numbers) charged.oxidation.push_back(z == 8 ? -2.0 : 2.0);

  double const energy = sum->evaluate(charged).energy;

  EXPECT_NEAR(energy, make_potential("rigid-ion:lewis_catlow1985")->evaluate(charged).energy + make_potential(model())->evaluate(charged).energy, 1e-9);
  EXPECT_TRUE(sum->contents().learned);
  EXPECT_TRUE(sum->fixed_charges());
  EXPECT_NE(make_potential("correction(" + model() + ")")->identity(), make_potential(model())->identity());
}

TEST_F(Guards, keep_what_the_model_inside_can_do) {
  auto const bare = make_potential(model()), wrapped = make_potential(model("+far-charges"));
  auto const crystal = magnesia(0.05, 3);

  EXPECT_EQ(wrapped->features(crystal), bare->features(crystal));
  EXPECT_EQ(bare->with_slab_correction(true), nullptr);
  EXPECT_NE(wrapped->with_slab_correction(true), nullptr);
  EXPECT_NE(wrapped->with_background(), nullptr);
  EXPECT_EQ(wrapped->with_background()->name(), wrapped->name());
}

}  // namespace
}  // namespace nacre
