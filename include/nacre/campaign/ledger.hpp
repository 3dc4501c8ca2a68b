/// The completeness ledger: what became of every design on the potential tier, by family, with sums that add up, and
/// where failures make a list biased.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/dft/queue.hpp"

namespace nacre {

/// How far a design came; each is in one of these.
enum class Stage : std::uint8_t { pending, broken, built, relaxed, labelled };
NACRE_API std::string_view to_string(Stage stage);
NACRE_API std::vector<Stage> const& all_stages();

struct LedgerEntry {
  std::string family;  ///< "Si(001) Si-Si | Ge(001) Ge-Ge"
  Stage stage = Stage::pending;
  std::string reason;                   ///< code, of a broken one
  std::map<std::string, bool> metrics;  ///< objectives and "dft": whether there is a value; absent: not due yet
};

struct NACRE_API MetricShare {
  std::int64_t due = 0, missing = 0;
  bool biased = false;        ///< a larger share than the limit is missing
  bool concentrated = false;  ///< significantly more than in the other families (binomial, 1 %)
  double rate() const { return due > 0 ? static_cast<double>(missing) / static_cast<double>(due) : 0.0; }
};

struct NACRE_API LedgerRow {
  std::string family;
  std::int64_t generated = 0;  ///< the sum of all stages
  std::map<Stage, std::int64_t> stages;
  std::map<std::string, std::int64_t> reasons;  ///< of the broken ones
  std::map<std::string, MetricShare> metrics;
  bool biased() const;
};

struct Ledger {
  std::vector<LedgerRow> families;  ///< by name
  LedgerRow total;
};

/// @param biased_above the share of missing values in a family that is marked
NACRE_API Ledger make_ledger(std::span<LedgerEntry const> entries, double biased_above);
/// Of a campaign and its queue.
NACRE_API Ledger campaign_ledger(CampaignConfig const& config, Store const& store, dft::Queue const& queue);
NACRE_API Value to_value(Ledger const& ledger);

}  // namespace nacre
