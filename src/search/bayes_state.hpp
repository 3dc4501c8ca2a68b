/// What Bayesian optimisation remembers, as bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "listing.hpp"
#include "surrogate.hpp"

namespace nacre::detail {

/// A proposal whose results are not visible yet.
struct Issued {
  std::int32_t level = 0;
  std::vector<Design> designs;
};

struct BayesState {
  std::uint64_t salt = 0;           ///< of the initial designs
  std::int32_t initial = 0;         ///< designs before there is a model; 0: not known yet
  std::int64_t opened = 0;          ///< initial designs proposed
  std::uint64_t seen = 0;           ///< observations of the archive taken in
  std::vector<std::int64_t> asked;  ///< proposals by level
  std::map<std::int64_t, Issued> pending;
};

/// The parts of a surrogate that are not worked out again.
struct SavedOutput {
  std::uint8_t kind = 0, warp = 0;
  std::uint64_t index = 0;
  double origin = 0.0, knee = 1.0;
  std::string process;
};
struct SavedSurrogate {
  bool present = false;
  std::uint64_t fitted = 0, end = 0;
  std::vector<SavedOutput> outputs;
};

struct SavedBayes {
  BayesState state;
  SavedSurrogate surrogate;
  std::vector<FreshDesigns::Cursor> cursors;
};

std::string save_bayes(SavedBayes const& saved);
/// @throws Error if the bytes are not such a state
SavedBayes load_bayes(std::string const& bytes);

}  // namespace nacre::detail
