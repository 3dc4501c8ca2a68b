#include <cmath>
#include <map>
#include <set>

#include "bvse_report.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "table.hpp"

namespace nacre {
namespace {

std::vector<double> of_layer(ValenceSums const& sums, int layer) {
  std::vector<double> values;
  for (std::size_t a = 0; a < sums.layer.size(); ++a)
    if (sums.layer[a] == layer) values.push_back(sums.mismatch[a]);
  return values;
}

std::set<int> layers_of(ValenceSums const& sums) { return {sums.layer.begin(), sums.layer.end()}; }

double mean(std::vector<double> const& values) {
  double sum = 0.0;
  for (double const value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

ValenceSums valence_sums(Crystal const& crystal, std::vector<int> const& layer) {
  ValenceSums sums{bond_valence_mismatch(crystal), layer, {}};
  if (layers_of(sums).size() > 1) sums.contacts = contact_mismatch(crystal, sums.mismatch, layer);
  return sums;
}

Value sums_to_value(Crystal const& crystal, ValenceSums const& sums) {
  Value atoms = Value::array(), layers = Value::array(), contacts = Value::array();
  for (std::size_t a = 0; a < crystal.size(); ++a)
    atoms.push_back(Value::Object{{"element", symbol(crystal.numbers[a])},
                                  {"charge", crystal.oxidation[a]},
                                  {"sum", std::abs(crystal.oxidation[a]) + sums.mismatch[a]},
                                  {"mismatch", sums.mismatch[a]}});
  for (int const layer : layers_of(sums))
    layers.push_back(Value::Object{{"layer", layer}, {"gii", instability_index(of_layer(sums, layer))}});
  for (auto const& contact : sums.contacts)
    contacts.push_back(Value::Object{{"lower", contact.lower}, {"upper", contact.upper}, {"gii", contact.both}});
  return Value::Object{
      {"gii", instability_index(sums.mismatch)}, {"atoms", atoms}, {"layers", layers}, {"contacts", contacts}};
}

std::string sums_table(Crystal const& crystal, ValenceSums const& sums) {
  std::map<std::pair<int, double>, std::vector<double>> by_ion;
  for (std::size_t a = 0; a < crystal.size(); ++a)
    by_ion[{crystal.numbers[a], crystal.oxidation[a]}].push_back(sums.mismatch[a]);
  TextTable table({"ion", "charge", "count", "mean valence sum", "rms mismatch"});
  for (auto const& [ion, values] : by_ion)
    table.row({std::string(symbol(ion.first)), significant(ion.second, 3), std::to_string(values.size()),
               significant(std::abs(ion.second) + mean(values), 4), significant(instability_index(values), 3)});
  auto text = table.str();
  text += "global instability index " + significant(instability_index(sums.mismatch), 4) + " v.u.\n";
  for (int const layer : layers_of(sums))
    text += concat("layer ", layer, ": ", significant(instability_index(of_layer(sums, layer)), 4), "\n");
  for (auto const& contact : sums.contacts)
    text += concat("contact: below ", significant(contact.lower, 4), ", above ", significant(contact.upper, 4),
                   ", both ", significant(contact.both, 4), "\n");
  return text;
}

}  // namespace nacre
