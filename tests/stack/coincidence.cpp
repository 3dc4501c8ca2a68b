#include "nacre/stack/coincidence.hpp"

#include <Eigen/LU>
#include <chrono>
#include <fstream>
#include <iostream>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/stack/plane.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Operations = std::vector<Eigen::Matrix2i>;

Value reference_cases() {
  auto const path = test::shared_file("reference/interface/cases.json");
  return path.empty() ? Value() : Value::parse_json(read_file(path), path.string());
}

template <class Scalar>
Eigen::Matrix<Scalar, 2, 2> matrix(Value const& rows) {
  Eigen::Matrix<Scalar, 2, 2> m;
  for (int r = 0; r < 2; ++r) {
    for (int c = 0; c < 2; ++c) m(r, c) = static_cast<Scalar>(rows.as_array()[r].as_array()[c].as_number());
  }
  return m;
}

Eigen::Matrix2d lattice(Value const& side) {
  return matrix<double>(side.at("primitive_inplane_lattice_rows")).transpose();
}

Operations rotations_of(Operations operations) {
  std::erase_if(operations, [](Eigen::Matrix2i const& g) { return g.determinant() < 0; });
  return operations;
}

Eigen::Matrix2d ratio(Eigen::Matrix2i const& film, Eigen::Matrix2i const& substrate) {
  return film.cast<double>().inverse() * substrate.cast<double>();
}
Eigen::Matrix2d ratio(Coincidence const& c) { return ratio(c.film, c.substrate); }

bool same_class(Eigen::Matrix2d const& x, Eigen::Matrix2d const& y, Operations const& film,
                Operations const& substrate) {
  for (auto const& g : film) {
    for (auto const& h : substrate) {
      if (g.determinant() * h.determinant() != 1) continue;
      Eigen::Matrix2d const image = g.transpose().cast<double>() * x * h.transpose().cast<double>();
      if ((image - y).cwiseAbs().maxCoeff() < 1e-9) return true;  // rationals with denominators below 1e4
    }
  }
  return false;
}

Coincidence const* find_class(std::vector<Coincidence> const& list, Eigen::Matrix2d const& x, Operations const& film,
                              Operations const& substrate) {
  for (auto const& c : list) {
    if (same_class(ratio(c), x, film, substrate)) return &c;
  }
  return nullptr;
}

Eigen::Matrix2d rotation(double angle) {
  return Eigen::Matrix2d{{std::cos(angle), -std::sin(angle)}, {std::sin(angle), std::cos(angle)}};
}
Eigen::Matrix2d hexagonal(double a) { return a * Eigen::Matrix2d{{1.0, -0.5}, {0.0, std::sqrt(0.75)}}; }
Eigen::Matrix2d square(double a) { return a * Eigen::Matrix2d::Identity(); }

/// A lattice without symmetry, area about 10 A^2.
Eigen::Matrix2d random_lattice(Rng& rng) {
  Eigen::Matrix2d const m{{rng.uniform(2.8, 3.6), rng.uniform(-1.2, 1.2)}, {0.0, rng.uniform(2.8, 3.6)}};
  return rotation(rng.uniform(0.0, 6.0)) * m;
}

void expect_reference_class(Value const& entry, std::vector<Coincidence> const& found, Operations const& film,
                            Operations const& substrate) {
  auto const m = matrix<int>(entry.at("film_matrix")), n = matrix<int>(entry.at("substrate_matrix"));
  auto const* match = find_class(found, ratio(m, n), film, substrate);
  ASSERT_NE(match, nullptr) << entry.dump();
  auto const strains = entry.at("principal_strains_film_to_substrate").as_array();
  EXPECT_NEAR(match->strain_max, strains[0].as_number(), 6e-8);  // printed with 7 decimals
  EXPECT_NEAR(match->strain_min, strains[1].as_number(), 6e-8);
  EXPECT_EQ(match->film_index, entry.at("film_index").as_integer());
  EXPECT_EQ(match->substrate_index, entry.at("substrate_index").as_integer());
  EXPECT_NEAR(match->film_area, entry.at("film_supercell_area").as_number(), 6e-6);  // printed with 5 decimals
  EXPECT_NEAR(match->substrate_area, entry.at("substrate_supercell_area").as_number(), 6e-6);
  EXPECT_NEAR(match->shift_cell_area, entry.at("shift_cell_area").as_number(), 6e-7);
}

