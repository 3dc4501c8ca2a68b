// What the hops of a design say: words, numbers beside the objectives, and the work that they are expected to take.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/score/hop_tier.hpp"

namespace nacre {
namespace {

constexpr double lateral_limit = 0.05;  // definitions.md 7 [eV]
// Evaluations of the cell of one carrier: for a kind of site, for the band of a kind of hop with its ends, for the layers
// alone in it; and for a layer's hops in a cell of 100 atoms of its own. Measured in runs/quickstart and lithium_oxides.
constexpr double site_evaluations = 40.0, band_evaluations = 130.0, strained_evaluations = 250.0, layer_evaluations = 800.0;
constexpr double mobile_share = 0.6;    // of the ions
constexpr double distinct_share = 0.8;  // of their sites, where layers share a larger cell than their own
constexpr double coherent_share = 0.35; // where both have their own, whose symmetry remains
constexpr double hops_per_site = 1.5, most_bands = 12.0;  // kinds
constexpr double least_width = 10.0;    // of a carrier's cell [Å]
constexpr double hexagonal = 0.866;     // width^2 of a hexagonal cell of area 1; a square one is wider
constexpr double checks_share = 1.2;    // of the price of a contact

bool differs(double a, double b, double error) { return std::abs(a - b) > 2.0 * error; }

std::string change(std::string const& what, double here, double there, std::string const& unit) {
  return concat("not_converged_in_thickness: ", what, " ", significant(here, 3), " ", unit, ", with one more repeat ",
                significant(there, 3), " ", unit);
}

/// Barriers along x and y from the lower one, with their errors but that of the strain, which thicker stacks share. A
/// contact that breaks the symmetry of its layers may do so along either axis: the lower one is compared with the lower.
std::vector<std::pair<double, double>> plane_barriers(ContactHops const& contact) {
  std::vector<std::pair<double, double>> barriers;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    auto error = contact.error[axis];
    error.strain = 0.0;
    if (auto const& walk = contact.analysis.direction[axis].walk) barriers.emplace_back(walk->barrier, error.total());
  }
  std::ranges::sort(barriers);
  return barriers;
}

/// Conductances, where both stacks have them. The thicker stack is computed from one start: the error of the thinner one
/// holds for both.
std::string conduction_change(ContactConduction const& here, ContactConduction const& there) {
  auto const [low, high] = std::minmax(here.dS[0], here.dS[1]);
  auto const [thick_low, thick_high] = std::minmax(there.dS[0], there.dS[1]);
  double const error = std::max(here.dS_error[0], here.dS_error[1]);
  if (differs(low, thick_low, error)) return change("dS in the plane", low, thick_low, "S");
  if (differs(high, thick_high, error)) return change("dS in the plane", high, thick_high, "S");
  bool const across = std::isfinite(here.dR) && std::isfinite(there.dR);
  return across && differs(here.dR, there.dR, here.dR_error) ? change("dR", here.dR, there.dR, "ohm m^2") : std::string();
}

/// What the whole network says, where walks say what the best way does.
std::string conduction_in_words(ContactConduction const& conduction) {
  std::vector<std::string> parts;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    double const layers = conduction.sheet_layers[axis];
    if (!(layers > 0.0)) continue;
    double const percent = 100.0 * (conduction.sheet[axis] / layers - 1.0);
    parts.push_back(concat(percent < 0.0 ? "" : "+", significant(percent, 2), axis == 0 ? " % along x" : " % along y"));
  }
  return "; with the layers' carriers where their energies put them, the stack conducts " + join(parts, ", ") +
         " against its layers alone";
}

}  // namespace

double easier_in_plane(LayerHops const& layer) {
  double lowest = std::numeric_limits<double>::infinity();
  for (int axis = 0; axis < 2; ++axis) lowest = std::min(lowest, layer.barrier(axis).value_or(lowest));
  return std::isfinite(lowest) ? lowest : std::nan("");
}

std::optional<int> easier_way(ContactHops const& contact) {
  std::optional<int> best;
  for (int axis = 0; axis < 2; ++axis) {
    auto const& direction = contact.analysis.direction[static_cast<std::size_t>(axis)];
    if (direction.status != Status::ok || !direction.walk) continue;
    if (!best || direction.walk->barrier < contact.analysis.direction[static_cast<std::size_t>(*best)].walk->barrier) best = axis;
  }
  return best;
}

std::string HopTier::words() const {
  if (!contact) return {};
  auto text = join(contact->words(stack), "; ");
  if (lateral && lateral->failure.empty())
    text += concat("; a wider cell changes the barrier by ", significant(lateral->barrier_change, 1), " eV, site energies by ",
                   significant(lateral->change, 2), " eV", lateral->change < lateral_limit ? "" : " (lateral_cell: too much)");
  if (auto const why = thickness_failure(); !why.empty())
    text += "; " + why;
  else if (thicker)
    text += "; one more repeat of each layer does not change the barrier beyond the error";
  if (contact->conduction && !contact->continued_crystal)
    text += conduction_in_words(*contact->conduction) + (conduction_failure().empty() ? "" : " (not converged in thickness)");
  return text;
}

std::string HopTier::thickness_failure() const {
  if (!thicker_failure.empty()) return "not_converged_in_thickness: the thicker stack gave '" + thicker_failure + "'";
  if (!contact || !thicker) return {};
  auto const here = plane_barriers(*contact), there = plane_barriers(*thicker);
  for (std::size_t k = 0; k < std::min(here.size(), there.size()); ++k) {
    if (differs(here[k].first, there[k].first, here[k].second)) return change("the barrier", here[k].first, there[k].first, "eV");
  }
  return {};
}

