// What limits the ways through a stack, in words.
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/transport/contact_hops.hpp"

namespace nacre {
namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

std::string name_of(ContactHops const& contact, int layer) {
  for (std::size_t k = 0; k < contact.bulk.size(); ++k) {
    if (contact.layers[k] == layer) return concat("layer ", layer, " (", contact.bulk[k].name, ")");
  }
  return concat("layer ", layer);
}

std::string place_of(ContactHops const& contact, StackSite const& site) {
  std::string const which = !contact.own                    ? concat("contact ", site.contact + 1)
                     : site.contact == *contact.own ? "the contact"
                                                    : "the contact that closes the period";
  return concat(significant(std::abs(site.distance), 2), " A ", site.distance < 0.0 ? "below" : "above", " ", which, " in ",
                name_of(contact, site.layer));
}

/// "O12 to O40 (2.71 A), 1.2 A above contact 1 in layer 2 (SrTiO3)".
std::string hop_in_words(ContactHops const& contact, Crystal const& stack, int number) {
  auto const& hop = contact.network.hops[at(number)];
  auto const atom = [&](int site) {
    auto const index = contact.network.sites[at(site)].atom;
    return concat(symbol(stack.numbers[at(index)]), index);
  };
  auto const &from = contact.sites[at(hop.from)], &to = contact.sites[at(hop.to)];
  auto text = concat(atom(hop.from), " to ", atom(hop.to), " (", significant(hop.vector.norm(), 3), " A), ");
  if (from.layer != to.layer) return text + concat("from ", place_of(contact, from), " to ", place_of(contact, to));
  if (from.contact == to.contact && std::abs(from.distance - to.distance) < 0.1) return text + place_of(contact, to);
  return text + concat("from ", significant(std::abs(from.distance), 2), " to ", place_of(contact, to));
}

/// The larger parts of an error: "(cell 0.03, second start 0.02)".
std::string parts_in_words(BarrierError const& error) {
  std::vector<std::string> parts;
  auto const say = [&](double value, char const* name) {
    if (value > 0.3 * error.total() && value > 0.0) parts.push_back(concat(name, " ", significant(value, 1)));
  };
  say(error.cell, "size of the cell");
  say(error.start, "second start");
  say(error.field, "dipole step");
  say(error.strain, "strain");
  say(error.model, "learned model");
  say(error.forces, "forces");
  return parts.empty() ? "" : " (" + join(parts, ", ") + ")";
}

std::string verdict(Enhancement const& g) {
  if (!g.value) return "";
  constexpr double sure = 0.3;  // decades: what is less sure says nothing
  if (std::abs(*g.value) <= 2.0 * g.error)
    return concat(g.error < sure ? "as fast as the layers, g " : "not told apart from the layers, g ", significant(*g.value, 2), " ± ", significant(g.error, 1), ": ");
  return concat(*g.value > 0.0 ? "faster" : "slower", " than the layers, g ", significant(*g.value, 2), " ± ",
                significant(g.error, 1), ": ");
}

std::string sentence(ContactHops const& contact, Crystal const& stack, std::string const& along, int axis) {
  auto const& direction = contact.analysis.direction[at(axis)];
  auto const& g = contact.enhancement[at(axis)];
  if (contact.continued_crystal && direction.walk) {
    return concat(along, ": one crystal without a contact, g 0: ", significant(direction.walk->barrier, 3), " eV");
  }
  if (!direction.walk) return concat(along, ": ", direction.reason);
  auto const error = contact.error[at(axis)];
  auto text = concat(along, ": ", verdict(g), significant(direction.walk->barrier, 3), " eV");
  if (g.value) text += concat(" against ", significant(g.bulk_barrier, 3), " eV in the strained layers");
  text += concat(", limited by the hop ", hop_in_words(contact, stack, direction.walk->bottleneck));
  if (direction.walk->trap_depth > 0.05)
    text += concat("; the way lies ", significant(direction.walk->trap_depth, 2), " eV above the deepest trap beside it");
  text += direction.status == Status::ok ? "; computed, " : concat("; estimated (", direction.reason, "), ");
  auto const& all = g.value ? g.parts : error;
  return text + concat("sure to ", significant(all.total(), 1), " eV", parts_in_words(all), " in this model");
}

/// Whether both directions of the plane have one bottleneck of one height.
bool alike(ContactHops const& contact) {
  auto const &x = contact.analysis.direction[0], &y = contact.analysis.direction[1];
  if (!x.walk || !y.walk || x.status != y.status) return false;
  auto const orbit = [&](auto const& d) { return contact.network.hops[at(d.walk->bottleneck)].orbit; };
  return orbit(x) == orbit(y) && std::abs(x.walk->barrier - y.walk->barrier) < 1e-3;
}

}  // namespace

std::vector<std::string> ContactHops::words(Crystal const& stack) const {
  std::vector<std::string> sentences;
  bool const both = alike(*this);
  for (int axis = 0; axis < 3; ++axis) {
    if (analysis.direction[at(axis)].reason == "not_asked" || (axis == 1 && both)) continue;
    auto const along = axis == 2 ? "across" : both ? "in the plane" : axis == 0 ? "along x" : "along y";
    sentences.push_back(sentence(*this, stack, along, axis));
  }
  if (dipole_step) sentences.push_back(concat("a dipole step at the contacts tilts the layers by ", significant(field, 2), " V/A"));
  return sentences;
}

}  // namespace nacre
