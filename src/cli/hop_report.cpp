#include "hop_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/calibration.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr std::array<char const*, 3> axes{"x", "y", "z"};

std::size_t at(int i) { return static_cast<std::size_t>(i); }

Value integers(Eigen::Vector3i const& v) { return Value::Array{v[0], v[1], v[2]}; }

Value hop_to_value(HopReport const& report, int orbit, double model_share) {
  auto const& network = report.subject.network;
  auto const& entry = network.hop_orbits[at(orbit)];
  auto const& hop = network.hops[at(entry.hop)];
  auto const& energy = report.energies->hop(orbit);
  bool const ok = energy.status == Status::ok;
  auto value = Value::object();
  value["from"] = site_label(network, hop.from);
  value["to"] = site_label(network, hop.to);
  value["length_A"] = hop.vector.norm();
  value["E_forward_eV"] = ok ? Value(energy.forward()) : Value();
  value["E_backward_eV"] = ok ? Value(energy.backward()) : Value();
  value["method"] = to_string(energy.method);
  value["status"] = to_string(energy.status);
  value["reason"] = energy.reason;
  value["reaction_energy_eV"] = ok ? Value(energy.to - energy.from) : Value();
  value["error_eV"] = ok ? Value(std::hypot(energy.error, model_share * std::max(energy.forward(), energy.backward()))) : Value();
  value["to_cell"] = integers(hop.cell);
  value["multiplicity"] = entry.multiplicity;
  if (auto const* band = report.energies->band(orbit)) {
    for (double const e : band->energies) value["profile_eV"].push_back(e - band->energies.front());
  }
  return value;
}

Value sites_to_value(HopReport const& report, double model_share) {
  Value sites = Value::array();
  auto const& network = report.subject.network;
  for (std::size_t orbit = 0; orbit < network.site_orbits.size(); ++orbit) {
    auto const& state = report.energies->site(static_cast<int>(orbit));
    int count = 0;
    for (auto const& site : network.sites) count += site.orbit == static_cast<int>(orbit) ? 1 : 0;
    auto const first = network.site_orbits[orbit];
    auto site = Value::object();
    site["site"] = site_label(network, first);
    site["multiplicity"] = count;
    auto const& x = network.sites[at(first)].position;
    site["position_A"] = Value::Array{x.x(), x.y(), x.z()};
    double const energy = report.analysis.graph.energy[at(first)];
    site["energy_eV"] = energy;
    site["error_eV"] = state.status == Status::ok ? Value(std::hypot(state.error, model_share * energy)) : Value();
    site["status"] = to_string(state.status);
    site["reason"] = state.reason;
    sites.push_back(site);
  }
  return sites;
}

Value direction_to_value(HopReport const& report, DirectionResult const& direction, double model_share) {
  auto value = Value::object();
  auto const& network = report.subject.network;
  bool const ok = direction.status == Status::ok;
  value["status"] = to_string(direction.status);
  value["reason"] = direction.reason;
  value["error_eV"] = ok ? Value(std::hypot(direction.error, model_share * direction.walk->barrier)) : Value();
  if (!direction.walk) return value;
  auto const& walk = *direction.walk;
  value[ok ? "barrier_eV" : "estimate_eV"] = walk.barrier;
  value["trap_depth_eV"] = walk.trap_depth;
  value["trap_depth_error_eV"] = std::hypot(direction.error, model_share * walk.trap_depth);
  for (int const node : walk.nodes) value["walk"].push_back(site_label(network, node));
  value["winding"] = integers(walk.winding);
  auto const& hop = network.hops[at(walk.bottleneck)];
  value["bottleneck"] = Value::Array{site_label(network, hop.from), site_label(network, hop.to)};
  return value;
}

Value model_to_value(Potential const& model) {
  return Value::Object{{"name", model.name()}, {"hash", model.identity()}};
}