std::string HopTier::conduction_failure() const {
  if (!thicker_failure.empty()) return thickness_failure();
  bool const both = contact && thicker && contact->conduction && thicker->conduction;
  return both ? conduction_change(*contact->conduction, *thicker->conduction) : std::string();
}

JobResult hop_answer(Context& context, HopPrice price, std::function<Estimate(HopTier const&)> const& value) {
  auto const& tier = hop_tier(context, price);
  JobResult result;
  result.details = hop_details(tier);
  result.words = tier.words();
  result.estimate = tier.status == Status::ok ? value(tier) : Estimate::without_value(tier.status, tier.reason, 0.0, tier.model);
  result.estimate.work = price == HopPrice::checks ? tier.work[2] : tier.work[0] + tier.work[1];
  result.estimate.model = tier.model;
  return result;
}

std::vector<Job> hop_jobs(Candidate const& candidate) {
  return {Job{0, "contact", expected_hop_work(candidate, HopPrice::layers) + expected_hop_work(candidate, HopPrice::contact), {}}};
}

double HopTier::strain_change() const {
  double change = 0.0;
  for (std::size_t k = 0; k < layers.size(); ++k) {
    double const here = layers[k].carries ? easier_in_plane(layers[k]) : std::nan("");
    if (std::isfinite(here) && std::isfinite(unstrained[k])) change = std::max(change, std::abs(here - unstrained[k]));
  }
  return change;
}

namespace {

class Details {
 public:
  explicit Details(HopTier const& tier) : tier_(tier) {}
  std::map<std::string, Estimate> all() && {
    constexpr std::array<char const*, 3> prices{"hop_work_layers", "hop_work_contact", "hop_work_checks"};
    for (std::size_t k = 0; k < prices.size(); ++k) {
      if (tier_.work[k] > 0.0) add(prices[k], tier_.work[k], 0.0);
    }
    add_layers();
    if (tier_.mismatch) add("contact_gii", *tier_.mismatch, 0.0);
    if (tier_.contact) add_contact(*tier_.contact);
    if (tier_.lateral && tier_.lateral->failure.empty()) {
      add("lateral_change_eV", tier_.lateral->change, tier_.lateral->error);
      add("lateral_cell", tier_.lateral->change < lateral_limit ? 0.0 : 1.0, 0.0);
    }
    return std::move(found_);
  }

 private:
  void add(std::string const& name, double value, double error) {
    if (std::isfinite(value) && std::isfinite(error)) found_[name] = {value, error, 0.0, tier_.model};
  }
  void add_layers() {
    constexpr std::array<char const*, 2> sides{"layer_barrier_bottom_eV", "layer_barrier_top_eV"};
    for (std::size_t k = 0; k < tier_.layers.size(); ++k) {
      auto const& layer = tier_.layers[k];
      if (!layer.carries) continue;
      add(sides[k], easier_in_plane(layer), std::hypot(layer.analysis.direction[0].error, layer.second_start[0]));
    }
    if (tier_.strain > 0.0) add("strain_sensitivity_eV_per_percent", tier_.strain_change() / (100.0 * tier_.strain), 0.0);
  }
  void add_contact(ContactHops const& contact) {
    constexpr std::array<char const*, 3> barriers{"barrier_x_eV", "barrier_y_eV", "barrier_z_eV"};
    constexpr std::array<char const*, 3> gains{"g_x", "g_y", "g_across"};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      auto const& direction = contact.analysis.direction[axis];
      auto const& g = contact.enhancement[axis];
      if (direction.status == Status::ok && direction.walk)
        add(barriers[axis], direction.walk->barrier, contact.error[axis].total());
      if (g.value) add(gains[axis], *g.value, g.error);
    }
    add("field_V_per_A", contact.field, 0.0);
    add("dipole_step", contact.dipole_step ? 1.0 : 0.0, 0.0);
    if (!contact.conduction) return;
    auto const& conduction = *contact.conduction;
    add("dS_x_S", conduction.dS[0], conduction.dS_error[0]);
    add("dS_y_S", conduction.dS[1], conduction.dS_error[1]);
    add("dR_ohm_m2", conduction.dR, conduction.dR_error);
    auto const why = tier_.conduction_failure();
    for (auto const* name : {"dS_x_S", "dS_y_S", "dR_ohm_m2"}) {
      if (!why.empty() && found_.contains(name)) found_[name] = Estimate::without_value(Status::failed, why, 0.0, tier_.model);
    }
  }

  HopTier const& tier_;
  std::map<std::string, Estimate> found_;
};

}  // namespace

std::map<std::string, Estimate> hop_details(HopTier const& tier) { return Details(tier).all(); }

double expected_hop_work(Candidate const& candidate, HopPrice price) {
  double const atoms = candidate.descriptor("atom_count"), edges = candidate.descriptor("edges_per_evaluation");
  double const area = candidate.descriptor("area_A2");
  if (!(atoms > 0.0) || !(edges > 0.0) || !(area > 0.0)) return 1.0;
  if (price == HopPrice::layers) return layer_evaluations * edges * 100.0 / atoms;
  double const along = std::max(1.0, std::ceil(least_width / std::sqrt(hexagonal * area)));
  bool const own_cells = candidate.descriptor("film_index") == 1.0 && candidate.descriptor("substrate_index") == 1.0;
  double const kinds = std::max(1.0, mobile_share * atoms * (own_cells ? coherent_share : distinct_share));
  double const evaluations = site_evaluations * kinds + band_evaluations * std::min(most_bands, hops_per_site * kinds) + strained_evaluations;
  double const contact = along * along * edges * evaluations;
  return price == HopPrice::contact ? contact : checks_share * contact;
}

}  // namespace nacre
