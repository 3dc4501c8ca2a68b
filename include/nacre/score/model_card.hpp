/// What a model is good for, found out once: a report that goes with its identity.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// A cubic crystal of the card, with what PBE gives where a publication says it.
struct CardCrystal {
  std::string name;
  Crystal crystal;          ///< conventional cell, with formal charges where it is ionic
  double pbe_lattice_A = 0.0, pbe_modulus_GPa = 0.0;  ///< 0: not known
  std::string pbe_source;
};
NACRE_API std::vector<CardCrystal> card_crystals();

/// Equation of state of a cubic crystal whose ions keep their places.
struct CubicState {
  double lattice = 0.0;       ///< where the mean stress vanishes [Å]
  double modulus = 0.0;       ///< there, from the stresses at edges up to 1.2 % shorter and longer [eV/Å^3]
  double outward_modulus = 0.0;  ///< secant from there to an edge 0.4 % longer [eV/Å^3]
};
/// @throws InputError if the model does not cover it, or finds no minimum within 10 % of the edge given
NACRE_API CubicState cubic_state(Potential const& model, Crystal const& crystal);

struct CardOptions {
  std::vector<Frame> labels;     ///< frames with the column "forces" of a better model [eV/Å]
  std::vector<Crystal> known;    ///< what the model's range is learned from; empty: the card's crystals, rattled
  std::string known_origin;
  bool hops = true;              ///< they take most of the time
  int threads = 1;
};
/// Parts: bulk, hops, adhesion_tail, charged_planes, forces (with labels), range (of a model with features). What the model
/// refuses is there with its reason.
NACRE_API Value make_model_card(Potential const& model, CardOptions const& options = {});

/// Where the card of an identity is kept: NACRE_CARD_DIR, or nacre/cards in XDG_DATA_HOME (~/.local/share).
NACRE_API std::filesystem::path model_card_path(std::string const& identity);

}  // namespace nacre
