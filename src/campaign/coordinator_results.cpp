// The ranked list and the DFT-validation queue of a run.
#include <algorithm>

#include "coordinator.hpp"
#include "nacre/campaign/ranking.hpp"
#include "nacre/campaign/status.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/dft/deck.hpp"

namespace nacre::detail {
namespace {

std::vector<EvaluatedDesign const*> pointers(std::vector<EvaluatedDesign> const& designs) {
  std::vector<EvaluatedDesign const*> result;
  for (auto const& design : designs) result.push_back(&design);
  return result;
}

dft::Job dft_job(CampaignConfig const& config, std::string const& code, Crystal const& crystal) {
  dft::Job job;
  job.code = dft::code_from(code);
  job.level = dft::level_from(config.dft.level);
  job.structure = crystal;
  job.vacuum = config.stacks.geometry == "slab";
  job.settings = config.dft.settings;
  return job;
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

void Coordinator::rank(bool with_queue) {
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
  if (with_queue) fill_queue(ranking, all);
}

/// The first of each of the best groups, once per code; a candidate that is queued already stays as it is.
void Coordinator::fill_queue(Ranking const& ranking, std::vector<EvaluatedDesign const*> const& designs) {
  auto const queued = store_.queue();
  auto number = static_cast<std::int64_t>(queued.size());
  for (std::size_t g = 0; g < ranking.groups.size() && g < static_cast<std::size_t>(config_.dft.top); ++g) {
    auto const& design = *designs[ranking.groups[g].members.front()];
    if (design.structure.empty()) continue;
    auto const id = design.design.id().hex();
    auto const crystal = parse_extxyz(design.structure, "candidate " + id).back().crystal;
    for (auto const& code : config_.dft.codes) {
      bool const known = std::any_of(queued.begin(), queued.end(), [&](QueueEntry const& entry) {
        return entry.design == id && entry.code == code && entry.level == config_.dft.level;
      });
      if (known) continue;
      QueueEntry entry{number++, id, code, config_.dft.level, "queued", design.words, design.structure, {}};
      try {
        auto const deck = dft::make_deck(dft_job(config_, code, crystal));
        entry.files.assign(deck.files.begin(), deck.files.end());
      } catch (InputError const& error) {  // no deck can be written for these atoms: a state, not the end of the run
        entry.state = "refused";
        entry.files = {{"REFUSED", error.what()}};
      }
      store_.put_queue_entry(entry);
    }
  }
}

void Coordinator::finish() {
  rank(true);
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
