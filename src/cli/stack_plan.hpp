/// A stack as a user asks for it, by options or by a stack file (TOML or JSON), read into slabs and contacts.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nacre/cli/command.hpp"
#include "nacre/core/value.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

struct PlannedLayer {
  std::string file;
  std::string label;  ///< termination as asked for
  Slab slab;
};

/// What was asked for and what came of it.
struct PlannedContact {
  std::optional<double> requested_twist;  ///< [rad]
  std::optional<double> twist_off;        ///< the twist of the match it snaps to less it [rad]
  bool gap_from_radii = false;
};

struct StackPlan {
  std::vector<PlannedLayer> layers;
  std::vector<ContactDesign> contacts;
  std::vector<PlannedContact> asked;
  StackOptions options;
  SlabList slabs() const;
};

/// The options of every command that builds a stack.
struct StackOptionsOnLine {
  std::vector<std::string> files;
  std::string planes = "0,0,1", terminations = "0", tops, repeats = "1", weights;
  std::string matches, twists, matrices, shifts = "0,0", gaps = "radii", supercell, closing_gap = "radii",
                                         closing_shift = "0,0";
  std::string elastic;
  double max_area = 200.0, max_strain = 0.03, vacuum = StackOptions{}.vacuum;
  std::int64_t max_atoms = 1'000'000;
  bool superlattice = false;

  void declare(CommandLine& line);
  /// The stack file if one was given, else the same tree from the options.
  /// @throws InputError naming option or line
  StackPlan plan() const;

 private:
  Value to_value() const;
};

/// @param folder that relative paths start from
/// @param max_atoms of the stack, known and refused before anything large is made
StackPlan read_stack_plan(Value const& document, std::filesystem::path const& folder, std::string const& origin,
                          std::int64_t max_atoms);

/// What both commands say of the frame: layers and contacts as JSON arrays.
Value layers_to_value(StackPlan const& plan, StackFrame const& frame);
Value contacts_to_value(StackPlan const& plan, StackFrame const& frame);

}  // namespace nacre
