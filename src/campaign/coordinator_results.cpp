// The ranked list and the DFT-validation queue of a run.
#include <sys/resource.h>

#include <algorithm>
#include <set>

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

/// Processor time of the calling thread [s].
double thread_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  auto const seconds = [](timeval const& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// What the ranked list says of a design: that it has a label of its own, that proxies stand for it, or that it waits.
std::map<std::string, std::string> dft_words(Store const& store) {
  std::map<std::string, std::string> words;
  for (auto const& request : store.requests()) {
    if (!is_candidate(request.kind)) continue;
    words[candidate_of(request.design)] = is_proxy(request.kind) ? "proxy" : "asked";
  }
  for (auto const& label : store.labels()) {
    if (is_candidate(label.kind) && !is_proxy(label.kind)) words[label.design] = "label";
  }
  return words;
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
  if (!correction_) return;  // the set-up still runs: there are no designs
  auto const designs = evaluated_designs();
  auto const corrected = at_level_of_labels(designs);  // empty where labels correct nothing
  auto const raw = pointers(designs), all = corrected.empty() ? raw : pointers(corrected);
  auto const references = pointers(references_.designs);
  auto const ranking = rank_designs(loaded_.problem, all, references, [this](EvaluatedDesign const& design) {
    return domain_->shift_images(design.design, design.relaxed_shift);
  });
  auto provenance = provenance_of_ranking();
  provenance.computed = raw;
  begin();
  auto const document = ranking_document(loaded_.problem, ranking, all, references, Tier::potential, provenance);
  best_ = best_objectives(document);
  store_.put_ranking(document.dump());
  if (queue_limit > 0) fill_queue(ranking, all, raw, queue_limit);
}

std::vector<EvaluatedDesign> Coordinator::at_level_of_labels(std::vector<EvaluatedDesign> designs) const {
  bool any = false;
  for (std::size_t i = 0; i < loaded_.problem.objectives.size(); ++i) any = any || correction_->corrects(i);
  if (!any) return {};
  for (auto& design : designs) {
    auto const family = family_of(design.choices);
    for (std::size_t i = 0; i < design.objectives.size(); ++i)
      design.objectives[i] = correction_->apply(i, design.design.id(), family, design.objectives[i]);
  }
  return designs;
}

Provenance Coordinator::provenance_of_ranking() const {
  Provenance provenance;
  provenance.campaign = config_.name;
  provenance.seed = config_.seed;
  provenance.campaign_sha256 = sha256_hex(config_.text);
  provenance.journal_hash = journal_.hex();
  if (auto const potential = domain_->potential()) provenance.model = potential->name();
  provenance.program = std::string("nacre ") + NACRE_VERSION;
  provenance.twist_range = domain_->twist_range();
  for (std::size_t i = 0; i < loaded_.problem.objectives.size(); ++i)
    provenance.levels.push_back({correction_->level(i), correction_->labels(i), correction_->comparable()});
  provenance.dft = dft_words(store_);
  return provenance;
}

/// Requests are never taken back: a candidate that was asked for keeps its calculation.
void Coordinator::fill_queue(Ranking const& ranking, std::vector<EvaluatedDesign const*> const& designs,
                             std::vector<EvaluatedDesign const*> const& raw, std::size_t limit) {
  std::map<std::string, QueueRequest> asked;
  std::set<std::string> asked_designs, proxied;   // ids, and families that have their proxies
  for (auto const& request : store_.requests()) {
    asked[request.id] = request;
    asked_designs.insert(candidate_of(request.design));
  }
  for (auto const* design : designs) {
    bool const has = std::ranges::any_of(asked, [&](auto const& entry) {
      return is_proxy(entry.second.kind) && candidate_of(entry.second.design) == design->design.id().hex();
    });
    if (has) proxied.insert(family_of(design->choices).contact);
  }
  auto const variance = [&](std::size_t a, std::size_t b) {
    return correction_->variance_of_difference(0, *raw[a], *raw[b]);
  };
  begin();
  for (auto const& wanted : choose_for_dft(config_, loaded_.problem, ranking, designs, limit, variance, asked_designs)) {
    auto const& design = *designs[ranking.groups[wanted.group].members.front()];
    auto const family = family_of(design.choices).contact;
    bool const is_new = !asked_designs.contains(design.design.id().hex());
    bool const has_proxies = is_new && proxied.contains(family);
    for (auto const& request : requests_for(config_, *domain_, design, wanted.priority, wanted.why)) {
      auto const known = asked.find(request.id);
      if (has_proxies && is_proxy(request.kind)) continue;
      if (is_proxy(request.kind)) proxied.insert(family);
      if (known == asked.end() || known->second.priority != request.priority) store_.put_request(request);
    }
    if (is_new) log_info("dft: ", design.words, ": ", wanted.why);
  }
}

void Coordinator::finish() {
  read_requests();  // labels that came at the very end
  for (; next_event_ < events_.size(); ++next_event_) take_event(events_[next_event_]);
  refresh_correction(false);  // no decision follows
  rank(static_cast<std::size_t>(config_.dft.top));
  std::error_code ignored;
  std::filesystem::remove(scratch_folder(config_.folder, "job").parent_path(), ignored);  // all jobs are done
  publish_now("finished");
  report_progress(true);
  auto const seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  log_info("finished: ", next_, " proposals, journal ", journal_.hex().substr(0, 16), ", ", significant(seconds, 3),
           " s; coordinating took ", significant(thread_seconds(), 3), " s of a core");
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