Value refused_to_value(HopReport const& report, Potential const& model) {
  auto value = Value::object();
  value["hops"] = Value::array();
  value["hop_barrier_eV"] = Value::Object{{"x", Value()}, {"y", Value()}, {"z", Value()}};
  value["trap_depth_eV"] = Value();
  value["model"] = model_to_value(model);
  bool const broke = report.subject.refusal.find("settle") != std::string::npos;
  value["status"] = to_string(broke ? Status::failed : Status::refused);
  value["reason"] = report.subject.refusal;
  return value;
}

}  // namespace

Value to_value(HopReport const& report, Potential const& model) {
  if (!report.energies) return refused_to_value(report, model);
  auto const& analysis = report.analysis;
  auto const& network = report.subject.network;
  auto value = Value::object();
  double const share = barrier_share(model, report.subject.crystal.numbers);
  value["hops"] = Value::array();
  for (int orbit = 0; orbit < static_cast<int>(network.hop_orbits.size()); ++orbit) {
    if (report.energies->knows_hop(orbit)) value["hops"].push_back(hop_to_value(report, orbit, share));
  }
  auto const best = analysis.easiest();
  for (std::size_t k = 0; k < 3; ++k) {
    auto const& direction = analysis.direction[k];
    bool const ok = direction.status == Status::ok && direction.walk;
    value["hop_barrier_eV"][axes[k]] = ok ? Value(direction.walk->barrier) : Value();
  }
  value["trap_depth_eV"] = best ? Value(analysis.direction[at(*best)].walk->trap_depth) : Value();
  value["model_share"] = share;
  value["model"] = model_to_value(model);
  value["status"] = to_string(best ? Status::ok : Status::failed);
  value["reason"] = best ? "" : "no direction has a barrier";
  for (std::size_t k = 0; k < 3; ++k) value["directions"][axes[k]] = direction_to_value(report, analysis.direction[k], share);
  value["sites"] = sites_to_value(report, share);
  value["supercell"] = integers(report.subject.settings.supercell);
  value["n_atoms"] = report.energies->atoms();
  value["charge_e"] = report.energies->charge();
  value["width_A"] = narrowest_width(report.energies->cell());
  value["work"] = report.subject.work + (report.contact ? report.contact->work : analysis.work);
  if (report.contact) {
    value["contact"] = contact_to_value(*report.contact, report.subject.crystal, share);
    value["contact"]["not_recognised"] = report.not_recognised;
  }
  return value;
}

namespace {

Value layer_to_value(LayerHops const& layer, int number, double model_share) {
  auto value = Value::object();
  value["layer"] = number;
  value["formula"] = layer.name;
  value["thickness_A"] = layer.thickness;
  for (std::size_t k = 0; k < 3; ++k) {
    auto const barrier = layer.barrier(static_cast<int>(k));
    value["hop_barrier_eV"][axes[k]] = barrier ? Value(*barrier) : Value();
    double const left = layer.analysis.direction[k].error;
    value["error_eV"][axes[k]] = barrier ? Value(std::hypot(left, model_share * *barrier)) : Value();
  }
  value["reason"] = layer.failure;
  return value;
}

Value to_value(BarrierError const& error) {
  return Value::Object{{"forces", error.forces}, {"start", error.start}, {"cell", error.cell}, {"field", error.field},
                       {"strain", error.strain}, {"model", error.model}};
}

Value enhancement_to_value(Enhancement const& g) {
  auto value = Value::object();
  value["g"] = g.value ? Value(*g.value) : Value();
  value["error"] = g.value ? Value(g.error) : Value();
  value["error_eV"] = g.value ? to_value(g.parts) : Value();
  value["stack_barrier_eV"] = g.value ? Value(g.stack_barrier) : Value();
  value["bulk_barrier_eV"] = g.value ? Value(g.bulk_barrier) : Value();
  value["status"] = to_string(g.status);
  value["reason"] = g.reason;
  return value;
}

}  // namespace

Value segregation_to_value(ContactHops const& contact, double model_share) {
  Value lowest = Value::array();
  for (std::size_t c = 0; c < contact.contacts.size(); ++c) {
    for (int const layer : contact.layers) {
      auto const energy = contact.segregation(static_cast<int>(c), layer);
      if (!energy) continue;
      lowest.push_back(Value::Object{{"contact", static_cast<int>(c) + 1},
                                     {"layer", layer},
                                     {"E_seg_eV", *energy},
                                     {"error_eV", model_share * std::abs(*energy)}});
    }
  }
  return lowest;
}

