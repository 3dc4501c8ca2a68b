#include "nacre/campaign/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "family.hpp"
#include "label_values.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr double significance = 0.01;

/// Chance of `k` or more of `n` at rate `p`.
double upper_tail(std::int64_t n, std::int64_t k, double p) {
  if (k <= 0) return 1.0;
  if (p <= 0.0) return 0.0;
  double sum = 0.0;
  auto const size = static_cast<double>(n);
  for (std::int64_t i = k; i <= n; ++i) {
    auto const x = static_cast<double>(i);
    double const log_choose = std::lgamma(size + 1.0) - std::lgamma(x + 1.0) - std::lgamma(size - x + 1.0);
    sum +=
        std::exp(log_choose + x * std::log(p) + (p < 1.0 ? (size - x) * std::log1p(-p) : (i == n ? 0.0 : -INFINITY)));
  }
  return std::min(sum, 1.0);
}

void count(LedgerRow& row, LedgerEntry const& entry) {
  ++row.generated;
  ++row.stages[entry.stage];
  if (entry.stage == Stage::broken) ++row.reasons[entry.reason.empty() ? "unknown" : entry.reason];
  for (auto const& [metric, has] : entry.metrics) {
    ++row.metrics[metric].due;
    row.metrics[metric].missing += has ? 0 : 1;
  }
}

void mark(LedgerRow& row, LedgerRow const& total, double limit) {
  for (auto& [metric, share] : row.metrics) {
    share.biased = share.rate() > limit;
    auto const& all = total.metrics.at(metric);
    auto const others = all.due - share.due;
    if (others <= 0) continue;
    // one more of each kind than was seen, so that none among few is not taken for never
    double const rate = (static_cast<double>(all.missing - share.missing) + 1.0) / (static_cast<double>(others) + 2.0);
    share.concentrated = share.rate() > rate && upper_tail(share.due, share.missing, rate) < significance;
  }
}

std::string code_of(std::string const& reason) { return reason.substr(0, reason.find(':')); }

/// Asked for at the dft tier, by design: whether it has a label, once that is decided.
std::map<std::string, bool> dft_answers(Store const& store, dft::Queue const& queue) {
  std::map<std::string, bool> answers;
  for (auto const& calculation : queue.all()) {
    auto const& request = calculation.request;
    if (!detail::is_candidate(request.kind) || detail::is_proxy(request.kind)) continue;
    bool const over = dft::is_final(calculation.state);
    if (over && calculation.state != dft::State::done) answers.try_emplace(request.design, false);
  }
  for (auto const& label : store.labels()) {
    if (detail::is_candidate(label.kind) && !detail::is_proxy(label.kind)) answers[label.design] = true;
  }
  return answers;
}

class CampaignLedger {
 public:
  CampaignLedger(CampaignConfig const& config, Store const& store, dft::Queue const& queue)
      : config_(config), store_(store), answers_(dft_answers(store, queue)) {}

  std::vector<LedgerEntry> entries() {
    std::vector<LedgerEntry> all;
    for (auto const& summary : store_.summaries(Tier::potential)) all.push_back(entry(summary));
    return all;
  }

 private:
  LedgerEntry entry(DesignSummary const& summary) {
    LedgerEntry entry;
    entry.family = summary.evaluated ? detail::family_of(summary.choices).contact : described(summary.design);
    if (!summary.task) return entry;
    auto const ok = [](auto const& objective) { return objective.first == Status::ok; };
    for (std::size_t i = 0; i < config_.objectives.size(); ++i)
      entry.metrics[config_.objectives[i].name] = i < summary.objectives.size() && ok(summary.objectives[i]);
    auto const answer = answers_.find(summary.design.id().hex());
    if (answer != answers_.end()) entry.metrics["dft"] = answer->second;
    if (answer != answers_.end() && answer->second) {
      entry.stage = Stage::labelled;
    } else if (summary.evaluated && std::isfinite(summary.energy_per_area)) {
      entry.stage = Stage::relaxed;  // an objective may be missing all the same
    } else if (summary.evaluated && std::ranges::any_of(summary.objectives, ok)) {
      entry.stage = Stage::built;
    } else {
      entry.stage = Stage::broken;
      entry.reason = reason_of(summary);
    }
    return entry;
  }

  static std::string reason_of(DesignSummary const& summary) {
    for (auto const& [status, reason] : summary.objectives)
      if (status != Status::ok) return code_of(reason.empty() ? std::string(to_string(status)) : reason);
    return code_of(summary.task_reason.empty() ? std::string(to_string(*summary.task)) : summary.task_reason);
  }

  /// Without a result only the space knows what it is.
  std::string described(Design const& design) {
    try {
      if (!domain_) domain_ = domain_from(config_, store_);
      if (domain_->space()) return detail::family_of(domain_->describe(design).choices).contact;
    } catch (Error const&) {  // a set-up that was never completed
    }
    return "not known";
  }

  CampaignConfig const& config_;
  Store const& store_;
  std::map<std::string, bool> answers_;
  std::unique_ptr<Domain> domain_;
};

Value to_value(LedgerRow const& row) {
  Value value;
  value["family"] = row.family;
  value["generated"] = row.generated;
  for (auto const stage : all_stages()) {
    auto const found = row.stages.find(stage);
    value[to_string(stage)] = found == row.stages.end() ? std::int64_t{0} : found->second;
  }
  value["reasons"] = Value::object();
  for (auto const& [reason, number] : row.reasons) value["reasons"][reason] = number;
  value["metrics"] = Value::object();
  for (auto const& [name, share] : row.metrics) {
    Value entry;
    entry["due"] = share.due;
    entry["missing"] = share.missing;
    entry["rate"] = share.rate();
    entry["biased"] = share.biased;
    entry["concentrated"] = share.concentrated;
    value["metrics"][name] = entry;
  }
  value["biased"] = row.biased();
  return value;
}

}  // namespace

std::string_view to_string(Stage stage) {
  static constexpr std::string_view words[] = {"pending", "broken", "built", "relaxed", "labelled"};
  return words[static_cast<std::size_t>(stage)];
}

std::vector<Stage> const& all_stages() {
  static std::vector<Stage> const all{Stage::pending, Stage::broken, Stage::built, Stage::relaxed, Stage::labelled};
  return all;
}

bool LedgerRow::biased() const {
  return std::ranges::any_of(metrics, [](auto const& entry) { return entry.second.biased; });
}

Ledger make_ledger(std::span<LedgerEntry const> entries, double biased_above) {
  Ledger ledger;
  ledger.total.family = "total";
  std::map<std::string, LedgerRow> rows;
  for (auto const& entry : entries) {
    auto& row = rows[entry.family];
    row.family = entry.family;
    count(row, entry);
    count(ledger.total, entry);
  }
  for (auto& [family, row] : rows) {
    mark(row, ledger.total, biased_above);
    ledger.families.push_back(std::move(row));
  }
  for (auto& [metric, share] : ledger.total.metrics) share.biased = share.rate() > biased_above;
  return ledger;
}

Ledger campaign_ledger(CampaignConfig const& config, Store const& store, dft::Queue const& queue) {
  return make_ledger(CampaignLedger(config, store, queue).entries(), config.queue.biased_above);
}

Value to_value(Ledger const& ledger) {
  Value value;
  value["families"] = Value::array();
  for (auto const& row : ledger.families) value["families"].push_back(to_value(row));
  value["total"] = to_value(ledger.total);
  return value;
}

}  // namespace nacre
