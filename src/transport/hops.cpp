#include "nacre/transport/hops.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/neighbors.hpp"

namespace nacre {
namespace {

using HopKey = std::array<int, 5>;  // from, to, cell

HopKey key_of(Hop const& hop) { return {hop.from, hop.to, hop.cell[0], hop.cell[1], hop.cell[2]}; }

/// A hop as it is listed, and whether it had to be turned round for that.
struct Listed {
  HopKey key;
  bool turned;
};

Listed listed(int from, int to, Eigen::Vector3i const& cell) {
  bool negative = false;
  for (int k = 2; k >= 0; --k) {
    if (cell[k] != 0) negative = cell[k] < 0;
  }
  if (from < to || (from == to && !negative)) return {{from, to, cell[0], cell[1], cell[2]}, false};
  return {{to, from, -cell[0], -cell[1], -cell[2]}, true};
}

Crystal crystal_of_sites(Crystal const& crystal, std::vector<HopSite> const& sites, int species) {
  Crystal part;
  part.lattice = crystal.lattice;
  part.periodic = crystal.periodic;
  part.positions.resize(3, std::ssize(sites));
  part.numbers.assign(sites.size(), species);
  for (std::size_t s = 0; s < sites.size(); ++s) part.positions.col(static_cast<Eigen::Index>(s)) = sites[s].position;
  return part;
}

double shortest_hop(Crystal const& sites) {
  auto const shortest = shortest_distance(sites).distance;
  // a lone site hops to its own images
  double const image = std::min({sites.lattice.col(0).norm(), sites.lattice.col(1).norm(), sites.lattice.col(2).norm()});
  return std::isfinite(shortest) ? shortest : image;
}

/// Whether an atom other than those at its ends is near the line of a hop. @param near atoms about its first end
bool is_blocked(std::vector<Eigen::Vector3d> const& near, Eigen::Vector3d const& vector, double clearance) {
  constexpr double same_place = 1e-3;
  return std::ranges::any_of(near, [&](Eigen::Vector3d const& other) {
    if (other.norm() < same_place || (other - vector).norm() < same_place) return false;
    double const along = std::clamp(other.dot(vector) / vector.squaredNorm(), 0.0, 1.0);
    return (other - along * vector).norm() < clearance;
  });
}

/// Atoms within `reach` of each site.
std::vector<std::vector<Eigen::Vector3d>> surroundings(Crystal const& crystal, Crystal const& sites, double reach) {
  Crystal both = crystal;
  both.oxidation.clear();
  both.numbers.insert(both.numbers.end(), sites.numbers.begin(), sites.numbers.end());
  both.positions.conservativeResize(3, std::ssize(both.numbers));
  both.positions.rightCols(sites.positions.cols()) = sites.positions;
  auto const atoms = static_cast<int>(crystal.size());
  std::vector<std::vector<Eigen::Vector3d>> near(sites.size());
  for (auto const& pair : find_neighbors(both, reach)) {
    if (pair.first >= atoms && pair.second < atoms) near[static_cast<std::size_t>(pair.first - atoms)].push_back(pair.vector);
  }
  return near;
}

std::vector<Hop> open_hops(Crystal const& crystal, Crystal const& sites, double reach, double clearance) {
  auto const near = surroundings(crystal, sites, reach + clearance);
  std::vector<Hop> hops;
  for (auto const& pair : find_neighbors(sites, reach, PairKind::half)) {
    Hop hop;
    hop.from = pair.first;
    hop.to = pair.second;
    hop.cell = pair.shift;
    hop.vector = pair.vector;
    if (!is_blocked(near[static_cast<std::size_t>(hop.from)], hop.vector, clearance)) hops.push_back(hop);
  }
  return hops;
}

bool keeps_supercell(Eigen::Matrix3i const& rotation, Eigen::Vector3i const& n) {
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      if ((rotation(i, j) * n[j]) % n[i] != 0) return false;
    }
  }
  return true;
}

/// Where an operation carries each site, and the lattice vectors by which the image lies in another cell.
struct SiteMap {
  std::vector<int> to;
  std::vector<Eigen::Vector3i> cell;
};

std::optional<SiteMap> map_sites(SymmetryOperation const& operation, Crystal const& sites,
                                 std::vector<int> const& label, double tolerance) {
  Eigen::Matrix3Xd const f = sites.lattice.inverse() * sites.positions;
  SiteMap map;
  for (Eigen::Index i = 0; i < f.cols(); ++i) {
    Eigen::Vector3d const image = operation.rotation.cast<double>() * f.col(i) + operation.translation;
    int found = -1;
    double nearest = tolerance;
    for (Eigen::Index j = 0; j < f.cols(); ++j) {
      Eigen::Vector3d d = image - f.col(j);
      d -= d.array().round().matrix();
      double const distance = (sites.lattice * d).norm();
      if (distance < nearest) {
        nearest = distance;
        found = static_cast<int>(j);
      }
    }
    if (found < 0) return std::nullopt;
    if (!label.empty() && label[static_cast<std::size_t>(found)] != label[static_cast<std::size_t>(i)]) return std::nullopt;
    map.to.push_back(found);
    map.cell.emplace_back((image - f.col(found)).array().round().cast<int>());
  }
  return map;
}

/// An operation of the crystal and of the cell that hops are computed in.
struct Mapping {
  Eigen::Matrix3i rotation;
  SiteMap sites;
};

