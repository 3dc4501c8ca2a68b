#include "nacre/transport/space_charge.hpp"

#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

struct Options {
  SpaceChargeOptions layer;
  std::string rule = "frozen";
  std::int64_t points = 400;
  bool json = false;
};

Value to_value(SpaceCharge const& found) {
  auto value = Value::object();
  value["core_potential_V"] = found.core_potential_V;
  value["core_charge_C_per_m2"] = found.core_charge_C_per_m2;
  value["core_occupancy"] = found.core_occupancy;
  value["width_nm"] = found.width_nm;
  value["debye_nm"] = found.debye_nm;
  value["resistance_ratio"] = found.resistance_ratio;
  value["excess_resistance_nm"] = found.excess_resistance_nm;
  value["excess_conductance_nm"] = found.excess_conductance_nm;
  value["neutrality"] = found.neutrality;
  for (std::size_t i = 0; i < found.distance_nm.size(); ++i) {
    value["profile"].push_back(Value::Object{{"distance_nm", found.distance_nm[i]},
                                             {"potential_V", found.potential_V[i]},
                                             {"carriers_per_m3", found.carriers_per_m3[i]}});
  }
  return value;
}

std::string to_text(SpaceCharge const& found) {
  return concat("core potential        ", significant(found.core_potential_V, 5), " V\n",
                "core occupancy        ", significant(found.core_occupancy, 4), "\n",
                "width                 ", significant(found.width_nm, 5), " nm (Debye length ", significant(found.debye_nm, 4), " nm)\n",
                "resistance in it      ", significant(found.resistance_ratio, 5), " times that of the crystal\n",
                "extra resistance      that of ", significant(found.excess_resistance_nm, 5), " nm of the crystal, across\n",
                "extra conductance     that of ", significant(found.excess_conductance_nm, 5), " nm of the crystal, in the plane\n");
}

int run(Options const& options) {
  auto layer = options.layer;
  require(options.points >= 20 && options.points <= 100000, "invalid --points ", options.points, " (20 to 100000)");
  layer.points = static_cast<int>(options.points);
  layer.acceptor_rule = options.rule == "frozen" ? AcceptorRule::frozen : AcceptorRule::mobile;
  auto const found = space_charge(layer);
  std::cout << (options.json ? to_value(found).dump() + "\n" : to_text(found));
  return 0;
}

}  // namespace

Command space_charge_command() {
  return {
      "space-charge", "Potential and carriers beside a contact that vacancies prefer or avoid", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        auto& layer = options->layer;
        line.option("--segregation", layer.segregation_eV, "of the carrier to the contact, as nacre sites gives it [eV]");
        line.option("--core-sites", layer.core_sites, "sites with that energy per area of the contact [1/m^2]");
        line.option("--permittivity", layer.permittivity, "relative, of the layers");
        line.option("--acceptors", layer.acceptors, "density of acceptors [1/m^3]");
        line.option("--acceptor-charge", layer.acceptor_charge, "effective [e]");
        line.option("--carrier-charge", layer.carrier_charge, "effective, 2 for an oxygen vacancy [e]");
        line.option("--site-density", layer.site_density, "of the mobile species in the layers [1/m^3]");
        line.option("--temperature", layer.temperature, "[K]");
        line.option("--thickness", layer.thickness_nm, "of the membrane on each side [nm]");
        line.choice("--acceptor-rule", options->rule, {"frozen", "mobile"},
                    "frozen: acceptors stay (Mott-Schottky); mobile: they follow the potential (Poisson-Boltzmann)");
        line.option("--points", options->points, "of the profile");
        line.flag("--json", options->json, "print JSON");
        line.example("nacre space-charge --segregation -1.2 --permittivity 150 --acceptors 1e26 --temperature 1000 --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
