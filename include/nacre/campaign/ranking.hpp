/// The ranked list: what a campaign is for. Pure functions of what was evaluated, in any order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "nacre/campaign/outcome.hpp"
#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/search/problem.hpp"

namespace nacre {

/// Designs that relaxed to the same thing (definitions.md 11), counted once.
struct RankedGroup {
  std::int64_t rank = 0;             ///< from 1
  std::int64_t front = 0;            ///< 1: dominated by nobody; 2: only by front 1; ...
  std::vector<std::size_t> members;  ///< indices into the designs; the first stands for the group
};

struct NACRE_API Ranking {
  std::vector<RankedGroup> groups;
  /// Why the others are not ranked, with their number: "infeasible", "reference", or the status of the first objective
  /// that has no value; sorted by word.
  std::vector<std::pair<std::string, std::int64_t>> left_out;
};

/// The relaxed shifts that mean the same structure as that of a design: itself and its images under the symmetry of its
/// leaf. Without it only the shift itself.
using ShiftImages = std::function<std::vector<Eigen::Vector2d>(EvaluatedDesign const& design)>;

/// By (front, first objective in its direction, the next ones, id). Only designs with a value in every objective and
/// inside every bound are ranked. Groups are made first, so that near copies of one structure do not push others down.
/// @param designs    of one tier
/// @param references never ranked, nor what belongs to their group
NACRE_API Ranking rank_designs(Problem const& problem, std::span<EvaluatedDesign const* const> designs,
                               std::span<EvaluatedDesign const* const> references = {}, ShiftImages const& images = {});

/// One structure after relaxation: same leaf and registry, the shift of b closer than 0.1 Å to one of `images` of a on
/// the torus of the shift cell, energies closer than 1e-3 J/m^2. False where there are no atoms (an energy that is NaN,
/// an empty registry).
NACRE_API bool same_structure(EvaluatedDesign const& a, EvaluatedDesign const& b,
                              std::span<Eigen::Vector2d const> images);
NACRE_API bool same_structure(EvaluatedDesign const& a, EvaluatedDesign const& b);

/// The level that the values of an objective have: all in one list the same.
struct ObjectiveLevel {
  std::string level = "potential";   ///< or "pbe", ...: corrected by labels
  std::size_t labels = 0;
  std::string comparable;            ///< code and settings of the labels
};

/// What a ranked list says of its origin; no time, no host.
struct NACRE_API Provenance {
  std::string campaign;
  std::uint64_t seed = 0;
  std::string campaign_sha256;       ///< of campaign.toml
  std::string journal_hash;          ///< of the sealed prefix
  std::string model;                 ///< name of the potential; empty without one
  std::string program;               ///< "nacre 0.1.0"
  std::optional<std::pair<double, double>> twist_range;  ///< smallest and largest |twist| searched [rad]
  std::vector<ObjectiveLevel> levels;                    ///< by objective; empty: potential
  std::map<std::string, std::string> dft;                ///< design -> "asked", "label" or "proxy", where it is any
  std::vector<EvaluatedDesign const*> computed;          ///< the designs before labels corrected them; empty: they did not
};

/// The list as JSON, schema nacre.ranking/1 (docs/schemas/ranking.schema.json), as it is stored and as `nacre top --json`
/// prints it; `structure` is null here and filled from the store when it is printed.
/// @param limit groups at most; "ranked" tells how many there are
NACRE_API Value ranking_document(Problem const& problem, Ranking const& ranking,
                                 std::span<EvaluatedDesign const* const> designs,
                                 std::span<EvaluatedDesign const* const> references, Tier tier,
                                 Provenance const& provenance, std::size_t limit = 1000);

/// Name of each choice -> label of a category, number, or [u, v] on a torus.
NACRE_API Value choices_document(std::vector<Choice> const& choices);

}  // namespace nacre
