#include "nacre/stack/compensation.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre {
namespace {

constexpr double neutral_limit = 1e-6;    ///< [e/Å^2], definitions.md 4
constexpr double whole_tolerance = 1e-3;  ///< of a number of vacancies: formal charges are whole or simple fractions
constexpr int cells = 4;                  ///< plane cells of the 2 x 2 cell
constexpr int largest_cell = 16;          ///< plane cells that a remedy is looked for in
constexpr double most_patterns = 4e6;

using Mask = std::uint64_t;

/// Ions of one atomic plane that leave a charge of the right sign: element, its charge, its atoms.
struct Ions {
  int element;
  double charge;
  std::vector<int> atoms;
};

std::vector<Ions> ions_of_plane(Slab const& slab, int plane, double sign) {
  std::map<std::pair<int, double>, std::vector<int>> kinds;
  for (std::size_t a = 0; a < slab.crystal.size(); ++a) {
    double const q = slab.crystal.oxidation.empty() ? 0.0 : slab.crystal.oxidation[a];
    if (slab.atom_plane[a] == plane && q * sign > 0.0)
      kinds[{slab.crystal.numbers[a], q}].push_back(static_cast<int>(a));
  }
  std::vector<Ions> list;
  for (auto const& [kind, atoms] : kinds) list.push_back({kind.first, kind.second, atoms});
  return list;
}

/// Whole ions whose charge is that of `count` cells; nothing if it is none.
std::optional<int> whole_ions(double charge_per_cell, int count, double ion) {
  double const number = count * charge_per_cell / ion, whole = std::round(number);
  if (whole < 1.0 || std::abs(number - whole) > whole_tolerance) return std::nullopt;
  return static_cast<int>(whole);
}

/// What may be missing from one face of the 2 x 2 cell.
struct FaceOption {
  int element = 0, count = 0;
  std::vector<int> atoms;
};

/// One option for each ion that does; for a neutral face the one without vacancies.
std::vector<FaceOption> face_options(Slab const& slab, bool upper) {
  double const charge = (upper ? slab.upper.bound_charge : -slab.termination.bound_charge) * slab.plane.area();
  if (std::abs(charge) < neutral_limit * slab.plane.area()) return {{}};
  std::vector<FaceOption> options;
  for (auto const& ions : ions_of_plane(slab, upper ? slab.atom_plane.back() : 0, charge)) {
    auto const count = whole_ions(charge, cells, ions.charge);
    if (count && *count <= cells * std::ssize(ions.atoms)) options.push_back({ions.element, *count, ions.atoms});
  }
  return options;
}

std::string face_refusal(Slab const& slab, bool upper) {
  double const charge = upper ? slab.upper.bound_charge : -slab.termination.bound_charge;
  return concat("polar ", upper ? "upper" : "lower", " face ", upper ? slab.upper.upper : slab.termination.lower,
                " of ", slab.crystal.name, ": bound sheet charge Q = ", significant(charge, 6),
                " e/A^2, which no whole number of vacancies in its plane makes up in cells up to 2 x 2",
                smallest_compensation(slab, upper ? slab.atom_plane.back() : 0, charge));
}

Eigen::Vector2i coset(int k) { return {k / 2, k % 2}; }

std::vector<VacancySite> list_sites(FaceOption const& lower, FaceOption const& upper) {
  std::vector<VacancySite> sites;
  for (bool const is_upper : {false, true}) {
    for (int const atom : (is_upper ? upper : lower).atoms) {
      for (int k = 0; k < cells; ++k) sites.push_back({atom, coset(k), is_upper});
    }
  }
  return sites;
}

/// Images of the sites under the operations of the slab and the translations of the plane's lattice: where each goes.
std::vector<std::vector<int>> site_permutations(Slab const& slab, std::vector<VacancySite> const& sites) {
  Crystal alone = slab.crystal;
  alone.lattice.col(2) << 0.0, 0.0, slab.thickness() + 20.0;  // vacuum: operations are those of the slab
  alone.periodic = {true, true, true};
  Eigen::Matrix3Xd const x = alone.lattice.inverse() * alone.positions;
  std::vector<std::vector<int>> permutations;
  for (auto const& s : find_space_group(alone, slab.plane.tolerance_A).operations) {
    for (int k = 0; k < cells; ++k) {
      std::vector<int> image;
      for (auto const& site : sites) {
        Eigen::Vector3d from = x.col(site.atom);
        from.head<2>() += site.cell.cast<double>();
        Eigen::Vector3d to = s.rotation.cast<double>() * from + s.translation;
        to.head<2>() += coset(k).cast<double>();
        auto const is_there = [&](VacancySite const& other) {
          Eigen::Vector3d d = to - x.col(other.atom);
          d.head<2>() -= other.cell.cast<double>();
          d.head<2>() -= 2.0 * (0.5 * d.head<2>()).array().round().matrix();
          d.z() -= std::round(d.z());
          return (alone.lattice * d).norm() < 30.0 * slab.plane.tolerance_A;
        };
        auto const place = std::ranges::find_if(sites, is_there);
        if (place == sites.end()) break;
        image.push_back(static_cast<int>(place - sites.begin()));
      }
      bool const complete = image.size() == sites.size();
      if (complete && std::ranges::find(permutations, image) == permutations.end()) permutations.push_back(image);
    }
  }
  return permutations;
}

/// A permutation of bits, eight at a time.
class BitPermutation {
 public:
  explicit BitPermutation(std::vector<int> const& image) {
    for (std::size_t byte = 0; byte < 8; ++byte) {
      for (std::size_t value = 0; value < 256; ++value) {
        Mask out = 0;
        for (std::size_t bit = 0; bit < 8; ++bit) {
          std::size_t const from = 8 * byte + bit;
          if ((value >> bit & 1) != 0 && from < image.size()) out |= Mask{1} << image[from];
        }
        table_[byte][value] = out;
      }
    }
  }
  Mask operator()(Mask mask) const {
    Mask out = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) out |= table_[byte][mask >> (8 * byte) & 0xFF];
    return out;
  }

