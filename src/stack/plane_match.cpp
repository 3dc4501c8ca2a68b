#include "nacre/stack/plane_match.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <optional>

#include "nacre/core/error.hpp"
#include "planar.hpp"
#include "repeat.hpp"

namespace nacre {
namespace {

/// One material cut on one plane, read from one description: bases and atoms are the same numbers.
bool same_layer(PlaneLattice const& a, PlaneLattice const& b) {
  if (a.primitive.numbers != b.primitive.numbers || a.miller != b.miller || a.cell != b.cell) return false;
  double const largest = std::max((a.basis - b.basis).cwiseAbs().maxCoeff() / a.basis.norm(),
                                  (a.coordinates() - b.coordinates()).cwiseAbs().maxCoeff());
  return std::max(largest, std::abs(a.spacing - b.spacing) / a.spacing) < detail::rounding;
}

/// Indices of the mirror image of a face, if the crystal has an operation that makes one.
std::optional<Eigen::Vector3i> mirrored_face(Crystal const& crystal, Eigen::Vector3i const& miller) {
  std::optional<Eigen::Vector3i> image;
  for (auto const& s : find_space_group(crystal).operations) {
    Eigen::Matrix3d const w = s.rotation.cast<double>();
    if (w.determinant() > 0.0) continue;
    Eigen::Matrix3d const inverse = w.inverse();
    Eigen::RowVector3d const h = miller.transpose().cast<double>() * inverse;
    image = h.transpose().array().round().matrix().cast<int>();
    if (*image == -miller) break;  // the plainest name
  }
  return image;
}

}  // namespace

std::vector<Eigen::Matrix2i> match_group(PlaneLattice const& plane, MatchSymmetry symmetry) {
  return symmetry == MatchSymmetry::lattice ? lattice_holohedry(plane.basis) : layer_point_group(plane);
}

std::vector<Eigen::Matrix2i> layer_turns(PlaneLattice const& plane) {
  auto const repeat = detail::find_repeat(plane);
  std::vector<Eigen::Matrix2i> turns;
  for (auto const& s : plane.operations) {
    if (s.rotation(2, 2) != -1) continue;
    bool listed = true;
    for (int first = 0; first < repeat.size(); ++first) {
      if (!detail::is_representative(repeat, first, plane)) continue;
      int const turned = (detail::image_of_plane(repeat, first, s) + 1) % repeat.size();
      listed = listed && detail::is_representative(repeat, turned, plane);
    }
    if (listed) turns.push_back(s.rotation.topLeftCorner<2, 2>());
  }
  return turns;
}

bool is_handed(PlaneLattice const& plane) {
  return std::ranges::none_of(layer_point_group(plane), [](auto const& g) { return g.determinant() < 0; });
}

CoincidenceList match_planes(PlaneLattice const& film, PlaneLattice const& substrate, MatchSymmetry symmetry,
                             CoincidenceOptions options, int film_repeats, int substrate_repeats) {
  require(film_repeats >= 1 && substrate_repeats >= 1, "invalid repeats ", film_repeats, " and ", substrate_repeats,
          " (a layer is at least one repeat thick)");
  options.film_atoms = std::int64_t{film_repeats} * film.primitive.size();
  options.substrate_atoms = std::int64_t{substrate_repeats} * substrate.primitive.size();
  if (symmetry == MatchSymmetry::layer && film_repeats == substrate_repeats && same_layer(film, substrate)) {
    options.turns = layer_turns(film);
  }
  return search_coincidences(film.basis, substrate.basis, match_group(film, symmetry), match_group(substrate, symmetry),
                             options);
}

std::vector<PlanePair> plane_pairs(Crystal const& film, Crystal const& substrate, int max_index) {
  auto const handed = [](Crystal const& crystal, std::vector<Eigen::Vector3i> const& planes) {
    std::vector<bool> answers;
    for (auto const& miller : planes) answers.push_back(is_handed(make_plane(crystal, miller)));
    return answers;
  };
  auto const film_planes = find_planes(film, max_index), substrate_planes = find_planes(substrate, max_index);
  auto const film_handed = handed(film, film_planes), substrate_handed = handed(substrate, substrate_planes);
  std::vector<PlanePair> pairs;
  for (std::size_t f = 0; f < film_planes.size(); ++f) {
    for (std::size_t s = 0; s < substrate_planes.size(); ++s) {
      pairs.push_back({film_planes[f], substrate_planes[s]});
      if (!film_handed[f] || !substrate_handed[s]) continue;
      if (auto const other = mirrored_face(film, film_planes[f])) {
        pairs.push_back({*other, substrate_planes[s]});
      } else if (auto const face = mirrored_face(substrate, substrate_planes[s])) {
        pairs.push_back({film_planes[f], *face});
      }
    }
  }
  return pairs;
}

}  // namespace nacre
