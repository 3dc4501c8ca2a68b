/// Which mixture of phases has the least energy at a composition: the convex hull, distances from it, and reactions
/// between two phases. By linear programs, so that any number of elements and any degenerate set of phases will do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/formula.hpp"

namespace nacre {

struct NACRE_API Phase {
  std::string name;
  SymbolAmounts amounts;  ///< per formula unit; symbols need not be elements
  double energy = 0.0;    ///< per atom, from any zero that is linear in the composition [eV]
  double atoms() const;   ///< per formula unit
};

/// Part of the atoms of a mixture that is in a phase.
struct PhaseShare {
  std::size_t phase;
  double share;
};
struct PhaseMixture {
  double energy = 0.0;  ///< per atom [eV]
  std::vector<PhaseShare> phases;
};

/// Two phases that may react, mixed as `share_a` of the atoms from the first and the rest from the second.
struct PhaseReaction {
  double share_a = 0.5;
  double energy = 0.0;  ///< of the products less that of the two phases, per atom of the mixture; never above 0 [eV]
  std::vector<PhaseShare> products;
};

class NACRE_API PhaseDiagram {
 public:
  /// @throws InputError for a phase without atoms or an energy that is not finite
  explicit PhaseDiagram(std::vector<Phase> phases);
  std::vector<Phase> const& phases() const { return phases_; }
  std::vector<std::string> const& symbols() const { return symbols_; }  ///< in alphabetical order

  /// The mixture of least energy with a composition; nothing if the phases cannot make it.
  /// @param without this phase; others of the same composition stay
  std::optional<PhaseMixture> lowest(SymbolAmounts const& composition,
                                     std::optional<std::size_t> without = std::nullopt) const;
  /// Energy of a phase above the hull, 0 on it [eV/atom].
  double hull_distance(std::size_t phase) const;
  /// Energy of a phase less that of the best mixture of the others: below 0 for a stable one; nothing if no mixture of
  /// the others has its composition [eV/atom].
  std::optional<double> decomposition_energy(std::size_t phase) const;
  /// Energy less that of the elements (phases of one symbol) of lowest energy; nothing if one is missing [eV/atom].
  std::optional<double> formation_energy(std::size_t phase) const;

  /// The mixing ratio at which two phases gain most; 0 where they coexist (or one alone decomposes, with share 0 or 1).
  PhaseReaction strongest_reaction(std::size_t a, std::size_t b) const;
  /// The same counted from what each phase alone turns into: what the contact adds [eV/atom].
  double reaction_beyond_decomposition(std::size_t a, std::size_t b) const;
  /// Every mixing ratio at which the products change, from share_a = 0 to 1, both ends included. The energy is linear
  /// between them.
  std::vector<PhaseReaction> reactions(std::size_t a, std::size_t b) const;

  /// "2 LaAlO3 + 2 ZrO2 -> La2Zr2O7 + Al2O3": whole numbers of formula units where small ones do.
  std::string equation(std::size_t a, std::size_t b, PhaseReaction const& reaction) const;

 private:
  struct Column {
    std::vector<double> fractions;  ///< of the atoms, by symbol
  };
  PhaseReaction below_chord(std::size_t a, std::size_t b, double energy_a, double energy_b) const;
  std::vector<Phase> phases_;
  std::vector<std::string> symbols_;
  std::vector<Column> columns_;
};

}  // namespace nacre