TEST(Coincidence, reproduces_every_class_of_the_reference_cases) {
  auto const cases = reference_cases();
  NACRE_NEEDS_SHARED(test::shared_file("reference/interface/cases.json"));
  for (Value const& c : cases.at("cases").as_array()) {
    SCOPED_TRACE(c.at("id").as_string());
    auto const film = lattice(c.at("film")), substrate = lattice(c.at("substrate"));
    auto const film_group = lattice_holohedry(film), substrate_group = lattice_holohedry(substrate);
    CoincidenceOptions const limits{c.at("limits").at("max_area").as_number(),
                                    c.at("limits").at("max_principal_strain").as_number()};
    Value const& oracle = c.at("oracle");

    auto const found = find_coincidences(film, substrate, film_group, substrate_group, limits);
    auto const proper =
        find_coincidences(film, substrate, rotations_of(film_group), rotations_of(substrate_group), limits);

    EXPECT_EQ(film_group.size(), c.at("film").at("inplane_lattice_holohedry_order").as_integer());
    EXPECT_EQ(found.size(), oracle.at("n_classes_mod_holohedry").as_integer());
    EXPECT_EQ(proper.size(), oracle.at("n_classes_proper").as_integer());
    EXPECT_EQ(find_coincidences(film, substrate, {}, {}, limits).size(), oracle.at("n_X_total").as_integer());
    for (Value const& entry : oracle.at("classes").as_array()) {
      expect_reference_class(entry, found, film_group, substrate_group);
    }
  }
}

TEST(Coincidence, counts_classes_of_large_cells) {
  auto const cases = reference_cases();
  NACRE_NEEDS_SHARED(test::shared_file("reference/interface/cases.json"));
  for (auto const& [name, truth] : cases.at("scaling_truth").at("values").as_object()) {
    auto const parts = split(name, '@');
    for (Value const& c : cases.at("cases").as_array()) {
      if (c.at("id").as_string() != parts[0]) continue;
      auto const film = lattice(c.at("film")), substrate = lattice(c.at("substrate"));

      auto const start = std::chrono::steady_clock::now();
      auto const found =
          find_coincidences(film, substrate, lattice_holohedry(film), lattice_holohedry(substrate),
                            {*parse_double(parts[1]), c.at("limits").at("max_principal_strain").as_number()});
      std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - start;

      EXPECT_EQ(found.size(), truth.at("cpp").as_integer()) << name;
      std::cout << name << ": " << found.size() << " classes, " << seconds.count() * 1e3 << " ms\n";
    }
  }
}

/// Written without the enumerator's ideas: every Hermite normal form of the film against every pair of substrate
/// vectors in reach; strains from the eigenvalues of E^T E; primitive by counting the vectors that X keeps integer.
std::size_t count_by_brute_force(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                 CoincidenceOptions const& limits) {
  int const largest = static_cast<int>(limits.max_area / film.determinant());
  std::set<std::array<long, 4>> matches;  // 5040 X, rounded: unique, since denominators stay below 11
  for (int i = 1; i <= largest; ++i) {
    for (int n = 1; n <= i; ++n) {
      if (i % n != 0) continue;
      for (int k = 0; k < n; ++k) {
        Eigen::Matrix2i const m{{i / n, k}, {0, n}};
        Eigen::Matrix2d const cell = film * m.transpose().cast<double>();
        int const reach = static_cast<int>(1.2 * cell.colwise().norm().maxCoeff() / 2.0) + 1;  // no height is below 2 A
        for (int code = 0; code < std::pow(2 * reach + 1, 4); ++code) {
          int const side = 2 * reach + 1;
          Eigen::Matrix2i const s{{code % side - reach, code / side % side - reach},
                                  {code / side / side % side - reach, code / side / side / side - reach}};
          int const j = s(0, 0) * s(1, 1) - s(0, 1) * s(1, 0);
          if (j <= 0 || j * substrate.determinant() > limits.max_area) continue;
          Eigen::Matrix2d const e = cell.transpose().inverse() * s.cast<double>() * substrate.transpose();
          double const trace = e.squaredNorm(), determinant = e.determinant();
          double const root = std::sqrt(std::max(0.0, trace * trace / 4.0 - determinant * determinant));
          double const large = std::sqrt(trace / 2.0 + root), small = determinant / large;
          if (large - 1.0 > limits.max_strain || 1.0 - small > limits.max_strain) continue;
          Eigen::Matrix2d const x = ratio(m, s);
          int kept = 0;  // of the i^2 vectors of the i x i block, i belong to a primitive match's cell
          for (int p = 0; p < i * i; ++p) {
            Eigen::RowVector2d const image = Eigen::RowVector2d(p % i, p / i) * x;
            kept += (image.array() - image.array().round()).abs().maxCoeff() < 1e-6;
          }
          if (kept != i) continue;
          auto const entry = [&](int r, int c) { return std::lround(5040.0 * x(r, c)); };
          matches.insert({entry(0, 0), entry(0, 1), entry(1, 0), entry(1, 1)});
        }
      }
    }
  }
  return matches.size();
}

