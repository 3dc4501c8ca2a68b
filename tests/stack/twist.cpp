// Closed formulas of commensurate twists, moire periods, dislocation networks.
#include "nacre/stack/twist.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/stack/plane.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr double degree = units::pi / 180.0;

Eigen::Matrix2d square(double a) { return a * Eigen::Matrix2d::Identity(); }
Eigen::Matrix2d hexagonal(double a) { return a * Eigen::Matrix2d{{1.0, -0.5}, {0.0, std::sqrt(0.75)}}; }
Eigen::Matrix2d rotation(double angle) {
  return Eigen::Matrix2d{{std::cos(angle), -std::sin(angle)}, {std::sin(angle), std::cos(angle)}};
}

TEST(Twist, formulas_give_the_published_angles) {
  NACRE_NEEDS_SHARED(test::shared_file("reference/interface/cases.json"));
  auto const path = test::shared_file("reference/interface/cases.json");
  auto const answers = Value::parse_json(read_file(path), path.string()).at("exact_answers");
  for (auto const& [name, twists] : {std::pair("twisted_bilayer_graphene", hexagonal_twists(3000)),
                                     std::pair("square_lattice_coincidence_twist", square_twists(200))}) {
    for (Value const& entry : answers.at(name).as_array()) {
      EXPECT_TRUE(std::ranges::any_of(twists, [&](SiteTwist const& t) {
        return t.sigma == entry.at("sigma").as_integer() &&
               std::abs(t.angle / degree - entry.at("theta_deg").as_number()) < 1e-6;  // printed with 6 decimals
      })) << entry.dump();
    }
  }
}

/// Least |twist| of each formula's angle under the symmetry of the lattice, with its index.
std::vector<std::pair<int, double>> least(std::vector<SiteTwist> const& twists, double period) {
  std::vector<std::pair<int, double>> list;
  for (auto const& t : twists) {
    if (t.angle < 0.5 * period) list.emplace_back(t.sigma, t.angle);  // the other is its mirror image
  }
  return list;
}

void expect_all_found(std::vector<Coincidence> const& found, std::vector<std::pair<int, double>> expected) {
  expected.emplace_back(1, 0.0);
  std::vector<std::pair<int, double>> twists;
  for (auto const& c : found) twists.emplace_back(c.film_index, std::abs(c.twist));
  std::ranges::sort(twists);
  std::ranges::sort(expected);
  ASSERT_EQ(twists.size(), expected.size());
  for (std::size_t i = 0; i < twists.size(); ++i) {
    EXPECT_EQ(twists[i].first, expected[i].first);
    EXPECT_NEAR(twists[i].second, expected[i].second, 1e-9);
  }
}

TEST(Twist, search_finds_exactly_the_closed_formulas) {
  for (auto const& [basis, twists, period] : {std::tuple(square(3.905), square_twists(700), 0.5 * units::pi),
                                              std::tuple(hexagonal(2.46), hexagonal_twists(700), units::pi / 3.0)}) {
    CoincidenceOptions options;
    options.max_area = 700.0 * basis.determinant();
    options.max_strain = 1e-8;
    auto const group = lattice_holohedry(basis);

    auto const found = find_coincidences(basis, basis, group, group, options);

    expect_all_found(found, least(twists, period));
  }
}

TEST(Twist, search_finds_the_closed_formulas_up_to_30000_atoms) {
  auto const basis = hexagonal(2.46);
  auto const group = lattice_holohedry(basis);
  CoincidenceOptions options;
  options.max_strain = 1e-9;
  options.max_area = 7500.0 * basis.determinant();  // 4 atoms per cell
  double const centre = 0.68 * degree, width = 0.02 * degree;
  options.twist = TwistRequest{centre, width};

  auto const found = find_coincidences(basis, basis, group, group, options);

  std::size_t expected = 0;
  for (auto const& t : hexagonal_twists(7500)) expected += std::abs(t.angle - centre) <= width;
  EXPECT_GT(expected, 1u);
  EXPECT_EQ(found.size(), expected);
}

