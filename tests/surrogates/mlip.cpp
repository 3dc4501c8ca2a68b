#include <gmock/gmock.h>

#include <Eigen/LU>
#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/model_plugin.hpp"
#include "support/potential_conformance.hpp"
#include "support/reference_frames.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

#define NACRE_NEEDS_MLIP \
  if (find_model_plugin().empty()) GTEST_SKIP() << "needs the plug-in mlip.so, built with NACRE_WITH_TORCH=ON"

std::shared_ptr<Potential const> load(fs::path const& path) { return make_potential("torchscript:" + path.string()); }

std::string message_of_loading(fs::path const& path) {
  try {
    load(path);
  } catch (InputError const& error) {
    return error.what();
  }
  return "loaded";
}

/// A few atoms without symmetry, some outside the cell.
Crystal skewed() {
  Crystal crystal;
  crystal.lattice << 4.1, 0.7, -0.3, 0.0, 3.9, 0.5, 0.2, 0.0, 5.2;
  crystal.positions.resize(3, 3);
  crystal.positions << 0.1, 2.2, -3.0, 0.2, 1.7, 9.1, 0.0, 2.9, 1.3;
  crystal.numbers = {12, 8, 8};
  return crystal;
}

Crystal dimer(double distance) {
  Crystal crystal;
  crystal.lattice = 20.0 * Eigen::Matrix3d::Identity();
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 2);
  crystal.positions(0, 1) = distance;
  crystal.numbers = {12, 8};
  crystal.periodic = {false, false, false};
  return crystal;
}

/// x -> (1 + strain) x for atoms and cell.
Crystal strained(Crystal crystal, Eigen::Matrix3d const& strain) {
  Eigen::Matrix3d const map = Eigen::Matrix3d::Identity() + strain;
  crystal.lattice = map * crystal.lattice;
  crystal.positions = map * crystal.positions;
  return crystal;
}

/// Modules written by write_test_modules: E = sum over directed edges of 0.4 (1 - r^2/20.25)^3, elements O and Mg.
class TorchScript : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (find_model_plugin().empty()) return;
    folder = std::make_unique<test::TemporaryFolder>();
    auto const result =
        test::run_command(concat(test::build_folder().string(), "/tests/mlip/write_test_modules ", folder->path().string()));
    ASSERT_EQ(result.status, 0) << result.err;
  }
  static void TearDownTestSuite() { folder.reset(); }
  void SetUp() override { NACRE_NEEDS_MLIP; }
  static fs::path file(std::string const& name) { return folder->path() / name; }
  static std::unique_ptr<test::TemporaryFolder> folder;
};
std::unique_ptr<test::TemporaryFolder> TorchScript::folder;

TEST_F(TorchScript, dimer_has_the_energy_worked_out_by_hand) {
  double const u = 1.0 - 4.0 / 20.25;
  for (auto const* name : {"forward.pt", "edges.pt"}) {
    auto const evaluation = load(file(name))->evaluate(dimer(2.0));

    EXPECT_NEAR(evaluation.energy, 0.8 * u * u * u, 1e-14) << name;
    // the dimer's energy is 0.8 u^3, its derivative 2.4 u^2 (-2 d/20.25); the atom at +x is pushed to +x
    EXPECT_NEAR(evaluation.forces(0, 1), 2.4 * u * u * 4.0 / 20.25, 1e-14) << name;
    EXPECT_NEAR(evaluation.forces(0, 0), -evaluation.forces(0, 1), 1e-16) << name;
    EXPECT_NEAR(evaluation.atom_energies[0], 0.4 * u * u * u, 1e-14) << name;
    EXPECT_EQ(evaluation.edges, 2) << name;
    EXPECT_FALSE(evaluation.stress.has_value()) << name;
  }
}

