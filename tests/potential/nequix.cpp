#include "nacre/potential/nequix.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/crystal/io.hpp"
#include "support/nequix_weights.hpp"
#include "support/potential_conformance.hpp"
#include "support/reference_frames.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using testing::HasSubstr;

/// A model of the test's own, three layers with random weights.
class Nequix : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<test::TemporaryFolder>();
    test::write_nequix(file(), test::random_nequix(7));
    model = make_nequix(file(), "nequix:test");
  }
  static void TearDownTestSuite() {
    model.reset();
    folder.reset();
  }
  static std::filesystem::path file() { return folder->path() / "model.safetensors"; }
  /// What is said to weights that were changed.
  static std::string refusal(std::function<void(test::NequixWeights&)> const& change) {
    auto weights = test::random_nequix(7);
    change(weights);
    test::write_nequix(folder->path() / "changed.safetensors", weights);
    try {
      make_nequix(folder->path() / "changed.safetensors", "changed");
    } catch (InputError const& error) {
      return error.what();
    }
    return "accepted";
  }
  static std::unique_ptr<test::TemporaryFolder> folder;
  static std::shared_ptr<Potential const> model;
};
std::unique_ptr<test::TemporaryFolder> Nequix::folder;
std::shared_ptr<Potential const> Nequix::model;

/// Energies of single precision carry 1e-6 eV, so steps are large; the truncation error is then near 1e-4 eV/A.
test::PotentialTolerances const single{5e-3, 1e-3, 1e-4, 2e-5};

/// Five atoms without symmetry, some outside the cell.
Crystal skewed(double scale = 1.0) {
  Crystal crystal;
  crystal.lattice << 4.1, 0.7, -0.3, 0.0, 3.9, 0.5, 0.2, 0.0, 5.2;
  crystal.positions.resize(3, 5);
  crystal.positions << 0.1, 2.2, -3.0, 1.9, 0.3, 0.2, 1.7, 9.1, 0.2, 2.2, 0.0, 2.9, 1.3, 4.6, 3.1;
  crystal.lattice *= scale;
  crystal.positions *= scale;
  crystal.numbers = {12, 8, 8, 22, 8};
  return crystal;
}

Crystal dimer(double distance) {
  Crystal crystal;
  crystal.lattice = 30.0 * Eigen::Matrix3d::Identity();
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 2);
  crystal.positions.col(1) = distance * Eigen::Vector3d(0.6, 0.0, 0.8);
  crystal.numbers = {12, 8};
  crystal.periodic = {false, false, false};
  return crystal;
}

TEST_F(Nequix, conforms_to_what_holds_for_every_potential) {
  test::expect_forces_are_derivatives(*model, skewed(), single);
  test::expect_stress_is_derivative(*model, skewed(), single);
  test::expect_symmetries(*model, skewed(), single);
  test::expect_extensive(*model, skewed(), {2, 1, 1}, single);
  test::expect_bookkeeping(*model, skewed());
}

TEST_F(Nequix, error_of_central_differences_falls_with_the_square_of_the_step) {
  auto const forces = model->evaluate(skewed(1.3)).forces;
  auto const error = [&](double h) {
    double largest = 0.0;
    for (Eigen::Index i = 0; i < 3; ++i) {
      auto plus = skewed(1.3), minus = skewed(1.3);
      plus.positions.data()[i] += h;
      minus.positions.data()[i] -= h;
      auto const slope = (model->evaluate(plus).energy - model->evaluate(minus).energy) / (2.0 * h);
      largest = std::max(largest, std::abs(slope + forces.data()[i]));
    }
    return largest;
  };

  EXPECT_NEAR(error(0.08) / error(0.04), 4.0, 0.6);  // the next order adds a part
}

