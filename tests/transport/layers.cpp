#include "nacre/transport/layers.hpp"

#include "nacre/core/error.hpp"
#include "nacre/transport/conductivity.hpp"
#include "nacre/transport/diffusion.hpp"
#include "support/support.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

constexpr double interval_ps = 0.1;
constexpr int magnesium = 12, zirconium = 40;

PathOptions path_options() {
  PathOptions options;
  options.interval_ps = interval_ps;
  return options;
}

/// Static cations in the planes of the layers, one kind a layer.
void add_cations(test::Walk& walk, test::LayeredWalk const& shape, std::vector<int> const& kinds) {
  auto const mobile = walk.frames.front().cols();
  std::vector<Eigen::Vector3d> cations;
  for (int layer = 0; layer < static_cast<int>(kinds.size()); ++layer)
    for (int plane = 0; plane < shape.planes; ++plane)
      for (int k = 0; k < 4; ++k) {
        cations.emplace_back(shape.a * 4.0 * (k % 2), shape.a * 4.0 * (k / 2 % 2),
                             shape.a * (layer * shape.planes + plane + 0.5));
        walk.numbers.push_back(kinds[static_cast<std::size_t>(layer)]);
      }
  for (auto& frame : walk.frames) {
    frame.conservativeResize(3, mobile + static_cast<Eigen::Index>(cations.size()));
    for (std::size_t i = 0; i < cations.size(); ++i) frame.col(mobile + static_cast<Eigen::Index>(i)) = cations[i];
  }
}

DiffusionOptions layered_options() {
  DiffusionOptions options;
  options.charge = -2.0;
  options.temperature = 1000.0;
  options.window = Window{1.0, 10.0};
  options.hop_length = 2.5;
  options.with_layers = true;
  return options;
}

TEST(Layers, of_a_lattice_walk_have_their_own_diffusion_and_contacts_their_exchange) {
  test::LayeredWalk const shape;
  auto walk = layered_walk(shape, 1);
  add_cations(walk, shape, {zirconium, magnesium, zirconium});
  auto options = layered_options();
  options.contacts = {0.0, 10.0, 20.0};

  auto const result = analyze_diffusion(paths_of(wrapped(walk), path_options()), options);

  ASSERT_EQ(result.layers.size(), 3u);
  for (std::size_t l = 0; l < 3; ++l) {
    // layer 0 of the result lies below the first plane: at height 0 that is the last one of the cell
    double const hop = shape.hop[(l + 2) % 3];
    auto const& estimate = result.layers[l].estimate;
    ASSERT_EQ(estimate.verdict, Verdict::ok) << l;
    EXPECT_NEAR(estimate.D->value, hop * 6.25 / (6.0 * interval_ps), 3.0 * estimate.D->error) << l;
    EXPECT_NEAR(result.layers[l].layer.ions, 100.0, 30.0);
  }
  // ions per site, hops over the contact per frame and site
  double const density = 300.0 / (8 * 8 * 12), per_area = density / 6.25;
  double const j0 = per_area * 2e-4 / (interval_ps * 1e-3);
  ASSERT_EQ(result.contacts.size(), 3u);
  for (auto const& contact : result.contacts) {
    EXPECT_NEAR(*contact.exchange.j0, j0, 3.0 * *contact.exchange.j0_error);
    EXPECT_NEAR(*contact.G, exchange_conductance_S_per_m2(*contact.exchange.j0, 2.0, 1000.0), 1e-6 * *contact.G);
    EXPECT_GT(contact.exchange.up, 5);
    EXPECT_GT(contact.exchange.down, 5);
  }
}

