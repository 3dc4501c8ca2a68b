#include "framework_watch.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

// definitions.md 8
constexpr double largest_displacement_A = 1.5;
constexpr double longest_displacement_ps = 1.0;
constexpr double wait_ps = 3.0;       // from the first ion that has left to the verdict
constexpr double melted_share = 0.1;  // of a layer's framework: more is no defect

std::size_t at(int i) { return static_cast<std::size_t>(i); }

}  // namespace

FrameworkWatch::FrameworkWatch(Crystal const& crystal, int mobile, std::vector<int> layer, double interval_ps)
    : layer_(std::move(layer)) {
  if (layer_.size() != crystal.size()) layer_.assign(crystal.size(), 0);
  std::map<int, int> order;
  for (int const l : layer_) order.emplace(l, 0);
  layers_ = 0;
  for (auto& [name, index] : order) index = layers_++;
  for (int& l : layer_) l = order.at(l);
  for (std::size_t i = 0; i < crystal.size(); ++i)
    if (crystal.numbers[i] != mobile) framework_.push_back(static_cast<int>(i));
  auto const frames = [&](double ps) { return static_cast<std::int64_t>(std::ceil(ps / interval_ps - 1e-9)); };
  first_frames_ = std::max<std::int64_t>(1, frames(1.0));
  gone_frames_ = frames(longest_displacement_ps);
  wait_frames_ = frames(wait_ps);
}

/// Of the framework, less the mean of its layer.
Eigen::Matrix3Xd FrameworkWatch::displacements(Eigen::Matrix3Xd const& positions,
                                               Eigen::Matrix3Xd const& reference) const {
  Eigen::Matrix3Xd moved(3, static_cast<Eigen::Index>(framework_.size()));
  Eigen::Matrix3Xd mean = Eigen::Matrix3Xd::Zero(3, layers_);
  Eigen::VectorXd count = Eigen::VectorXd::Zero(layers_);
  for (Eigen::Index k = 0; k < moved.cols(); ++k) {
    int const atom = framework_[static_cast<std::size_t>(k)];
    moved.col(k) = positions.col(atom) - reference.col(atom) / static_cast<double>(first_frames_);
    mean.col(layer_[at(atom)]) += moved.col(k);
    count[layer_[at(atom)]] += 1.0;
  }
  for (Eigen::Index k = 0; k < moved.cols(); ++k) {
    int const layer = layer_[at(framework_[static_cast<std::size_t>(k)])];
    moved.col(k) -= mean.col(layer) / count[layer];
  }
  return moved;
}

void FrameworkWatch::look(Eigen::Matrix3Xd const& positions, std::int64_t frame, Eigen::Matrix3Xd& reference,
                          std::vector<std::int64_t>& away) const {
  if (frame < first_frames_) {
    reference += positions;
    return;
  }
  auto const moved = displacements(positions, reference);
  for (Eigen::Index k = 0; k < moved.cols(); ++k) {
    auto& count = away[at(framework_[static_cast<std::size_t>(k)])];
    count = moved.col(k).norm() > largest_displacement_A ? count + 1 : 0;
  }
}

/// The framework's place that is nearest to where the atom is now.
int FrameworkWatch::layer_of_nearest(Crystal const& now, std::size_t atom, Eigen::Matrix3Xd const& reference) const {
  Eigen::Matrix3d const inverse = now.lattice.inverse();
  double nearest = std::numeric_limits<double>::infinity();
  int layer = layer_[atom];
  for (int const other : framework_) {
    Eigen::Vector3d step = inverse * (now.positions.col(static_cast<Eigen::Index>(atom)) -
                                      reference.col(other) / static_cast<double>(first_frames_));
    for (int k = 0; k < 3; ++k)
      if (now.periodic[at(k)]) step[k] -= std::round(step[k]);
    double const distance = (now.lattice * step).norm();
    if (distance < nearest) {
      nearest = distance;
      layer = layer_[at(other)];
    }
  }
  return layer;
}

std::string FrameworkWatch::verdict(Crystal const& now, Eigen::Matrix3Xd const& reference,
                                    std::vector<std::int64_t> const& away, bool last) const {
  std::int64_t longest = 0;
  for (auto const count : away) longest = std::max(longest, count);
  if (longest <= gone_frames_ || (longest < wait_frames_ && !last)) return {};
  std::vector<int> gone(at(layers_), 0), all(at(layers_), 0);
  std::map<int, int> species;
  bool mixed = false;
  for (int const atom : framework_) {
    auto const layer = at(layer_[at(atom)]);
    ++all[layer];
    if (away[at(atom)] <= gone_frames_) continue;
    ++gone[layer];
    ++species[now.numbers[at(atom)]];
    mixed |= layer_of_nearest(now, at(atom), reference) != layer_[at(atom)];
  }
  std::vector<std::string> who, where;
  for (auto const& [number, count] : species) who.push_back(concat(count, " ", symbol(number)));
  bool melted = false;
  for (std::size_t l = 0; l < gone.size(); ++l) {
    if (gone[l] == 0) continue;
    where.push_back(concat("layer ", l + 1, ": ", gone[l], " of ", all[l]));
    melted |= gone[l] > melted_share * all[l];
  }
  return concat(mixed    ? "intermixed: "
                : melted ? "melted: "
                         : "framework_broken: ",
                join(who, ", "), " have left their places by more than ", largest_displacement_A, " A",
                layers_ > 1 ? concat(" (", join(where, ", "), ")") : std::string{});
}

}  // namespace nacre::detail
