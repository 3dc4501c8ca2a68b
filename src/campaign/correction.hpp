/// How labels move a search: each objective that labels speak about is carried from the potential tier to the level of
/// the labels, all designs alike, so that no list ever mixes levels. Internal to campaign.
///
/// A pure function of the label events taken in and the observations that are visible: the same on any number of ranks
/// and after any kill.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "family.hpp"
#include "label_values.hpp"
#include "nacre/campaign/config.hpp"
#include "nacre/campaign/outcome.hpp"
#include "nacre/core/value.hpp"
#include "nacre/learn/delta.hpp"
#include "nacre/search/problem.hpp"

namespace nacre::detail {

/// What decides a correction besides the labels; in the journal, because [dft] may change between runs.
struct CorrectionRule {
  bool on = true;
  std::string level = "pbe";
  bool operator==(CorrectionRule const&) const = default;
};
CorrectionRule rule_of(CampaignConfig const& config);
std::string to_json(CorrectionRule const& rule);
CorrectionRule correction_rule_from(std::string const& json);

class Correction {
 public:
  /// Visible on the potential tier; null if the design is not.
  using Find = std::function<EvaluatedDesign const*(std::string const& design)>;
  /// @param bulks of the potential tier, kind "bulk", for superlattices
  Correction(CampaignConfig const& config, Problem const& problem, std::vector<LabelFact> bulks);

  void rule(CorrectionRule const& rule) { rule_ = rule; }
  void take(LabelFact fact);
  bool waits() const { return !waiting_.empty(); }  ///< for any design
  /// A design with labels was seen on the potential tier.
  bool waits_for(std::string const& design) const { return waiting_.contains(design); }
  /// Made anew from all labels whose designs `find` knows. @return whether any correction changed
  bool update(Find const& find);

  bool corrects(std::size_t objective) const { return objective < deltas_.size() && deltas_[objective].has_value(); }
  /// Value and error at the level of the labels; as it is where no label speaks about the objective.
  Estimate apply(std::size_t objective, Hash128 const& design, Family const& family, Estimate const& estimate) const;
  /// "potential", or the level that the values of an objective have.
  std::string level(std::size_t objective) const;
  std::string comparable() const { return comparable_; }
  std::size_t labels(std::size_t objective) const { return corrects(objective) ? used_[objective] : 0; }
  /// Variance of the difference between two designs' true values, their own errors included.
  double variance_of_difference(std::size_t objective, EvaluatedDesign const& a, EvaluatedDesign const& b) const;

 private:
  double cheap_value(std::string const& kind, std::size_t objective, EvaluatedDesign const& design,
                     LabelFact const& fact) const;
  std::optional<DeltaLabel> contact_label(std::size_t objective, LabelSet const& set, LabelFact const& fact,
                                          EvaluatedDesign const& design) const;
  std::optional<DeltaLabel> hop_label(std::size_t objective, HopValue const& hop, EvaluatedDesign const& design) const;
  bool refit(std::vector<std::vector<DeltaLabel>> const& labels);
  DeltaPoint point(Hash128 const& design, Family const& family, double cheap) const;

  bool slab_;
  Problem problem_;
  std::vector<LabelFact> bulks_;
  CorrectionRule rule_;
  std::vector<LabelFact> facts_;   ///< in the order of their events; the last of a calculation counts
  std::set<std::string> waiting_;  ///< labelled designs that are not visible yet
  std::vector<std::optional<Delta>> deltas_;
  std::vector<std::size_t> used_;          ///< labels of each objective
  std::vector<std::string> fingerprints_;  ///< of the labels that went into each
  std::string comparable_;
  mutable std::map<std::string, int> numbers_;       ///< of families
  mutable std::map<Hash128, std::int64_t> designs_;  ///< numbers of designs
};

}  // namespace nacre::detail
