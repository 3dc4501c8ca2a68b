/// What `nacre match` and `nacre twist` share: planes from the command line, matches as JSON and as a table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nacre/core/value.hpp"
#include "nacre/stack/plane_match.hpp"
#include "nacre/stack/twist.hpp"
#include "plane_options.hpp"

namespace nacre {

/// Nothing for an empty text. @throws InputError that names the option
std::optional<double> parse_degrees(std::string const& option, std::string const& text);

struct MatchPlanes {
  PlaneLattice film, substrate;
  int film_repeats = 1, substrate_repeats = 1;
  MatchSymmetry symmetry = MatchSymmetry::layer;
};

/// Coincidence-site twists by name, in terms of the images nearest to a twist asked for.
struct NamedTwists {
  std::vector<SpecialTwist> twists;
  std::optional<double> request;  ///< [rad]
  /// The index of the match's coincidence-site lattice; null where it has no name.
  Value sigma_of(Coincidence const& c) const;
};
/// The twist less the one asked for, in [-pi, pi] [rad].
double twist_offset(Coincidence const& c, double request);

/// @param request twist asked for [rad]
NamedTwists named_twists(MatchPlanes const& planes, std::optional<double> request, int max_sigma = 101);

Value match_value(Coincidence const& c, MatchPlanes const& planes, NamedTwists const& named);
/// [[..],[..]]: a basis as rows.
Value basis_value(Eigen::Matrix2d const& columns);
Value network_value(InterfaceNetwork const& network);
std::string network_text(InterfaceNetwork const& network);

/// The network expected at a twist; nothing where no coincidence-site angle is near enough.
std::optional<InterfaceNetwork> network_at(MatchPlanes const& planes, NamedTwists const& named, double twist);

std::string match_table(std::vector<Coincidence> const& classes, MatchPlanes const& planes, NamedTwists const& named);

}  // namespace nacre
