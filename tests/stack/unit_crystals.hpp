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

/// Monoclinic ZrO2, P2_1/c.
inline Crystal baddeleyite() {
  std::vector<Site> sites;
  auto const add = [&](std::string const& element, double x, double y, double z) {
    sites.push_back({element, {x, y, z}});
    sites.push_back({element, {-x, y + 0.5, 0.5 - z}});
    sites.push_back({element, {-x, -y, -z}});
    sites.push_back({element, {x, 0.5 - y, z + 0.5}});
  };
  add("Zr", 0.2754, 0.0395, 0.2083);
  add("O", 0.0700, 0.3317, 0.3447);
  add("O", 0.4496, 0.7569, 0.4792);
  double const beta = 99.23 * 3.14159265358979323846 / 180.0;
  Eigen::Matrix3d const lattice{
      {5.1505, 0.0, 5.3173 * std::cos(beta)}, {0.0, 5.2116, 0.0}, {0.0, 0.0, 5.3173 * std::sin(beta)}};
  return make_crystal(lattice, sites, {{"Zr", 4.0}, {"O", -2.0}});
}

/// No symmetry but translations: polar and chiral in every direction.
inline Crystal triclinic() {
  Eigen::Matrix3d const lattice{{5.1, 0.7, -0.9}, {0.0, 5.8, 1.1}, {0.0, 0.0, 6.3}};
  return make_crystal(lattice,
                      {{"Ca", {0.02, 0.05, 0.01}},
                       {"Ti", {0.55, 0.48, 0.44}},
                       {"O", {0.51, 0.09, 0.37}},
                       {"O", {0.13, 0.56, 0.53}},
                       {"O", {0.47, 0.43, 0.77}}},
                      {{"Ca", 2.0}, {"Ti", 4.0}, {"O", -2.0}});
}

/// Alpha quartz, P3_121: chiral, with screws along c.
inline Crystal quartz() {
  double const u = 0.4697, x = 0.4135, y = 0.2669, z = 0.1191;
  return make_crystal(hexagonal(4.916, 5.4054),
                      {{"Si", {u, 0, 1.0 / 3}},
                       {"Si", {0, u, 2.0 / 3}},
                       {"Si", {-u, -u, 0}},
                       {"O", {x, y, z}},
                       {"O", {-y, x - y, z + 1.0 / 3}},
                       {"O", {y - x, -x, z + 2.0 / 3}},
                       {"O", {y, x, -z}},
                       {"O", {x - y, -y, 2.0 / 3 - z}},
                       {"O", {-x, y - x, 1.0 / 3 - z}}},
                      {{"Si", 4.0}, {"O", -2.0}});
}

}  // namespace nacre::test
