// Jobs of an objective as tasks of their own: a task whose studies wait for some is held open until all results are
// stored, then it goes on with them, on any rank.
#include "coordinator.hpp"
#include "nacre/core/failure_point.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre::detail {
namespace {

std::string name_of(std::int64_t row, OpenStudy const& open, Job const& job) {
  auto const task = row < 0 ? concat("reference", -1 - row) : concat("proposal", row);
  return concat(task, ".", open.design, ".", open.objective, ".", job.number);
}

}  // namespace

void Coordinator::begin_round(TaskKind kind, std::int64_t number, Outcome so_far) {
  auto const row = row_of(kind, number);
  std::pair const key{kind, number};
  held_open_.insert(key);
  in_flight_.try_emplace({static_cast<std::int32_t>(kind), number});  // whoever waits for the task waits on
  auto& round = rounds_[key] = Round{std::move(so_far), {}, 0};
  for (auto const& open : round.so_far.open) {
    auto& results = round.results.emplace_back();
    for (auto const& job : open.study.open) {
      results.push_back(store_.job(row, open.design, open.objective, static_cast<std::int64_t>(job.number)));
      if (!results.back()) ++round.missing;
    }
  }
  if (round.missing == 0) return finish_round(key);
  log_info(kind == TaskKind::reference ? "reference " : "proposal ", number, ": ", round.missing, " jobs");
  for (std::size_t s = 0; s < round.results.size(); ++s) {
    auto const& open = round.so_far.open[s];
    auto const& design = round.so_far.designs.at(static_cast<std::size_t>(open.design)).design;
    for (std::size_t j = 0; j < round.results[s].size(); ++j) {
      if (round.results[s][j]) continue;
      auto const& job = open.study.open[j];
      jobs_[next_job_] = {key, s, j};
      submit(next_job_++, TaskKind::job, pack(JobTask{number, open.objective, design, job, name_of(row, open, job)}));
    }
  }
}

/// Whether a task went on from an earlier run's results.
bool Coordinator::resume_round(TaskKind kind, std::int64_t number) {
  auto const so_far = store_.round(row_of(kind, number));
  if (!so_far) return false;
  begin_round(kind, number, unpack_outcome(*so_far));
  return true;
}

void Coordinator::take_job(std::int64_t number, JobResult result) {
  auto const place = jobs_.at(number);
  in_flight_.erase({static_cast<std::int32_t>(TaskKind::job), number});
  jobs_.erase(number);
  if (result.estimate.status == Status::cancelled) return;  // a stop request: it goes on after the resume
  auto& round = rounds_.at(place.task);
  auto const& open = round.so_far.open[place.study];
  auto const& job = open.study.open[place.job];
  auto const row = row_of(place.task.first, place.task.second);
  begin();
  store_.put_job(row, open.design, open.objective, job, result);
  commit();  // it may have taken hours
  std::error_code ignored;
  std::filesystem::remove_all(scratch_folder(config_.folder, name_of(row, open, job)), ignored);
  round.results[place.study][place.job] = std::move(result);
  if (--round.missing == 0) finish_round(place.task);
}

void Coordinator::finish_round(std::pair<TaskKind, std::int64_t> const& key) {
  auto round = std::move(rounds_.extract(key).mapped());
  for (std::size_t s = 0; s < round.results.size(); ++s) {
    auto& study = round.so_far.open[s].study;
    for (auto& result : round.results[s]) study.results.push_back(std::move(*result));
    study.open.clear();
  }
  submit(key.second, key.first, pack(EvaluationTask{Tier::potential, -1, {}, pack(round.so_far)}));
}

void Coordinator::store_round(FarmResult const& result, Outcome so_far) {
  auto const kind = static_cast<TaskKind>(result.kind);
  store_.put_round(row_of(kind, result.number), pack(so_far));
  begin_round(kind, result.number, std::move(so_far));
  failure_point("after_store");
}

void Coordinator::store_job(FarmResult const& result) {
  auto const place = jobs_.at(result.number);
  auto const& job = rounds_.at(place.task).so_far.open[place.study].study.open[place.job];
  bool const late = result.outcome == FarmResult::Outcome::ended || result.outcome == FarmResult::Outcome::hung;
  if (late && result.attempt + 1 < config_.run.max_attempts) {
    store_.put_attempt({row_of(place.task.first, place.task.second), result.attempt, result.rank, result.seconds, word_of(result)});
    log_info("job '", job.key, "' took longer than run.task_timeout_s; it goes on from what it kept");
    submit(result.number, TaskKind::job, in_flight_.at({result.kind, result.number}).payload, result.attempt + 1);
    return;
  }
  auto answer = result.outcome == FarmResult::Outcome::done    ? unpack_job_result(result.payload)
                : result.outcome == FarmResult::Outcome::threw ? job_without_result(job, Status::failed, "exception: " + result.payload)
                                                               : job_without_result(job, Status::timeout, timeout_reason());
  if (answer.estimate.status != Status::cancelled)
    store_.put_attempt({row_of(place.task.first, place.task.second), result.attempt, result.rank, result.seconds,
                        result.outcome == FarmResult::Outcome::done ? "job" : word_of(result)});
  take_job(result.number, std::move(answer));
  failure_point("after_store");
}

void Coordinator::crash_job(std::int64_t number) {
  auto const place = jobs_.at(number);
  auto const& job = rounds_.at(place.task).so_far.open[place.study].study.open[place.job];
  log_warning("job '", job.key, "' was lost ", config_.run.max_attempts, " times; stored as crashed");
  take_job(number, job_without_result(job, Status::crashed, "lost on every attempt"));
}

}  // namespace nacre::detail
