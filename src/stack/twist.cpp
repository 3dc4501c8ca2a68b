#include "nacre/stack/twist.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/plane.hpp"
#include "planar.hpp"

namespace nacre {
namespace {

/// Lattices are similar if a few cells of one fit on the other within this strain.
constexpr double largest_misfit = 0.12;
constexpr int most_cells = 4;

/// A content below this is none: lines would be farther apart than any sample is wide.
constexpr double smallest_content = 1e-9;

constexpr double range_of_sigma_one = 15.0 / units::degrees;

double wrapped(double angle) { return angle - 2.0 * units::pi * std::round(angle / (2.0 * units::pi)); }

/// The smallest match of all, of equal ones that with the least strain.
std::optional<Coincidence> smallest_fit(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                        std::vector<Eigen::Matrix2i> const& film_group,
                                        std::vector<Eigen::Matrix2i> const& substrate_group) {
  CoincidenceOptions options;
  options.max_strain = largest_misfit;
  double const stretch = (1.0 + largest_misfit) * (1.0 + largest_misfit);  // of an area
  options.max_area = most_cells * stretch * std::min(film.determinant(), substrate.determinant());
  auto found = find_coincidences(film, substrate, film_group, substrate_group, options);
  std::erase_if(found, [](auto const& c) { return std::max(c.film_index, c.substrate_index) > most_cells; });
  auto const size = [](Coincidence const& c) { return c.film_index * c.substrate_index; };
  auto const smallest = std::ranges::min_element(found, {}, size);  // the first of equal ones has the least strain
  return smallest == found.end() ? std::nullopt : std::optional(*smallest);
}

Eigen::Matrix2d ratio(Coincidence const& c) { return c.film.cast<double>().inverse() * c.substrate.cast<double>(); }

Eigen::Matrix2i rounded(Eigen::Matrix2d const& m) { return m.array().round().matrix().cast<int>(); }

/// Operations of the film in the substrate's coordinates (columns), where they are operations of its lattice as well.
std::vector<Eigen::Matrix2i> carried(std::vector<Eigen::Matrix2i> const& film_group, Coincidence const& fit,
                                     Eigen::Matrix2d const& substrate) {
  Eigen::Matrix2d const x = ratio(fit).transpose();
  auto const holohedry = lattice_holohedry(substrate);
  std::vector<Eigen::Matrix2i> group;
  for (auto const& g : film_group) {
    Eigen::Matrix2d const exact = x * g.cast<double>() * x.inverse();
    Eigen::Matrix2i const h = rounded(exact);
    bool const integer = (exact - h.cast<double>()).cwiseAbs().maxCoeff() < detail::rounding;
    if (integer && std::ranges::find(holohedry, h) != holohedry.end()) group.push_back(h);
  }
  return group;
}

}  // namespace

std::vector<SiteTwist> square_twists(int max_sigma) {
  std::vector<SiteTwist> twists;
  for (int m = 2; m * m < max_sigma; ++m) {
    for (int k = 1; k < m; ++k) {
      int const sigma = m * m + k * k;
      if (std::gcd(m, k) != 1 || sigma % 2 == 0 || sigma > max_sigma) continue;
      double const angle = 2.0 * std::atan2(k, m);  // and its complement, by the fourfold axis
      twists.push_back({sigma, angle});
      twists.push_back({sigma, 0.5 * units::pi - angle});
    }
  }
  std::ranges::sort(twists, {}, [](auto const& t) { return std::tuple(t.sigma, t.angle); });
  return twists;
}

std::vector<SiteTwist> hexagonal_twists(int max_sigma) {
  std::vector<SiteTwist> twists;
  for (int i = 1; i * i < max_sigma; ++i) {
    for (int r = 1;; ++r) {
      std::int64_t const denominator = 3LL * i * i + 3LL * i * r + 1LL * r * r;
      std::int64_t const sigma = r % 3 == 0 ? denominator / 3 : denominator;
      if (denominator > 3LL * max_sigma) break;
      if (std::gcd(i, r) != 1 || sigma > max_sigma) continue;
      double const cosine = 1.0 - 0.5 * r * r / static_cast<double>(denominator);
      twists.push_back({static_cast<int>(sigma), std::acos(cosine)});
    }
  }
  std::ranges::sort(twists, {}, [](auto const& t) { return std::tuple(t.sigma, t.angle); });
  return twists;
}

double moire_period(double a, double b, double angle) {
  require(a > 0.0 && b > 0.0 && std::isfinite(a) && std::isfinite(b) && std::isfinite(angle),
          "invalid lattice constants ", a, " and ", b, " A at ", angle * units::degrees, " deg (must be positive)");
  double const d = a / b - 1.0, half = std::sin(0.5 * angle);
  double const root = std::sqrt(4.0 * (1.0 + d) * half * half + d * d);
  return root > 0.0 ? a / root : std::numeric_limits<double>::infinity();
}

std::vector<SpecialTwist> special_twists(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                         std::vector<Eigen::Matrix2i> const& film_group,
                                         std::vector<Eigen::Matrix2i> const& substrate_group, int max_sigma,
                                         std::optional<TwistRequest> const& twist) {
  require(max_sigma >= 1, "invalid max_sigma=", max_sigma, " (at least 1)");
  auto const fit = smallest_fit(film, substrate, film_group, substrate_group);
  if (!fit) return {};
  CoincidenceOptions options;
  options.max_strain = 1e-6;  // rotations of the substrate's lattice on itself
  options.max_area = max_sigma * substrate.determinant();
  auto const on_itself =
      find_coincidences(substrate, substrate, carried(film_group, *fit, substrate), substrate_group, options);
  std::vector<SpecialTwist> special;
  for (auto const& c : on_itself) {
    // X = M^-1 N M'^-1 N' of fit and rotation = (M' adj(N) M)^-1 (det N N')
    Eigen::Matrix2i const adjugate{{fit->substrate(1, 1), -fit->substrate(0, 1)},
                                   {-fit->substrate(1, 0), fit->substrate(0, 0)}};
    Eigen::Matrix2i const film_rows = c.film * adjugate * fit->film;
    special.push_back({c.film_index, nearest_image(film, substrate, film_group, substrate_group, film_rows,
                                                   c.substrate * fit->substrate_index, twist ? twist->angle : 0.0)});
  }
  if (twist && twist->half_width) {
    std::erase_if(special, [&](auto const& s) {
      return std::abs(wrapped(s.match.twist - twist->angle)) > *twist->half_width + detail::rounding;
    });
  }
  std::ranges::sort(special, {}, [](auto const& s) {
    return std::tuple(s.sigma, s.match.twist, s.match.film_index, s.match.largest_strain());
  });
  return special;
}

InterfaceNetwork predict_network(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                 SpecialTwist const& reference, double twist) {
  auto const& match = reference.match;
  double const c = std::cos(twist), s = std::sin(twist);
  Eigen::Matrix2d const turn{{c, -s}, {s, c}};
  InterfaceNetwork network;
  network.reference = reference;
  network.deviation = wrapped(twist - match.twist);
  Eigen::Matrix2d const e = turn * film.transpose().inverse() * ratio(match) * substrate.transpose();
  network.content = e - Eigen::Matrix2d::Identity();

  // rows: DSC vectors. p * content = (lines crossed) * DSC
  double const cells = match.film_index * static_cast<double>(match.substrate_index);
  Eigen::Matrix2d const dsc =
      match.shift.cast<double>() * match.substrate.cast<double>() * substrate.transpose() / cells;
  Eigen::Matrix2d const crossed = network.content * dsc.inverse();
  for (int k : {0, 1}) {
    Eigen::Vector2d const density = crossed.col(k);
    if (density.norm() * dsc.row(k).norm() < smallest_content) continue;
    DislocationFamily family;
    family.burgers = dsc.row(k).transpose();
    family.spacing = 1.0 / density.norm();
    family.line = Eigen::Vector2d(-density.y(), density.x()) * family.spacing;
    bool const backward = std::pair(family.line.x(), family.line.y()) < std::pair(-1e-12, 0.0);
    if (backward) {
      family.line = -family.line;
      family.burgers = -family.burgers;
    }
    family.burgers.array() += 0.0;  // no negative zero
    family.line.array() += 0.0;
    double const along = std::abs(family.burgers.dot(family.line)),
                 across = std::abs(detail::cross(family.burgers, family.line));
    family.character = std::atan2(across, along);
    network.families.push_back(family);
  }
  Eigen::Vector2d const first = crossed.col(0), second = crossed.col(1);
  bool const plane = std::abs(detail::cross(first, second)) > 1e-6 * first.norm() * second.norm();
  if (network.families.size() == 2 && plane) network.periods = crossed.inverse().transpose();
  return network;
}

std::optional<SpecialTwist> reference_for(std::vector<SpecialTwist> const& special, double twist) {
  std::optional<SpecialTwist> nearest;
  double least = 1.0 + detail::rounding;
  for (auto const& s : special) {
    double const distance = std::abs(wrapped(twist - s.match.twist)) * std::sqrt(s.sigma) / range_of_sigma_one;
    if (distance >= least) continue;
    least = distance;
    nearest = s;
  }
  return nearest;
}

}  // namespace nacre
