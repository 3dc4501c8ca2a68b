#include "nacre/stack/identity.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <tuple>

#include "nacre/core/error.hpp"
#include "placement.hpp"

namespace nacre {
namespace {

using detail::RowMap;
using Key = std::vector<std::int64_t>;

constexpr double gap_step = 1e-4;      ///< [Å]
constexpr double crystal_step = 1e-4;  ///< of lengths [Å] and coordinates that tell crystals apart
constexpr double on_grid = 1e-3;       ///< an offset this near a grid point lies on it [grid units]

/// An operation of one layer, as it relabels the layer at its lower and at its upper face.
struct Pose {
  RowMap below, above;
  bool mirrored;
  int first;  ///< the cut that it leads to
};

std::vector<Pose> upright_poses(Slab const& slab) {
  std::vector<Pose> poses;
  for (auto const& operation : layer_operations(slab.plane)) {
    auto const map = detail::row_map(operation);
    poses.push_back({map, map, operation.matrix.determinant() < 0, slab.termination.first});
  }
  return poses;
}

/// What was its upper face is its lower one. Only slabs of whole repeats: others end at two unlike cuts.
std::vector<Pose> turned_poses(Slab const& slab) {
  if (slab.extra_planes > 0) return {};
  auto const by_upper = detail::turned_layers(slab.plane, slab.termination.first, false);
  auto const by_lower = detail::turned_layers(slab.plane, slab.termination.first, true);
  std::vector<Pose> poses;
  for (auto const& upper : by_upper) {
    auto const lower = std::ranges::find(by_lower, upper.operation, &detail::TurnedLayer::operation);
    if (lower == by_lower.end()) continue;
    poses.push_back({upper.map, lower->map, upper.mirrored, upper.first});
  }
  return poses;
}

/// The crystal as read, its plane, cut and thickness.
Key layer_key(Slab const& slab, int first) {
  auto const& plane = slab.plane;
  Key values;
  auto const add = [&](double x) { values.push_back(std::llround(x / crystal_step)); };
  Eigen::Matrix2d const metric = plane.basis.transpose() * plane.basis;
  for (double const x : {std::sqrt(metric(0, 0)), std::sqrt(metric(1, 1)), metric(0, 1) / plane.area(), plane.spacing}) {
    add(x);
  }
  auto const x = plane.coordinates();
  for (Eigen::Index a = 0; a < x.cols(); ++a) {
    values.push_back(plane.primitive.numbers[static_cast<std::size_t>(a)]);
    for (int k = 0; k < 3; ++k) add(x(k, a) - std::floor(x(k, a) + 0.5 * crystal_step));
  }
  auto const crystal = Hash128::of(std::span<std::int64_t const>(values));
  return {static_cast<std::int64_t>(crystal.high), static_cast<std::int64_t>(crystal.low), plane.miller.x(),
          plane.miller.y(), plane.miller.z(), first, slab.repeats, slab.extra_planes};
}

/// A contact on the grid, between two layers.
struct GridContact {
  Coincidence coincidence;
  GridShift shift;
  std::int64_t gap;
};

GridContact to_grid(Coincidence const& c, Eigen::Vector2d const& shift, double gap) {
  return {c, detail::to_grid(shift.transpose()), std::llround(gap / gap_step)};
}

/// X = p/d in lowest terms.
Key ratio_key(Coincidence const& c) {
  auto const m = c.film.cast<std::int64_t>();
  auto const n = c.substrate.cast<std::int64_t>();
  std::int64_t const d = m.determinant();
  Eigen::Matrix<std::int64_t, 2, 2> const adjugate{{m(1, 1), -m(0, 1)}, {-m(1, 0), m(0, 0)}};
  Eigen::Matrix<std::int64_t, 2, 2> const p = adjugate * n;
  Key key{d, p(0, 0), p(0, 1), p(1, 0), p(1, 1)};
  std::int64_t common = 0;
  for (auto const v : key) common = std::gcd(common, v);
  for (auto& v : key) v /= d < 0 ? -common : common;
  return key;
}

/// A contact after both layers are relabelled: shift -> shift linear + offset, rows, in cells.
struct ContactImage {
  Coincidence coincidence;
  Eigen::Matrix2d linear;
  Eigen::RowVector2d offset;
};

/// Turned over if asked, so that what was the lower layer is the film.
ContactImage image_of(Coincidence const& c, Slab const& lower, Slab const& upper, RowMap const& on_lower,
                      RowMap const& on_upper, bool turned) {
  RowMap const& film = turned ? on_lower : on_upper;
  RowMap const& bottom = turned ? on_upper : on_lower;
  Eigen::Matrix2i const film_rows = (turned ? c.substrate : c.film) * detail::rounded(film.matrix);
  Eigen::Matrix2i const bottom_rows = (turned ? c.film : c.substrate) * detail::rounded(bottom.matrix);
  ContactImage image;
  image.coincidence = make_coincidence((turned ? lower : upper).plane.basis, (turned ? upper : lower).plane.basis,
                                       film_rows, bottom_rows);
  detail::Placement const zero{detail::ratio(c), Eigen::RowVector2d::Zero()};
  auto const moved = detail::relabelled(turned ? detail::inverse(zero) : zero, film, bottom);
  Eigen::Matrix2d const vectors = detail::shift_vectors(c),
                        coordinates = detail::shift_vectors(image.coincidence).inverse();
  image.linear = (turned ? Eigen::Matrix2d(-vectors * zero.x.inverse()) : vectors) * bottom.matrix * coordinates;
  image.offset = moved.shift * coordinates;
  return image;
}

Key described(GridContact const& contact, ContactImage const& to) {
  auto map = detail::make_shift_map(to.linear, to.offset);
  Key key = ratio_key(to.coincidence);
  // an offset that no grid holds is rounded on one side of the pair and undone on the other, so that both agree
  Eigen::RowVector2d const units = to.offset * static_cast<double>(shift_grid);
  bool const free = (units - units.array().round().matrix()).cwiseAbs().maxCoeff() > on_grid;
  if (free && ratio_key(contact.coincidence) < key) {
    Eigen::Matrix2d const back = to.linear.inverse();
    map = detail::inverse(detail::make_shift_map(back, -to.offset * back));
  }
  auto const shift = image(map, contact.shift);
  key.insert(key.end(), {shift[0], shift[1], contact.gap});
  return key;
}

/// One way to go through the layers: from a first layer up, or, turned over, from it down.
class Reading {
 public:
  Reading(SlabList const& slabs, std::vector<GridContact> const& contacts, bool turned, std::size_t start)
      : slabs_(slabs), contacts_(contacts), turned_(turned), start_(start) {}

