#include "family.hpp"

#include <algorithm>

#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

std::string label_of(std::vector<Choice> const& choices, std::string_view name) {
  auto const found = std::ranges::find(choices, name, &Choice::name);
  return found == choices.end() ? std::string() : found->label;
}

}  // namespace

Family family_of(std::vector<Choice> const& choices) {
  Family family;
  for (std::string const side : {"bottom", "top"}) {
    auto const material = label_of(choices, side);
    if (material.empty()) return {"all", "all"};
    auto const plane = concat(material, "(", label_of(choices, side + "_plane"), ")");
    family.pair += concat(family.pair.empty() ? "" : " | ", plane);
    family.contact += concat(family.contact.empty() ? "" : " | ", plane, " ", label_of(choices, side + "_termination"));
  }
  return family;
}

}  // namespace nacre::detail
