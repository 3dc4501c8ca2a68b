#include "store_state.hpp"

namespace nacre {

void Store::put_round(std::int64_t proposal, std::string const& so_far) {
  state_->write([&] { state_->database.run("INSERT OR REPLACE INTO rounds VALUES (?, ?)", proposal, Bytes{so_far}); });
}

std::optional<std::string> Store::round(std::int64_t proposal) const {
  auto rows = state_->database.query("SELECT so_far FROM rounds WHERE proposal = ?", proposal);
  return rows.next() ? std::optional(rows.text(0)) : std::nullopt;
}

void Store::end_round(std::int64_t proposal) {
  state_->write([&] { state_->database.run("DELETE FROM rounds WHERE proposal = ?", proposal); });
}

void Store::put_job(std::int64_t proposal, std::int64_t position, std::int64_t objective, Job const& job,
                    JobResult const& result) {
  auto const& estimate = result.estimate;
  state_->write([&] {
    state_->database.run("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", proposal, position, objective,
                         static_cast<std::int64_t>(job.number), job.key, to_string(estimate.status), estimate.reason,
                         estimate.value, estimate.standard_error, estimate.work, Bytes{pack(result)});
  });
}

std::optional<JobResult> Store::job(std::int64_t proposal, std::int64_t position, std::int64_t objective,
                                    std::int64_t number) const {
  auto rows = state_->database.query(
      "SELECT result FROM jobs WHERE proposal = ? AND position = ? AND objective = ? AND number = ?", proposal,
      position, objective, number);
  return rows.next() ? std::optional(unpack_job_result(rows.text(0))) : std::nullopt;
}

std::vector<StoredJob> Store::jobs(std::int64_t proposal) const {
  auto rows = state_->database.query(
      "SELECT position, objective, number, key, status, reason, value, standard_error, work FROM jobs "
      "WHERE proposal = ? ORDER BY position, objective, number",
      proposal);
  std::vector<StoredJob> jobs;
  while (rows.next()) {
    jobs.push_back({rows.integer(0), rows.integer(1), rows.integer(2), rows.text(3), status_from(rows.text(4)),
                    rows.text(5), rows.real(6), rows.real(7), rows.real(8)});
  }
  return jobs;
}

}  // namespace nacre