std::vector<Mapping> find_mappings(Crystal const& crystal, Crystal const& sites, std::vector<HopSite> const& numbered,
                                   HopSearch const& search) {
  std::vector<int> label;
  for (auto const& site : numbered) {
    if (!search.label.empty() && site.atom >= 0) label.push_back(search.label[static_cast<std::size_t>(site.atom)]);
  }
  double const slack = std::max(10.0 * search.tolerance_A, 1e-3);
  std::vector<Mapping> mappings;
  for (auto const& operation : find_space_group(crystal, search.tolerance_A).operations) {
    if (!keeps_supercell(operation.rotation, search.supercell)) continue;
    if (auto map = map_sites(operation, sites, label, slack)) mappings.push_back({operation.rotation, std::move(*map)});
  }
  return mappings;
}

void number_sites(HopNetwork& network, std::vector<Mapping> const& mappings) {
  std::vector<int> orbit(network.sites.size(), -1);
  for (std::size_t s = 0; s < network.sites.size(); ++s) {
    if (orbit[s] >= 0) continue;
    auto const number = static_cast<int>(network.site_orbits.size());
    network.site_orbits.push_back(static_cast<int>(s));
    orbit[s] = number;
    for (auto const& mapping : mappings) orbit[static_cast<std::size_t>(mapping.sites.to[s])] = number;
  }
  for (std::size_t s = 0; s < network.sites.size(); ++s) network.sites[s].orbit = orbit[s];
}

/// The hop that a mapping makes of another.
Listed image_of(Mapping const& mapping, Hop const& hop) {
  auto const from = static_cast<std::size_t>(hop.from), to = static_cast<std::size_t>(hop.to);
  auto const& map = mapping.sites;
  return listed(map.to[from], map.to[to], map.cell[to] + mapping.rotation * hop.cell - map.cell[from]);
}

void number_hops(HopNetwork& network, std::vector<Mapping> const& mappings) {
  std::map<HopKey, std::size_t> index;
  for (std::size_t h = 0; h < network.hops.size(); ++h) index[key_of(network.hops[h])] = h;
  std::vector<bool> done(network.hops.size(), false);
  for (std::size_t h = 0; h < network.hops.size(); ++h) {
    if (done[h]) continue;
    auto const first = network.hops[h];
    HopOrbit orbit{static_cast<int>(h), 0, false};
    for (auto const& mapping : mappings) {
      auto const [key, turned] = image_of(mapping, first);
      auto const found = index.find(key);
      if (found == index.end()) continue;
      if (found->second == h && turned) orbit.exchange = true;
      if (done[found->second]) continue;
      done[found->second] = true;
      network.hops[found->second].orbit = static_cast<int>(network.hop_orbits.size());
      network.hops[found->second].reversed = turned;
      ++orbit.multiplicity;
    }
    network.hop_orbits.push_back(orbit);
  }
}

/// Everything behind the sites.
void connect(HopNetwork& network, Crystal const& crystal, int species, HopSearch const& search) {
  require(search.reach >= 1.0 && search.reach <= 5.0, "invalid reach=", search.reach, " hop lengths (1 to 5)");
  require(search.supercell.minCoeff() >= 1, "invalid supercell (needs three positive numbers)");
  auto const sites = crystal_of_sites(crystal, network.sites, species);
  network.hop_length = search.hop_length.value_or(shortest_hop(sites));
  network.hops = open_hops(crystal, sites, search.reach * network.hop_length + 1e-6, search.clearance);
  auto const mappings = find_mappings(crystal, sites, network.sites, search);
  number_sites(network, mappings);
  number_hops(network, mappings);
}

}  // namespace

int HopNetwork::site_of(int atom) const {
  for (std::size_t s = 0; s < sites.size(); ++s) {
    if (sites[s].atom == atom) return static_cast<int>(s);
  }
  return -1;
}

HopNetwork find_hops(Crystal const& crystal, int species, HopSearch const& search) {
  HopNetwork network;
  for (std::size_t a = 0; a < crystal.size(); ++a) {
    if (crystal.numbers[a] != species) continue;
    network.sites.push_back({static_cast<int>(a), 0, crystal.positions.col(static_cast<Eigen::Index>(a))});
  }
  require(!network.sites.empty(), "no ", symbol(species), " in ", formula(crystal),
          " (the mobile species must be part of the crystal)");
  connect(network, crystal, species, search);
  return network;
}

HopNetwork find_interstitial_hops(Crystal const& crystal, int species, Eigen::Matrix3Xd const& voids,
                                  HopSearch const& search) {
  HopNetwork network;
  for (auto const& position : voids.colwise()) network.sites.push_back({-1, 0, position});
  require(!network.sites.empty(), "no room between the ions of ", formula(crystal), " for one more ", symbol(species));
  connect(network, crystal, species, search);
  return network;
}

Eigen::Vector3i cells_for_width(Eigen::Matrix3d const& lattice, double width) {
  Eigen::Matrix3d const inverse = lattice.inverse();
  Eigen::Vector3i n;
  for (int k = 0; k < 3; ++k) n[k] = std::max(1, static_cast<int>(std::ceil(width * inverse.row(k).norm() - 1e-9)));
  return n;
}

double narrowest_width(Eigen::Matrix3d const& lattice) {
  Eigen::Matrix3d const inverse = lattice.inverse();
  return 1.0 / std::max({inverse.row(0).norm(), inverse.row(1).norm(), inverse.row(2).norm()});
}

}  // namespace nacre
