// The ranked list and the DFT-validation queue of a run.
#include <algorithm>

#include "coordinator.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/campaign/ranking.hpp"
#include "nacre/campaign/status.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"

namespace nacre::detail {
namespace {

std::vector<EvaluatedDesign const*> pointers(std::vector<EvaluatedDesign> const& designs) {
  std::vector<EvaluatedDesign const*> result;
  for (auto const& design : designs) result.push_back(&design);
  return result;
}

}  // namespace

std::vector<EvaluatedDesign> Coordinator::evaluated_designs() const {
  std::vector<EvaluatedDesign> designs;
  for (auto const number : sealed_) {
    auto const proposal = store_.proposal(number);
    if (proposal->tier != Tier::potential) continue;
    auto outcome = store_.outcome(number);
    for (auto& design : outcome->designs) designs.push_back(std::move(design));
  }
  return designs;
}

void Coordinator::rank(std::size_t queue_limit) {
  auto const designs = evaluated_designs();
  auto const all = pointers(designs);
  auto const references = pointers(references_.designs);
  auto const ranking = rank_designs(loaded_.problem, all, references, [this](EvaluatedDesign const& design) {
    return domain_->shift_images(design.design, design.relaxed_shift);
  });
  Provenance provenance;
  provenance.campaign = config_.name;
  provenance.seed = config_.seed;
  provenance.campaign_sha256 = sha256_hex(config_.text);
  provenance.journal_hash = journal_.hex();
  if (auto const potential = domain_->potential()) provenance.model = potential->name();
  provenance.program = std::string("nacre ") + NACRE_VERSION;
  provenance.twist_range = domain_->twist_range();
  begin();
  auto const document = ranking_document(loaded_.problem, ranking, all, references, Tier::potential, provenance);
  best_ = best_objectives(document);
  store_.put_ranking(document.dump());
  if (queue_limit > 0) fill_queue(ranking, all, queue_limit);
}

/// Requests are never taken back: a candidate that was asked for keeps its calculation.
void Coordinator::fill_queue(Ranking const& ranking, std::vector<EvaluatedDesign const*> const& designs,
                             std::size_t limit) {
  std::map<std::string, double> asked;
  std::set<std::string> asked_designs;
  for (auto const& request : store_.requests()) {
    asked[request.id] = request.priority;
    asked_designs.insert(request.design);
  }
  auto wishes = choose_for_dft(config_, loaded_.problem, ranking, designs, asked_designs);
  if (wishes.size() > limit) wishes.resize(limit);
  begin();
  for (auto const& wanted : wishes) {
    auto const& design = *designs[ranking.groups[wanted.group].members.front()];
    for (auto const& request : requests_for(config_, *domain_, design, wanted.priority, wanted.why)) {
      auto const known = asked.find(request.id);
      if (known == asked.end() || known->second != request.priority) store_.put_request(request);
    }
  }
}

void Coordinator::finish() {
  read_requests();  // labels that came at the very end
  rank(static_cast<std::size_t>(config_.dft.top));
  publish_now("finished");
  report_progress(true);
  log_info("finished: ", next_, " proposals, journal ", journal_.hex().substr(0, 16));
}

void Coordinator::abandon() noexcept {
  try {
    commit();
    if (!replaying()) publish_now("failed");
  } catch (...) {
    // the first error is the one to tell
  }
}

}  // namespace nacre::detail
