#include <iostream>
#include <memory>

#include "hop_options.hpp"
#include "hop_report.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

struct Options {
  HopOptions hop;
  std::string direction = "all", method = "auto";
  std::int64_t images = 5, most_hops = 12;
  double temperature = 1500.0;
  bool json = false;
};

HopAnalysisOptions analysis_options(Options const& options) {
  HopAnalysisOptions analysis;
  if (options.direction != "all") {
    analysis.directions = {false, false, false};
    analysis.directions[static_cast<std::size_t>(hop_axis(options.direction))] = true;
  }
  analysis.most_computed = static_cast<int>(options.most_hops);
  return analysis;
}

void study_crystal(HopReport& report, Potential const& model, Options const& options) {
  auto const& subject = report.subject;
  report.energies =
      std::make_shared<HopEnergies>(subject.crystal, subject.network, subject.species, model, subject.settings);
  report.analysis = analyze_hops(subject.network, *report.energies, subject.crystal.lattice, analysis_options(options));
}

void study_stack(HopReport& report, Potential const& model, Options const& options) {
  auto& subject = report.subject;
  auto const crystals = layer_crystals(subject, model);
  subject.refusal = crystals.refusal;
  if (!subject.refusal.empty()) return;
  auto const analysis = analysis_options(options);
  ContactHopOptions contact;
  contact.settings = subject.settings;
  contact.tolerance_A = options.hop.crystal.tolerance;
  contact.most_computed = analysis.most_computed;
  contact.directions = analysis.directions;
  contact.temperature = options.temperature;
  report.contact =
      contact_hops(subject.crystal, subject.layer, crystals.layers, subject.species, model, contact);
  report.not_recognised = crystals.failure;
  subject.network = report.contact->network;
  report.energies = report.contact->energies;
  report.analysis = report.contact->analysis;
}

int run(Options const& options) {
  require(options.images >= 1 && options.images <= 99, "invalid --images ", options.images, " (1 to 99)");
  require(options.most_hops >= 1 && options.most_hops <= 1000, "invalid --most-hops ", options.most_hops, " (1 to 1000)");
  require(options.temperature > 0.0 && options.temperature <= 1e5, "invalid --temperature ", options.temperature,
          " K (above 0, up to 100000)");
  auto const model = hop_model(options.hop);
  auto subject = make_subject(options.hop, *model);
  subject.settings.method = hop_method_from(options.method);
  subject.settings.band.images = static_cast<int>(options.images);
  HopReport report;
  report.subject = std::move(subject);
  if (report.subject.refusal.empty()) {
    if (is_stack(report.subject))
      study_stack(report, *model, options);
    else
      study_crystal(report, *model, options);
  }
  std::cout << (options.json ? to_value(report, *model).dump() + "\n" : to_text(report, *model));
  return 0;
}

}  // namespace

Command hop_command() {
  return {
      "hop", "Barriers of a mobile ion's hops, relaxed, with one vacancy in the crystal or stack", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        options->hop.declare(line);
        line.choice("--direction", options->direction, {"all", "x", "y", "z"}, "Cartesian; the barrier along it");
        line.choice("--method", options->method, {"auto", "neb", "midpoint"},
                    "neb: climbing-image elastic band; midpoint: where an operation exchanges the ends of a hop; auto: "
                    "that where it holds, else the band");
        line.option("--images", options->images, "of a band, between its end points");
        line.option("--most-hops", options->most_hops, "kinds of hops that are computed at most");
        line.option("--temperature", options->temperature, "of the comparison with the layers alone (stacks) [K]");
        line.flag("--json", options->json, "print JSON");
        line.example("nacre hop CeO2.cif --species O --model rigid-ion:grimes --supercell 3,3,3 --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
