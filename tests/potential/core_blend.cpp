/// How the core takes over from a model, and what is left of the model's holes.
#include "nacre/potential/core_blend.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/score/model_card.hpp"
#include "support/nequix_weights.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr double mg_o = 1.41 + 0.66;  // covalent radii [Å]

Crystal pair_of(int first, int second, double r) {
  Crystal crystal;
  crystal.periodic = {false, false, false};
  crystal.numbers = {first, second};
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 2);
  crystal.positions.col(1) = r * Eigen::Vector3d(2, -1, 2) / 3.0;
  return crystal;
}

/// Outwards along the pair [eV/Å].
double repulsion_of(Evaluation const& evaluation) {
  return evaluation.forces.col(1).dot(Eigen::Vector3d(2, -1, 2)) / 3.0;
}

TEST(CoreBlend, goes_over_with_three_continuous_derivatives) {
  CoreBlend const blend({0.8, 1.2});
  double const h = 1e-5;
  for (double const r : {0.5, 0.8, 0.9, 1.0, 1.15, 1.2, 1.3}) {
    auto const at = blend.added(22, 8, r), up = blend.added(22, 8, r + h), down = blend.added(22, 8, r - h);
    auto const seen = blend.seen(22, 8, r), far = blend.seen(22, 8, r + h), near = blend.seen(22, 8, r - h);

    EXPECT_NEAR(at.force, -(up.energy - down.energy) / (2.0 * h), 2e-7 * (1.0 + at.force))
        << r;  // h^2 of the third derivative
    EXPECT_NEAR(seen.slope, (far.distance - near.distance) / (2.0 * h), 1e-6) << r;
  }
  auto const third = [&](double r, double side) {  // of the energy, from one side
    double const d = side * 1e-3;
    return (blend.added(22, 8, r + 2.0 * d).force - 2.0 * blend.added(22, 8, r + d).force +
            blend.added(22, 8, r).force) /
           (d * d);
  };
  for (double const r : {0.8, 1.2})
    EXPECT_NEAR(third(r, 1.0), third(r, -1.0), 0.05 * std::abs(third(0.8, -1.0))) << r;  // first order in d
  EXPECT_EQ(blend.added(22, 8, 1.2).energy, 0.0);
  EXPECT_EQ(blend.seen(22, 8, 1.2).distance, 1.2);
  EXPECT_NEAR(blend.seen(22, 8, 0.8).distance, 1.0, 1e-15);
  EXPECT_EQ(blend.seen(22, 8, 0.3).distance, blend.seen(22, 8, 0.8).distance);
}

// Below the inner end differences of energies are those of the published formula, written down here once more.
TEST(CoreBlend, is_the_screened_repulsion_below_its_inner_end) {
  auto const universal = [](double r) {
    double const x = r * (std::pow(22, 0.23) + std::pow(8, 0.23)) / (0.8854 * 0.529177210903);
    double const phi = 0.18175 * std::exp(-3.1998 * x) + 0.50986 * std::exp(-0.94229 * x) +
                       0.28022 * std::exp(-0.4029 * x) + 0.02817 * std::exp(-0.20162 * x);
    return 14.3996454784255 * 22 * 8 / r * phi;
  };
  CoreBlend const blend({0.8, 1.2});

  EXPECT_NEAR(blend.added(22, 8, 0.3).energy - blend.added(22, 8, 0.7).energy, universal(0.3) - universal(0.7), 1e-7);
  auto const by_radii = CoreBlend({}).range(12, 8);
  EXPECT_NEAR(by_radii.inner, 0.45 * mg_o, 1e-12);
  EXPECT_NEAR(by_radii.outer, 0.6 * mg_o, 1e-12);
  EXPECT_THROW(CoreBlend({1.0, 0.5}), InputError);
  EXPECT_THROW(CoreBlend({-1.0, 0.5}), InputError);
}