 private:
  std::array<std::array<Mask, 256>, 8> table_;
};

/// All masks of `n` bits with `count` set, ascending.
std::vector<Mask> subsets(int n, int count) {
  if (count == 0) return {0};
  std::vector<Mask> list;
  Mask const end = n == 64 ? 0 : Mask{1} << n;
  for (Mask m = (count == 64 ? ~Mask{0} : (Mask{1} << count) - 1); end == 0 || m < end;) {
    list.push_back(m);
    Mask const low = m & (~m + 1), next = m + low;  // the next number with as many bits
    if (next < m || low == 0) break;
    m = next | (((m ^ next) >> 2) / low);
  }
  return list;
}

double combinations(int n, int k) {
  double c = 1.0;
  for (int i = 1; i <= k; ++i) c = c * (n - k + i) / i;
  return c;
}

std::vector<Mask> distinct_arrangements(Slab const& slab, VacancyChoice const& choice) {
  int const total = static_cast<int>(choice.sites.size());
  int const lower = static_cast<int>(std::ranges::count(choice.sites, false, &VacancySite::upper));
  double const patterns = combinations(lower, choice.lower_count) * combinations(total - lower, choice.upper_count);
  require(total <= 64 && patterns <= most_patterns, "too many arrangements of vacancies on ", slab.crystal.name, " (",
          significant(patterns, 3), ", listed up to ", most_patterns, "); choose a termination with fewer sites");
  std::vector<BitPermutation> permutations;
  for (auto const& image : site_permutations(slab, choice.sites)) permutations.emplace_back(image);
  std::vector<Mask> distinct;
  auto const below = subsets(lower, choice.lower_count), above = subsets(total - lower, choice.upper_count);
  for (Mask const up : above) {
    for (Mask const low : below) {
      Mask const mask = lower == 64 ? low : low | up << lower;
      if (std::ranges::all_of(permutations, [&](auto const& p) { return p(mask) >= mask; })) distinct.push_back(mask);
    }
  }
  return distinct;
}

}  // namespace

