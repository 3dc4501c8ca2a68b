#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/stack/contact.hpp"
#include "placement.hpp"

namespace nacre {

using detail::composed;
using detail::equal;
using detail::Placement;
using detail::ratio;
using detail::relabelled;
using detail::row_map;
using detail::shift_vectors;
using detail::turned_layers;
using detail::wrapped;

namespace {

/// Where the placement is in the list, with the shift that it has there.
std::optional<std::pair<std::size_t, Eigen::RowVector2d>> find_in_list(Placement const& p, PlaneLattice const& film,
                                                                       PlaneLattice const& bottom,
                                                                       std::vector<Coincidence> const& list) {
  auto const film_operations = layer_operations(film), bottom_operations = layer_operations(bottom);
  double const determinant = p.x.determinant();
  for (std::size_t i = 0; i < list.size(); ++i) {
    double const ratio_of_indices = list[i].substrate_index / static_cast<double>(list[i].film_index);
    if (std::abs(ratio_of_indices - determinant) > 1e-6 * determinant) continue;
    Eigen::Matrix2d const x = ratio(list[i]);
    for (auto const& g : film_operations) {
      for (auto const& h : bottom_operations) {
        if (g.matrix.determinant() != h.matrix.determinant()) continue;
        auto const image = relabelled(p, row_map(g), row_map(h));
        if (equal(image.x, x)) return std::pair(i, image.shift);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

GridShift image(ShiftMap const& map, GridShift const& shift) {
  auto const row = [&](int r) {
    return wrapped(map.matrix(r, 0) * shift[0] + map.matrix(r, 1) * shift[1] + map.offset[static_cast<std::size_t>(r)]);
  };
  return {row(0), row(1)};
}

namespace {

/// Operations of the lower and the upper layer that together leave a contact's match as it is.
struct JointOperation {
  std::size_t lower, upper;  ///< indices into the layers' operations
  ShiftMap map;
};

std::vector<JointOperation> joint_operations(PlaneLattice const& bottom, PlaneLattice const& top,
                                             Coincidence const& c) {
  Eigen::Matrix2d const x = ratio(c), vectors = shift_vectors(c), coordinates = vectors.inverse();
  auto const upper = layer_operations(top), lower = layer_operations(bottom);
  std::vector<JointOperation> operations;
  for (std::size_t g = 0; g < upper.size(); ++g) {
    for (std::size_t h = 0; h < lower.size(); ++h) {
      auto const moved = relabelled({x, Eigen::RowVector2d::Zero()}, row_map(upper[g]), row_map(lower[h]));
      if (!equal(moved.x, x)) continue;
      Eigen::Matrix2d const matrix = vectors * row_map(lower[h]).matrix * coordinates;
      operations.push_back({h, g, detail::make_shift_map(matrix, moved.shift * coordinates)});
    }
  }
  return operations;
}

/// Each map once, the identity first.
std::vector<ShiftMap> distinct(std::vector<ShiftMap> const& all) {
  std::vector<ShiftMap> maps;
  for (auto const& map : all) {
    if (std::ranges::find(maps, map) == maps.end()) maps.push_back(map);
  }
  auto const identity = std::ranges::find(maps, ShiftMap{});
  std::rotate(maps.begin(), identity, identity + 1);
  return maps;
}

bool leaves(ShiftMap const& map, Eigen::Vector2d const& shift) {
  Eigen::Vector2d const offset(static_cast<double>(map.offset[0]), static_cast<double>(map.offset[1]));
  Eigen::Vector2d const moved = map.matrix.cast<double>() * shift + offset / static_cast<double>(shift_grid) - shift;
  return (moved - moved.array().round().matrix()).cwiseAbs().maxCoeff() < 1.0 / static_cast<double>(shift_grid);
}

/// Which operations of all layers together leave every contact but one as it is, and what they do to that one.
class Climber {
 public:
  Climber(std::vector<std::vector<JointOperation>> const& contacts, std::vector<JointOperation> const* closing,
          std::size_t free)
      : contacts_(contacts), closing_(closing), free_(free) {}

  std::vector<ShiftMap> climb() {
    for (auto const& joint : contacts_[0]) {
      chosen_ = {joint.lower};
      step(joint);
    }
    return std::move(found_);
  }

 private:
  void step(JointOperation const& joint) {
    std::size_t const k = chosen_.size() - 1;
    chosen_.push_back(joint.upper);
    if (k == free_) map_ = joint.map;
    if (chosen_.size() > contacts_.size()) {
      if (closes()) found_.push_back(map_);
    } else {
      for (auto const& next : contacts_[k + 1]) {
        if (next.lower == chosen_.back()) step(next);
      }
    }
    chosen_.pop_back();
  }
  bool closes() const {
    return !closing_ || std::ranges::any_of(*closing_, [&](JointOperation const& joint) {
      return joint.lower == chosen_.back() && joint.upper == chosen_.front();
    });
  }

  std::vector<std::vector<JointOperation>> const& contacts_;
  std::vector<JointOperation> const* closing_;
  std::size_t free_;
  std::vector<std::size_t> chosen_;  ///< operations of the layers so far
  ShiftMap map_;
  std::vector<ShiftMap> found_;
};

}  // namespace

std::vector<ShiftMap> shift_symmetries(PlaneLattice const& bottom, PlaneLattice const& top, Coincidence const& c) {
  std::vector<ShiftMap> maps;
  for (auto const& joint : joint_operations(bottom, top, c)) maps.push_back(joint.map);
  return distinct(maps);
}

std::vector<ShiftMap> shift_symmetries(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                       std::size_t contact, StackOptions const& options) {
  require(contact < contacts.size(), "no contact ", contact + 1, " (the stack has ", contacts.size(), ")");
  auto const kept = [](std::vector<JointOperation> operations, Eigen::Vector2d const& shift) {
    std::erase_if(operations, [&](JointOperation const& joint) { return !leaves(joint.map, shift); });
    return operations;
  };
  std::vector<std::vector<JointOperation>> allowed;
  for (std::size_t k = 0; k < contacts.size(); ++k) {
    auto const& c = contacts[k].coincidence;
    auto operations = joint_operations(slabs[k].get().plane, slabs[k + 1].get().plane, c);
    allowed.push_back(k == contact ? std::move(operations) : kept(std::move(operations), contacts[k].shift));
  }
  if (options.geometry == StackGeometry::slab) return distinct(Climber(allowed, nullptr, contact).climb());
  auto const& closing = make_frame(slabs, contacts, options).contacts.back();
  auto const around = kept(
      joint_operations(slabs.back().get().plane, slabs.front().get().plane, closing.coincidence), closing.shift);
  return distinct(Climber(allowed, &around, contact).climb());
}

GridShift canonical_shift(std::vector<ShiftMap> const& symmetries, GridShift const& shift) {
  GridShift best = shift;
  for (auto const& map : symmetries) best = std::min(best, image(map, shift));
  return best;
}

namespace {

bool is_group_member(std::vector<ShiftMap> const& group, ShiftMap const& map) {
  return std::ranges::find(group, map) != group.end();
}

bool is_same_plane(PlaneLattice const& a, PlaneLattice const& b) {
  return a.miller == b.miller && a.basis == b.basis && a.primitive.numbers == b.primitive.numbers &&
         a.primitive.positions == b.primitive.positions && a.origin == b.origin;
}

/// The map whose offset, on the grid and next to the exact one, agrees with the symmetries on both sides: it carries
/// one group into the other, and squares into it where the contact is turned onto itself.
std::optional<ShiftMap> fitting_map(Eigen::Matrix2d const& rows, Eigen::RowVector2d const& offset,
                                    std::vector<ShiftMap> const& before, std::vector<ShiftMap> const& after,
                                    bool onto_itself) {
  auto const plain = detail::make_shift_map(rows, offset);
  constexpr std::array<std::int64_t, 3> nearby{0, 1, -1};
  for (auto const dx : nearby) {
    for (auto const dy : nearby) {
      ShiftMap map = plain;
      map.offset = {wrapped(plain.offset[0] + dx), wrapped(plain.offset[1] + dy)};
      auto const back = detail::inverse(map);
      bool const carries = std::ranges::all_of(
          before, [&](ShiftMap const& g) { return is_group_member(after, composed(composed(back, g), map)); });
      if (carries && (!onto_itself || is_group_member(after, composed(map, map)))) return map;
    }
  }
  return std::nullopt;
}

/// Turned by one pair of operations; nothing if the list lacks the match or no map fits.
std::optional<TurnedContact> turn_by(detail::TurnedLayer const& p, detail::TurnedLayer const& q,
                                     PlaneLattice const& bottom, PlaneLattice const& top, Coincidence const& c,
                                     std::vector<Coincidence> const& turned_list, bool same_cuts) {
  // turned: bottom' = film f_Q, film' = bottom f_P; solved for bottom' = film' x' + shift'
  Eigen::Matrix2d const tail = ratio(c).inverse() * q.map.matrix, head = p.map.matrix.inverse();
  Placement const zero{head * tail, q.map.shift - p.map.shift * head * tail};
  auto const found = find_in_list(zero, bottom, top, turned_list);
  if (!found) return std::nullopt;
  // the shift enters linearly: two more placements give the matrix
  auto const& turned = turned_list[found->first];
  Eigen::Matrix2d const old_vectors = shift_vectors(c), coordinates = shift_vectors(turned).inverse();
  Eigen::Matrix2d rows;
  for (int k : {0, 1}) {
    Placement const moved{zero.x, zero.shift - old_vectors.row(k) * tail};
    rows.row(k) = (find_in_list(moved, bottom, top, turned_list)->second - found->second) * coordinates;
  }
  bool const onto_itself =
      same_cuts && is_same_plane(bottom, top) && turned.film == c.film && turned.substrate == c.substrate;
  auto const map = fitting_map(rows, found->second * coordinates, shift_symmetries(bottom, top, c),
                               shift_symmetries(top, bottom, turned), onto_itself);
  if (!map) return std::nullopt;
  return TurnedContact{q.first, p.first, found->first, *map, onto_itself};
}

}  // namespace

std::optional<TurnedContact> turn_over(PlaneLattice const& bottom, Termination const& bottom_termination,
                                       PlaneLattice const& top, Termination const& top_termination,
                                       Coincidence const& coincidence, std::vector<Coincidence> const& turned_list) {
  for (auto const& q : turned_layers(top, top_termination.first, true)) {
    for (auto const& p : turned_layers(bottom, bottom_termination.first, false)) {
      if (p.mirrored != q.mirrored) continue;
      bool const same_cuts = q.first == bottom_termination.first && p.first == top_termination.first;
      if (auto turned = turn_by(p, q, bottom, top, coincidence, turned_list, same_cuts)) return turned;
    }
  }
  return std::nullopt;
}

}  // namespace nacre