TEST(CoreBlend, turns_derivatives_by_what_is_seen_into_those_by_what_is_there) {
  CoreBlend const blend({0.8, 1.2});
  Eigen::Vector3d const vector(0.5, -0.6, 0.55), direction(0.3, 1.0, -0.7);
  auto const energy = [&](Eigen::Vector3d const& v) {
    return direction.dot(blend.seen(12, 8, v)) + blend.seen(12, 8, v).squaredNorm();
  };
  Eigen::Vector3d const by_seen = direction + 2.0 * blend.seen(12, 8, vector);

  auto const gradient = blend.gradient(12, 8, vector, by_seen);

  for (int d = 0; d < 3; ++d) {
    Eigen::Vector3d const h = 1e-5 * Eigen::Vector3d::Unit(d);
    EXPECT_NEAR(gradient[d], (energy(vector + h) - energy(vector - h)) / 2e-5, 1e-9);
  }
}

class BlendedModel : public testing::Test {
 protected:
  BlendedModel() { test::write_nequix(folder_.path() / "w.safetensors", test::random_nequix(7)); }
  std::shared_ptr<Potential const> model(std::string const& more = {}) const {
    return make_potential("nequix:" + (folder_.path() / "w.safetensors").string() + more);
  }
  test::TemporaryFolder folder_;
};

TEST_F(BlendedModel, is_the_model_from_the_outer_end_on_and_the_core_below_the_inner_end) {
  auto const bare = model(), blended = model("+zbl");
  CoreBlend const blend({});

  for (double const r : {0.6 * mg_o, 1.5, 2.1}) {
    EXPECT_EQ(blended->evaluate(pair_of(12, 8, r)).energy, bare->evaluate(pair_of(12, 8, r)).energy) << r;
    EXPECT_EQ(blended->evaluate(pair_of(12, 8, r)).forces, bare->evaluate(pair_of(12, 8, r)).forces) << r;
  }
  for (double const r : {0.3, 0.45 * mg_o}) {
    double const core = blend.added(12, 8, r).force;
    EXPECT_NEAR(repulsion_of(blended->evaluate(pair_of(12, 8, r))), core, 1e-6 * core) << r;  // rounding of the model
  }
  EXPECT_NE(blended->identity(), bare->identity());
  EXPECT_NE(blended->identity(), model("+zbl:0.5,1.2")->identity());
  auto const about = blended->about();
  EXPECT_EQ(about.at("parts").as_array()[0].at("core").at("outer_of_covalent_radii").as_number(), 0.6);
}

TEST_F(BlendedModel, conforms_where_pairs_are_in_the_switch) {
  Crystal crystal;  // rock salt with Mg-O pairs at 0.51 to 0.59 of the radii
  crystal.lattice = 2.27 * (Eigen::Matrix3d() << 1, 0, 0.02, 0, 1.02, 0, 0, 0.01, 0.98).finished();
  crystal.numbers = {12, 12, 12, 12, 8, 8, 8, 8};
  crystal.positions.resize(3, 8);
  crystal.positions << 0, 0, .5, .5, .5, .5, 0, 0,  //
      0, .5, 0, .5, .5, 0, .5, 0,                   //
      0, .5, .5, 0, .5, 0, 0, .5;
  crystal.positions = crystal.lattice * crystal.positions;
  Rng rng(3, "core-blend", 0);
  for (double& x : crystal.positions.reshaped()) x += 0.02 * rng.normal();
  auto const potential = model("+zbl");
  test::PotentialTolerances tolerance;  // single precision: 1e-6 of some hundred eV over the step
  tolerance.step = 2e-3;
  tolerance.force = 0.05;  // of forces of 50 eV/Å
  tolerance.stress = 0.02;
  tolerance.symmetry = 1e-3;

  test::expect_forces_are_derivatives(*potential, crystal, tolerance);
  test::expect_stress_is_derivative(*potential, crystal, tolerance);
  test::expect_symmetries(*potential, crystal, tolerance);
}