TEST(Twist, moire_periods_are_those_of_the_definition) {
  double const a = 3.905, b = 3.789;  // definitions.md 10, printed with 3 decimals
  EXPECT_NEAR(moire_period(a, b, 0.0), 127.552, 6e-4);
  EXPECT_NEAR(moire_period(a, b, 1.0 * degree), 110.397, 6e-4);
  EXPECT_NEAR(moire_period(a, b, 2.0 * degree), 83.389, 6e-4);
  EXPECT_NEAR(moire_period(a, b, 5.0 * degree), 41.673, 6e-4);
  EXPECT_TRUE(std::isinf(moire_period(a, a, 0.0)));
  EXPECT_NEAR(moire_period(a, a, 2.0 * degree), a / (2.0 * std::sin(1.0 * degree)), 1e-9);
  EXPECT_THROW(moire_period(0.0, a, 0.1), InputError);
  EXPECT_THROW(moire_period(a, std::nan(""), 0.1), InputError);
}

TEST(Network, of_a_pure_twist_is_a_square_grid_of_screws) {
  auto const basis = square(3.905);

  auto const network = predict_network(basis, basis, {1, identity_coincidence(basis)}, 2.0 * degree);

  ASSERT_EQ(network.families.size(), 2u);
  for (auto const& f : network.families) {
    EXPECT_NEAR(f.spacing, 111.876, 6e-4);  // SPEC F05, printed with 3 decimals
    EXPECT_NEAR(f.burgers.norm(), 3.905, 1e-9);
    EXPECT_NEAR(f.character, 0.0, 1.0001 * degree);  // half of the twist: the frame is the substrate's, not the mean
  }
  EXPECT_NEAR(std::abs(network.families[0].line.dot(network.families[1].line)), 0.0, 1e-9);
}

TEST(Network, of_a_pure_misfit_is_a_square_grid_of_edges) {
  auto const film = square(3.905), substrate = square(3.789);

  auto const network = predict_network(film, substrate, {1, identity_coincidence(substrate)}, 0.0);

  ASSERT_EQ(network.families.size(), 2u);
  for (auto const& f : network.families) {
    EXPECT_NEAR(f.spacing, 127.552, 6e-4);  // SPEC F05
    EXPECT_NEAR(f.character, 0.5 * units::pi, 1e-9);
  }
}

TEST(Network, has_the_period_of_the_moire_at_every_twist_and_misfit) {
  Rng rng(3, "network", 0);
  for (auto const& lattice : {square, hexagonal}) {
    for (int trial = 0; trial < 20; ++trial) {
      double const a = rng.uniform(2.0, 5.0), b = a * rng.uniform(0.9, 1.1), twist = rng.uniform(-0.2, 0.2);
      auto const film = lattice(a), substrate = lattice(b);

      auto const network = predict_network(film, substrate, {1, identity_coincidence(substrate)}, twist);

      ASSERT_TRUE(network.periods);
      for (int k : {0, 1}) EXPECT_NEAR(network.periods->col(k).norm(), moire_period(a, b, twist), 1e-6);
    }
  }
}

TEST(Network, burgers_vectors_of_the_lines_crossed_add_up_to_the_misfit) {
  Rng rng(4, "frank bilby", 0);
  for (int trial = 0; trial < 50; ++trial) {
    Eigen::Matrix2d const substrate{{rng.uniform(2.5, 4.0), rng.uniform(-1.0, 1.0)}, {0.0, rng.uniform(2.5, 4.0)}};
    Eigen::Matrix2d const strain{{rng.uniform(-0.05, 0.05), rng.uniform(-0.02, 0.02)}, {0.0, rng.uniform(-0.05, 0.05)}};
    Eigen::Matrix2d const film = (Eigen::Matrix2d::Identity() + strain) * substrate;
    double const twist = rng.uniform(-0.1, 0.1);

    auto const network = predict_network(film, substrate, {1, identity_coincidence(substrate)}, twist);

    // p is the film vector R F n; in the reference it is the substrate vector S n, so that S n - p is missing
    Eigen::Vector2d const p(rng.uniform(-50.0, 50.0), rng.uniform(-50.0, 50.0));
    Eigen::Vector2d const missing = substrate * (rotation(twist) * film).inverse() * p - p;
    Eigen::Vector2d sum = Eigen::Vector2d::Zero();
    for (auto const& f : network.families) {
      Eigen::Vector2d const across(f.line.y(), -f.line.x());
      sum += p.dot(across) / f.spacing * f.burgers;
    }
    EXPECT_LT((sum - missing).norm(), 1e-9) << trial;  // SPEC F05
  }
}