TEST_F(TorchScript, counts_the_images_of_a_cell_smaller_than_the_cutoff) {
  Crystal crystal;
  crystal.lattice = 2.0 * Eigen::Matrix3d::Identity();
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 1);
  crystal.numbers = {8};

  // lattice points with 0 < n^2 < (4.5/2)^2 = 5.06: 6 + 12 + 8 + 6 + 24
  EXPECT_EQ(load(file("edges.pt"))->evaluate(crystal).edges, 56);
  crystal.periodic[2] = false;
  EXPECT_EQ(load(file("edges.pt"))->evaluate(crystal).edges, 4 + 4 + 4 + 8);
}

TEST_F(TorchScript, both_ways_of_asking_agree) {
  auto const forward = load(file("forward.pt"))->evaluate(skewed());
  auto const edges = load(file("edges.pt"))->evaluate(skewed());

  EXPECT_NEAR(forward.energy, edges.energy, 1e-12);
  EXPECT_LT((forward.forces - edges.forces).cwiseAbs().maxCoeff(), 1e-13);
  EXPECT_LT((*forward.stress - *edges.stress).cwiseAbs().maxCoeff(), 1e-14);
}

TEST_F(TorchScript, forces_are_central_differences_with_an_error_falling_as_h_squared) {
  auto const model = load(file("edges.pt"));
  auto const forces = model->evaluate(skewed()).forces;
  auto const error = [&](double h) {
    double largest = 0.0;
    for (Eigen::Index i = 0; i < forces.size(); ++i) {
      auto plus = skewed(), minus = skewed();
      plus.positions.data()[i] += h;
      minus.positions.data()[i] -= h;
      double const slope = (model->evaluate(plus).energy - model->evaluate(minus).energy) / (2.0 * h);
      largest = std::max(largest, std::abs(slope + forces.data()[i]));
    }
    return largest;
  };

  double const coarse = error(2e-2), fine = error(1e-2);
  EXPECT_LT(fine, 1e-4);
  EXPECT_NEAR(coarse / fine, 4.0, 0.2);  // pairs that cross the cutoff add a part of the next order
}

TEST_F(TorchScript, stress_is_the_derivative_with_respect_to_strain) {
  for (auto const* name : {"forward.pt", "edges.pt"}) {
    auto const model = load(file(name));
    auto const stress = *model->evaluate(skewed()).stress;
    double const h = 1e-4;
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j <= i; ++j) {
        Eigen::Matrix3d strain = Eigen::Matrix3d::Zero();
        strain(i, j) += 0.5 * h;
        strain(j, i) += 0.5 * h;
        double const slope =
            (model->evaluate(strained(skewed(), strain)).energy - model->evaluate(strained(skewed(), -strain)).energy) /
            (2.0 * h * skewed().volume());
        EXPECT_NEAR(stress(i, j), slope, 1e-7) << name << ' ' << i << j;  // h^2 times a third derivative of order 10
      }
    }
  }
}

TEST_F(TorchScript, energy_does_not_depend_on_origin_and_cell_choice) {
  auto const model = load(file("edges.pt"));
  auto const base = model->evaluate(skewed());
  auto moved = skewed();
  moved.positions.colwise() += Eigen::Vector3d(17.0, -3.0, 8.5);
  moved.positions.col(1) += moved.lattice * Eigen::Vector3d(3.0, -2.0, 1.0);
  auto const there = model->evaluate(moved);
  auto const twice = model->evaluate(supercell(skewed(), {2, 1, 1}));

  EXPECT_NEAR(there.energy, base.energy, 1e-11);
  EXPECT_LT((there.forces - base.forces).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_NEAR(twice.energy, 2.0 * base.energy, 1e-11);
  EXPECT_EQ(twice.edges, 2 * base.edges);
}

TEST_F(TorchScript, lonely_atom_has_no_edges_and_no_forces) {
  auto crystal = dimer(9.0);
  for (auto const* name : {"edges.pt", "edges_single.pt"}) {
    auto const evaluation = load(file(name))->evaluate(crystal);
    EXPECT_EQ(evaluation.edges, 0);
    EXPECT_EQ(evaluation.energy, 0.0);
    EXPECT_TRUE(evaluation.forces.isZero(0.0));
  }
}

TEST_F(TorchScript, identity_is_that_of_file_and_type_and_not_of_the_path) {
  fs::copy_file(file("edges.pt"), file("copy.pt"), fs::copy_options::overwrite_existing);
  auto const original = load(file("edges.pt"));

  EXPECT_EQ(original->identity().size(), 64u);
  EXPECT_EQ(load(file("copy.pt"))->identity(), original->identity());
  EXPECT_NE(load(file("edges_single.pt"))->identity(), original->identity());
  EXPECT_EQ(original->name(), "torchscript:" + file("edges.pt").string());
  EXPECT_EQ(original->cutoff(), 4.5);
  EXPECT_EQ(original->elements(), (std::vector<int>{8, 12}));
}

TEST_F(TorchScript, same_input_gives_the_same_bits) {
  auto const model = load(file("edges_single.pt"));
  auto const first = model->evaluate(skewed());

  EXPECT_EQ(model->evaluate(skewed()).energy, first.energy);
  EXPECT_EQ(load(file("edges_single.pt"))->evaluate(skewed()).forces, first.forces);
}

TEST_F(TorchScript, element_outside_the_table_is_named) {
  auto crystal = skewed();
  crystal.numbers[1] = 22;
  try {
    load(file("edges.pt"))->evaluate(crystal);
    FAIL() << "evaluated";
  } catch (InputError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("does not know the element 'Ti'"));
  }
}

