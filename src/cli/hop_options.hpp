/// What the commands about hops ask for and how they begin: a crystal, its mobile species, the cell of the carrier.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/transport/contact_hops.hpp"
#include "nacre/transport/hop_analysis.hpp"
#include "nacre/transport/hops.hpp"
#include "nacre/transport/voids.hpp"
#include "plane_options.hpp"

namespace nacre {

struct HopOptions {
  CrystalOptions crystal;
  std::string species, supercell;
  ModelOptions model;
  double fmax = 1e-3;
  std::int64_t threads = 1, max_steps = 1000;
  bool skip_stability = false;
  std::string carrier = "vacancy";  ///< or "interstitial"
  double void_distance = 1.5;       ///< [Å]

  void declare(CommandLine& line);
};

/// What hops are computed of.
struct HopSubject {
  Crystal crystal;           ///< relaxed in its cell
  std::vector<int> layer;    ///< per atom, where the file says so
  int species = 0;
  HopSettings settings;
  HopNetwork network;
  std::vector<Void> voids;   ///< of an interstitial; empty for a vacancy
  std::string refusal;       ///< why nothing is computed, a code first
  double work = 0.0;
};

/// @throws InputError for a file without the species, options out of range, or a cell with vacuum
HopSubject make_subject(HopOptions const& options, Potential const& model);

/// Whether the file tells layers apart: a stack.
bool is_stack(HopSubject const& subject);

/// Crystals of a stack's two layers; empty, with the reason, where they are not recognised.
struct LayerCrystals {
  std::vector<StrainedLayer> layers;
  std::string refusal;  ///< what a model of fixed charges cannot know of the stack, a code first; empty: nothing
  std::string failure;
};
LayerCrystals layer_crystals(HopSubject const& subject, Potential const& model);

/// The model, with a background for charged cells.
std::shared_ptr<Potential const> hop_model(HopOptions const& options);

/// How a site is named: its atom, or the number of the void in the list of sites.
int site_label(HopNetwork const& network, int site);

/// "x" -> 0; @throws InputError for anything but x, y, z
int hop_axis(std::string const& word);

}  // namespace nacre
