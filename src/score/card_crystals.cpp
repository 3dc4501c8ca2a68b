#include <array>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/numerics/linalg.hpp"
#include "nacre/score/model_card.hpp"

namespace nacre {
namespace {

using Site = std::array<double, 3>;

Crystal cubic(double edge, std::vector<std::string> const& symbols, std::vector<Site> const& sites) {
  Crystal crystal;
  crystal.lattice = edge * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, static_cast<Eigen::Index>(sites.size()));
  for (std::size_t k = 0; k < sites.size(); ++k) {
    crystal.positions.col(static_cast<Eigen::Index>(k)) = edge * Eigen::Vector3d(sites[k][0], sites[k][1], sites[k][2]);
    crystal.numbers.push_back(*atomic_number(symbols[k]));
  }
  return crystal;
}

Crystal perovskite(double edge, char const* a, char const* b, double charge) {
  auto crystal = cubic(edge, {a, b, "O", "O", "O"}, {{0, 0, 0}, {.5, .5, .5}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}});
  crystal.oxidation = {charge, 6.0 - charge, -2, -2, -2};
  return crystal;
}

/// A motif along the diagonal on every corner of a face-centred cell.
Crystal face_centred(double edge, std::vector<std::string> const& motif, std::vector<double> const& diagonal, std::vector<double> const& charges) {
  std::vector<std::string> symbols;
  std::vector<Site> sites;
  std::vector<double> oxidation;
  for (Site const& corner : {Site{0, 0, 0}, Site{0, .5, .5}, Site{.5, 0, .5}, Site{.5, .5, 0}}) {
    for (std::size_t k = 0; k < motif.size(); ++k) {
      symbols.push_back(motif[k]);
      sites.push_back({corner[0] + diagonal[k], corner[1] + diagonal[k], corner[2] + diagonal[k]});
      if (!charges.empty()) oxidation.push_back(charges[k]);
    }
  }
  auto crystal = cubic(edge, symbols, sites);
  crystal.oxidation = oxidation;
  return crystal;
}

Crystal at_edge(Crystal crystal, double edge) {
  crystal.positions *= edge / crystal.lattice(0, 0);
  crystal.lattice *= edge / crystal.lattice(0, 0);
  return crystal;
}

}  // namespace

/// All-electron values: the supplement of K. F. Garrity et al., Comput. Mater. Sci. 81, 446 (2014), tables of rock salts and
/// perovskites; and the Delta project, K. Lejaeghere et al., Crit. Rev. Solid State Mater. Sci. 39, 1 (2014), as ASE has it.
constexpr char const* gbrv = "all-electron PBE, doi:10.1016/j.commatsci.2013.08.053";
constexpr char const* delta = "all-electron PBE, doi:10.1080/10408436.2013.772503";

std::vector<CardCrystal> card_crystals() {
  return {{"SrTiO3", perovskite(3.93, "Sr", "Ti", 2), 3.941, 0, gbrv},
          {"LaAlO3", perovskite(3.80, "La", "Al", 3), 3.816, 0, gbrv},
          {"BaTiO3", perovskite(4.00, "Ba", "Ti", 2), 4.024, 0, gbrv},
          {"MgO", face_centred(4.22, {"Mg", "O"}, {0.0, 0.5}, {2, -2}), 4.259, 0, gbrv},
          {"CeO2", face_centred(5.44, {"Ce", "O", "O"}, {0.0, 0.25, 0.75}, {4, -2, -2}), 0, 0, ""},
          {"ZrO2", face_centred(5.12, {"Zr", "O", "O"}, {0.0, 0.25, 0.75}, {4, -2, -2}), 0, 0, ""},
          {"Li2O", face_centred(4.63, {"O", "Li", "Li"}, {0.0, 0.25, 0.75}, {-2, 1, 1}), 0, 0, ""},
          {"Si", face_centred(5.46, {"Si", "Si"}, {0.0, 0.25}, {}), 5.4695, 88.5, delta},
          {"Ge", face_centred(5.75, {"Ge", "Ge"}, {0.0, 0.25}, {}), 5.7622, 59.1, delta},
          {"SiGe", face_centred(5.60, {"Si", "Ge"}, {0.0, 0.25}, {}), 0, 0, ""}};
}

CubicState cubic_state(Potential const& model, Crystal const& crystal) {
  auto const tension = [&](double edge) { return model.evaluate(at_edge(crystal, edge)).stress->trace() / 3.0; };
  double const given = crystal.lattice(0, 0);
  double edge = given;
  for (int step = 0; step < 8; ++step) {
    double const h = 1e-3 * edge;
    double const move = tension(edge) * 2.0 * h / (tension(edge + h) - tension(edge - h));
    edge -= std::clamp(move, -0.02 * given, 0.02 * given);
    require(std::abs(edge / given - 1.0) < 0.1, "no minimum within 10 % of the edge ", given, " A");
    if (std::abs(move) < 1e-6) break;
  }
  constexpr int points = 7;
  constexpr double widest = 0.012;
  Eigen::MatrixXd powers(points, 4);
  Eigen::VectorXd tensions(points);
  for (int k = 0; k < points; ++k) {
    double const strain = widest * (2.0 * k / (points - 1.0) - 1.0), x = strain / widest;
    powers.row(k) << 1.0, x, x * x, x * x * x;
    tensions[k] = tension(edge * (1.0 + strain));
  }
  auto const fit = least_squares(powers, tensions);
  constexpr double outward = 4e-3;
  return {edge, fit[1] / (3.0 * widest), (tension(edge * (1.0 + outward)) - tension(edge)) / (3.0 * outward)};
}

}  // namespace nacre
