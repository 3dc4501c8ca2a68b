#include "nacre/crystal/phase_diagram.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/numerics/linear_program.hpp"

namespace nacre {
namespace {

constexpr double least_share = 1e-9;    // less of a phase is rounding
constexpr double least_gain = 1e-10;    // energies closer than this are equal [eV/atom]
constexpr double least_amount = 1e-12;  // of a symbol in a composition

std::vector<double> fractions_of(SymbolAmounts const& amounts, std::vector<std::string> const& symbols) {
  std::vector<double> fractions(symbols.size(), 0.0);
  double total = 0.0;
  for (auto const& [symbol, amount] : amounts) total += amount;
  for (auto const& [symbol, amount] : amounts) {
    auto const place = std::lower_bound(symbols.begin(), symbols.end(), symbol) - symbols.begin();
    fractions[static_cast<std::size_t>(place)] += amount / total;
  }
  return fractions;
}

/// Whether the symbols of one composition are all in another.
bool is_within(std::vector<double> const& part, std::vector<double> const& whole) {
  for (std::size_t k = 0; k < part.size(); ++k) {
    if (part[k] > least_amount && whole[k] <= least_amount) return false;
  }
  return true;
}

Eigen::VectorXd as_vector(std::vector<double> const& numbers) {
  return Eigen::Map<Eigen::VectorXd const>(numbers.data(), static_cast<Eigen::Index>(numbers.size()));
}

/// The smallest factor up to 12 that makes all numbers whole, or 1.
double whole_factor(std::vector<double> const& numbers) {
  for (int factor = 1; factor <= 12; ++factor) {
    auto const is_whole = [&](double x) { return std::abs(factor * x - std::round(factor * x)) < 1e-6; };
    if (std::all_of(numbers.begin(), numbers.end(), is_whole)) return factor;
  }
  return 1.0;
}

std::string term(double count, std::string const& name) {
  return std::abs(count - 1.0) < 1e-6 ? name : significant(count, 4) + " " + name;
}

}  // namespace

double Phase::atoms() const {
  double sum = 0.0;
  for (auto const& [symbol, amount] : amounts) sum += amount;
  return sum;
}

PhaseDiagram::PhaseDiagram(std::vector<Phase> phases) : phases_(std::move(phases)) {
  std::set<std::string> symbols;
  for (auto const& phase : phases_) {
    require(!phase.amounts.empty(), "phase '", phase.name, "' has no atoms (a composition is needed)");
    require(std::isfinite(phase.energy), "energy ", phase.energy, " of phase '", phase.name, "' (must be finite)");
    for (auto const& [symbol, amount] : phase.amounts) {
      require(std::isfinite(amount) && amount > 0.0, "amount ", amount, " of ", symbol, " in phase '", phase.name,
              "' (must be positive)");
      symbols.insert(symbol);
    }
  }
  symbols_.assign(symbols.begin(), symbols.end());
  for (auto const& phase : phases_) columns_.push_back({fractions_of(phase.amounts, symbols_)});
}

std::optional<PhaseMixture> PhaseDiagram::lowest(SymbolAmounts const& composition,
                                                 std::optional<std::size_t> without) const {
  for (auto const& [symbol, amount] : composition) {
    if (amount > 0.0 && !std::binary_search(symbols_.begin(), symbols_.end(), symbol)) return {};
  }
  auto const wanted = fractions_of(composition, symbols_);
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < phases_.size(); ++i) {
    if (i != without && is_within(columns_[i].fractions, wanted)) used.push_back(i);
  }
  auto const rows = static_cast<Eigen::Index>(symbols_.size()), columns = static_cast<Eigen::Index>(used.size());
  Eigen::MatrixXd matrix(rows, columns);
  Eigen::VectorXd energy(columns);
  for (Eigen::Index j = 0; j < columns; ++j) {
    auto const phase = used[static_cast<std::size_t>(j)];
    matrix.col(j) = as_vector(columns_[phase].fractions);
    energy[j] = phases_[phase].energy;
  }
  auto const solution = minimize_linear(energy, matrix, as_vector(wanted));
  if (solution.state != LinearSolution::State::optimal) return {};
  PhaseMixture mixture{solution.value, {}};
  for (Eigen::Index j = 0; j < columns; ++j) {
    if (solution.x[j] > least_share) mixture.phases.push_back({used[static_cast<std::size_t>(j)], solution.x[j]});
  }
  return mixture;
}

double PhaseDiagram::hull_distance(std::size_t phase) const {
  auto const hull = lowest(phases_.at(phase).amounts);
  double const distance = phases_[phase].energy - hull->energy;  // the phase itself is a mixture
  return distance > least_gain ? distance : 0.0;
}

std::optional<double> PhaseDiagram::decomposition_energy(std::size_t phase) const {
  auto const others = lowest(phases_.at(phase).amounts, phase);
  if (!others) return {};
  return phases_[phase].energy - others->energy;
}

std::optional<double> PhaseDiagram::formation_energy(std::size_t phase) const {
  double energy = phases_.at(phase).energy;
  for (std::size_t k = 0; k < symbols_.size(); ++k) {
    double const fraction = columns_[phase].fractions[k];
    if (fraction == 0.0) continue;
    std::optional<double> element;
    for (std::size_t i = 0; i < phases_.size(); ++i) {
      if (columns_[i].fractions[k] == 1.0 && (!element || phases_[i].energy < *element)) element = phases_[i].energy;
    }
    if (!element) return {};
    energy -= fraction * *element;
  }
  return energy;
}