  /// The smallest key of this reading; nothing if a layer cannot be turned over.
  std::optional<Key> smallest() {
    Key key;
    for (std::size_t k = 0; k < slabs_.size(); ++k) {
      Slab const& slab = slabs_[layer(k)];
      poses_.push_back(turned_ ? turned_poses(slab) : upright_poses(slab));
      if (poses_.back().empty()) return std::nullopt;
      auto const words = layer_key(slab, poses_.back().front().first);
      key.insert(key.end(), words.begin(), words.end());
    }
    for (std::size_t p = 0; p < poses_[0].size(); ++p) open_.insert({p, p});
    for (std::size_t k = 0; k < contacts_.size(); ++k) {
      auto const words = step(k);
      if (words.empty()) return std::nullopt;
      key.insert(key.end(), words.begin(), words.end());
    }
    return key;
  }

 private:
  using Ends = std::pair<std::size_t, std::size_t>;  ///< poses of the first layer and of the one reached

  std::size_t layer(std::size_t k) const {
    std::size_t const n = slabs_.size();
    return turned_ ? (start_ + n - k % n) % n : (start_ + k) % n;
  }

  /// Goes over contact k of this reading: of all poses still open those that describe it by the smallest key stay.
  Key step(std::size_t k) {
    std::size_t const n = slabs_.size(), from = k % n, to = (k + 1) % n;
    bool const closing = k + 1 == n;
    auto const& contact = contacts_[turned_ ? layer(to) : layer(from)];  // counted by its lower layer
    Slab const &here = slabs_[layer(from)], &next = slabs_[layer(to)];
    Key best;
    std::set<Ends> kept;
    for (auto const& [first, reached] : open_) {
      for (std::size_t q = 0; q < poses_[to].size(); ++q) {
        auto const &a = poses_[from][reached], &b = poses_[to][q];
        if (a.mirrored != b.mirrored || (closing && q != first)) continue;
        auto const& c = contact.coincidence;
        auto key = described(contact, turned_ ? image_of(c, next, here, b.below, a.above, true)
                                              : image_of(c, here, next, a.above, b.below, false));
        if (!best.empty() && key > best) continue;
        if (best.empty() || key < best) kept.clear();
        best = std::move(key);
        kept.insert({first, q});
      }
    }
    open_ = std::move(kept);
    return best;
  }