TEST(Layers, without_crossings_have_an_upper_limit_of_exchange) {
  test::LayeredWalk shape;
  shape.cross = {0.0, 0.0, 0.0};
  shape.frames = 2000;
  auto walk = layered_walk(shape, 2);
  add_cations(walk, shape, {zirconium, magnesium, zirconium});
  auto options = layered_options();
  options.contacts = {10.0, 20.0, 0.0};

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  ASSERT_EQ(result.contacts.size(), 3u);
  for (auto const& contact : result.contacts) {
    EXPECT_FALSE(contact.exchange.j0);
    // 3.0 / (2 A t), A = 400 Å^2, t = 199.9 ps less the 5 ps of commitment
    EXPECT_NEAR(*contact.exchange.j0_upper, 3.0 / (2.0 * 400.0 * 0.1949), 1e-9);
    EXPECT_GT(*contact.G_upper, 0.0);
  }
}

TEST(Layers, that_slide_are_refused_but_keep_their_own_diffusion) {
  test::LayeredWalk shape;
  shape.cross = {0.0, 0.0, 0.0};
  shape.hop = {0.05, 0.05, 0.05};
  shape.frames = 2000;
  auto walk = layered_walk(shape, 3);
  add_cations(walk, shape, {zirconium, magnesium, zirconium});
  for (std::size_t f = 0; f < walk.frames.size(); ++f)  // the middle layer moves by 1 Å in all, with its ions
    for (Eigen::Index i = 0; i < walk.frames[f].cols(); ++i)
      if (walk.frames[f](2, i) > 10.0 && walk.frames[f](2, i) < 20.0)
        walk.frames[f](0, i) += 0.0005 * static_cast<double>(f);
  auto options = layered_options();
  options.contacts = {10.0, 20.0, 0.0};

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  EXPECT_EQ(result.tracer.verdict, Verdict::refused);
  EXPECT_EQ(result.tracer.reasons.front().code, "layers_slide");
  EXPECT_TRUE(result.contacts.empty());
  ASSERT_EQ(result.layers.size(), 3u);
  for (auto const& layer : result.layers) {
    ASSERT_EQ(layer.estimate.verdict, Verdict::ok);
    EXPECT_NEAR(layer.estimate.D->value, 0.05 * 6.25 / 0.6, 3.5 * layer.estimate.D->error);
  }
}

TEST(FindContacts, finds_where_the_framework_changes) {
  test::LayeredWalk shape;
  shape.frames = 3;
  auto walk = layered_walk(shape, 4);
  add_cations(walk, shape, {zirconium, magnesium, zirconium});  // the outer two are one layer through the cell's face

  auto const contacts = find_contacts(paths_of(walk, path_options()));

  ASSERT_EQ(contacts.size(), 2u);
  EXPECT_NEAR(contacts[0], 10.0, 1e-9);
  EXPECT_NEAR(contacts[1], 20.0, 1e-9);
}

TEST(FindContacts, asks_for_heights_where_the_framework_is_one_material) {
  test::LayeredWalk shape;
  shape.frames = 3;
  auto walk = layered_walk(shape, 5);
  add_cations(walk, shape, {zirconium, zirconium, zirconium});
  auto const paths = paths_of(walk, path_options());

  EXPECT_THROW(find_contacts(paths), InputError);
}

TEST(ContactPlanes, count_levels_through_all_periods) {
  test::LayeredWalk shape;
  shape.frames = 3;
  auto const paths = paths_of(layered_walk(shape, 6), path_options());  // period 30
  ContactPlanes const planes(paths, {10.0, 50.0});                      // 50 is 20 in the next period

  EXPECT_EQ(planes.layers(), 2);
  EXPECT_EQ(planes.level(15.0), 1);
  EXPECT_EQ(planes.level(15.0 + 30.0), 3);
  EXPECT_EQ(planes.level(5.0 - 30.0), -2);
  EXPECT_EQ(planes.layer_at(15.0 - 90.0), 1);
  EXPECT_EQ(planes.contact_above(planes.level(15.0)), 1);
  EXPECT_DOUBLE_EQ(planes.height_above(planes.level(45.0)), 50.0);
  EXPECT_DOUBLE_EQ(planes.height_above(planes.level(-25.0)), -20.0);
  EXPECT_THROW(ContactPlanes(paths, {10.0, 40.0}), InputError);  // the same plane twice
}

}  // namespace
}  // namespace nacre
