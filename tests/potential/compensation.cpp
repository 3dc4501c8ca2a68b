#include "nacre/potential/compensation.hpp"

#include <Eigen/LU>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/potential/ewald.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// A slab whose faces show the planes with these labels.
Slab slab_with(Crystal const& crystal, Eigen::Vector3i const& miller, std::string const& lower,
               std::string const& upper, int repeats) {
  auto const plane = make_plane(crystal, miller);
  auto const list = find_terminations(plane);
  auto const bottom = std::ranges::find(list, lower, &Termination::lower);
  auto const top = std::ranges::find(list, upper, &Termination::upper);
  return cut_slab(plane, list, {bottom->index, top->index, repeats, {}});
}

double direct_energy(CompensatedSlab const& slab) {
  Eigen::VectorXd const charges =
      Eigen::Map<Eigen::VectorXd const>(slab.crystal.oxidation.data(), static_cast<Eigen::Index>(slab.crystal.size()));
  Crystal alone = slab.crystal;
  alone.periodic = {true, true, false};
  double const area = std::abs(alone.lattice.topLeftCorner<2, 2>().determinant());
  return ewald(alone, charges).energy / area;
}

double sum(std::vector<double> const& charges) { return std::accumulate(charges.begin(), charges.end(), 0.0); }

TEST(Compensation, of_lanthanum_aluminate_takes_one_oxygen_of_eight_in_five_ways) {
  auto const slab = slab_with(test::lanthanum_aluminate(), {0, 0, 1}, "AlO2", "AlO2", 2);

  auto const found = find_compensations(slab);

  ASSERT_EQ(found.choices.size(), 1u) << found.refusal;
  EXPECT_EQ(found.choices[0].sites.size(), 16u);
  EXPECT_EQ(found.choices[0].lower_count, 1);
  EXPECT_EQ(found.choices[0].upper_count, 1);
  // one oxygen below; above it one of the same kind at (0,0), (1,0), (0,1) or (1,1), or one of the other kind
  EXPECT_EQ(found.choices[0].arrangements.size(), 5u);
}

TEST(Compensation, of_magnesia_111_are_missing_rows) {
  auto const slab = slab_with(test::magnesia(), {1, 1, 1}, "Mg", "O", 3);

  auto const found = find_compensations(slab);

  ASSERT_EQ(found.choices.size(), 1u) << found.refusal;
  auto const& choice = found.choices[0];
  EXPECT_EQ(choice.lower_element, 12);
  EXPECT_EQ(choice.upper_element, 8);
  for (auto const mask : choice.arrangements) {
    auto const made = with_vacancies(slab, choice, mask);
    EXPECT_NEAR(sum(made.crystal.oxidation), 0.0, 1e-12);
    int const cells = std::abs(made.cell.determinant());
    EXPECT_EQ(made.crystal.size() * 4, (4 * slab.crystal.size() - 4) * static_cast<std::size_t>(cells));
  }
  auto const ordered = order_by_ewald_energy(slab, found);
  auto const best = with_vacancies(slab, choice, ordered.front().mask);
  EXPECT_EQ(std::abs(best.cell.determinant()), 2) << "rows on both faces in one direction: a cell of two";
}

TEST(Compensation, is_ordered_by_the_energy_of_the_slab_that_is_built) {
  for (auto const& slab : {slab_with(test::lanthanum_aluminate(), {0, 0, 1}, "AlO2", "AlO2", 1),
                           slab_with(test::magnesia(), {1, 1, 1}, "Mg", "O", 2),
                           slab_with(test::strontium_titanate(), {1, 1, 0}, "O2", "O2", 1)}) {
    auto const found = find_compensations(slab);
    auto const ordered = order_by_ewald_energy(slab, found);
    ASSERT_FALSE(ordered.empty()) << found.refusal;
    for (std::size_t i = 1; i < ordered.size(); ++i) {
      EXPECT_LE(ordered[i - 1].energy_per_area, ordered[i].energy_per_area + 1e-6);
    }
    for (std::size_t i = 0; i < ordered.size(); i += 1 + ordered.size() / 4) {
      auto const made = with_vacancies(slab, found.choices[ordered[i].choice], ordered[i].mask);
      EXPECT_NEAR(direct_energy(made), ordered[i].energy_per_area, 1e-7);
    }
  }
}

/// The field of bound charges: it is gone when the dipole no longer grows with the thickness.
TEST(Compensation, stops_the_dipole_from_growing) {
  auto const dipole = [](int repeats) {
    auto const slab = slab_with(test::magnesia(), {1, 1, 1}, "Mg", "O", repeats);
    auto const found = find_compensations(slab);
    auto const made = with_vacancies(slab, found.choices[0], found.choices[0].arrangements.front());
    double moment = 0.0;
    for (std::size_t a = 0; a < made.crystal.size(); ++a) {
      moment += made.crystal.oxidation[a] * made.crystal.positions(2, static_cast<Eigen::Index>(a));
    }
    return moment / std::abs(made.cell.determinant());
  };

  EXPECT_NEAR(dipole(2), dipole(5), 1e-9);
}

TEST(Compensation, is_refused_with_the_charge_and_the_smallest_cell) {
  auto const found = find_compensations(slab_with(test::lanthanum_aluminate(), {0, 0, 1}, "LaO", "LaO", 1));

  EXPECT_TRUE(found.choices.empty());
  EXPECT_NE(found.refusal.find("Q = 0.0348"), std::string::npos) << found.refusal;
  EXPECT_NE(found.refusal.find("1 vacant La per 6 plane cells"), std::string::npos) << found.refusal;
}

TEST(Compensation, does_not_depend_on_where_the_crystal_lies) {
  auto const count = [](Crystal const& crystal) {
    auto const found = find_compensations(slab_with(crystal, {1, 1, 0}, "O2", "O2", 1));
    std::size_t arrangements = 0;
    for (auto const& choice : found.choices) arrangements += choice.arrangements.size();
    return arrangements;
  };

  EXPECT_EQ(count(test::strontium_titanate()), count(test::moved(test::strontium_titanate(), {0.3, 0.2, -0.4})));
}

}  // namespace
}  // namespace nacre
