#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "miller.hpp"
#include "nacre/core/error.hpp"
#include "nacre/stack/plane.hpp"

namespace nacre {
namespace {

/// By h^2 + k^2 + l^2; of equal ones few minus signs, (001) before (100), (110) before (011), (210) before (120).
std::array<int, 5> order_key(Eigen::Vector3i const& v) {
  int const negative = static_cast<int>((v.array() < 0).count());
  bool const axis = (v.array() != 0).count() == 1;
  Eigen::Vector3i const order = axis ? v.reverse().eval() : v;
  return {v.squaredNorm(), negative, -order.x(), -order.y(), -order.z()};
}

/// All coprime triples up to a limit, in the order above, and where each of them is.
class IndexBox {
 public:
  explicit IndexBox(int limit) : limit_(limit), place_(static_cast<std::size_t>(width() * width() * width()), nowhere) {
    std::vector<std::pair<std::array<int, 5>, Eigen::Vector3i>> list;
    for (int h = -limit; h <= limit; ++h) {
      for (int k = -limit; k <= limit; ++k) {
        for (int l = -limit; l <= limit; ++l) {
          Eigen::Vector3i const v(h, k, l);
          if (std::gcd(std::gcd(h, k), l) == 1) list.emplace_back(order_key(v), v);
        }
      }
    }
    std::ranges::sort(list, {}, &decltype(list)::value_type::first);
    for (auto const& entry : list) ordered_.push_back(entry.second);
  }
  std::vector<Eigen::Vector3i> const& ordered() const { return ordered_; }
  bool has(Eigen::Vector3i const& v) const { return v.cwiseAbs().maxCoeff() <= limit_; }
  std::size_t& family(Eigen::Vector3i const& v) {
    Eigen::Vector3i const p = v.array() + limit_;
    return place_[static_cast<std::size_t>((p.x() * width() + p.y()) * width() + p.z())];
  }
  static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

 private:
  int width() const { return 2 * limit_ + 1; }
  int limit_;
  std::vector<std::size_t> place_;
  std::vector<Eigen::Vector3i> ordered_;
};

std::vector<Eigen::Matrix3i> point_operations(Crystal const& primitive, double tolerance_A) {
  std::vector<Eigen::Matrix3i> rotations;
  for (auto const& s : find_space_group(primitive, tolerance_A).operations) {
    if (std::ranges::find(rotations, s.rotation) == rotations.end()) rotations.push_back(s.rotation);
  }
  return rotations;
}

std::vector<Eigen::Vector3i> images(Eigen::Vector3i const& h, std::vector<Eigen::Matrix3i> const& rotations) {
  std::vector<Eigen::Vector3i> list;
  for (auto const& w : rotations) {
    Eigen::Vector3i const image = w.transpose() * h;
    if (std::ranges::find(list, image) == list.end()) list.push_back(image);
  }
  return list;
}

}  // namespace

std::vector<PlaneFamily> find_plane_families(Crystal const& crystal, int max_index, double tolerance_A) {
  require(max_index >= 1 && max_index <= 50, "invalid max_index=", max_index, " (1 to 50)");
  auto const primitive = primitive_cell(crystal, tolerance_A);
  auto const rotations = point_operations(primitive, tolerance_A);
  detail::PrimitiveIndices const indices(crystal.lattice, primitive.lattice);
  Eigen::Matrix3d const reciprocal = primitive.lattice.inverse().transpose();

  IndexBox box(max_index);
  std::vector<PlaneFamily> families;
  for (auto const& v : box.ordered()) {
    if (box.family(v) != IndexBox::nowhere) continue;
    Eigen::Vector3i const h = indices.to_primitive(v);
    auto const equal = images(h, rotations);
    for (auto const& image : equal) {
      Eigen::Vector3i const miller = indices.from_primitive(image);
      if (box.has(miller)) box.family(miller) = families.size();
    }
    double const length = (reciprocal * h.cast<double>()).norm();
    families.push_back({v, static_cast<int>(equal.size()), 0, primitive.volume() * length, 1.0 / length});
  }
  for (auto& family : families) family.opposite = box.family(-family.miller);
  return families;
}

std::size_t count_laue_families(std::vector<PlaneFamily> const& families) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < families.size(); ++i) count += families[i].opposite >= i;
  return count;
}

std::vector<Eigen::Vector3i> find_planes(Crystal const& crystal, int max_index) {
  std::vector<Eigen::Vector3i> planes;
  for (auto const& family : find_plane_families(crystal, max_index)) planes.push_back(family.miller);
  return planes;
}

}  // namespace nacre
