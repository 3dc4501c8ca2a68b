/// Crystals that the tests of this layer build themselves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::test {

struct Site {
  std::string element;
  Eigen::Vector3d fraction;
};

inline Crystal make_crystal(Eigen::Matrix3d const& lattice, std::vector<Site> const& sites,
                            std::map<std::string, double> const& charges) {
  Crystal crystal;
  crystal.lattice = lattice;
  crystal.positions.resize(3, static_cast<Eigen::Index>(sites.size()));
  for (std::size_t i = 0; i < sites.size(); ++i) {
    crystal.positions.col(static_cast<Eigen::Index>(i)) = lattice * sites[i].fraction;
    crystal.numbers.push_back(*atomic_number(sites[i].element));
  }
  set_oxidation(crystal, charges);
  return crystal;
}

inline Eigen::Matrix3d cubic(double a) { return a * Eigen::Matrix3d::Identity(); }

inline Crystal perovskite(double a, std::string const& big, double big_charge, std::string const& small,
                          double small_charge) {
  return make_crystal(
      cubic(a),
      {{big, {0, 0, 0}}, {small, {0.5, 0.5, 0.5}}, {"O", {0.5, 0.5, 0}}, {"O", {0.5, 0, 0.5}}, {"O", {0, 0.5, 0.5}}},
      {{big, big_charge}, {small, small_charge}, {"O", -2.0}});
}
inline Crystal strontium_titanate() { return perovskite(3.905, "Sr", 2.0, "Ti", 4.0); }
inline Crystal lanthanum_aluminate() { return perovskite(3.79, "La", 3.0, "Al", 3.0); }

inline std::vector<Eigen::Vector3d> face_centred() { return {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}; }

inline Crystal rock_salt(double a, std::string const& cation) {
  std::vector<Site> sites;
  for (auto const& f : face_centred()) sites.push_back({cation, f});
  for (auto const& f : face_centred()) sites.push_back({"O", f + Eigen::Vector3d(0.5, 0.5, 0.5)});
  return make_crystal(cubic(a), sites, {{cation, 2.0}, {"O", -2.0}});
}
inline Crystal magnesia() { return rock_salt(4.212, "Mg"); }

inline Crystal fluorite(double a, std::string const& cation) {
  std::vector<Site> sites;
  for (auto const& f : face_centred()) sites.push_back({cation, f});
  for (double quarter : {0.25, 0.75}) {
    for (auto const& f : face_centred()) sites.push_back({"O", f + Eigen::Vector3d::Constant(quarter)});
  }
  return make_crystal(cubic(a), sites, {{cation, 4.0}, {"O", -2.0}});
}
inline Crystal ceria() { return fluorite(5.411, "Ce"); }
inline Crystal zirconia() { return fluorite(5.09, "Zr"); }

/// Rutile (P4_2/mnm): screws along the fourfold axis, mirrors on the diagonals, glides.
inline Crystal rutile() {
  double const a = 4.594, c = 2.959, u = 0.305;
  return make_crystal(Eigen::Vector3d(a, a, c).asDiagonal(),
                      {{"Ti", {0, 0, 0}},
                       {"Ti", {0.5, 0.5, 0.5}},
                       {"O", {u, u, 0}},
                       {"O", {1 - u, 1 - u, 0}},
                       {"O", {0.5 + u, 0.5 - u, 0.5}},
                       {"O", {0.5 - u, 0.5 + u, 0.5}}},
                      {{"Ti", 4.0}, {"O", -2.0}});
}

/// Wurtzite GaN: polar along c.
inline Crystal wurtzite() {
  double const a = 3.189, c = 5.185;
  Eigen::Matrix3d const lattice{{a, -0.5 * a, 0.0}, {0.0, a * std::sqrt(0.75), 0.0}, {0.0, 0.0, c}};
  return make_crystal(lattice,
                      {{"Ga", {1.0 / 3, 2.0 / 3, 0}},
                       {"Ga", {2.0 / 3, 1.0 / 3, 0.5}},
                       {"N", {1.0 / 3, 2.0 / 3, 0.377}},
                       {"N", {2.0 / 3, 1.0 / 3, 0.877}}},
                      {{"Ga", 3.0}, {"N", -3.0}});
}

/// A crystal moved as a whole: nothing may depend on where the file puts the origin.
inline Crystal moved(Crystal crystal, Eigen::Vector3d const& by) {
  crystal.positions.colwise() += by;
  return crystal;
}

}  // namespace nacre::test