TEST(Coincidence, agrees_with_brute_force_for_lattices_without_symmetry) {
  Rng rng(7, "coincidence brute force", 0);
  std::size_t total = 0;
  for (int trial = 0; trial < 6; ++trial) {
    auto const film = random_lattice(rng), substrate = random_lattice(rng);
    CoincidenceOptions const limits{30.0, 0.15};

    auto const found = find_coincidences(film, substrate, {}, {}, limits);

    EXPECT_EQ(found.size(), count_by_brute_force(film, substrate, limits)) << "trial " << trial;
    total += found.size();
  }
  EXPECT_GT(total, 10u);
}

TEST(Coincidence, does_not_depend_on_the_basis_or_the_orientation) {
  Rng rng(11, "coincidence basis", 0);
  for (int trial = 0; trial < 10; ++trial) {
    bool const symmetric = trial % 2 == 0;
    Eigen::Matrix2d const film = symmetric ? hexagonal(3.16) : random_lattice(rng);
    Eigen::Matrix2d const substrate = symmetric ? square(2.98) : random_lattice(rng);
    CoincidenceOptions const limits{150.0, 0.04};
    auto const search = [&](Eigen::Matrix2d const& a, Eigen::Matrix2d const& b) {
      return find_coincidences(a, b, lattice_holohedry(a), lattice_holohedry(b), limits);
    };
    Eigen::Matrix2d const change{{2.0, 1.0}, {1.0, 1.0}}, other{{1.0, -3.0}, {0.0, 1.0}};

    auto const plain = search(film, substrate);
    auto const turned = search(rotation(units::pi * 17.0 / 180.0) * film, rotation(1.1) * substrate);
    auto const changed = search(film * change, substrate * other);

    ASSERT_EQ(turned.size(), plain.size());
    ASSERT_EQ(changed.size(), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      for (auto const* same : {&turned[i], &changed[i]}) {
        EXPECT_NEAR(same->film_area, plain[i].film_area, 1e-9);  // rounding of areas up to 150
        EXPECT_NEAR(same->largest_strain(), plain[i].largest_strain(), 1e-10);
        EXPECT_EQ(same->film_index, plain[i].film_index);
      }
      EXPECT_NEAR(changed[i].twist, plain[i].twist, 1e-9) << "the least twist of a class";
    }
  }
}

TEST(Coincidence, is_the_same_with_film_and_substrate_exchanged) {
  Eigen::Matrix2d const film = square(3.905), substrate = square(2.978333762357738);
  auto const group = lattice_holohedry(film), other = lattice_holohedry(substrate);
  CoincidenceOptions const limits{400.0, 0.03};
  auto const inside = [&](Coincidence const& c) {  // both ways round
    return 1.0 / (1.0 + c.strain_min) - 1.0 < 0.03 && 1.0 - 1.0 / (1.0 + c.strain_max) < 0.03;
  };

  auto const forward = find_coincidences(film, substrate, group, other, limits);
  auto const backward = find_coincidences(substrate, film, other, group, limits);

  EXPECT_EQ(std::ranges::count_if(forward, inside), std::ranges::count_if(backward, inside));
  for (auto const& c : forward) {
    if (!inside(c)) continue;
    auto const* match = find_class(backward, ratio(c.substrate, c.film), other, group);
    ASSERT_NE(match, nullptr);
    EXPECT_NEAR(match->strain_max, 1.0 / (1.0 + c.strain_min) - 1.0, 1e-11);  // strains are rounded to 1e-12
  }
}

