#include "nacre/potential/anneal.hpp"

#include <cmath>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr int batches = 10;
constexpr double drift_limit = 3.0;  // standard errors

/// Who may change places with whom in a layer.
struct Exchange {
  std::vector<int> acceptors, hosts;   // atoms
  std::vector<int> vacancies, anions;  // columns of the vacancies; atoms
};

std::vector<Exchange> exchanges_of(DopedCrystal const& doped, int anion) {
  std::vector<Exchange> all;
  for (auto const& layer : doped.layers) {
    Exchange exchange;
    for (std::size_t i = 0; i < doped.crystal.size(); ++i) {
      if (doped.layer[i] != layer.layer) continue;
      int const number = doped.crystal.numbers[i];
      if (number == layer.dopant) exchange.acceptors.push_back(static_cast<int>(i));
      if (number == layer.host) exchange.hosts.push_back(static_cast<int>(i));
      if (number == anion) exchange.anions.push_back(static_cast<int>(i));
    }
    for (std::size_t v = 0; v < doped.vacancy_layer.size(); ++v)
      if (doped.vacancy_layer[v] == layer.layer) exchange.vacancies.push_back(static_cast<int>(v));
    all.push_back(std::move(exchange));
  }
  return all;
}

int one_of(std::vector<int> const& list, Rng& rng) { return list[rng.below(list.size())]; }

/// A site each: of an atom, or an empty one.
struct Swap {
  int atom = -1, other = -1, vacancy = -1;
};

Swap draw(std::vector<Exchange> const& exchanges, Rng& rng) {
  auto const& exchange = exchanges[rng.below(exchanges.size())];
  bool const cations = rng.below(2) == 0;
  Swap swap;
  if (cations && !exchange.acceptors.empty() && !exchange.hosts.empty()) {
    swap.atom = one_of(exchange.acceptors, rng);
    swap.other = one_of(exchange.hosts, rng);
  } else if (!cations && !exchange.vacancies.empty() && !exchange.anions.empty()) {
    swap.atom = one_of(exchange.anions, rng);
    swap.vacancy = one_of(exchange.vacancies, rng);
  }
  return swap;
}

void apply(DopedCrystal& doped, Swap const& swap) {
  Eigen::Vector3d const from = doped.crystal.positions.col(swap.atom);
  auto partner = swap.other >= 0 ? doped.crystal.positions.col(swap.other) : doped.vacancies.col(swap.vacancy);
  doped.crystal.positions.col(swap.atom) = partner;
  partner = from;
}

/// Whether the energies of the second half drift: the means of its two halves, with errors from batches.
bool drifts(std::vector<double> const& energies) {
  auto const half = energies.size() / 2, length = half / (2 * batches);
  if (length == 0) return false;
  double mean[2] = {0.0, 0.0}, square[2] = {0.0, 0.0};
  for (std::size_t part = 0; part < 2; ++part) {
    for (std::size_t b = 0; b < batches; ++b) {
      double sum = 0.0;
      auto const first = half + (part * batches + b) * length;
      for (std::size_t k = 0; k < length; ++k) sum += energies[first + k];
      sum /= static_cast<double>(length);
      mean[part] += sum / batches;
      square[part] += sum * sum / batches;
    }
  }
  double const variance = (square[0] - mean[0] * mean[0] + square[1] - mean[1] * mean[1]) / (batches - 1);
  return std::abs(mean[1] - mean[0]) > drift_limit * std::sqrt(std::max(variance, 0.0)) + 1e-9;
}

}  // namespace

Annealed anneal(DopedCrystal const& start, Potential const& potential, Rng& rng, AnnealOptions const& options,
                int anion) {
  require(options.temperature > 0.0 && options.temperature <= 1e5, "invalid temperature ", options.temperature,
          " K (above 0, at most 100000)");
  require(options.accepted_per_dopant >= 1, "invalid number of swaps ", options.accepted_per_dopant, " (1 or more)");
  Annealed result;
  result.doped = start;
  std::int64_t dopants = 0;
  for (auto const& layer : start.layers) dopants += layer.acceptors;
  auto const wanted = dopants * options.accepted_per_dopant;
  auto const exchanges = exchanges_of(start, anion);
  EvaluationState state;
  auto evaluation = potential.evaluate_next(start.crystal, state);
  result.first_energy = evaluation.energy;
  double energy = evaluation.energy, work = static_cast<double>(evaluation.edges);
  double const thermal = units::boltzmann_eV_per_K * options.temperature;
  std::vector<double> energies;
  while (result.accepted < wanted && result.attempts < options.most_attempts) {
    if (options.cancelled && options.cancelled()) break;
    ++result.attempts;
    auto const swap = draw(exchanges, rng);
    if (swap.atom >= 0) {
      apply(result.doped, swap);
      evaluation = potential.evaluate_next(result.doped.crystal, state);
      work += static_cast<double>(evaluation.edges);
      bool const taken = rng.uniform() < std::exp(std::min(0.0, (energy - evaluation.energy) / thermal));
      if (taken) {
        energy = evaluation.energy;
        ++result.accepted;
      } else {
        apply(result.doped, swap);
      }
    }
    energies.push_back(energy);
  }
  for (std::size_t k = energies.size() / 2; k < energies.size(); ++k) result.mean_energy += energies[k];
  result.mean_energy /= std::max<double>(1.0, static_cast<double>(energies.size() - energies.size() / 2));
  result.last_energy = energy;
  result.work = work;
  bool const stopped = options.cancelled && options.cancelled();
  result.status = stopped ? Status::cancelled : Status::ok;
  if (stopped) {
    result.reason = "cancelled";
  } else if (result.accepted < wanted) {
    result.status = Status::failed;
    result.reason = concat("too_few_swaps: ", result.accepted, " of ", wanted, " in ", result.attempts, " attempts");
  } else if (drifts(energies)) {
    result.status = Status::failed;
    result.reason = "energy_drifts: the second half of the swaps still changes the energy; ask for more";
  }
  return result;
}

}  // namespace nacre