Value contact_to_value(ContactHops const& contact, Crystal const& stack, double model_share) {
  auto value = Value::object();
  Value heights = Value::array(), spectrum = Value::array(), bulk = Value::array();
  for (double const height : contact.contacts) heights.push_back(height);
  for (std::size_t s = 0; s < contact.sites.size(); ++s) {
    auto const& site = contact.sites[s];
    double const left = contact.energies->site(contact.network.sites[s].orbit).error;
    bool const known = std::isfinite(site.segregation);
    spectrum.push_back(Value::Object{{"atom", contact.network.sites[s].atom},
                                     {"kind", contact.network.sites[s].orbit},
                                     {"layer", site.layer},
                                     {"contact", site.contact + 1},
                                     {"distance_A", site.distance},
                                     {"middle", site.middle},
                                     {"segregation_eV", site.segregation},
                                     {"error_eV", known ? Value(std::hypot(left, model_share * site.segregation)) : Value()}});
  }
  for (std::size_t k = 0; k < contact.bulk.size(); ++k)
    bulk.push_back(layer_to_value(contact.bulk[k], contact.layers[k], model_share));
  value["contact_heights_A"] = heights;
  value["period_A"] = contact.period;
  value["segregation"] = segregation_to_value(contact, model_share);
  value["spectrum"] = spectrum;
  value["strained_layers"] = bulk;
  for (std::size_t k = 0; k < 3; ++k) value["contact_enhancement"][axes[k]] = enhancement_to_value(contact.enhancement[k]);
  value["continued_crystal"] = contact.continued_crystal;
  value["field_V_per_A"] = contact.field;
  value["dipole_step"] = contact.dipole_step;
  value["words"] = Value::array();
  for (auto const& sentence : contact.words(stack)) value["words"].push_back(sentence);
  return value;
}

std::string to_text(HopReport const& report, Potential const& model) {
  if (!report.energies) return "refused: " + report.subject.refusal + "\n";
  auto const& network = report.subject.network;
  TextTable table({"from", "to", "length [Å]", "forward [eV]", "backward [eV]", "method", "ended"});
  for (int orbit = 0; orbit < static_cast<int>(network.hop_orbits.size()); ++orbit) {
    if (!report.energies->knows_hop(orbit)) continue;
    auto const& hop = network.hops[at(network.hop_orbits[at(orbit)].hop)];
    auto const& energy = report.energies->hop(orbit);
    bool const ok = energy.status == Status::ok;
    table.row({std::to_string(site_label(network, hop.from)), std::to_string(site_label(network, hop.to)),
               significant(hop.vector.norm(), 4), ok ? significant(energy.forward(), 4) : "-",
               ok ? significant(energy.backward(), 4) : "-", std::string(to_string(energy.method)),
               ok ? "ok" : energy.reason});
  }
  std::string text = table.str();
  double const share = barrier_share(model, report.subject.crystal.numbers);
  for (std::size_t k = 0; k < 3; ++k) {
    auto const& direction = report.analysis.direction[k];
    if (direction.reason == "not_asked") continue;
    text += concat("along ", axes[k], ": ");
    if (direction.status == Status::ok && direction.walk)
      text += concat("barrier ", significant(direction.walk->barrier, 4), " +- ",
                     significant(std::hypot(direction.error, share * direction.walk->barrier), 2), " eV, trap depth ",
                     significant(direction.walk->trap_depth, 4), " eV, ", direction.walk->steps.size(), " hops a turn\n");
    else
      text += direction.reason + "\n";
  }
  if (!report.contact) return text;
  if (!report.not_recognised.empty()) text += "no comparison with the layers alone: " + report.not_recognised + "\n";
  for (auto const& sentence : report.contact->words(report.subject.crystal)) text += sentence + "\n";
  return text;
}

}  // namespace nacre
