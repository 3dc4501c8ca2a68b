#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <set>

#include "nacre/core/units.hpp"
#include "nacre/transport/conductivity.hpp"
#include "nacre/transport/contact_hops.hpp"

namespace nacre {
namespace {

constexpr double siemens_per_cm_A = 1e-8;    // of 1 S/cm over 1 Å
constexpr double ohm_m2_per_A_cm = 1e-12;    // 1 Å / (1 S/cm) in ohm m^2

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// A network whose sites hold carriers: energies from the chemical potential of the carriers.
struct Occupied {
  SiteGraph graph;
  double kt = 0.0;

  /// [S/cm]: an exclusive carrier passes an edge with the rate that both ends allow (one full, the other empty).
  Eigen::Vector3d conductivity(double charge, double temperature, double nu0) const {
    SiteGraph open = graph;
    double lowest = std::numeric_limits<double>::infinity();
    for (double const e : open.energy) lowest = std::min(lowest, e);
    double weight = 0.0;
    for (double const e : open.energy) weight += std::exp(-(e - lowest) / kt);
    for (auto& edge : open.edges) edge.saddle += barred(edge.from) + barred(edge.to);
    auto const d = diffusion_tensor(open, temperature, nu0);
    // the conductance of the edges alone: what the tensor was divided by, times the weight of the lowest site
    double const density = weight / std::abs(open.lattice.determinant());
    double const scale = std::exp(-lowest / kt);
    Eigen::Vector3d sigma;
    for (int k = 0; k < 3; ++k) sigma[k] = scale * conductivity_S_per_cm(density, charge, d(k, k), temperature);
    return sigma;
  }
  /// -kT ln(1 - x) of a site whose occupation x obeys Fermi statistics.
  double barred(int site) const { return kt * std::log1p(std::exp(-graph.energy[at(site)] / kt)); }
};

/// Sites and hops that were computed or estimated, energies from the mean of each layer's interior less what its
/// concentration of carriers asks for.
Occupied occupy(SiteGraph const& graph, std::vector<double> const& level, double kt) {
  Occupied result;
  result.kt = kt;
  result.graph.lattice = graph.lattice;
  std::vector<int> number(graph.energy.size(), -1);
  std::vector<Eigen::Index> kept;
  for (std::size_t s = 0; s < graph.energy.size(); ++s) {
    if (!std::isfinite(graph.energy[s]) || !std::isfinite(level[s])) continue;
    number[s] = static_cast<int>(kept.size());
    kept.push_back(static_cast<Eigen::Index>(s));
    result.graph.energy.push_back(graph.energy[s] - level[s]);
  }
  result.graph.positions = graph.positions(Eigen::all, kept);
  for (auto edge : graph.edges) {
    if (number[at(edge.from)] < 0 || number[at(edge.to)] < 0 || !std::isfinite(edge.saddle)) continue;
    edge.saddle -= 0.5 * (level[at(edge.from)] + level[at(edge.to)]);
    edge.from = number[at(edge.from)];
    edge.to = number[at(edge.to)];
    result.graph.edges.push_back(edge);
  }
  return result;
}

double mean_of(std::vector<double> const& values) {
  double sum = 0.0;
  for (double const v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// Chemical potential of exclusive carriers that fill this share of a layer's interior, above its mean energy.
double filling(double fraction, double kt) { return kt * std::log(fraction / (1.0 - fraction)); }

}  // namespace

std::optional<ContactConduction> contact_conduction(ContactHops const& contact,
                                                    std::vector<double> const& carriers, double charge,
                                                    double temperature, double nu0) {
  bool const none = std::ranges::all_of(carriers, [](double x) { return !(x > 0.0); });
  if (carriers.empty() || none || contact.bulk.size() != contact.layers.size()) return std::nullopt;
  double const kt = units::boltzmann_eV_per_K * temperature;
  std::set<int> const numbers(contact.layers.begin(), contact.layers.end());
  auto const fraction_of = [&](int layer) {
    return carriers.at(static_cast<std::size_t>(std::distance(numbers.begin(), numbers.find(layer))));
  };
  ContactConduction result;
  bool all_carry = contact.continued_crystal || contact.analysis.direction[2].walk.has_value();
  for (std::size_t k = 0; k < contact.bulk.size(); ++k) {
    auto const& layer = contact.bulk[k];
    double const fraction = fraction_of(contact.layers[k]);
    if (!layer.carries || !(fraction > 0.0)) {
      all_carry = false;
      continue;
    }
    auto const& graph = layer.analysis.graph;
    if (!layer.failure.empty() || graph.energy.empty()) return std::nullopt;
    std::vector<double> const level(graph.energy.size(), mean_of(graph.energy) + filling(fraction, kt));
    auto const sigma = occupy(graph, level, kt).conductivity(charge, temperature, nu0);
    for (std::size_t axis = 0; axis < 2; ++axis)
      result.sheet_layers[axis] += sigma[static_cast<Eigen::Index>(axis)] * siemens_per_cm_A * layer.thickness;
    result.resistance_layers += layer.thickness / sigma[2] * ohm_m2_per_A_cm;
  }
  std::vector<double> level;
  auto const& energy = contact.analysis.graph.energy;
  for (std::size_t s = 0; s < contact.sites.size(); ++s) {
    double const fraction = fraction_of(contact.sites[s].layer);
    double const mean = energy[s] - contact.sites[s].segregation;
    level.push_back(fraction > 0.0 ? mean + filling(fraction, kt) : -std::numeric_limits<double>::infinity());
  }
  auto const sigma = occupy(contact.analysis.graph, level, kt).conductivity(charge, temperature, nu0);
  double const count = static_cast<double>(contact.contacts.size());
  for (std::size_t axis = 0; axis < 2; ++axis) {
    double const relative = contact.error[axis].total() / kt;
    result.sheet[axis] = sigma[static_cast<Eigen::Index>(axis)] * siemens_per_cm_A * contact.period;
    if (contact.continued_crystal) result.sheet[axis] = result.sheet_layers[axis];
    result.dS[axis] = (result.sheet[axis] - result.sheet_layers[axis]) / count;
    result.dS_error[axis] = contact.continued_crystal
                                ? 0.0
                                : relative * std::hypot(result.sheet[axis], result.sheet_layers[axis]) / count;
  }
  result.resistance = contact.period / sigma[2] * ohm_m2_per_A_cm;
  if (contact.continued_crystal) result.resistance = result.resistance_layers;
  double const nan = std::nan("");
  result.dR = all_carry ? (result.resistance - result.resistance_layers) / count : nan;
  result.dR_error = contact.continued_crystal ? 0.0
                    : all_carry ? contact.error[2].total() / kt * std::hypot(result.resistance, result.resistance_layers) / count
                                : nan;
  return result;
}

}  // namespace nacre
