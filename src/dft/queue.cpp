#include "nacre/dft/queue.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <system_error>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> state_words{"queued", "submitted", "running",   "collecting", "done",
                                                      "failed", "broken",    "cancelled", "unknown"};

std::string text_of(Value const& record, char const* key) {
  auto const* value = record.find(key);
  return value && value->is_string() ? value->as_string() : std::string();
}

double number_of(Value const& record, char const* key, double fallback = 0.0) {
  auto const* value = record.find(key);
  return value && value->is_number() ? value->as_number() : fallback;
}

bool flag_of(Value const& record, char const* key) {
  auto const* value = record.find(key);
  return value && value->is_bool() && value->as_bool();
}

std::optional<Change> change_of(Value const& record) {
  auto const* value = record.find("change");
  if (!value || !value->is_object()) return std::nullopt;
  auto const* settings = value->find("settings");
  return Change{text_of(*value, "description"),         settings ? *settings : Value(),
                flag_of(*value, "changes_physics"),     flag_of(*value, "from_last_attempt"),
                number_of(*value, "limit_factor", 1.0), number_of(*value, "memory_factor", 1.0)};
}

void begin_attempt(Calculation& calculation, Value const& record, double time) {
  Attempt attempt;
  attempt.number = static_cast<int>(record.at("attempt").as_integer());
  attempt.name = record.at("name").as_string();
  attempt.executor = text_of(record, "executor");
  attempt.cores = static_cast<int>(number_of(record, "cores", 1.0));
  attempt.limit_s = number_of(record, "limit_s");
  attempt.change = change_of(record);
  attempt.intended = time;
  calculation.attempts.push_back(std::move(attempt));
  calculation.next.reset();
}

Attempt& last_attempt(Calculation& calculation) {
  if (calculation.attempts.empty()) throw Error(concat("calculation ", calculation.id, " has no attempt"));
  return calculation.attempts.back();
}

void take_progress(Calculation& calculation, Value const& record) {
  auto& attempt = last_attempt(calculation);
  attempt.facts.scheduler = text_of(record, "scheduler");
  if (auto const handle = text_of(record, "handle"); !handle.empty()) attempt.handle = handle;
  if (auto const host = text_of(record, "host"); !host.empty()) attempt.host = host;
  if (auto const began = number_of(record, "started"); began > 0.0) attempt.started = began;
  attempt.doubtful_since = number_of(record, "doubtful_since");
}

void end_attempt(Calculation& calculation, Value const& record) {
  auto& attempt = last_attempt(calculation);
  attempt.outcome = record.at("outcome").as_string();
  attempt.failure = text_of(record, "class");
  attempt.reason = text_of(record, "reason");
  attempt.facts = {text_of(record, "scheduler"), text_of(record, "process"), text_of(record, "code"),
                   text_of(record, "physics")};
  attempt.started = number_of(record, "started");
  attempt.ended = number_of(record, "ended");
  if (auto const host = text_of(record, "host"); !host.empty()) attempt.host = host;
}

}  // namespace

std::string_view to_string(State state) { return state_words.at(static_cast<std::size_t>(state)); }

std::vector<State> const& all_states() {
  static std::vector<State> const all{State::queued, State::submitted, State::running,   State::collecting, State::done,
                                      State::failed, State::broken,    State::cancelled, State::unknown};
  return all;
}

State state_from(std::string_view word) {
  for (auto const state : all_states()) {
    if (to_string(state) == word) return state;
  }
  std::vector<std::string> const known(state_words.begin(), state_words.end());
  input_error("unknown state '", word, "'", did_you_mean(word, known));
}

bool is_final(State state) {
  return state == State::done || state == State::failed || state == State::broken || state == State::cancelled;
}

std::string Request::id() const {
  return Hash128::of(concat(design, "\n", kind, "\n", code, "\n", level)).hex().substr(0, 16);
}

double Attempt::core_hours() const {
  if (!is_over()) return cores * limit_s / 3600.0;
  return started > 0.0 ? cores * std::max(0.0, ended - started) / 3600.0 : 0.0;
}

int Calculation::failures(std::string const& word) const {
  auto const counted = std::span(attempts).subspan(std::min(counted_from, attempts.size()));
  return static_cast<int>(std::ranges::count(counted, word, &Attempt::failure));
}

fs::path Calculation::folder(fs::path const& campaign, int attempt) const {
  return fs::absolute(campaign) / "dft" / id / concat("attempt-", attempt < 10 ? "0" : "", attempt);
}

fs::path queue_log_path(fs::path const& campaign) { return campaign / "dft" / "queue.log"; }

Queue Queue::read(fs::path const& campaign) {
  Queue queue;
  auto const path = queue_log_path(campaign);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return queue;
  auto const text = read_file(path);
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    auto const end = text.find('\n', begin);
    if (end == std::string::npos) break;  // being written, or cut off by a kill
    ++line;
    try {
      queue.apply(Value::parse_json(std::string_view(text).substr(begin, end - begin), "the queue"));
    } catch (Error const& error) {
      throw Error(concat("'", path.string(), "', line ", line, " is damaged (", error.what(),
                         "); restore the file from a backup, or remove the line"));
    }
    begin = end + 1;
  }
  return queue;
}

