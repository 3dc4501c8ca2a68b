#include <iostream>
#include <memory>

#include "electronic_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/stack/band_alignment.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Side {
  StatesOptions states;
  std::string vacuum, work_function;
  double area = 0.0;
};

struct Options {
  Side lower, upper;
  double distance = -1.0, area = 0.0, permittivity = 1.0, threshold = 1e-3;
  bool json = false;
};

SlabStates slab_of(Side const& side, std::string const& which) {
  SlabStates slab;
  slab.states = side.states.read();
  slab.fermi = side.states.fermi_level(slab.states, concat("--", which, "-fermi"));
  slab.vacuum = optional_number(concat("--", which, "-vacuum"), side.vacuum);
  auto const work = optional_number(concat("--", which, "-work-function"), side.work_function);
  require(!slab.vacuum || !work, "both --", which, "-vacuum and --", which,
          "-work-function (one follows from the other)");
  if (work) slab.vacuum = slab.fermi + *work;
  require(side.area >= 0.0, "invalid --", which, "-area ", side.area, " A^2 (must be positive)");
  slab.area = side.area;
  return slab;
}

Value to_value(ChargeTransfer const& answer) {
  bool const ok = answer.status == Status::ok;
  auto const number = [&](double x) { return ok ? Value(x) : Value(); };
  bool const gapped = answer.reason == "gapped";
  return Value::Object{{"status", gapped ? "gapped" : std::string(to_string(answer.status))},
                       {"reason", gapped ? "both Fermi levels fit into both gaps" : answer.reason},
                       {"electrons_to_upper_e", number(answer.electrons)},
                       {"potential_drop_V", number(answer.drop)},
                       {"work_function_lower_eV", number(answer.work_function_lower)},
                       {"work_function_upper_eV", number(answer.work_function_upper)},
                       {"fermi_shift_lower_eV", number(answer.shift_lower)},
                       {"fermi_shift_upper_eV", number(answer.shift_upper)}};
}

int run(Options const& options) {
  require(options.distance >= 0.0,
          "no distance of the layers (the sheets of charge form a capacitor): give --distance in A");
  require(options.area > 0.0, "no area of the contact (densities of states are per cell): give --area in A^2");
  auto const answer = transfer_charge(slab_of(options.lower, "lower"), slab_of(options.upper, "upper"),
                                      {options.distance, options.area, options.permittivity}, options.threshold);
  if (options.json) {
    std::cout << to_value(answer).dump() << '\n';
    return 0;
  }
  if (answer.status != Status::ok) {
    std::cout << "refused: " << answer.reason << '\n';
    return 0;
  }
  TextTable table({"layer", "work function [eV]", "Fermi level moves by [eV]"});
  table.row({"lower", significant(answer.work_function_lower, 6), significant(answer.shift_lower, 6)});
  table.row({"upper", significant(answer.work_function_upper, 6), significant(answer.shift_upper, 6)});
  std::cout << table.str() << "electrons from the lower layer to the upper one: " << significant(answer.electrons, 7)
            << " e" << (answer.reason.empty() ? "" : " (" + answer.reason + ")")
            << "\npotential of the upper sheet less that of the lower one: " << significant(answer.drop, 6) << " V\n";
  return 0;
}

}  // namespace

Command charge_transfer_command() {
  return {
      "charge-transfer", "Charge that flows at a contact, from densities of states and work functions of the layers",
      [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        line.positional("LOWER", options->lower.states.file,
                        "density of states of the lower layer alone: dos.x, DOSCAR or columns");
        line.positional("UPPER", options->upper.states.file, "and of the upper one");
        auto const side = [&](Side& s, std::string const& which) {
          line.option(concat("--", which, "-fermi"), s.states.fermi,
                      concat("Fermi level of the ", which, " layer [eV]; else from its file"));
          line.option(concat("--", which, "-work-function"), s.work_function, "vacuum level less Fermi level [eV]");
          line.option(concat("--", which, "-vacuum"), s.vacuum, "or the vacuum level on the zero of its energies [eV]");
          line.option(concat("--", which, "-area"), s.area,
                      "in-plane cell of its calculation [A^2]; 0: that of the contact");
        };
        side(options->lower, "lower");
        side(options->upper, "upper");
        line.option("--distance", options->distance, "of the sheets of charge, such as the z separation [A]");
        line.option("--area", options->area, "of the contact's cell [A^2]");
        line.option("--permittivity", options->permittivity, "relative, between the sheets");
        line.option("--threshold", options->threshold, "densities up to it count as none [1/eV]");
        line.option("--columns", options->lower.states.columns,
                    "densities in a plain table: 1, or 2 for two spins; 0: find out");
        line.flag("--json", options->json, "print JSON");
        line.example(
            "nacre charge-transfer lower.dos upper.dos --lower-work-function 4.1 --upper-work-function 5.0 --distance "
            "3.1 --area 25");
        return [options] {
          options->upper.states.columns = options->lower.states.columns;
          return run(*options);
        };
      }};
}

}  // namespace nacre