TEST_F(Nequix, lonely_atoms_have_an_energy_and_no_forces) {
  auto const alone = model->evaluate(dimer(12.0));
  auto single_atom = dimer(12.0);
  single_atom.numbers = {12};
  single_atom.positions.conservativeResize(3, 1);

  EXPECT_EQ(alone.edges, 0);
  EXPECT_TRUE(alone.forces.isZero(0.0));
  EXPECT_FALSE(alone.stress.has_value());
  EXPECT_EQ(alone.atom_energies[0], model->evaluate(single_atom).energy);
  EXPECT_EQ(model->evaluate(Crystal{}).energy, 0.0);
}

TEST_F(Nequix, atoms_enter_the_cutoff_without_a_step) {
  auto const inside = model->evaluate(dimer(4.5 - 1e-6)), outside = model->evaluate(dimer(4.5 + 1e-6));

  EXPECT_EQ(inside.edges, 2);
  EXPECT_EQ(outside.edges, 0);
  EXPECT_NEAR(inside.energy, outside.energy, 1e-9);
  EXPECT_LT(inside.forces.cwiseAbs().maxCoeff(), 1e-6);
}

TEST_F(Nequix, cells_smaller_than_the_cutoff_are_seen_with_all_their_images) {
  Crystal cell;
  cell.lattice = 2.1 * Eigen::Matrix3d::Identity();
  cell.positions = Eigen::Matrix3Xd::Zero(3, 1);
  cell.numbers = {22};
  auto const one = model->evaluate(cell), many = model->evaluate(supercell(cell, {3, 3, 3}));

  EXPECT_EQ(many.edges, 27 * one.edges);
  EXPECT_NEAR(many.energy / 27.0, one.energy, 1e-6);
  EXPECT_LT((*many.stress - *one.stress).cwiseAbs().maxCoeff(), 1e-6);
}

TEST_F(Nequix, number_of_threads_changes_no_bit) {
  auto const crystal = supercell(skewed(), {2, 2, 2});
  auto const one = model->evaluate(crystal);
  for (int const threads : {2, 3, 7}) {
    auto const many = make_nequix(file(), "nequix:test", threads)->evaluate(crystal);
    EXPECT_EQ(many.energy, one.energy);
    EXPECT_EQ(many.forces, one.forces);
    EXPECT_EQ(*many.stress, *one.stress);
  }
}

TEST_F(Nequix, companions_in_a_batch_change_no_bit) {
  std::vector<Crystal> const crystals{skewed(), supercell(skewed(), {2, 1, 1}), dimer(2.0), skewed(1.1), dimer(92.0)};
  for (int const threads : {1, 3, 8}) {
    auto const results = model->evaluate_many(crystals, threads);
    for (std::size_t k = 0; k < crystals.size(); ++k) {
      EXPECT_EQ(results[k].evaluation.energy, model->evaluate(crystals[k]).energy);
      EXPECT_EQ(results[k].evaluation.forces, model->evaluate(crystals[k]).forces);
    }
  }
}

TEST_F(Nequix, instruction_set_changes_no_bit) {
  auto const frame = (folder->path() / "frame.extxyz").string();
  Frame written;
  written.crystal = skewed();
  std::ofstream(frame) << to_extxyz(written);
  std::string first;
  for (auto const* isa : {"generic", "avx2", "avx512"}) {
    auto const result = test::run_command(
        concat("NACRE_ISA=", isa, ' ', test::nacre_program(), " energy ", frame, " --json --model nequix:", file().string()));
    if (result.status != 0 && result.err.find("this processor does not have it") != std::string::npos) continue;
    ASSERT_EQ(result.status, 0) << result.err;
    if (first.empty()) first = result.out;
    EXPECT_EQ(result.out, first) << isa;
  }
}

TEST_F(Nequix, features_are_the_scalars_of_every_layer_and_do_not_turn) {
  auto const features = model->features(skewed());
  Eigen::Matrix3d const turn = Eigen::AngleAxisd(0.7, Eigen::Vector3d(1.0, -2.0, 0.5).normalized()).toRotationMatrix();

  EXPECT_EQ(features.rows(), 3 * 8);
  EXPECT_EQ(features.cols(), 5);
  EXPECT_GT(features.cwiseAbs().maxCoeff(), 0.1f);
  EXPECT_LT((model->features(test::deformed(skewed(), turn)) - features).cwiseAbs().maxCoeff(), 2e-5f);
}

