#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>

#include "hop_options.hpp"
#include "hop_report.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/calibration.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  HopOptions hop;
  bool json = false;
};

ContactHops study(HopSubject const& subject, LayerCrystals const& crystals, Potential const& model, Options const& options) {
  ContactHopOptions contact;
  contact.settings = subject.settings;
  contact.tolerance_A = options.hop.crystal.tolerance;
  contact.most_computed = 0;  // sites alone
  contact.compare = false;
  contact.directions = {false, false, false};
  return contact_hops(subject.crystal, subject.layer, crystals.layers, subject.species, model, contact);
}

struct SiteRow {
  int atom = 0, kind = 0;
  double error = 0.0;   ///< what the minimiser left [eV]
  double energy = 0.0;  ///< from the mean of a crystal's sites, or of the middle repeat of a stack's layer [eV]
  StackSite place;
  Status status = Status::ok;
  std::string reason;
  std::optional<Void> room = {};  ///< of an interstitial: the void that it starts from, places left out
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  ///< [Å]
};

/// The void that a site is one of.
std::optional<Void> room_of(HopSubject const& subject, HopSite const& site) {
  for (auto const& kind : subject.voids) {
    bool const here = std::ranges::any_of(kind.places, [&](auto const& x) { return (x - site.position).norm() < 1e-9; });
    if (here) return Void{{}, kind.distance, kind.coordination, kind.mismatch};
  }
  return std::nullopt;
}

std::vector<SiteRow> rows_of_stack(ContactHops const& contact) {
  std::vector<SiteRow> rows;
  for (std::size_t s = 0; s < contact.sites.size(); ++s) {
    auto const& site = contact.network.sites[s];
    auto const& state = contact.energies->site(site.orbit);
    rows.push_back({site.atom, site.orbit, state.error, contact.sites[s].segregation, contact.sites[s], state.status, state.reason, {},
                    site.position});
  }
  return rows;
}

std::vector<SiteRow> rows_of_crystal(HopSubject const& subject, Potential const& model) {
  HopEnergies energies(subject.crystal, subject.network, subject.species, model, subject.settings);
  std::vector<SiteRow> rows;
  double sum = 0.0;
  int count = 0;
  for (auto const& site : subject.network.sites) {
    auto const& state = energies.site(site.orbit);
    if (state.status == Status::ok) sum += state.energy, ++count;
    rows.push_back({site.atom, site.orbit, state.error, state.energy, {}, state.status, state.reason, room_of(subject, site), site.position});
  }
  for (auto& row : rows) row.energy -= sum / std::max(count, 1);
  return rows;
}

/// What the minimiser left, and what the model itself is off.
double error_of(SiteRow const& row, double share) { return std::hypot(row.error, share * row.energy); }

/// @param share error of the model, of an energy
Value to_value(std::vector<SiteRow> const& rows, bool stack, double share) {
  auto sites = Value(Value::Array{});
  for (auto const& row : rows) {
    bool const ok = row.status == Status::ok;
    auto site = Value::object();
    site["atom"] = row.atom >= 0 ? Value(row.atom) : Value();
    site["position_A"] = Value::Array{row.position.x(), row.position.y(), row.position.z()};
    if (row.room) {
      site["void"] = Value::Object{{"distance_A", row.room->distance},
                                   {"coordination", row.room->coordination},
                                   {"bond_valence_mismatch", row.room->mismatch ? Value(*row.room->mismatch) : Value()}};
    }
    site["kind"] = row.kind;
    site["energy_eV"] = ok ? Value(row.energy) : Value();
    site["error_eV"] = ok ? Value(error_of(row, share)) : Value();
    site["layer"] = stack ? Value(row.place.layer) : Value();
    site["contact"] = stack ? Value(row.place.contact + 1) : Value();
    site["distance_A"] = stack ? Value(row.place.distance) : Value();
    site["middle"] = stack && row.place.middle;
    site["status"] = to_string(row.status);
    site["reason"] = row.reason;
    sites.push_back(site);
  }
  return sites;
}

std::string to_text(std::vector<SiteRow> const& rows, bool stack, double share) {
  TextTable table(stack ? std::vector<std::string>{"atom", "kind", "layer", "contact", "distance [Å]", "energy [eV]", "+- [eV]"}
                        : std::vector<std::string>{"atom", "kind", "energy [eV]", "+- [eV]"});
  for (auto const& row : rows) {
    auto const energy = row.status == Status::ok ? significant(row.energy, 4) : row.reason;
    auto const error = row.status == Status::ok ? significant(error_of(row, share), 2) : "";
    if (stack)
      table.row({std::to_string(row.atom), std::to_string(row.kind), std::to_string(row.place.layer),
                 std::to_string(row.place.contact + 1), significant(row.place.distance, 3), energy, error});
    else
      table.row({row.atom >= 0 ? std::to_string(row.atom) : "void", std::to_string(row.kind), energy, error});
  }
  return table.str();
}

int run(Options const& options) {
  auto const model = hop_model(options.hop);
  auto subject = make_subject(options.hop, *model);
  bool const stack = subject.refusal.empty() && is_stack(subject);
  LayerCrystals crystals;
  if (stack) {
    crystals = layer_crystals(subject, *model);
    subject.refusal = crystals.refusal;
  }
  auto document = Value::object();
  document["sites"] = Value::array();
  document["segregation"] = Value::array();
  document["status"] = subject.refusal.empty() ? "ok" : "refused";
  document["reason"] = subject.refusal;
  document["model"] = Value::Object{{"name", model->name()}, {"hash", model->identity()}};
  document["model_share"] = barrier_share(*model, subject.crystal.numbers);
  std::string text = subject.refusal.empty() ? "" : "refused: " + subject.refusal + "\n";
  if (subject.refusal.empty()) {
    double const share = barrier_share(*model, subject.crystal.numbers);
    std::optional<ContactHops> contact;
    if (stack) contact = study(subject, crystals, *model, options);
    auto const rows = stack ? rows_of_stack(*contact) : rows_of_crystal(subject, *model);
    document["sites"] = to_value(rows, stack, share);
    if (contact) document["segregation"] = segregation_to_value(*contact, share);
    document["not_recognised"] = crystals.failure;
    text = to_text(rows, stack, share);
  }
  std::cout << (options.json ? document.dump() + "\n" : text);
  return 0;
}

}  // namespace

Command sites_command() {
  return {
      "sites", "Energy of a vacancy on every site of a mobile species, by distance from the contacts", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        options->hop.declare(line);
        line.flag("--json", options->json, "print JSON");
        line.example("nacre sites relaxed.extxyz --species O --model rigid-ion:grimes --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