TEST(Network, near_a_coincidence_angle_has_burgers_vectors_of_its_dsc_lattice) {
  auto const basis = square(3.905);
  auto const group = lattice_holohedry(basis);
  double const sigma_five = 36.869898 * degree, twist = sigma_five + 1.0 * degree;
  auto const special = special_twists(basis, basis, group, group, 5, TwistRequest{twist, {}});
  ASSERT_EQ(special.size(), 2u);

  auto const network = predict_network(basis, basis, special[1], twist);

  EXPECT_EQ(reference_for(special, twist)->sigma, 5);
  EXPECT_NEAR(network.deviation, 1.0 * degree, 1e-7);
  ASSERT_EQ(network.families.size(), 2u);
  for (auto const& f : network.families) {
    EXPECT_NEAR(f.burgers.norm(), 3.905 / std::sqrt(5.0), 1e-9);
    EXPECT_NEAR(f.spacing, 3.905 / std::sqrt(5.0) / (2.0 * std::sin(0.5 * network.deviation)), 1e-5);
  }
}

TEST(Network, of_the_coincidence_itself_has_no_lines) {
  auto const basis = hexagonal(2.46);

  auto const network = predict_network(basis, basis, {1, identity_coincidence(basis)}, 0.0);

  EXPECT_TRUE(network.families.empty());
  EXPECT_FALSE(network.periods);
}

TEST(Network, of_misfit_in_one_direction_is_one_family) {
  auto const substrate = square(4.0);
  Eigen::Matrix2d film = substrate;
  film(0, 0) = 4.1;

  auto const network = predict_network(film, substrate, {1, identity_coincidence(substrate)}, 0.0);

  ASSERT_EQ(network.families.size(), 1u);
  EXPECT_NEAR(network.families[0].spacing, 4.1 * 4.0 / 0.1, 1e-6);  // every 41 film cells one substrate cell more
  EXPECT_FALSE(network.periods);
}

TEST(SpecialTwists, are_named_whatever_the_strain) {
  auto const film = square(4.2), substrate = square(3.9);  // 7 %
  auto const group = lattice_holohedry(film);

  auto const special = special_twists(film, substrate, group, group, 17);

  ASSERT_EQ(special.size(), 4u);  // 1, 5, 13, 17
  EXPECT_EQ(special[1].sigma, 5);
  EXPECT_NEAR(special[1].match.twist / degree, 36.869898, 1e-6);
  EXPECT_NEAR(special[1].match.strain_max, 3.9 / 4.2 - 1.0, 1e-9);
  Eigen::Matrix2d const ribbon{{1.0, 0.0}, {0.0, 50.0}};
  EXPECT_TRUE(special_twists(square(3.0), ribbon, group, lattice_holohedry(ribbon), 17).empty());
}

TEST(SpecialTwists, of_perovskite_on_rock_salt_start_from_one_cell_on_two) {
  auto const film = square(3.905), substrate = square(4.212 / std::sqrt(2.0));  // in-plane a/2<110>
  auto const group = lattice_holohedry(film);

  auto const special = special_twists(film, substrate, group, group, 5);
  auto const network = predict_network(film, substrate, special.at(0), special.at(0).match.twist);

  EXPECT_EQ(special.size(), 2u);
  EXPECT_EQ(special[0].match.substrate_index, 2);
  EXPECT_NEAR(special[0].match.twist / degree, 45.0, 1e-9);
  ASSERT_EQ(network.families.size(), 2u);
  for (auto const& f : network.families) {
    EXPECT_NEAR(f.burgers.norm(), 4.212 / std::sqrt(2.0), 1e-9);  // definitions.md 10
    double const misfit = 1.0 / 3.905 - 1.0 / 4.212;              // lines along <110>, so per a/2<110>
    EXPECT_NEAR(f.spacing, 1.0 / (misfit * std::sqrt(2.0)), 1e-6);
    EXPECT_NEAR(f.character, 0.5 * units::pi, 1e-6);
  }
}

TEST(SpecialTwists, have_no_reference_too_far_away) {
  auto const basis = square(3.9);
  auto const group = lattice_holohedry(basis);
  auto const reference = [&](double twist, int sigma) {
    return reference_for(special_twists(basis, basis, group, group, sigma, TwistRequest{twist, {}}), twist);
  };

  EXPECT_EQ(reference(3.0 * degree, 5)->sigma, 1);
  EXPECT_FALSE(reference(20.0 * degree, 5));
  EXPECT_EQ(reference(20.0 * degree, 13)->sigma, 13);
}

}  // namespace
}  // namespace nacre