TEST_F(TorchScript, file_that_is_no_model_is_refused_with_the_reason) {
  std::ofstream(file("text.pt")) << "not a zip archive";

  EXPECT_THAT(message_of_loading(file("absent.pt")), HasSubstr("no such file"));
  EXPECT_THAT(message_of_loading(folder->path()), HasSubstr("no such file"));
  EXPECT_THAT(message_of_loading(file("text.pt")), HasSubstr("no TorchScript module"));
  EXPECT_THAT(message_of_loading(file("no_cutoff.pt")), HasSubstr("no number 'r_max'"));
  EXPECT_THAT(message_of_loading(file("later.pt")), HasSubstr("newer than the LibTorch"));
}

TEST_F(TorchScript, broken_answer_says_what_is_missing) {
  auto const reason = [](fs::path const& path) -> std::string {
    try {
      load(path)->evaluate(skewed());
    } catch (Error const& error) {
      return error.what();
    }
    return "evaluated";
  };

  EXPECT_THAT(reason(file("no_forces.pt")), HasSubstr("no 'forces'"));
  EXPECT_THAT(reason(file("raising.pt")), testing::AllOf(HasSubstr("too many edges"), testing::Not(HasSubstr("\n"))));
}

/// Modules of other interfaces that give the energy of species.pt.
class Interface : public TorchScript, public testing::WithParamInterface<std::pair<char const*, char const*>> {
 protected:
  static std::shared_ptr<Potential const> make() {
    return make_potential(concat(GetParam().first, ':', file(GetParam().second).string()));
  }
};

