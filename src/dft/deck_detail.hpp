/// What the writers of the decks share.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "nacre/dft/deck.hpp"

namespace nacre::detail {

/// Where no atoms are along the third vector.
struct Gap {
  double centre = 0.0;    ///< fractional, in [0, 1)
  double fraction = 0.0;  ///< of the third vector
};

struct HubbardU {
  std::string manifold;  ///< "3d", "4f"
  double u_eV = 0.0;
};

/// A crystal that passed the checks, and what both codes derive from it.
struct DeckInput {
  Crystal const& crystal;
  DeckOptions const& options;
  std::vector<int> elements;  ///< by first appearance
  std::array<int, 3> mesh{};
  Gap gap;  ///< if there is vacuum
};

/// nullopt where the level has no U or the element has none
std::optional<HubbardU> hubbard_u(int atomic_number, DeckOptions const& options);
/// 3d metals from V to Cu; they start with a moment.
bool is_magnetic_metal(int atomic_number);
constexpr double force_threshold_eV_per_A = 0.01;

Deck make_qe_deck(DeckInput const& input);
Deck make_vasp_deck(DeckInput const& input);

}  // namespace nacre::detail
