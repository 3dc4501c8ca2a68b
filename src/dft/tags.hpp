/// "key = value" in the order in which keys were first set; a later value replaces an earlier one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "deck_detail.hpp"

namespace nacre::dft::detail {

class Tags {
 public:
  void set(std::string const& key, std::string const& value);  ///< keys are the same in any case of letters
  void set(std::string const& key, char const* value) { set(key, std::string(value)); }
  void set(std::string const& key, double value);
  void set(std::string const& key, int value);
  void remove(std::string const& key);
  std::vector<std::pair<std::string, std::string>> const& all() const { return tags_; }

 private:
  std::vector<std::pair<std::string, std::string>> tags_;
};

/// The user's lines "key = value" for the code of the job. @throws InputError for a line without '='
std::vector<std::pair<std::string, std::string>> extra_tags(DeckInput const& input);

/// Positions of `inner` images and both ends: straight between the images that the job gives, each atom by the nearest
/// way. @throws InputError if the job gives more images than that
std::vector<Eigen::Matrix3Xd> band(Job const& job, int inner);

}  // namespace nacre::dft::detail