TEST_P(Interface, gives_what_the_dictionary_gives) {
  auto const expected = load(file("species.pt"))->evaluate(skewed()), found = make()->evaluate(skewed());

  EXPECT_NEAR(found.energy, expected.energy, 1e-12);
  EXPECT_LT((found.atom_energies - expected.atom_energies).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((found.forces - expected.forces).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((*found.stress - *expected.stress).cwiseAbs().maxCoeff(), 1e-13);
  EXPECT_EQ(found.edges, expected.edges);
  EXPECT_EQ(make()->elements(), (std::vector<int>{8, 12}));
  EXPECT_EQ(make()->cutoff(), 4.5);
}

TEST_P(Interface, lonely_atom_has_no_edges_and_no_forces) {
  auto const evaluation = make()->evaluate(dimer(9.0));

  EXPECT_EQ(evaluation.edges, 0);
  EXPECT_EQ(evaluation.energy, 0.0);
  EXPECT_TRUE(evaluation.forces.isZero(0.0));
}

TEST_P(Interface, is_found_by_the_contents_of_the_file) {
  auto const path = file(GetParam().second).string();

  EXPECT_EQ(make_potential(path)->about().at("kind").as_string(), GetParam().first);
  EXPECT_EQ(make_potential(path)->identity(), make()->identity());
  EXPECT_EQ(make_potential(path)->name(), path);
}

TEST_P(Interface, another_kind_is_refused_with_the_right_one) {
  auto const other = std::string(GetParam().first) == "mace" ? "nequip" : "mace";
  try {
    make_potential(concat(other, ':', file(GetParam().second).string()));
    FAIL() << "loaded";
  } catch (InputError const& error) {
    EXPECT_THAT(error.what(), HasSubstr(concat("write ", GetParam().first, ":")));
  }
}

INSTANTIATE_TEST_SUITE_P(Exports, Interface,
                         testing::Values(std::pair{"mace", "mace.pt"}, std::pair{"nequip", "nequip.pth"},
                                         std::pair{"sevennet", "sevennet.pt"}),
                         [](auto const& kind) { return std::string(kind.param.first); });

TEST_F(TorchScript, kinds_that_do_not_fit_the_file_are_refused) {
  auto const reason = [](std::string const& model) -> std::string {
    try {
      make_potential(model);
    } catch (InputError const& error) {
      return error.what();
    }
    return "loaded";
  };
  std::ofstream(file("text")) << "neither weights nor a module";

  EXPECT_THAT(reason("nequix:" + file("edges.pt").string()), HasSubstr("write torchscript:"));
  EXPECT_THAT(reason("sevennet:" + file("edges.pt").string()), HasSubstr("lacks the text"));
  EXPECT_THAT(reason("mace:" + file("no_cutoff.pt").string()), HasSubstr("'r_max'"));
  EXPECT_THAT(reason("sevennet:" + file("bad_symbols.pt").string()), HasSubstr("'Ox' is no chemical element"));
  EXPECT_THAT(reason(file("text").string()), HasSubstr("cannot tell what kind of model"));
  EXPECT_EQ(reason("tensornet:" + file("edges.pt").string()), "loaded");
}

// In double precision: derivatives of the blend are exact. A model that takes positions gets the core added.
TEST_F(TorchScript, goes_over_to_the_core_where_it_takes_edges) {
  auto crystal = skewed();
  crystal.positions.col(1) = crystal.positions.col(0) + Eigen::Vector3d(0.6, 0.7, 0.6);  // within the switch of O and Mg
  test::PotentialTolerances tolerance;
  tolerance.step = 5e-5;  // the core is so steep that 1e-4 leaves 1.1e-6 eV/Å of the third derivative
  auto const edges = make_potential("torchscript:" + file("edges.pt").string() + "+zbl");

  test::expect_forces_are_derivatives(*edges, crystal, tolerance);
  test::expect_stress_is_derivative(*edges, crystal, tolerance);
  auto const repulsion = [&](std::string const& model) { return make_potential(model)->evaluate(dimer(0.5)).forces(0, 1); };
  double const core = repulsion("zbl");
  EXPECT_NEAR(repulsion("torchscript:" + file("edges.pt").string() + "+zbl"), core, 1e-9);
  EXPECT_NEAR(repulsion("sevennet:" + file("sevennet.pt").string() + "+zbl"), core, 1e-3);
  EXPECT_GT(repulsion("mace:" + file("mace.pt").string() + "+zbl"), core + 0.1);
}

TEST_F(TorchScript, unknown_device_is_refused) {
  PotentialOptions options;
  options.device = "tpu";

  EXPECT_THROW(make_potential("torchscript:" + file("edges.pt").string(), options), InputError);
}

TEST_F(TorchScript, structures_of_a_batch_do_not_see_each_other) {
  std::vector<Crystal> crystals{skewed(), dimer(2.0), supercell(skewed(), {2, 1, 1}), dimer(9.0)};
  crystals.push_back(skewed());
  crystals.back().numbers[0] = 92;
  for (auto const* name : {"torchscript:edges_single.pt", "sevennet:sevennet.pt", "mace:mace.pt"}) {
    auto const text = std::string(name);
    auto const colon = text.find(':');
    auto const model = make_potential(text.substr(0, colon + 1) + file(text.substr(colon + 1)).string());
    auto const results = model->evaluate_many(crystals, 1);
    ASSERT_EQ(results.size(), 5u);
    for (std::size_t k = 0; k < 4; ++k) {
      auto const alone = model->evaluate(crystals[k]);
      EXPECT_EQ(results[k].refusal, "");
      EXPECT_NEAR(results[k].evaluation.energy, alone.energy, 2e-6) << name;  // what docs/models.md states
      EXPECT_LT((results[k].evaluation.forces - alone.forces).cwiseAbs().maxCoeff(), 2e-6) << name;
      EXPECT_EQ(results[k].evaluation.edges, alone.edges);
      EXPECT_EQ(results[k].evaluation.stress.has_value(), alone.stress.has_value());
    }
    EXPECT_THAT(results[4].refusal, HasSubstr("'U'"));
  }
}

/// Frames of the published models, evaluated by their authors' code in double precision.
class PublishedModel : public testing::TestWithParam<std::string> {};

/// Small frames that together see perfect crystals, rattled ones, vacuum and seven elements.
bool is_chosen(Frame const& frame) {
  auto const& structure = frame.info.at("structure");
  auto const& variant = frame.info.at("variant");
  if (structure == "SrTiO3|MgO_slab_vacuum" || structure == "CeO2_fluorite_c") return variant == "rattled";
  return structure == "ZrO2_cubic_c" && variant == "ideal";
}

TEST_P(PublishedModel, gives_the_reference_energies_forces_and_stresses) {
  NACRE_NEEDS_MLIP;
  auto const reference = test::shared_file("reference/mlip/reference.extxyz");
  auto const module = test::shared_file("models/" + GetParam() + "/" + GetParam() + ".f32.torchscript.pt");
  NACRE_NEEDS_SHARED(reference);
  NACRE_NEEDS_SHARED(module);

  EXPECT_EQ(test::expect_reference_frames(*load(module), GetParam(), 5e-5, is_chosen), 3);
}

TEST_P(PublishedModel, gives_a_structure_of_a_batch_the_energy_that_it_has_alone) {
  NACRE_NEEDS_MLIP;
  auto const reference = test::shared_file("reference/mlip/reference.extxyz");
  auto const module = test::shared_file("models/" + GetParam() + "/" + GetParam() + ".f32.torchscript.pt");
  NACRE_NEEDS_SHARED(reference);
  NACRE_NEEDS_SHARED(module);
  auto const model = load(module);
  std::vector<Crystal> crystals;
  for (auto const& frame : read_extxyz(reference)) {
    if (frame.info.at("model") == GetParam() && is_chosen(frame)) crystals.push_back(frame.crystal);
  }

  auto const together = model->evaluate_many(crystals, 1);

  for (std::size_t k = 0; k < crystals.size(); ++k) {
    auto const alone = model->evaluate(crystals[k]);
    EXPECT_NEAR(together[k].evaluation.energy / static_cast<double>(crystals[k].size()),
                alone.energy / static_cast<double>(crystals[k].size()), 2e-6);  // what docs/models.md states
    EXPECT_LT((together[k].evaluation.forces - alone.forces).cwiseAbs().maxCoeff(), 5e-5);
    EXPECT_EQ(together[k].evaluation.edges, alone.edges);
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, PublishedModel,
                         testing::Values("nequix-mp-1", "nequix-mp-1-pft", "nequix-oam-1-pft",
                                         "TensorNet-MatPES-PBE-v2025.1-PES", "TensorNet-MatPES-r2SCAN-v2025.1-PES"),
                         [](auto const& model) {
                           auto name = model.param;
                           std::ranges::replace_if(
                               name, [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

TEST(PublishedWeights, without_code_are_refused_as_such) {
  NACRE_NEEDS_MLIP;
  auto const weights = test::shared_file("models/TensorNet-MatPES-PBE-v2025.1-PES/state.pt");
  NACRE_NEEDS_SHARED(weights);

  EXPECT_THAT(message_of_loading(weights), HasSubstr("state dictionary"));
}

}  // namespace
}  // namespace nacre
