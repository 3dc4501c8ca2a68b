// Facts of an output beside its deck, and whether its numbers can be true.
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "output_detail.hpp"

namespace nacre::dft::detail {
namespace {

std::string compare_counts(Echo const& echo, Job const& job, DeckInput const& input) {
  auto const atoms = static_cast<std::int64_t>(job.structure.size());
  if (!echo.atoms) return "it does not say how many atoms it has";
  if (*echo.atoms != atoms) return concat(*echo.atoms, " atoms, the deck has ", atoms);
  auto const kinds = static_cast<std::int64_t>(job.code == Code::vasp ? input.pseudos.size() : input.species.size());
  if (echo.kinds && *echo.kinds != kinds) return concat(*echo.kinds, " kinds of atoms, the deck has ", kinds);
  if (echo.electrons && input.electrons && std::abs(*echo.electrons - *input.electrons) > 0.01)
    return concat(shortest(*echo.electrons), " electrons, the deck has ", shortest(*input.electrons));
  return {};
}

/// The cut-off may have been set by the user's own lines or template.
bool has_own_lines(Job const& job) {
  auto const code = std::string(to_string(job.code));
  return job.settings.extra.contains(code) || job.settings.templates.contains(code);
}

std::string compare_cutoff(Echo const& echo, Job const& job, DeckInput const& input) {
  if (!echo.cutoff_eV || has_own_lines(job)) return {};
  double const wanted =
      job.code == Code::vasp ? *input.settings.encut_eV : *input.settings.ecutwfc_Ry * units::rydberg_eV;
  if (std::abs(*echo.cutoff_eV - wanted) < 0.1) return {};
  return concat("a cut-off of ", significant(*echo.cutoff_eV, 6), " eV, the deck has ", significant(wanted, 6), " eV");
}

std::string compare_atoms(Echo const& echo, Job const& job, Deck const& deck) {
  auto const& crystal = job.structure;
  for (std::size_t i = 0; i < echo.numbers.size() && i < deck.atom_order.size(); ++i)
    if (echo.numbers[i] != crystal.numbers[deck.atom_order[i]])
      return concat("atom ", i + 1, " is no ", symbol(crystal.numbers[deck.atom_order[i]]));
  if (echo.lattice && (*echo.lattice - crystal.lattice).cwiseAbs().maxCoeff() > 10.0 * echo.precision_A)
    return "its cell is another";
  if (!echo.positions || job.adjustments.continue_run) return {};
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  for (std::size_t i = 0; i < deck.atom_order.size(); ++i) {
    Eigen::Vector3d step = inverse * (echo.positions->col(static_cast<Eigen::Index>(i)) -
                                      crystal.positions.col(static_cast<Eigen::Index>(deck.atom_order[i])));
    step.array() -= step.array().round();
    if ((crystal.lattice * step).norm() > 10.0 * echo.precision_A) return concat("atom ", i + 1, " stands elsewhere");
  }
  return {};
}

std::string compare_pseudopotentials(Echo const& echo, DeckInput const& input) {
  if (echo.md5.size() != input.species.size()) return {};
  for (std::size_t i = 0; i < echo.md5.size(); ++i) {
    auto const& pseudo = input.pseudo(input.species[i]);
    if (!pseudo.md5.empty() && pseudo.md5 != echo.md5[i])
      return concat("the pseudopotential of ", pseudo.element, " has the MD5 sum ", echo.md5[i], ", the deck's ",
                    pseudo.md5);
  }
  return {};
}

/// Pairs closer than half the sum of their covalent radii; empty if none.
std::string find_overlap(Crystal const& crystal) {
  if (crystal.size() == 0 || crystal.numbers.size() != static_cast<std::size_t>(crystal.positions.cols())) return {};
  if (std::abs(crystal.lattice.determinant()) < 1e-6) return {};
  for (int const number : crystal.numbers)
    if (number < 1 || number > largest_atomic_number) return {};
  auto const nearest = shortest_distance(crystal);
  if (nearest.first < 0) return {};
  auto const radius = [&](int atom) {
    return covalent_radius(crystal.numbers[static_cast<std::size_t>(atom)]).value_or(1.0);
  };
  double const limit = std::max(0.5 * (radius(nearest.first) + radius(nearest.second)), 0.5);
  if (nearest.distance >= std::min(limit, 0.9 * limit + 0.1)) return {};
  return concat("atoms ", nearest.first + 1, " and ", nearest.second + 1, " are ", significant(nearest.distance, 3),
                " A apart");
}

Verdict implausible(std::string const& reason) { return {Failure::implausible, reason}; }

/// Total energies of pseudopotential codes are negative, and no electron is bound by more than a few hundred eV; VASP
/// counts from free atoms.
Verdict judge_energy(Result const& result, Job const& job) {
  double const per_atom = *result.energy_eV / static_cast<double>(std::max<std::size_t>(job.structure.size(), 1));
  bool const from_atoms = job.code == Code::vasp;
  double const low = from_atoms ? -50.0 : -100000.0, high = from_atoms ? 20.0 : -1.0;
  if (per_atom > low && per_atom < high) return {};
  return implausible(concat("an energy of ", significant(per_atom, 6), " eV per atom"));
}

Verdict judge_forces(Result const& result, Job const& job) {
  constexpr double largest_sum = 0.05, largest = 20.0;  // eV/Å
  auto const& forces = *result.forces;
  if (!forces.allFinite()) return {Failure::damaged, "a force is no number"};
  double const sum = forces.rowwise().sum().norm();
  if (sum > largest_sum)
    return implausible(concat("the forces add up to ", significant(sum, 3), " eV/A (at most ", largest_sum,
                              "; a grid too coarse for a hard pseudopotential does that)"));
  double const norm = forces.cols() == 0 ? 0.0 : forces.colwise().norm().maxCoeff();
  if (norm > largest) return implausible(concat("a force of ", significant(norm, 4), " eV/A (at most ", largest, ")"));
  if (job.kind != Kind::relax) return {};
  for (Eigen::Index i = 0; i < forces.cols(); ++i) {
    bool const free = job.frozen.empty() || !job.frozen[static_cast<std::size_t>(i)];
    double const left = forces.col(i).cwiseAbs().maxCoeff();
    if (free && left > 1.5 * job.settings.force_threshold + 1e-3)
      return implausible(
          concat("a force of ", significant(left, 3), " eV/A on atom ", i + 1, " of a relaxed structure"));
  }
  return {};
}

}  // namespace

std::string compare_with_deck(Facts const& facts, Job const& job, Deck const& deck) {
  auto const input = prepare(job);
  bool const relaxes = job.kind == Kind::relax;
  if (facts.relaxes != relaxes && job.kind != Kind::neb)
    return relaxes ? "it is no relaxation" : "it is a relaxation, the deck a single point";
  for (auto const& difference : {compare_counts(facts.echo, job, input), compare_cutoff(facts.echo, job, input),
                                 compare_atoms(facts.echo, job, deck), compare_pseudopotentials(facts.echo, input)})
    if (!difference.empty()) return "the output is of another deck: " + difference;
  return {};
}

Verdict judge_physics(Result const& result, Job const& job) {
  if (!result.energy_eV) return {Failure::damaged, "no energy"};
  if (auto const overlap = find_overlap(job.structure); !overlap.empty()) return {Failure::bad_geometry, overlap};
  if (auto const verdict = judge_energy(result, job); !verdict.fine()) return verdict;
  if (result.relaxed)
    if (auto const overlap = find_overlap(*result.relaxed); !overlap.empty())
      return implausible("in the relaxed structure " + overlap);
  if (!result.forces) return {};
  return judge_forces(result, job);
}

}  // namespace nacre::dft::detail