Calculation const* Queue::find(std::string const& id) const {
  auto const found = index_.find(id);
  return found == index_.end() ? nullptr : &calculations_[found->second];
}

Calculation const& Queue::resolve(std::string const& prefix) const {
  std::vector<Calculation const*> found;
  if (!prefix.empty()) {
    for (auto entry = index_.lower_bound(prefix); entry != index_.end() && entry->first.starts_with(prefix); ++entry) {
      found.push_back(&calculations_[entry->second]);
    }
  }
  require(!found.empty(), "no calculation '", prefix, "' in the queue (nacre queue list prints their ids)");
  require(found.size() == 1, "ambiguous id '", prefix, "' (", found.size(), " calculations); give more digits");
  return *found.front();
}

std::vector<std::pair<State, std::int64_t>> Queue::ledger() const {
  std::vector<std::pair<State, std::int64_t>> counts;
  for (auto const state : all_states()) {
    counts.emplace_back(state, std::ranges::count(calculations_, state, &Calculation::state));
  }
  return counts;
}

double Queue::core_hours_spent() const {
  double sum = 0.0;
  for (auto const& calculation : calculations_) {
    for (auto const& attempt : calculation.attempts) sum += attempt.is_over() ? attempt.core_hours() : 0.0;
  }
  return sum;
}

double Queue::core_hours_committed() const {
  double sum = 0.0;
  for (auto const& calculation : calculations_) {
    for (auto const& attempt : calculation.attempts) sum += attempt.core_hours();
  }
  return sum;
}

void Queue::apply(Value const& record) {
  auto const& event = record.at("event").as_string();
  auto const& id = record.at("id").as_string();
  double const time = record.at("t").as_number();
  if (event == "add") {
    if (index_.contains(id)) return;
    Calculation fresh;
    fresh.id = id;
    fresh.request = {record.at("design").as_string(), record.at("kind").as_string(), record.at("code").as_string(),
                     record.at("level").as_string(),  text_of(record, "words"),      number_of(record, "priority"),
                     text_of(record, "why")};
    fresh.since = time;
    index_.emplace(id, calculations_.size());
    calculations_.push_back(std::move(fresh));
    return;
  }
  auto const found = index_.find(id);
  if (found == index_.end()) throw Error(concat("unknown calculation '", id, "'"));
  auto& calculation = calculations_[found->second];
  if (auto const* state = record.find("state")) {
    auto const next = state_from(state->as_string());
    if (next != calculation.state) calculation.since = time;
    calculation.state = next;
    calculation.reason = text_of(record, "reason");
    calculation.failure = text_of(record, "class");
  }
  if (event == "priority") {
    calculation.request.priority = number_of(record, "priority");
  } else if (event == "intent") {
    begin_attempt(calculation, record, time);
  } else if (event == "submitted") {
    last_attempt(calculation).handle = text_of(record, "handle");
    last_attempt(calculation).submitted = time;
  } else if (event == "progress") {
    take_progress(calculation, record);
  } else if (event == "ended") {
    end_attempt(calculation, record);
  } else if (event == "next") {
    calculation.not_before = number_of(record, "not_before");
    calculation.next = change_of(record);
    calculation.cancel_asked = false;
    if (flag_of(record, "anew")) {
      calculation.delivered = false;
      calculation.counted_from = calculation.attempts.size();
    }
  } else if (event == "cancel") {
    calculation.cancel_asked = true;
  } else if (event == "label") {
    calculation.delivered = true;
  } else if (event != "wait") {
    throw Error(concat("unknown event '", event, "'"));
  }
}

QueueLog::QueueLog(fs::path const& campaign) : path_(queue_log_path(campaign)) {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  file_ = error ? -1 : ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0)
    throw Error(concat("cannot open '", path_.string(), "' (", std::generic_category().message(errno), ")"));
  auto const text = read_file(path_);
  auto const whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (whole < text.size() && ::ftruncate(file_, static_cast<off_t>(whole)) != 0) {
    throw Error(concat("cannot mend the last line of '", path_.string(), "'"));
  }
}

QueueLog::~QueueLog() {
  if (file_ >= 0) ::close(file_);
}

void QueueLog::append(Value const& record) {
  auto const line = record.dump() + "\n";
  auto const before = ::lseek(file_, 0, SEEK_END);
  auto const written = ::write(file_, line.data(), line.size());
  bool const whole = written == static_cast<ssize_t>(line.size());
  if (whole && ::fsync(file_) == 0) return;
  int const reason = whole || written < 0 ? errno : ENOSPC;
  static_cast<void>(::ftruncate(file_, before));  // half a line would be mended at the next start as well
  auto const words = concat("cannot write '", path_.string(), "' (", std::generic_category().message(reason), ")");
  if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) throw Stopped(words + "; free space and run again");
  throw Error(words);
}

}  // namespace nacre::dft