  SlabList const& slabs_;
  std::vector<GridContact> const& contacts_;
  bool turned_;
  std::size_t start_;
  std::vector<std::vector<Pose>> poses_;
  std::set<Ends> open_;
};

}  // namespace

CanonicalStack canonical_stack(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                               StackOptions const& options) {
  bool const superlattice = options.geometry == StackGeometry::superlattice;
  std::vector<GridContact> grid;
  for (auto const& c : contacts) grid.push_back(to_grid(c.coincidence, c.shift, c.gap));
  auto const frame = make_frame(slabs, contacts, options);
  if (superlattice) {
    auto const& closing = frame.contacts.back();
    grid.push_back(to_grid(closing.coincidence, closing.shift, closing.gap));
  }
  std::optional<Key> best;
  for (bool const turned : {false, true}) {
    std::size_t const first = turned ? slabs.size() - 1 : 0;
    for (std::size_t k = 0; k < (superlattice ? slabs.size() : 1); ++k) {
      auto key = Reading(slabs, grid, turned, superlattice ? k : first).smallest();
      if (key && (!best || *key < *best)) best = std::move(key);
    }
  }
  CanonicalStack result;
  result.values = {superlattice ? 1 : 0, static_cast<std::int64_t>(slabs.size())};
  result.values.insert(result.values.end(), best->begin(), best->end());
  result.id = Hash128::of(std::span<std::int64_t const>(result.values));
  return result;
}

namespace {

/// One pose of every layer, all of one hand; empty if there are none.
std::vector<Pose> turning_poses(SlabList const& slabs) {
  for (bool const mirrored : {false, true}) {
    std::vector<Pose> chosen;
    for (Slab const& slab : slabs) {
      auto const poses = turned_poses(slab);
      auto const pose = std::ranges::find(poses, mirrored, &Pose::mirrored);
      if (pose == poses.end()) break;
      chosen.push_back(*pose);
    }
    if (chosen.size() == slabs.size()) return chosen;
  }
  return {};
}

Slab with_cut(Slab const& slab, int first) {
  auto const cuts = find_terminations(slab.plane, ChargeRule::if_known);
  return make_slab(slab.plane, *std::ranges::find(cuts, first, &Termination::first), slab.repeats);
}

template <class T>
std::vector<T> reversed(std::vector<T> list) {
  std::ranges::reverse(list);
  return list;
}

}  // namespace

std::optional<StackDesign> turned_over(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                       StackOptions const& options) {
  auto const poses = turning_poses(slabs);
  if (poses.empty()) return std::nullopt;
  auto const turned_contact = [&](ContactDesign const& contact, std::size_t lower, std::size_t upper) {
    auto const to =
        image_of(contact.coincidence, slabs[lower], slabs[upper], poses[lower].below, poses[upper].above, true);
    Eigen::Vector2d shift = (contact.shift.transpose() * to.linear + to.offset).transpose();
    for (double& x : shift) x -= std::floor(x + 1e-12);  // what is 1 but for rounding is 0
    return ContactDesign{to.coincidence, shift, contact.gap};
  };
  StackDesign design;
  design.options = options;
  design.options.stiffness = reversed(options.stiffness);
  design.options.strain_weights = reversed(options.strain_weights);
  for (std::size_t i = slabs.size(); i-- > 0;) design.slabs.push_back(with_cut(slabs[i], poses[i].first));
  for (std::size_t k = contacts.size(); k-- > 0;) design.contacts.push_back(turned_contact(contacts[k], k, k + 1));
  if (options.geometry == StackGeometry::superlattice) {
    auto const& closing = make_frame(slabs, contacts, options).contacts.back();
    auto const turned = turned_contact({closing.coincidence, closing.shift, closing.gap}, slabs.size() - 1, 0);
    design.options.closing_shift = turned.shift;
    design.options.closing_gap = turned.gap;
  }
  return design;
}

}  // namespace nacre
