// Sampling of a function with cusps (F06): Read and Shockley's energies, smooth functions, and the engine.
#include "nacre/search/cusps.hpp"

#include <gtest/gtest.h>

#include "search/simulation.hpp"

namespace nacre {
namespace {

/// Energy over the misorientation from 0 to 90 degrees: a plateau with cusps |t| (1 - ln |t|) wide in degrees.
struct Cusp {
  double angle, width, depth;
};
double energy(std::vector<Cusp> const& cusps, double angle) {
  double value = 1.0 + 0.05 * std::sin(angle / 20.0);
  for (auto const& one : cusps) {
    auto const t = std::abs(angle - one.angle) / one.width;
    if (t < 1.0) value -= one.depth * (1.0 - (t > 0.0 ? t * (1.0 - std::log(t)) : 0.0));
  }
  return value;
}

struct Sampled {
  CuspSurvey survey;
  std::size_t points = 0;
  std::vector<int> stable;  ///< after each round
};
template <class Function>
Sampled sample(CuspOptions const& options, Function const& function) {
  Sampled result;
  std::map<std::int64_t, std::optional<double>> values;
  for (result.survey = survey_cusps(options, values); !result.survey.wanted.empty();
       result.survey = survey_cusps(options, values)) {
    result.stable.push_back(result.survey.stable);
    for (auto const place : result.survey.wanted) values.emplace(place, function(0.25 * static_cast<double>(place)));
  }
  result.points = values.size();
  return result;
}

std::vector<Cusp> cusps_of(std::uint64_t seed) {
  Rng rng(seed, "cusps", 0);
  std::vector<Cusp> cusps;
  for (int i = 0; i < 5; ++i) {
    auto const place = 72 * i + 20 + static_cast<double>(rng.below(32));
    cusps.push_back({0.25 * place, rng.uniform(5.0, 15.0), rng.uniform(0.2, 0.9)});
  }
  return cusps;
}

TEST(Cusps, are_all_found_with_two_fifths_of_a_uniform_grid) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto const cusps = cusps_of(seed);
    CuspOptions options;
    options.special = {std::llround(4.0 * cusps[0].angle), std::llround(4.0 * cusps[3].angle)};

    auto const found = sample(options, [&](double angle) { return energy(cusps, angle); });

    ASSERT_EQ(found.survey.cusps.size(), 5u) << "seed " << seed;
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(found.survey.cusps[i], std::llround(4.0 * cusps[i].angle));
    EXPECT_LE(found.points, 0.4 * 361) << "seed " << seed;
    EXPECT_GE(found.survey.stable, 2);
    EXPECT_LT(found.stable.front(), 1) << "the first round is no change";
  }
}

TEST(Cusps, are_none_of_the_minima_of_a_smooth_function) {
  auto const found = sample({}, [](double angle) { return std::cos(angle / 5.0); });

  EXPECT_TRUE(found.survey.cusps.empty());
  EXPECT_GE(found.survey.stable, 2);
}

TEST(Cusps, are_looked_for_although_everything_fails) {
  std::map<std::int64_t, std::optional<double>> values;
  for (std::int64_t i = 0; i <= 360; ++i) values.emplace(i, std::nullopt);

  EXPECT_TRUE(survey_cusps({}, values).cusps.empty());
}

TEST(Cusps, are_an_engine_that_ends_by_itself) {
  auto const space =
      test::read_space("[[variable]]\nname='twist'\nkind='real'\nrange=[0,90]\nstep=0.25\nspecial=[36.75]\n");
  EngineOptions options;
  options.engine = "cusps";
  std::vector<Cusp> const cusps{{36.75, 4.0, 0.8}, {70.0, 8.0, 0.4}};
  test::Simulation search(space, options, test::minimise(), 1, 5,
                          test::on_box(space, [&](auto const& x) { return energy(cusps, x[0]); }));

  search.run(1000);

  EXPECT_LE(search.archive.all().size(), 100u);
  EXPECT_FALSE(search.repeated);
  std::set<std::int64_t> seen;
  for (auto const& one : search.archive.all()) seen.insert(one.design.values[0]);
  for (auto const place : {146, 147, 148, 279, 280, 281}) EXPECT_TRUE(seen.contains(place)) << place;
}

TEST(Cusps, need_a_space_of_one_real_variable) {
  EngineOptions options;
  options.engine = "cusps";
  EXPECT_THROW(make_proposer(test::box(2, 0, 1), options), InputError);
  EXPECT_THROW(make_proposer(test::box(1, 0, 1), options), InputError) << "its resolution has no end";
}

}  // namespace
}  // namespace nacre
