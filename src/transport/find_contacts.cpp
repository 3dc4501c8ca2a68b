// Where one material of a stack ends and the next begins, from the mean positions of the framework.
#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/transport/layers.hpp"

namespace nacre {
namespace {

constexpr double bin_A = 0.25, smearing_A = 2.0;  // a smearing over one repeat of common oxides leaves materials only
constexpr double uneven = 0.5;                    // standard deviation over mean of a profile that tells something
constexpr double together = 0.3;                  // correlation of two species of one material

struct Profile {
  int number;
  Eigen::VectorXd density;  // mean 1
};

/// Smeared number density of every framework species along z, periodic or not.
std::vector<Profile> profiles_of(IonPaths const& paths, double low, double length) {
  auto const bins = static_cast<Eigen::Index>(std::ceil(length / bin_A));
  std::map<int, Eigen::VectorXd> densities;
  for (Eigen::Index i = 0; i < paths.framework(); ++i) {
    auto& density =
        densities.try_emplace(paths.framework_numbers[static_cast<std::size_t>(i)], Eigen::VectorXd::Zero(bins))
            .first->second;
    for (Eigen::Index b = 0; b < bins; ++b) {
      double d = low + (static_cast<double>(b) + 0.5) * length / static_cast<double>(bins) - paths.framework_mean(2, i);
      if (paths.periodic[2]) d -= length * std::round(d / length);
      density[b] += std::exp(-0.5 * d * d / (smearing_A * smearing_A));
    }
  }
  std::vector<Profile> profiles;
  for (auto& [number, density] : densities) profiles.push_back({number, density / density.mean()});
  return profiles;
}

double correlation(Eigen::VectorXd const& a, Eigen::VectorXd const& b) {
  Eigen::VectorXd const da = a.array() - a.mean(), db = b.array() - b.mean();
  return da.dot(db) / std::sqrt(da.squaredNorm() * db.squaredNorm());
}

/// Material of every species: the first species of its group; species spread evenly are left out.
std::map<int, int> group_species(std::vector<Profile> const& profiles) {
  std::map<int, int> material;
  std::vector<Profile const*> telling;
  for (auto const& profile : profiles)
    if (std::sqrt((profile.density.array() - 1.0).square().mean()) > uneven) telling.push_back(&profile);
  for (auto const* profile : telling) material[profile->number] = profile->number;
  for (std::size_t i = 0; i < telling.size(); ++i)
    for (std::size_t j = i + 1; j < telling.size(); ++j) {
      if (correlation(telling[i]->density, telling[j]->density) < together) continue;
      int const from = material[telling[j]->number], to = material[telling[i]->number];
      for (auto& [number, group] : material)
        if (group == from) group = to;
    }
  return material;
}

/// Ions of both materials may alternate within a rumpled contact: changes close to each other are one if their number
/// is odd and none if it is even.
std::vector<double> without_rumpling(std::vector<double> const& changes) {
  std::vector<double> contacts;
  for (std::size_t begin = 0; begin < changes.size();) {
    std::size_t end = begin + 1;
    while (end < changes.size() && changes[end] - changes[end - 1] < smearing_A) ++end;
    if ((end - begin) % 2 == 1) contacts.push_back(0.5 * (changes[begin] + changes[end - 1]));
    begin = end;
  }
  return contacts;
}

}  // namespace

std::vector<double> find_contacts(IonPaths const& paths) {
  require(paths.framework() > 1, "no framework to find contacts in; give their heights as --layers z1,z2,...");
  auto const z = paths.framework_mean.row(2);
  double const low = paths.periodic[2] ? 0.0 : z.minCoeff() - 1.0;
  double const length = paths.periodic[2] ? std::abs(paths.lattice(2, 2)) : z.maxCoeff() - low + 1.0;
  auto const material = group_species(profiles_of(paths, low, length));
  std::vector<std::pair<double, int>> ions;  // height in the period, material
  for (Eigen::Index i = 0; i < paths.framework(); ++i) {
    auto const found = material.find(paths.framework_numbers[static_cast<std::size_t>(i)]);
    if (found == material.end()) continue;
    double const height = paths.periodic[2] ? z[i] - length * std::floor(z[i] / length) : z[i];
    ions.emplace_back(height, found->second);
  }
  std::sort(ions.begin(), ions.end());
  std::vector<double> contacts;
  for (std::size_t i = 0; i < ions.size(); ++i) {
    bool const last = i + 1 == ions.size();
    if (last && !paths.periodic[2]) break;
    auto const& next = ions[last ? 0 : i + 1];
    if (next.second == ions[i].second) continue;
    double const above = last ? next.first + length : next.first;
    contacts.push_back(0.5 * (ions[i].first + above));
  }
  contacts = without_rumpling(contacts);
  require(!contacts.empty(),
          "no contact found (the framework does not change along z); give their heights as --layers z1,z2,...");
  return contacts;
}

}  // namespace nacre
