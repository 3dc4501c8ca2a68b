/// The journal hash of guide/clock: one number that says two runs went the same way. docs/reproducibility.md has the
/// byte layout.
#pragma once

#include <cstdint>
#include <string>

#include "nacre/campaign/outcome.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/api.hpp"
#include "nacre/core/ids.hpp"

namespace nacre {

/// SHA-256 over what was proposed and what came of it, in order of k; no time, host, rank, attempt or rowid.
class NACRE_API JournalHash {
 public:
  /// Proposal k = 0, 1, 2, ... in order, once its result is visible. @throws Error out of order
  void add(StoredProposal const& proposal, Outcome const& outcome);
  /// Before the proposal that it is stamped with; several in order of their number.
  void add(StoredEvent const& event);
  std::int64_t proposals() const { return next_; }  ///< length of the sealed prefix
  std::string hex() const { return hash_.hex(); }

 private:
  Sha256 hash_;
  std::int64_t next_ = 0;
};

}  // namespace nacre
