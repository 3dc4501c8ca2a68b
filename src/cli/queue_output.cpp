#include "queue_output.hpp"

#include <chrono>
#include <cmath>
#include <iostream>

#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "table.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_shown = 100'000;  // bytes of a file that `show` prints whole

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// "40 s", "12 min", "3.5 h", "2.1 d".
std::string age_of(double since) {
  if (since <= 0.0) return "-";
  double const seconds = std::max(0.0, seconds_now() - since);
  if (seconds < 100.0) return concat(std::lround(seconds), " s");
  if (seconds < 6000.0) return concat(std::lround(seconds / 60.0), " min");
  if (seconds < 100.0 * 3600.0) return significant(seconds / 3600.0, 2) + " h";
  return significant(seconds / 86400.0, 2) + " d";
}

Value nullable(std::string const& text) { return text.empty() ? Value() : Value(text); }
Value nullable(double time) { return time > 0.0 ? Value(time) : Value(); }

bool is_proxy(dft::Calculation const& calculation) { return calculation.request.kind.starts_with("proxy_"); }

Value entry_of(dft::Calculation const& calculation) {
  Value value;
  value["id"] = calculation.id;
  value["design"] = calculation.request.design;
  value["kind"] = calculation.request.kind;
  value["code"] = calculation.request.code;
  value["level"] = calculation.request.level;
  value["state"] = dft::to_string(calculation.state);
  value["class"] = nullable(calculation.failure);
  value["reason"] = nullable(calculation.reason);
  value["since"] = nullable(calculation.since);
  value["attempts"] = static_cast<std::int64_t>(calculation.attempts.size());
  value["job"] = calculation.attempts.empty() ? Value() : nullable(calculation.attempts.back().handle);
  value["priority"] = calculation.request.priority;
  value["words"] = calculation.request.words;
  value["why"] = nullable(calculation.request.why);
  value["proxy"] = is_proxy(calculation);
  return value;
}

Value attempt_document(dft::Attempt const& attempt) {
  Value value;
  value["attempt"] = attempt.number;
  value["outcome"] = nullable(attempt.outcome);
  value["class"] = nullable(attempt.failure);
  value["reason"] = nullable(attempt.reason);
  value["scheduler"] = nullable(attempt.facts.scheduler);
  value["process"] = nullable(attempt.facts.process);
  value["code"] = nullable(attempt.facts.code);
  value["physics"] = nullable(attempt.facts.physics);
  value["change"] = attempt.change ? nullable(attempt.change->description) : Value();
  value["changes_physics"] = attempt.change && attempt.change->changes_physics;
  value["executor"] = attempt.executor;
  value["job_name"] = attempt.name;
  value["job"] = nullable(attempt.handle);
  value["host"] = nullable(attempt.host);
  value["submitted"] = nullable(attempt.submitted);
  value["started"] = nullable(attempt.started);
  value["ended"] = nullable(attempt.ended);
  value["core_hours"] = attempt.core_hours();
  return value;
}

fs::path folder_of(dft::Calculation const& calculation, fs::path const& campaign) {
  return calculation.folder(campaign, calculation.attempts.back().number);
}

}  // namespace

namespace {

/// What would run: nothing was written yet.
void print_first_deck(dft::Calculation const& calculation, fs::path const& campaign) {
  std::error_code none;
  if (!fs::exists(campaign / "campaign.toml", none)) return;
  try {
    auto const files = first_deck(read_campaign(campaign), calculation);
    std::cout << "\nthe deck of its first attempt, as it would be written now\n";
    for (auto const& [name, text] : files) {
      if (name != "job.json" && text.size() < largest_shown) std::cout << "\n--- " << name << '\n' << printable(text);
    }
  } catch (Error const& error) {
    std::cout << "\nno deck can be made now: " << error.what() << '\n';
  }
}

}  // namespace

std::string counts_in_words(dft::Queue const& queue) {
  std::vector<std::string> parts;
  for (auto const& [state, number] : queue.ledger()) {
    if (number > 0) parts.push_back(concat(number, " ", dft::to_string(state)));
  }
  return concat(queue.all().size(), " calculations", parts.empty() ? "" : ": ", join(parts, ", "));
}

Value queue_document(dft::Queue const& queue) {
  Value document;
  document["schema"] = "nacre.queue/1";
  document["total"] = static_cast<std::int64_t>(queue.all().size());
  document["states"] = Value::object();
  for (auto const& [state, number] : queue.ledger()) document["states"][dft::to_string(state)] = number;
  document["core_hours_spent"] = queue.core_hours_spent();
  document["core_hours_committed"] = queue.core_hours_committed();
  document["entries"] = Value::array();
  for (auto const& calculation : queue.all()) document["entries"].push_back(entry_of(calculation));
  return document;
}

Value calculation_document(dft::Calculation const& calculation, fs::path const& campaign) {
  auto document = entry_of(calculation);
  document["history"] = Value::array();
  for (auto const& attempt : calculation.attempts) document["history"].push_back(attempt_document(attempt));
  document["folder"] = calculation.attempts.empty() ? Value() : Value(folder_of(calculation, campaign).string());
  return document;
}