std::string smallest_compensation(Slab const& slab, int atomic_plane, double charge_per_area) {
  if (std::abs(charge_per_area) < neutral_limit) return {};
  auto const ions = ions_of_plane(slab, atomic_plane, charge_per_area);
  for (int count = 1; count <= largest_cell; ++count) {
    for (auto const& ion : ions) {
      auto const whole = whole_ions(charge_per_area * slab.plane.area(), count, ion.charge);
      if (!whole || *whole > count * std::ssize(ion.atoms)) continue;
      return concat("; ", *whole, " vacant ", symbol(ion.element), " per ", count,
                    count == 1 ? " plane cell" : " plane cells", " would compensate it");
    }
  }
  return {};
}

Compensation find_compensations(Slab const& slab) {
  auto const lower = face_options(slab, false), upper = face_options(slab, true);
  Compensation result;
  if (lower.empty())
    result.refusal = face_refusal(slab, false);
  else if (upper.empty())
    result.refusal = face_refusal(slab, true);
  for (auto const& below : lower) {
    for (auto const& above : upper) {
      VacancyChoice choice{below.element, above.element, below.count, above.count, list_sites(below, above), {}};
      choice.arrangements = distinct_arrangements(slab, choice);
      result.choices.push_back(std::move(choice));
    }
  }
  return result;
}

namespace {

/// The place of a site among those of one atom, moved by a vector of the plane's lattice.
Mask moved(std::vector<VacancySite> const& sites, Mask mask, Eigen::Vector2i const& by) {
  Mask out = 0;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if ((mask >> i & 1) == 0) continue;
    Eigen::Vector2i cell = sites[i].cell + by;
    for (int& c : cell) c &= 1;
    std::size_t const first = i - i % cells;  // sites of one atom follow each other in the order of coset()
    out |= Mask{1} << (first + static_cast<std::size_t>(2 * cell.x() + cell.y()));
  }
  return out;
}

/// Rows of the smallest cell of a pattern, and the cells of the plane's lattice in it.
struct PatternCell {
  Eigen::Matrix2i rows;
  std::vector<Eigen::Vector2i> points;
};

PatternCell pattern_cell(VacancyChoice const& choice, Mask mask) {
  auto const repeats = [&](Eigen::Vector2i const& by) { return moved(choice.sites, mask, by) == mask; };
  bool const x = repeats({1, 0}), y = repeats({0, 1}), diagonal = repeats({1, 1});
  if (x && y) return {Eigen::Matrix2i{{1, 0}, {0, 1}}, {{0, 0}}};
  if (x) return {Eigen::Matrix2i{{1, 0}, {0, 2}}, {{0, 0}, {0, 1}}};
  if (y) return {Eigen::Matrix2i{{2, 0}, {0, 1}}, {{0, 0}, {1, 0}}};
  if (diagonal) return {Eigen::Matrix2i{{1, 1}, {-1, 1}}, {{0, 0}, {0, 1}}};
  return {Eigen::Matrix2i{{2, 0}, {0, 2}}, {{0, 0}, {0, 1}, {1, 0}, {1, 1}}};
}

bool is_vacant(VacancyChoice const& choice, Mask mask, int atom, Eigen::Vector2i const& cell) {
  for (std::size_t i = 0; i < choice.sites.size(); ++i) {
    auto const& site = choice.sites[i];
    if (site.atom == atom && site.cell == cell) return (mask >> i & 1) != 0;
  }
  return false;
}

std::string vacancy_words(VacancyChoice const& choice, int per_cells) {
  auto const part = [&](int count, int element, char const* where) {
    return count == 0 ? std::string() : concat(count * per_cells / cells, ' ', symbol(element), ' ', where);
  };
  auto const lower = part(choice.lower_count, choice.lower_element, "below");
  auto const upper = part(choice.upper_count, choice.upper_element, "above");
  return concat(lower, lower.empty() || upper.empty() ? "" : ", ", upper, " per ", per_cells,
                per_cells == 1 ? " cell" : " cells");
}

Hash128 arrangement_hash(Slab const& slab, VacancyChoice const& choice, Mask mask) {
  std::vector<std::int64_t> key{slab.plane.miller.x(),  slab.plane.miller.y(), slab.plane.miller.z(),
                                slab.termination.first, slab.repeats,          slab.extra_planes,
                                choice.lower_element,   choice.upper_element,  static_cast<std::int64_t>(mask)};
  for (int const number : slab.plane.primitive.numbers) key.push_back(number);
  return Hash128::of(key);
}

}  // namespace

