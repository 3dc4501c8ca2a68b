#include <cmath>
#include <iostream>
#include <memory>

#include "match_output.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

struct Options {
  std::string film, substrate, film_plane = "0,0,1", substrate_plane = "0,0,1", twist;
  std::int64_t max_sigma = 41;
  bool json = false;
};

std::string reason(NamedTwists const& named, std::optional<InterfaceNetwork> const& network) {
  if (network) return "";
  if (named.twists.empty()) return "the lattices are not similar: no four cells fit on each other within 12 %";
  return "no coincidence-site angle is within 15 deg/sqrt(sigma) of the twist; raise --max-sigma";
}

void print_json(MatchPlanes const& planes, NamedTwists const& named, std::optional<InterfaceNetwork> const& network) {
  Value special = Value::array();
  for (auto const& s : named.twists) special.push_back(match_value(s.match, planes, named));
  auto const why = reason(named, network);
  Value const document = Value::Object{{"twist_deg", *named.request * units::degrees},
                                       {"status", network ? "ok" : "refused"},
                                       {"reason", why.empty() ? Value() : Value(why)},
                                       {"network", network ? network_value(*network) : Value()},
                                       {"special", special},
                                       {"film_basis_A", basis_value(planes.film.basis)},
                                       {"substrate_basis_A", basis_value(planes.substrate.basis)}};
  std::cout << document.dump() << '\n';
}

void print_text(MatchPlanes const& planes, NamedTwists const& named, std::optional<InterfaceNetwork> const& network) {
  std::vector<Coincidence> special;
  for (auto const& s : named.twists) special.push_back(s.match);
  std::cout << "coincidence-site angles, as the symmetry of the layers brings them nearest to "
            << significant(*named.request * units::degrees, 6) << " deg\n"
            << match_table(special, planes, named);
  std::cout << (network ? network_text(*network) : "no network: " + reason(named, network) + '\n');
}

int twist(Options const& options) {
  require(options.max_sigma >= 1 && options.max_sigma <= 1000, "invalid --max-sigma ", options.max_sigma,
          " (1 to 1000)");
  auto const degrees = parse_degrees("--twist", options.twist);
  require(degrees.has_value(), "no twist given; add --twist DEGREES");
  auto const film_miller = parse_plane("--film-plane", options.film_plane);
  auto const substrate_miller = parse_plane("--substrate-plane", options.substrate_plane);
  MatchPlanes const planes{make_plane(read_crystal(options.film), film_miller),
                           make_plane(read_crystal(options.substrate), substrate_miller)};
  double const angle = *degrees / units::degrees;
  auto const named = named_twists(planes, angle, static_cast<int>(options.max_sigma));
  auto const network = network_at(planes, named, angle);
  if (options.json) {
    print_json(planes, named, network);
  } else {
    print_text(planes, named, network);
  }
  return 0;
}

}  // namespace

Command twist_command() {
  return {"twist", "coincidence-site angles and the dislocation network expected at a twist", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("FILM", options->film, "crystal of the film, the upper layer (POSCAR, CIF or extxyz)");
            line.positional("SUBSTRATE", options->substrate, "crystal of the substrate");
            line.option("--film-plane", options->film_plane, "h,k,l in the cell of the file");
            line.option("--substrate-plane", options->substrate_plane, "h,k,l in the cell of the file");
            line.option("--twist", options->twist, "of the film on the substrate [deg]");
            line.option("--max-sigma", options->max_sigma, "coincidence-site lattices up to this index");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre twist SrTiO3.cif SrTiO3.cif --twist 2");
            return [options] { return twist(*options); };
          }};
}

}  // namespace nacre
