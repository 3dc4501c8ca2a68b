#include "tags.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre::dft::detail {

void Tags::set(std::string const& key, std::string const& value) {
  auto const same = [&](auto const& tag) { return lower_case(tag.first) == lower_case(key); };
  auto const found = std::find_if(tags_.begin(), tags_.end(), same);
  if (found == tags_.end())
    tags_.emplace_back(key, value);
  else
    found->second = value;
}

void Tags::set(std::string const& key, double value) { set(key, shortest(value)); }
void Tags::set(std::string const& key, int value) { set(key, std::to_string(value)); }

void Tags::remove(std::string const& key) {
  std::erase_if(tags_, [&](auto const& tag) { return lower_case(tag.first) == lower_case(key); });
}

std::vector<std::pair<std::string, std::string>> extra_tags(DeckInput const& input) {
  std::vector<std::pair<std::string, std::string>> tags;
  auto const code = std::string(to_string(input.job.code));
  auto const found = input.settings.extra.find(code);
  if (found == input.settings.extra.end()) return tags;
  for (auto const& line : split(found->second, '\n')) {
    if (trim(line).empty()) continue;
    auto const equals = line.find('=');
    require(equals != std::string::npos, "invalid line '", trim(line), "' in [dft.extra] ", code,
            " (must be key = value)");
    tags.emplace_back(trim(line.substr(0, equals)), trim(line.substr(equals + 1)));
  }
  return tags;
}

std::vector<Eigen::Matrix3Xd> band(Job const& job, int inner) {
  require(inner >= 1 && job.images.size() <= static_cast<std::size_t>(inner) + 1, "invalid neb_images=", inner,
          " (at least 1, and no fewer than the ", job.images.size() - 1, " given)");
  Eigen::Matrix3d const inverse = job.structure.lattice.inverse();
  std::vector<Eigen::Matrix3Xd> given{job.structure.positions};
  for (auto const& image : job.images) {
    Eigen::Matrix3Xd step = inverse * (image.positions - given.back());
    step.array() -= step.array().round();
    given.push_back(given.back() + job.structure.lattice * step);
  }
  std::vector<Eigen::Matrix3Xd> images;
  for (int i = 0; i <= inner + 1; ++i) {
    double const along = static_cast<double>(i) / (inner + 1) * static_cast<double>(given.size() - 1);
    auto const before = std::min(static_cast<std::size_t>(along), given.size() - 2);
    double const share = along - static_cast<double>(before);
    images.push_back((1.0 - share) * given[before] + share * given[before + 1]);
  }
  return images;
}

}  // namespace nacre::dft::detail
