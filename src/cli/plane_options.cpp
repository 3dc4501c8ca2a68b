#include "plane_options.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/crystal/charge_balance.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/stack/plane.hpp"

namespace nacre {
namespace {

constexpr std::int64_t largest_index = 1000;

/// "Sr=2,Ti=4,O=-2"
std::map<std::string, double> parse_charges(std::string const& text) {
  std::map<std::string, double> charges;
  for (auto const& part : split(text, ',')) {
    auto const sides = split(part, '=');
    double const charge = sides.size() == 2 ? parse_double(trim(sides[1])).value_or(NAN) : NAN;
    require(std::isfinite(charge), "malformed charge '", part,
            "' of --charges (needs ELEMENT=CHARGE); write them as Sr=2,Ti=4,O=-2");
    auto const element = std::string(trim(sides[0]));
    require_atomic_number(element, "--charges");
    charges[element] = charge;
  }
  return charges;
}

void find_charges(Crystal& crystal) {
  bool const one_element = std::ranges::all_of(crystal.numbers, [&](int z) { return z == crystal.numbers.front(); });
  if (one_element) {
    crystal.oxidation.assign(crystal.size(), 0.0);
    return;
  }
  try {
    assign_oxidation(crystal);
  } catch (InputError const& error) {
    print_message(concat("nacre: ", error.what(), " by --charges; charges and polarity are left open"));
  }
}

}  // namespace

Eigen::Vector3i parse_plane(std::string const& option, std::string const& text) {
  auto const parts = split(text, ',');
  Eigen::Vector3i miller = Eigen::Vector3i::Zero();
  bool fine = parts.size() == 3;
  for (std::size_t k = 0; fine && k < 3; ++k) {
    auto const value = parse_integer(trim(parts[k]));
    fine = value && std::abs(*value) <= largest_index;
    if (fine) miller[static_cast<Eigen::Index>(k)] = static_cast<int>(*value);
  }
  require(fine, "malformed plane '", text, "' of ", option, " (needs three integers up to ", largest_index,
          "); write it as h,k,l, for example 1,1,0");
  require(miller != Eigen::Vector3i::Zero(), "invalid plane '", text, "' of ", option,
          " (0,0,0 has no normal); give indices that are not all zero");
  int const factor = std::gcd(std::gcd(miller.x(), miller.y()), miller.z());
  if (factor == 1) return miller;
  Eigen::Vector3i const reduced = miller / factor;
  print_message(concat("nacre: plane ", text, " of ", option, " is taken as ", plane_name(reduced),
                       " (its indices have the common factor ", factor, ")"));
  return reduced;
}

void CrystalOptions::declare(CommandLine& line) {
  line.positional("FILE", file, "crystal (POSCAR, CIF or extxyz)");
  line.option("--tolerance", tolerance, "positions that are symmetric to this count as symmetric [A]");
}

void CrystalOptions::declare_charges(CommandLine& line) {
  line.option("--charges", charges, "formal charges by element, for example Sr=2,Ti=4,O=-2");
}

Crystal CrystalOptions::read() const {
  require(tolerance >= 1e-6 && tolerance <= 0.5, "invalid --tolerance ", tolerance, " A (1e-6 to 0.5)");
  auto crystal = read_crystal(file);
  auto const& p = crystal.periodic;
  require(p[0] || p[1] || p[2], "no lattice in '", file, "' (planes are those of a crystal); give a periodic cell");
  return crystal;
}

Crystal CrystalOptions::read_with_charges(Balance balance) const {
  auto crystal = read();
  if (!charges.empty()) {
    set_oxidation(crystal, parse_charges(charges));
  } else if (crystal.oxidation.empty()) {
    find_charges(crystal);
  }
  if (balance == Balance::required) require_charge_balance(crystal, file);
  return crystal;
}

}  // namespace nacre
