#include "nacre/potential/thicken.hpp"

#include <algorithm>

namespace nacre {
namespace {

/// Where a layer is cut: planes from `begin` on are its upper part; `planes` of them are one repeat.
struct Cut {
  int begin, planes;
};

Cut middle_of(RecognizedStack const& found, std::size_t k) {
  auto const& slab = found.slabs[k];
  int lowest = 1'000'000'000;
  for (std::size_t i = 0; i < found.stack.layer.size(); ++i) {
    if (found.stack.layer[i] == static_cast<int>(k) + 1) lowest = std::min(lowest, found.stack.plane[i]);
  }
  int const planes = static_cast<int>(atomic_planes(slab.plane).size());
  return {lowest + planes * std::max(1, (slab.repeats + 1) / 2), planes};
}

Eigen::Vector3d stacking_vector(RecognizedStack const& found, std::size_t k) {
  auto const& slab = found.slabs[k];
  Eigen::Vector3d t;
  t << found.stack.layers[k].deformation * slab.stacking_offset, slab.repeat_height;
  return t;
}

}  // namespace

ThickerStack thicken(RecognizedStack const& found, StackGeometry geometry) {
  auto const& stack = found.stack;
  Cut const cuts[2] = {middle_of(found, 0), middle_of(found, 1)};
  Eigen::Vector3d const steps[2] = {stacking_vector(found, 0), stacking_vector(found, 1)};
  ThickerStack thick{stack.crystal, stack.layer};
  auto& crystal = thick.crystal;
  std::vector<std::pair<std::size_t, Eigen::Vector3d>> copies;  // atom, and where its copy stands
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    auto const k = static_cast<std::size_t>(stack.layer[i] - 1);
    auto const [begin, planes] = cuts[k];
    Eigen::Vector3d const here = stack.crystal.positions.col(static_cast<Eigen::Index>(i));
    bool const upper = stack.plane[i] >= begin, doubled = !upper && stack.plane[i] >= begin - planes;
    // layer 1 grows upward, and layer 2 moves with its upper face
    Eigen::Vector3d const lift = k == 0 ? Eigen::Vector3d::Zero() : steps[0];
    crystal.positions.col(static_cast<Eigen::Index>(i)) = here + lift + (upper ? steps[k] : Eigen::Vector3d::Zero());
    if (doubled) copies.emplace_back(i, here + lift + steps[k]);
  }
  auto next = crystal.positions.cols();
  crystal.positions.conservativeResize(3, next + std::ssize(copies));
  for (auto const& [atom, place] : copies) {
    crystal.positions.col(next++) = place;
    crystal.numbers.push_back(stack.crystal.numbers[atom]);
    if (!stack.crystal.oxidation.empty()) crystal.oxidation.push_back(stack.crystal.oxidation[atom]);
    thick.layer.push_back(stack.layer[atom]);
  }
  Eigen::Vector3d const grown = steps[0] + steps[1];
  if (geometry == StackGeometry::slab) {
    crystal.lattice(2, 2) += grown.z();
  } else {
    crystal.lattice.col(2) += grown;
  }
  return thick;
}

}  // namespace nacre
