#include "leaf_box.hpp"

#include <algorithm>
#include <cmath>

namespace nacre::detail {
namespace {

bool same_question(Node const& a, Node const& b) {
  return &a == &b || (a.name == b.name && a.kind == b.kind && a.count() == b.count() && a.width() == b.width());
}

}  // namespace

LeafBox::LeafBox(std::shared_ptr<Space const> space, Design base)
    : space_(std::move(space)), base_(std::move(base)), nodes_(nodes_along(*space_, base_)) {
  std::size_t place = 0;
  for (auto const& node : nodes_) {
    bool const shift = node->kind == NodeKind::torus;
    for (int i = 0; i < node->width(); ++i, ++place) {
      if (!shift && node->kind != NodeKind::real) {
        leaf_.values.push_back(base_.values[place]);
      } else if (node->count() > 1) {
        coordinates_.push_back({place, node->count()});
        periodic_.push_back(shift ? 1 : 0);
      }
    }
  }
}

std::optional<Design> LeafBox::design(Point const& x) const {
  auto result = base_;
  for (std::size_t i = 0; i < coordinates_.size(); ++i) {
    auto const [place, count] = coordinates_[i];
    auto value = x[static_cast<Eigen::Index>(i)];
    if (periodic_[i]) {
      value -= std::floor(value);
      result.values[place] = std::llround(value * static_cast<double>(count)) % count;
    } else {
      result.values[place] = std::clamp(std::llround(value * static_cast<double>(count - 1)), 0LL, count - 1LL);
    }
  }
  if (!space_->same_questions() && !holds(result)) return std::nullopt;
  if (!space_->allowed(result)) return std::nullopt;
  return space_->canonical(result);
}

Point LeafBox::point(Design const& design) const {
  Point x(static_cast<Eigen::Index>(coordinates_.size()));
  for (std::size_t i = 0; i < coordinates_.size(); ++i) {
    auto const [place, count] = coordinates_[i];
    x[static_cast<Eigen::Index>(i)] =
        static_cast<double>(design.values[place]) / static_cast<double>(periodic_[i] ? count : count - 1);
  }
  return x;
}

bool LeafBox::holds(Design const& design) const {
  if (design.values.size() != base_.values.size()) return false;
  std::size_t place = 0, answered = 0;
  std::span<std::int64_t const> const values = design.values;
  for (auto const& mine : nodes_) {
    auto const node = space_->next(values.first(place));
    if (!node || !same_question(*node, *mine)) return false;
    for (int i = 0; i < node->width(); ++i, ++place) {
      if (node->kind == NodeKind::real || node->kind == NodeKind::torus) continue;
      if (values[place] != leaf_.values[answered++]) return false;
    }
  }
  return !space_->next(values);  // no further question is asked
}

}  // namespace nacre::detail
