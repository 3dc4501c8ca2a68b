/// Crystals with layers, molecules and covalent groups (textbook parameters).
#pragma once

#include "stack/crystals.hpp"

namespace nacre::test {

inline Eigen::Matrix3d hexagonal(double a, double c) {
  return Eigen::Matrix3d{{a, -0.5 * a, 0.0}, {0.0, a * std::sqrt(0.75), 0.0}, {0.0, 0.0, c}};
}

/// 2H-MoS2.
inline Crystal molybdenite() {
  double const z = 0.621;
  Eigen::Vector3d const p(1.0 / 3, 2.0 / 3, 0), q(2.0 / 3, 1.0 / 3, 0), up(0, 0, 1);
  return make_crystal(hexagonal(3.16, 12.30),
                      {{"Mo", p + 0.25 * up},
                       {"Mo", q + 0.75 * up},
                       {"S", p + z * up},
                       {"S", q + (z + 0.5) * up},
                       {"S", q + (1 - z) * up},
                       {"S", p + (1.5 - z) * up}},
                      {{"Mo", 4.0}, {"S", -2.0}});
}

inline Crystal graphite() {
  return make_crystal(
      hexagonal(2.461, 6.708),
      {{"C", {0, 0, 0.25}}, {"C", {0, 0, 0.75}}, {"C", {1.0 / 3, 2.0 / 3, 0.25}}, {"C", {2.0 / 3, 1.0 / 3, 0.75}}},
      {{"C", 0.0}});
}

inline Crystal boron_nitride() {
  return make_crystal(hexagonal(2.504, 6.661),
                      {{"B", {1.0 / 3, 2.0 / 3, 0.25}},
                       {"B", {2.0 / 3, 1.0 / 3, 0.75}},
                       {"N", {1.0 / 3, 2.0 / 3, 0.75}},
                       {"N", {2.0 / 3, 1.0 / 3, 0.25}}},
                      {{"B", 3.0}, {"N", -3.0}});
}

/// Mg(OH)2.
inline Crystal brucite() {
  Eigen::Vector3d const p(1.0 / 3, 2.0 / 3, 0.0), q(2.0 / 3, 1.0 / 3, 0.0), up(0, 0, 1);
  return make_crystal(hexagonal(3.148, 4.779),
                      {{"Mg", {0, 0, 0}},
                       {"O", p + 0.2203 * up},
                       {"O", q - 0.2203 * up},
                       {"H", p + 0.4240 * up},
                       {"H", q - 0.4240 * up}},
                      {{"Mg", 2.0}, {"O", -2.0}, {"H", 1.0}});
}

/// Layers along c; between them V-O 2.79 A.
inline Crystal vanadium_pentoxide() {
  std::vector<Site> sites;  // Pmmn: V, vanadyl O and chain O on a mirror, the bridging O on two
  auto const add = [&](std::string const& element, double x, double z) {
    sites.push_back({element, {x, 0.25, z}});
    sites.push_back({element, {0.5 - x, 0.25, z}});
    sites.push_back({element, {-x, 0.75, -z}});
    sites.push_back({element, {0.5 + x, 0.75, -z}});
  };
  add("V", 0.1012, 0.8917);
  add("O", 0.1043, 0.531);
  add("O", 0.9311, 0.003);
  sites.push_back({"O", {0.25, 0.25, 0.001}});
  sites.push_back({"O", {0.75, 0.75, -0.001}});
  return make_crystal(Eigen::Vector3d(11.512, 3.564, 4.368).asDiagonal(), sites, {{"V", 5.0}, {"O", -2.0}});
}

/// CO2, Pa-3.
inline Crystal dry_ice() {
  double const u = 0.1185;
  std::vector<Site> sites;
  std::vector<Eigen::Vector3d> const axes{{1, 1, 1}, {-1, -1, 1}, {-1, 1, -1}, {1, -1, -1}};
  std::vector<Eigen::Vector3d> const places{{0, 0, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}, {0.5, 0.5, 0}};
  for (std::size_t k = 0; k < 4; ++k) {
    sites.push_back({"C", places[k]});
    sites.push_back({"O", places[k] + u * axes[k]});
    sites.push_back({"O", places[k] - u * axes[k]});
  }
  return make_crystal(cubic(5.624), sites, {{"C", 4.0}, {"O", -2.0}});
}

/// CaCO3, R-3c in hexagonal axes.
inline Crystal calcite() {
  double const x = 0.2568;
  std::vector<Site> sites;
  for (Eigen::Vector3d const& centre : {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(2.0 / 3, 1.0 / 3, 1.0 / 3),
                                        Eigen::Vector3d(1.0 / 3, 2.0 / 3, 2.0 / 3)}) {
    for (double sign : {1.0, -1.0}) {
      double const z = sign > 0 ? 0.25 : 0.75;
      sites.push_back({"Ca", centre + Eigen::Vector3d(0, 0, z - 0.25)});
      sites.push_back({"C", centre + Eigen::Vector3d(0, 0, z)});
      for (Eigen::Vector3d const& o :
           {Eigen::Vector3d(x, 0, z), Eigen::Vector3d(0, x, z), Eigen::Vector3d(-x, -x, z)}) {
        sites.push_back({"O", centre + Eigen::Vector3d(sign * o.x(), sign * o.y(), o.z())});
      }
    }
  }
  return make_crystal(hexagonal(4.990, 17.061), sites, {{"Ca", 2.0}, {"C", 4.0}, {"O", -2.0}});
}

inline Crystal caesium_chloride() {
  return make_crystal(cubic(4.123), {{"Cs", {0, 0, 0}}, {"Cl", {0.5, 0.5, 0.5}}}, {{"Cs", 1.0}, {"Cl", -1.0}});
}

}  // namespace nacre::test