/// Coincidence rotations of index sigma of the hexagonal lattice, +theta and -theta as one: 2^(k-1) for k distinct
/// prime factors that are all 1 modulo 3, else none (Eisenstein integers).
std::size_t hexagonal_twists(int sigma) {
  std::size_t count = 1;
  for (int p = 2, k = 0; sigma > 1; ++p) {
    if (sigma % p != 0) continue;
    if (p % 3 != 1) return 0;
    if (++k > 1) count *= 2;
    while (sigma % p == 0) sigma /= p;
  }
  return count;
}

TEST(Coincidence, finds_the_commensurate_twists_of_equal_hexagonal_layers) {
  auto const cases = reference_cases();
  NACRE_NEEDS_SHARED(test::shared_file("reference/interface/cases.json"));
  auto const layer = hexagonal(2.46);
  double const cell = layer.determinant();

  auto const found =
      find_coincidences(layer, layer, lattice_holohedry(layer), lattice_holohedry(layer), {100.5 * cell, 1e-6});

  for (Value const& entry : cases.at("exact_answers").at("twisted_bilayer_graphene").as_array()) {
    double const theta = entry.at("theta_deg").as_number(), least = std::min(theta, 60.0 - theta);  // one class
    auto const sigma = entry.at("sigma").as_integer();
    if (sigma > 100) continue;
    EXPECT_TRUE(std::ranges::any_of(found, [&](Coincidence const& c) {
      return c.film_index == sigma && std::abs(c.twist * units::degrees - least) < 1e-6;  // printed with 6 decimals
    })) << theta;
  }
  std::size_t expected = 0;
  for (int sigma = 1; sigma <= 100; ++sigma) expected += hexagonal_twists(sigma);
  EXPECT_EQ(found.size(), expected);
  EXPECT_EQ(found[0].film_index, 1);
  EXPECT_EQ(found[1].film_index, 7);
  EXPECT_NEAR(found[1].twist * units::degrees, 21.786789, 1e-6);
}

TEST(Coincidence, finds_the_commensurate_twists_of_equal_square_layers) {
  auto const cases = reference_cases();
  NACRE_NEEDS_SHARED(test::shared_file("reference/interface/cases.json"));
  auto const found = find_coincidences(square(3.905), square(3.905), lattice_holohedry(square(1.0)),
                                       lattice_holohedry(square(1.0)), {42.0 * 3.905 * 3.905, 1e-6});

  for (Value const& entry : cases.at("exact_answers").at("square_lattice_coincidence_twist").as_array()) {
    auto const sigma = entry.at("sigma").as_integer();
    double const theta = entry.at("theta_deg").as_number(), least = std::min(theta, 90.0 - theta);
    if (sigma > 42) continue;
    EXPECT_TRUE(std::ranges::any_of(found, [&](Coincidence const& c) {
      return c.film_index == sigma && std::abs(c.twist * units::degrees - least) < 1e-6;  // printed with 6 decimals
    })) << theta;
  }
  for (auto const& c : found) EXPECT_LT(c.largest_strain(), 1e-12);
}

TEST(Coincidence, reaches_the_first_magic_angle_of_bilayer_graphene) {
  auto const layer = hexagonal(2.46);

  auto const found = find_coincidences(layer, layer, lattice_holohedry(layer), lattice_holohedry(layer),
                                       {2791.0 * layer.determinant(), 1e-8});

  EXPECT_TRUE(std::ranges::any_of(found, [](Coincidence const& c) {  // 11164 atoms = 4 x 2791
    return c.film_index == 2791 && std::abs(c.twist * units::degrees - 1.084549) < 1e-6;
  }));
}

