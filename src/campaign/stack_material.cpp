#include "stack_material.hpp"

#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/charge_balance.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre::detail {
namespace {

void check_site(CampaignConfig const& config, Material const& material) {
  if (!material.config.carrier) return;
  auto const& site = material.config.carrier->site;
  auto const& numbers = material.crystal.numbers;
  require(std::find(numbers.begin(), numbers.end(), atomic_number(site).value_or(0)) != numbers.end(),
          config.place(material.config.line), "no ", site, " in material '", material.config.name, "' (",
          formula(material.crystal), ") for ", material.config.carrier->dopant, " to replace");
}

void check_elements(CampaignConfig const& config, Material const& material, Potential const& potential) {
  auto const covered = potential.elements();
  for (auto const number : material.crystal.numbers) {
    if (std::find(covered.begin(), covered.end(), number) != covered.end()) continue;
    std::vector<int> all;
    for (auto const& other : config.materials) {
      auto const numbers = read_crystal(other.file).numbers;
      all.insert(all.end(), numbers.begin(), numbers.end());
    }
    auto const sets = rigid_ion_sets_covering(all);
    input_error(config.place(material.config.line), "material '", material.config.name, "' has ", symbol(number),
                ", for which '", config.potential.model, "' has no parameters; ",
                sets.empty() ? "no rigid-ion set covers all materials of this campaign"
                             : "sets that cover all materials of this campaign: " + join(sets, ", "));
  }
}

}  // namespace

Material read_material(CampaignConfig const& config, MaterialConfig const& wanted, Potential const& potential) {
  Material material{wanted, read_crystal(wanted.file), std::nullopt};
  auto& crystal = material.crystal;
  if (!wanted.oxidation.empty()) {
    set_oxidation(crystal, wanted.oxidation);
  } else if (crystal.oxidation.empty()) {
    assign_oxidation(crystal);
  }
  require_charge_balance(crystal, wanted.file.string());
  crystal.name = wanted.name;
  check_elements(config, material, potential);
  check_site(config, material);
  return material;
}

}  // namespace nacre::detail