TEST_F(Nequix, identity_is_that_of_the_weights_and_not_of_the_path) {
  std::filesystem::copy_file(file(), folder->path() / "copy", std::filesystem::copy_options::overwrite_existing);
  test::write_nequix(folder->path() / "other", test::random_nequix(8));

  EXPECT_EQ(make_nequix(folder->path() / "copy", "x")->identity(), model->identity());
  EXPECT_EQ(make_nequix(file(), "x", 3)->identity(), model->identity());
  EXPECT_NE(make_nequix(folder->path() / "other", "x")->identity(), model->identity());
  EXPECT_EQ(model->elements(), (std::vector<int>{8, 12, 22}));
  EXPECT_EQ(model->cutoff(), 4.5);
}

TEST_F(Nequix, unknown_elements_and_atoms_on_each_other_are_refused) {
  auto other = skewed();
  other.numbers[2] = 92;
  auto same = skewed();
  same.positions.col(1) = same.positions.col(0);

  EXPECT_THROW(model->evaluate(other), InputError);
  EXPECT_THROW(model->evaluate(same), InputError);
}

TEST_F(Nequix, weights_that_do_not_fit_are_refused_with_the_reason) {
  using Weights = test::NequixWeights;
  EXPECT_EQ(refusal([](Weights&) {}), "accepted");
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["format"] = "other"; }), HasSubstr("not the weights of a Nequix model"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["cutoff"] = "-6"; }), HasSubstr("cutoff=-6 is out of range"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["cutoff"] = "six"; }), HasSubstr("cutoff"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata.erase("n_layers"); }), HasSubstr("no 'n_layers'"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["n_layers"] = "9"; }), HasSubstr("has the shape [18, 8]"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["tp_sorted_slots"] = "[[0, 1, 2, 2]]"; }), HasSubstr("tp_sorted_slots"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["hidden_irreps"] = "8x1o"; }), HasSubstr("hidden_irreps '8x1o'"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["atomic_numbers"] = "[8, 8, 22]"; }), HasSubstr("twice"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["tp_paths"] = "[[[0, 9, 0, 3, 0]]]"; }), HasSubstr("tp_paths"));
  EXPECT_THAT(refusal([](Weights& w) { w.metadata["layer_norm"] = "false"; }), HasSubstr("not supported"));
  EXPECT_THAT(refusal([](Weights& w) { w.arrays.erase("layers.1.linear_2.2"); }), HasSubstr("layers.1.linear_2.2"));
  EXPECT_THAT(refusal([](Weights& w) { w.arrays["readout.0"].values[3] = NAN; }), HasSubstr("not finite"));
  EXPECT_THAT(refusal([](Weights& w) { w.arrays["layers.0.radial.2"].shape[0] = 6; }), HasSubstr("cut short"));
}

/// Frames of the published models, evaluated by their authors' code in double precision.
class PublishedNequix : public testing::TestWithParam<std::string> {};

TEST_P(PublishedNequix, gives_all_reference_energies_forces_and_stresses) {
  auto const reference = test::shared_file("reference/mlip/reference.extxyz");
  auto const weights = test::shared_file("models/" + GetParam() + "/" + GetParam() + ".safetensors");
  NACRE_NEEDS_SHARED(reference);
  NACRE_NEEDS_SHARED(weights);

  EXPECT_GE(test::expect_reference_frames(*make_nequix(weights, GetParam()), GetParam(), 2e-5), 2);
}

INSTANTIATE_TEST_SUITE_P(Shared, PublishedNequix, testing::Values("nequix-mp-1", "nequix-mp-1-pft", "nequix-oam-1-pft"),
                         [](auto const& model) {
                           auto name = model.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace nacre