CompensatedSlab with_vacancies(Slab const& slab, VacancyChoice const& choice, std::uint64_t arrangement) {
  auto const [rows, points] = pattern_cell(choice, arrangement);
  CompensatedSlab result;
  result.cell = rows;
  result.vacancies = vacancy_words(choice, static_cast<int>(points.size()));
  result.hash = arrangement_hash(slab, choice, arrangement);
  Crystal& crystal = result.crystal;
  crystal.lattice = slab.crystal.lattice;
  Eigen::Matrix2d const basis = slab.plane.basis, cell = basis * rows.transpose().cast<double>();
  crystal.lattice.topLeftCorner<2, 2>() = cell;
  crystal.periodic = slab.crystal.periodic;
  crystal.name = slab.crystal.name;
  std::vector<Eigen::Vector3d> positions;
  for (std::size_t a = 0; a < slab.crystal.size(); ++a) {
    for (auto const& point : points) {
      if (is_vacant(choice, arrangement, static_cast<int>(a), point)) continue;
      Eigen::Vector3d r = slab.crystal.positions.col(static_cast<Eigen::Index>(a));
      Eigen::Vector2d x = cell.inverse() * (r.head<2>() + basis * point.cast<double>());
      for (double& c : x) c -= std::floor(c + 1e-9);  // what is 1 but for rounding is 0
      r.head<2>() = cell * x;
      positions.push_back(r);
      crystal.numbers.push_back(slab.crystal.numbers[a]);
      crystal.oxidation.push_back(slab.crystal.oxidation[a]);
      result.atom_plane.push_back(slab.atom_plane[a]);
    }
  }
  crystal.positions.resize(3, static_cast<Eigen::Index>(positions.size()));
  for (std::size_t i = 0; i < positions.size(); ++i) crystal.positions.col(static_cast<Eigen::Index>(i)) = positions[i];
  return result;
}

DoubledSlab doubled_slab(Slab const& slab, VacancyChoice const& choice) {
  DoubledSlab result;
  Crystal& crystal = result.crystal;
  crystal.lattice = slab.crystal.lattice;
  crystal.lattice.leftCols<2>() *= 2.0;
  crystal.periodic = {true, true, false};
  crystal.name = slab.crystal.name;
  std::vector<std::pair<int, Eigen::Vector2i>> places;
  std::vector<double> charges;
  auto const charge = [&](int atom) { return slab.crystal.oxidation[static_cast<std::size_t>(atom)]; };
  double const lower_sites = static_cast<double>(std::ranges::count(choice.sites, false, &VacancySite::upper));
  double const upper_sites = static_cast<double>(choice.sites.size()) - lower_sites;
  for (auto const& site : choice.sites) {
    double const vacant = site.upper ? choice.upper_count / upper_sites : choice.lower_count / lower_sites;
    places.emplace_back(site.atom, site.cell);
    charges.push_back(charge(site.atom) * (1.0 - vacant));
  }
  for (int a = 0; a < static_cast<int>(slab.crystal.size()); ++a) {
    if (std::ranges::find(choice.sites, a, &VacancySite::atom) != choice.sites.end()) continue;
    for (int k = 0; k < cells; ++k) {
      places.emplace_back(a, coset(k));
      charges.push_back(charge(a));
    }
  }
  crystal.positions.resize(3, static_cast<Eigen::Index>(places.size()));
  result.charges.resize(static_cast<Eigen::Index>(places.size()));
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const& [atom, cell] = places[i];
    Eigen::Vector3d r = slab.crystal.positions.col(atom);
    r.head<2>() += slab.plane.basis * cell.cast<double>();
    crystal.positions.col(static_cast<Eigen::Index>(i)) = r;
    crystal.numbers.push_back(slab.crystal.numbers[static_cast<std::size_t>(atom)]);
    result.charges[static_cast<Eigen::Index>(i)] = charges[i];
  }
  return result;
}

}  // namespace nacre