TEST_F(BlendedModel, is_reached_through_committees_ranges_and_sums) {
  test::write_nequix(folder_.path() / "v.safetensors", test::random_nequix(8));
  auto const path = [&](char const* name) { return "nequix:" + (folder_.path() / name).string(); };
  auto near = pair_of(12, 8, 0.3);
  near.periodic = {true, true, true};  // as far charges want it
  near.lattice = 14.0 * Eigen::Matrix3d::Identity();
  double const core = CoreBlend({}).added(12, 8, 0.3).force;
  for (auto const& text : {concat("committee(", path("w.safetensors"), ";", path("v.safetensors"), ")+zbl"),
                           path("w.safetensors") + "+far-charges:3,5+zbl",
                           concat("committee(", path("w.safetensors"), "+zbl;", path("v.safetensors"), "+zbl)")}) {
    auto const forces = make_potential(text)->evaluate(near);
    EXPECT_NEAR(repulsion_of(forces), core, 0.5) << text;  // far charges pull a little
    if (forces.force_deviations.size() > 0) {
      EXPECT_LT(forces.force_deviations.maxCoeff(), 1e-3) << text;
    }
  }
}

class PublishedCore : public testing::TestWithParam<std::string> {
 protected:
  std::string weights() const {
    auto const path = test::shared_file("models/" + GetParam() + "/" + GetParam() + ".safetensors");
    return path.empty() ? "" : (GetParam().starts_with("Tensor") ? "tensornet:" : "nequix:") + path.string();
  }
};

TEST_P(PublishedCore, repels_two_atoms_ever_harder_down_to_three_tenths_of_an_angstrom) {
  NACRE_NEEDS_SHARED(weights());
  auto const potential = make_potential(weights() + "+zbl");
  CoreBlend const blend({});
  std::vector<std::pair<char const*, char const*>> const pairs{{"Ti", "O"},  {"Mg", "O"}, {"Sr", "O"}, {"O", "O"},
                                                               {"Ce", "O"},  {"Zr", "O"}, {"Li", "O"}, {"Si", "Si"},
                                                               {"Sr", "Ti"}, {"Mg", "Ti"}};
  for (auto const& [a, b] : pairs) {
    int const first = *atomic_number(a), second = *atomic_number(b);
    double last = -INFINITY;
    for (double r = blend.range(first, second).outer; r > 0.3; r -= 0.04) {
      auto const evaluation = potential->evaluate(pair_of(first, second, r));
      EXPECT_GT(repulsion_of(evaluation), 0.0) << a << b << " at " << r;
      EXPECT_GT(evaluation.energy, last) << a << b << " at " << r;
      last = evaluation.energy;
    }
  }
}

TEST_P(PublishedCore, has_forces_that_are_derivatives_across_the_switch_and_changes_no_crystal) {
  NACRE_NEEDS_SHARED(weights());
  auto const potential = make_potential(weights() + "+zbl"), bare = make_potential(weights());
  double const sum = 1.60 + 0.66;  // covalent radii of Ti and O
  test::PotentialTolerances tolerance;
  tolerance.step = 1e-3;
  tolerance.force = 0.03;  // of forces up to 500 eV/Å; energies of 100 eV have 1e-5 eV in single precision
  for (double const share : {0.4501, 0.5, 0.55, 0.5999})
    test::expect_forces_are_derivatives(*potential, pair_of(22, 8, share * sum), tolerance);
  for (auto const& one : card_crystals()) {
    auto const with = potential->evaluate(one.crystal), without = bare->evaluate(one.crystal);
    EXPECT_EQ(with.energy, without.energy) << one.name;
    EXPECT_EQ(with.forces, without.forces) << one.name;
    EXPECT_EQ(*with.stress, *without.stress) << one.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, PublishedCore,
                         testing::Values("nequix-oam-1-pft", "nequix-mp-1", "nequix-mp-1-pft",
                                         "TensorNet-MatPES-PBE-v2025.1-PES", "TensorNet-MatPES-r2SCAN-v2025.1-PES"),
                         [](auto const& model) {
                           auto name = model.param;
                           std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
                           return name;
                         });

}  // namespace
}  // namespace nacre
