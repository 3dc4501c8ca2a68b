#include "nacre/potential/neighbors.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <tuple>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Key = std::tuple<int, int, int, int, int>;

/// Every image within a range that is large enough for the cutoff, one by one.
std::set<Key> by_hand(Crystal const& crystal, double cutoff) {
  Eigen::Vector3d const heights = crystal.lattice.inverse().rowwise().norm().cwiseInverse();
  Eigen::Matrix3Xd const fractional = crystal.lattice.inverse() * crystal.positions;
  Eigen::Vector3i range;
  for (int d = 0; d < 3; ++d) {
    double const spread = fractional.row(d).maxCoeff() - fractional.row(d).minCoeff();
    range[d] = crystal.periodic[d] ? static_cast<int>(std::ceil(cutoff / heights[d] + spread)) + 1 : 0;
  }
  std::set<Key> pairs;
  int const atoms = static_cast<int>(crystal.size());
  for (int i = 0; i < atoms; ++i)
    for (int j = 0; j < atoms; ++j)
      for (int a = -range[0]; a <= range[0]; ++a)
        for (int b = -range[1]; b <= range[1]; ++b)
          for (int c = -range[2]; c <= range[2]; ++c) {
            if (i == j && a == 0 && b == 0 && c == 0) continue;
            Eigen::Vector3d const v =
                crystal.positions.col(j) - crystal.positions.col(i) + crystal.lattice * Eigen::Vector3d(a, b, c);
            if (v.norm() < cutoff) pairs.insert({i, j, a, b, c});
          }
  return pairs;
}

std::set<Key> keys(std::vector<Neighbor> const& pairs) {
  std::set<Key> result;
  for (auto const& n : pairs) result.insert({n.first, n.second, n.shift[0], n.shift[1], n.shift[2]});
  return result;
}

Crystal scattered(Eigen::Matrix3d const& lattice, int atoms, std::uint64_t seed) {
  Crystal crystal;
  crystal.lattice = lattice;
  crystal.positions.resize(3, atoms);
  crystal.numbers.assign(static_cast<std::size_t>(atoms), 8);
  Rng rng(seed, "neighbors", 0);
  for (int i = 0; i < atoms; ++i)  // outside of the cell, too
    crystal.positions.col(i) =
        lattice * (Eigen::Vector3d(rng.uniform(), rng.uniform(), rng.uniform()) * 3.0 - Eigen::Vector3d::Ones());
  return crystal;
}

TEST(Neighbors, finds_every_image_in_small_skew_and_flat_cells) {
  Eigen::Matrix3d cubic = 2.1 * Eigen::Matrix3d::Identity(), skew, flat, left_handed;
  skew << 3.0, 8.0, -7.0, 0.0, 3.0, 5.0, 0.0, 0.0, 3.0;
  flat << 2.5, 1.2, 0.3, 0.0, 2.2, -0.4, 0.1, 0.2, 31.0;
  left_handed << 0.0, 4.0, 0.5, 5.0, 0.0, 0.0, 0.0, 0.3, 6.0;

  for (auto const& lattice : {cubic, skew, flat, left_handed}) {
    for (double const cutoff : {1.5, 4.0, 9.0}) {
      auto const crystal = scattered(lattice, 7, 11);

      auto const pairs = find_neighbors(crystal, cutoff);

      EXPECT_EQ(keys(pairs), by_hand(crystal, cutoff)) << lattice << "\ncutoff " << cutoff;
      EXPECT_EQ(keys(pairs).size(), pairs.size());
    }
  }
}

TEST(Neighbors, leaves_out_images_along_directions_without_period) {
  for (std::array<bool, 3> const periodic :
       {std::array{true, true, false}, {false, true, false}, {false, false, false}}) {
    auto crystal = scattered(4.0 * Eigen::Matrix3d::Identity(), 9, 5);
    crystal.periodic = periodic;

    EXPECT_EQ(keys(find_neighbors(crystal, 5.0)), by_hand(crystal, 5.0));
  }
}

TEST(Neighbors, lists_a_pair_once_or_from_both_ends_with_its_vector) {
  auto const crystal = scattered(3.0 * Eigen::Matrix3d::Identity(), 4, 2);

  auto const directed = find_neighbors(crystal, 5.0), half = find_neighbors(crystal, 5.0, PairKind::half);

  EXPECT_EQ(directed.size(), 2 * half.size());
  auto expected = keys(half);
  for (auto const& [i, j, a, b, c] : keys(half)) expected.insert({j, i, -a, -b, -c});
  EXPECT_EQ(keys(directed), expected);
  for (auto const& n : directed) {
    Eigen::Vector3d const vector =
        crystal.positions.col(n.second) + crystal.lattice * n.shift.cast<double>() - crystal.positions.col(n.first);
    EXPECT_NEAR((n.vector - vector).norm(), 0.0, 1e-14);
  }
}

TEST(Neighbors, orders_pairs_by_atoms_and_shift) {
  auto const pairs = find_neighbors(scattered(3.0 * Eigen::Matrix3d::Identity(), 5, 3), 6.0);

  std::vector<Key> order;
  for (auto const& n : pairs) order.emplace_back(n.first, n.second, n.shift[0], n.shift[1], n.shift[2]);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Neighbors, refuses_a_cutoff_that_is_not_positive) {
  EXPECT_THROW(find_neighbors(scattered(Eigen::Matrix3d::Identity(), 1, 1), 0.0), InputError);
}

}  // namespace
}  // namespace nacre