void print_queue(dft::Queue const& queue, std::string const& state) {
  TextTable table({"id", "state", "age", "try", "kind", "code", "level", "job", "candidate", "reason"});
  for (auto const& each : queue.all()) {
    if (!state.empty() && dft::to_string(each.state) != state) continue;
    auto reason = each.reason;
    if (!each.failure.empty() && each.state != dft::State::queued) reason = concat(each.failure, ": ", reason);
    if (reason.size() > 90) reason = reason.substr(0, 87) + "...";
    auto const job = each.attempts.empty() || each.attempts.back().handle.empty() ? "-" : each.attempts.back().handle;
    auto const candidate = each.request.kind == "bulk"
                               ? each.request.design
                               : each.request.design.substr(0, 12) +
                                     (each.request.design.size() > 32 ? each.request.design.substr(32) : "");
    table.row({each.id.substr(0, 12), std::string(dft::to_string(each.state)), age_of(each.since),
               std::to_string(each.attempts.size()), each.request.kind, each.request.code, each.request.level, job,
               candidate, printable(reason)});
  }
  if (!table.empty()) std::cout << table.str() << '\n';
  std::cout << counts_in_words(queue) << '\n';
}

void print_ledger(Ledger const& ledger) {
  std::vector<std::string> head{"family", "generated"};
  for (auto const stage : all_stages()) head.emplace_back(to_string(stage));
  head.insert(head.end(), {"missing", "biased"});
  TextTable table(head);
  auto const row = [&](LedgerRow const& entry) {
    std::vector<std::string> cells{entry.family, std::to_string(entry.generated)};
    for (auto const stage : all_stages()) {
      auto const found = entry.stages.find(stage);
      cells.push_back(std::to_string(found == entry.stages.end() ? 0 : found->second));
    }
    std::vector<std::string> missing, biased;
    for (auto const& [metric, share] : entry.metrics) {
      if (share.missing > 0) missing.push_back(concat(metric, " ", share.missing, "/", share.due));
      if (share.biased) biased.push_back(concat(metric, share.concentrated ? " (concentrated)" : ""));
    }
    cells.push_back(join(missing, ", "));
    cells.push_back(biased.empty() ? "" : concat("biased: ", join(biased, ", ")));
    table.row(cells);
  };
  for (auto const& entry : ledger.families) row(entry);
  row(ledger.total);
  std::cout << '\n' << table.str();
  std::vector<std::string> reasons, parts;
  for (auto const& [reason, number] : ledger.total.reasons) reasons.push_back(concat(number, " ", reason));
  for (auto const stage : all_stages()) {
    auto const found = ledger.total.stages.find(stage);
    if (found != ledger.total.stages.end()) parts.push_back(concat(found->second, " ", to_string(stage)));
  }
  std::cout << ledger.total.generated << " designs = " << (parts.empty() ? "0" : join(parts, " + "));
  if (!reasons.empty()) std::cout << "; broken: " << printable(join(reasons, ", "));
  std::cout << '\n';
}

void print_calculation(dft::Calculation const& calculation, fs::path const& campaign) {
  auto const& request = calculation.request;
  std::cout << "id         " << calculation.id << "\nstate      " << dft::to_string(calculation.state) << ", for "
            << age_of(calculation.since) << '\n';
  if (!calculation.reason.empty()) std::cout << "reason     " << printable(calculation.reason) << '\n';
  std::cout << "kind       " << request.kind << ", " << request.code << ", " << request.level << "\ncandidate  "
            << request.design << "\n           " << request.words << '\n';
  if (is_proxy(calculation))
    std::cout << "           a proxy: it stands for a larger stack and is never ranked with others\n";
  if (!request.why.empty()) std::cout << "chosen     " << printable(request.why) << '\n';
  TextTable table({"try", "outcome", "class", "scheduler", "process", "code", "physics", "job", "host", "changed"});
  for (auto const& attempt : calculation.attempts) {
    table.row({std::to_string(attempt.number), attempt.outcome.empty() ? "-" : attempt.outcome, attempt.failure,
               attempt.facts.scheduler, attempt.facts.process, attempt.facts.code, attempt.facts.physics,
               attempt.handle, attempt.host, attempt.change ? attempt.change->description : ""});
  }
  if (!table.empty()) std::cout << '\n' << table.str();
  for (auto const& attempt : calculation.attempts) {
    if (!attempt.reason.empty())
      std::cout << "\nattempt " << attempt.number << ": " << printable(attempt.reason) << '\n';
  }
  if (calculation.attempts.empty()) return print_first_deck(calculation, campaign);
  auto const folder = folder_of(calculation, campaign);
  std::cout << "\nfolder     " << folder.string() << '\n';
  std::error_code none;
  for (auto const* name : {"pw.in", "INCAR", "KPOINTS", "cp2k.inp", "abinit.in", "run.abi", "job.err", "job.log"}) {
    auto const size = fs::file_size(folder / name, none);
    if (!none && size > 0 && size < largest_shown)
      std::cout << "\n--- " << name << '\n' << printable(read_file(folder / name));
  }
}

}  // namespace nacre