TEST(Coincidence, turns_the_film_counterclockwise_by_a_positive_twist) {
  auto const film = square(3.9), substrate = square(3.9);
  for (auto const& c : find_coincidences(film, substrate, rotations_of(lattice_holohedry(film)),
                                         rotations_of(lattice_holohedry(film)), {100.0, 1e-6})) {
    Eigen::Matrix2d const film_cell = film * c.film.transpose().cast<double>();
    Eigen::Matrix2d const substrate_cell = substrate * c.substrate.transpose().cast<double>();

    EXPECT_LT((rotation(c.twist) * film_cell - substrate_cell).norm(), 1e-9);
  }
}

TEST(Coincidence, accepts_a_match_exactly_on_both_limits) {
  auto const substrate = square(4.0), film = square(4.0 / 1.03);
  auto const group = lattice_holohedry(film);

  EXPECT_EQ(find_coincidences(film, substrate, group, group, {16.0, 0.03}).size(), 1u);
  EXPECT_EQ(find_coincidences(film, substrate, group, group, {16.0 * (1.0 - 1e-6), 0.03}).size(), 0u);
  EXPECT_EQ(find_coincidences(film, substrate, group, group, {16.0, 0.03 * (1.0 - 1e-6)}).size(), 0u);
}

TEST(Coincidence, spans_the_shift_cell_by_both_lattices) {
  auto const film = hexagonal(3.16), substrate = square(2.98);
  for (auto const& c : find_coincidences(film, substrate, {}, {}, {150.0, 0.05})) {
    Eigen::Matrix2d const shift = c.shift.cast<double>() / (c.film_index * c.substrate_index);  // of the common cell

    EXPECT_NEAR(shift.determinant() * c.substrate_area, c.shift_cell_area, 1e-9);
    for (auto const& m : {c.film, c.substrate}) {  // rows of m^-1: lattice vectors of a layer, in the common cell
      Eigen::Matrix2d const coordinates = m.cast<double>().inverse() * shift.inverse();
      EXPECT_LT((coordinates.array() - coordinates.array().round()).abs().maxCoeff(), 1e-9);
    }
  }
}

TEST(Coincidence, of_a_material_on_itself_is_the_identity) {
  auto const c = identity_coincidence(hexagonal(3.0));

  EXPECT_EQ(c.film_index, 1);
  EXPECT_EQ(c.twist, 0.0);
  EXPECT_EQ(c.largest_strain(), 0.0);
  EXPECT_NEAR(c.shift_cell_area, c.film_area, 1e-12);
}

TEST(Coincidence, refuses_input_without_meaning) {
  auto const fine = square(3.0);
  Eigen::Matrix2d const collinear{{1.0, 2.0}, {1.0, 2.0}};

  EXPECT_THROW(find_coincidences(fine, fine, {}, {}, {100.0, -0.01}), InputError);
  EXPECT_THROW(find_coincidences(fine, fine, {}, {}, {0.0, 0.01}), InputError);
  EXPECT_THROW(find_coincidences(collinear, fine, {}, {}), InputError);
  EXPECT_THROW(find_coincidences(fine, Eigen::Matrix2d::Zero(), {}, {}), InputError);
  EXPECT_THROW(find_coincidences(fine, fine, {}, {}, {std::nan(""), 0.01}), InputError);
  EXPECT_THROW(find_coincidences(fine, fine, {}, {}, {100.0, std::nan("")}), InputError);
  EXPECT_THROW(find_coincidences(std::nan("") * fine, fine, {}, {}), InputError);
  CoincidenceOptions options;
  options.max_atoms = -1;
  EXPECT_THROW(find_coincidences(fine, fine, {}, {}, options), InputError);
  options = {};
  options.twist = TwistRequest{std::nan(""), 0.1};
  EXPECT_THROW(find_coincidences(fine, fine, {}, {}, options), InputError);
  options.twist = TwistRequest{0.1, -0.1};
  EXPECT_THROW(find_coincidences(fine, fine, {}, {}, options), InputError);
}

}  // namespace
}  // namespace nacre