/// Minimises the energy of products less that of the two phases, over the mixing ratio and the products at once: the
/// mixture's composition is an unknown of the program like the amounts of the products.
PhaseReaction PhaseDiagram::below_chord(std::size_t a, std::size_t b, double energy_a, double energy_b) const {
  auto const rows = static_cast<Eigen::Index>(symbols_.size());
  std::vector<double> both(symbols_.size());
  for (std::size_t k = 0; k < both.size(); ++k) both[k] = columns_[a].fractions[k] + columns_[b].fractions[k];
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < phases_.size(); ++i) {
    if (is_within(columns_[i].fractions, both)) used.push_back(i);
  }
  auto const columns = static_cast<Eigen::Index>(used.size());
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(rows + 1, columns + 2);
  Eigen::VectorXd cost(columns + 2), right = Eigen::VectorXd::Zero(rows + 1);
  cost.head<2>() << -energy_a, -energy_b;
  matrix.col(0).head(rows) = -as_vector(columns_[a].fractions);
  matrix.col(1).head(rows) = -as_vector(columns_[b].fractions);
  matrix(rows, 0) = matrix(rows, 1) = right[rows] = 1.0;
  for (Eigen::Index j = 0; j < columns; ++j) {
    auto const phase = used[static_cast<std::size_t>(j)];
    matrix.col(j + 2).head(rows) = as_vector(columns_[phase].fractions);
    cost[j + 2] = phases_[phase].energy;
  }
  auto const solution = minimize_linear(cost, matrix, right);
  PhaseReaction reaction{solution.x[0], solution.value, {}};
  for (Eigen::Index j = 0; j < columns; ++j) {
    if (solution.x[j + 2] > least_share)
      reaction.products.push_back({used[static_cast<std::size_t>(j)], solution.x[j + 2]});
  }
  return reaction;
}

PhaseReaction PhaseDiagram::strongest_reaction(std::size_t a, std::size_t b) const {
  auto reaction = below_chord(a, b, phases_.at(a).energy, phases_.at(b).energy);
  if (reaction.energy > -least_gain) {
    reaction = {0.5, 0.0, {{a, 0.5}, {b, 0.5}}};
    if (a == b) reaction.products = {{a, 1.0}};
  }
  return reaction;
}

double PhaseDiagram::reaction_beyond_decomposition(std::size_t a, std::size_t b) const {
  double const energy_a = lowest(phases_.at(a).amounts)->energy, energy_b = lowest(phases_.at(b).amounts)->energy;
  double const energy = below_chord(a, b, energy_a, energy_b).energy;
  return energy < -least_gain ? energy : 0.0;
}

std::vector<PhaseReaction> PhaseDiagram::reactions(std::size_t a, std::size_t b) const {
  auto const end = [&](double share, std::size_t phase) {
    auto const hull = lowest(phases_.at(phase).amounts);
    return PhaseReaction{share, hull->energy - phases_[phase].energy, hull->phases};
  };
  std::vector<PhaseReaction> found{end(0.0, b), end(1.0, a)};
  if (a == b) return found;
  for (std::size_t k = 0; k + 1 < found.size();) {
    // the chord between two known points, as energies that the two phases would need to lie on it
    auto const &left = found[k], &right = found[k + 1];
    double const slope = (right.energy - left.energy) / (right.share_a - left.share_a);
    double const at_zero = left.energy - slope * left.share_a, at_one = at_zero + slope;
    auto reaction = below_chord(a, b, phases_[a].energy + at_one, phases_[b].energy + at_zero);
    bool const inside = reaction.share_a > left.share_a + least_share && reaction.share_a < right.share_a - least_share;
    if (reaction.energy > -least_gain || !inside) {
      ++k;
      continue;
    }
    reaction.energy += at_zero + slope * reaction.share_a;
    found.insert(found.begin() + static_cast<std::ptrdiff_t>(k) + 1, reaction);
  }
  return found;
}

std::string PhaseDiagram::equation(std::size_t a, std::size_t b, PhaseReaction const& reaction) const {
  std::vector<std::pair<double, std::string>> sides[2];
  auto const add = [&](int side, std::size_t phase, double share) {
    if (share > least_share) sides[side].emplace_back(share / phases_[phase].atoms(), phases_[phase].name);
  };
  add(0, a, reaction.share_a);
  add(0, b, 1.0 - reaction.share_a);
  for (auto const& product : reaction.products) add(1, product.phase, product.share);
  double least = sides[0].front().first;
  std::vector<double> counts;
  for (auto const& side : sides) {
    for (auto const& [count, name] : side) least = std::min(least, count);
  }
  for (auto const& side : sides) {
    for (auto const& [count, name] : side) counts.push_back(count / least);
  }
  double const scale = whole_factor(counts) / least;
  std::string text;
  for (int side = 0; side < 2; ++side) {
    if (side == 1) text += " -> ";
    for (std::size_t k = 0; k < sides[side].size(); ++k) {
      text += (k > 0 ? " + " : "") + term(scale * sides[side][k].first, sides[side][k].second);
    }
  }
  return text;
}

}  // namespace nacre
