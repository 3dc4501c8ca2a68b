// Decks, verdicts and remedies for the calculations of a campaign.
#include <algorithm>
#include <cmath>

#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/dft/deck.hpp"
#include "nacre/dft/remedy.hpp"
#include "nacre/dft/result.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

constexpr char const* error_file = "job.err";  // standard error of the program

dft::Job job_for(DftStructures const& structures, dft::Calculation const& calculation) {
  auto const& attempt = calculation.attempts.back();
  bool const changed = attempt.change && attempt.change->settings.is_object();
  auto job = changed ? dft::job_from(attempt.change->settings) : structures.job(calculation.request);
  job.time_limit_s = attempt.limit_s;
  return job;
}

std::string quoted_command(dft::Deck const& deck) {
  std::string line;
  for (auto const& word : deck.command) line += concat(line.empty() ? "" : " ", dft::shell_quoted(word));
  return line;
}

std::string filled(std::string text, std::string const& mark, std::string const& value) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

dft::Payload payload_for(CampaignConfig const& config, dft::Calculation const& calculation, dft::Job const& job) {
  auto const deck = dft::make_deck(job);
  auto const& launch = config.queue.launch;
  dft::Payload payload;
  payload.files = deck.files;
  payload.files["job.json"] = dft::to_value(job).dump(1) + "\n";
  auto const cores = std::to_string(calculation.attempts.back().cores);
  auto const command = filled(filled(launch.command, "{cores}", cores), "{command}", quoted_command(deck));
  payload.command = concat(command, " > ", dft::shell_quoted(deck.standard_output), " 2> ", error_file);
  payload.prologue = join(launch.prologue, "\n");
  payload.scratch = launch.scratch;
  payload.copy_back = launch.copy_back;
  if (payload.copy_back.empty()) {
    payload.copy_back = deck.outputs;
    payload.copy_back.push_back(deck.standard_output);
    payload.copy_back.push_back(error_file);
    payload.copy_back.insert(payload.copy_back.end(), deck.restart_files.begin(), deck.restart_files.end());
  }
  auto const& attempt = calculation.attempts.back();
  if (attempt.change && attempt.change->from_last_attempt && attempt.number > 1) {
    payload.from = calculation.folder(config.folder, attempt.number - 1);
    payload.taken_over = deck.restart_files;
  }
  return payload;
}

dft::SchedulerWord scheduler_word(std::string const& words) {
  using dft::SchedulerWord;
  if (words.starts_with("COMPLETED")) return SchedulerWord::completed;
  if (words.starts_with("TIMEOUT")) return SchedulerWord::timeout;
  if (words.starts_with("OUT_OF_MEMORY")) return SchedulerWord::out_of_memory;
  if (words.starts_with("NODE_FAIL")) return SchedulerWord::node_failure;
  if (words.starts_with("CANCELLED")) return SchedulerWord::cancelled;
  return SchedulerWord::none;  // FAILED says no more than the exit status does
}

dft::Ending ending_of(dft::Calculation const& calculation, dft::AttemptFacts const& facts) {
  dft::Ending ending;
  ending.exit_status = facts.exit;
  if (facts.exit && *facts.exit > 128 && *facts.exit < 193) ending.signal = *facts.exit - 128;  // as a shell says it
  ending.scheduler = scheduler_word(calculation.attempts.back().facts.scheduler);
  return ending;
}

/// Nine numbers [eV/Å^3], positive in tension: how extended XYZ has a stress.
std::string row_by_row(Eigen::Matrix3d const& matrix) {
  std::string text;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) text += concat(text.empty() ? "" : " ", shortest(matrix(i, j)));
  return text;
}

Value label_of(dft::Calculation const& calculation, dft::Job const& job, dft::Result const& result,
               fs::path const& folder, dft::AttemptFacts const& facts) {
  auto const& request = calculation.request;
  auto const& attempt = calculation.attempts.back();
  Frame frame{result.relaxed.value_or(job.structure), {}, {}};
  frame.info["energy"] = shortest(*result.energy_eV);
  frame.info["level"] = std::string(dft::to_string(job.level));
  frame.info["calculation"] = calculation.id;
  frame.info["design"] = request.design;
  frame.info["kind"] = request.kind;
  if (job.proxy) frame.info["proxy"] = "T";
  if (result.forces) frame.columns["forces"] = *result.forces;
  if (result.stress) frame.info["stress"] = row_by_row(*result.stress);
  if (!result.moments.empty())
    frame.columns["magmoms"] = Eigen::Map<Eigen::RowVectorXd const>(result.moments.data(), std::ssize(result.moments));
  Value label;
  label["calculation"] = calculation.id;
  label["design"] = request.design;
  label["kind"] = request.kind;
  label["code"] = request.code;
  label["level"] = request.level;
  label["comparable"] = dft::comparable_level(job);
  label["energy_eV"] = *result.energy_eV;
  label["changes_physics"] = result.changes_physics || (attempt.change && attempt.change->changes_physics);
  label["structure"] = to_extxyz(frame);
  label["result"] = dft::to_value(result);
  Value provenance;
  provenance["job_sha256"] = dft::identity(job);
  auto const deck = dft::make_deck(job);
  provenance["deck_sha256"] = deck.sha256;
  provenance["pseudopotentials"] = Value::array();
  for (auto const& pseudo : deck.pseudopotentials) {
    provenance["pseudopotentials"].push_back(
        Value::Object{{"element", pseudo.element}, {"file", pseudo.file}, {"sha256", pseudo.sha256}});
  }
  provenance["code_version"] = result.code_version;
  provenance["folder"] = folder.string();
  provenance["host"] = facts.host;
  provenance["started"] = facts.began;
  provenance["ended"] = facts.ended;
  provenance["job_name"] = attempt.name;
  provenance["job_number"] = attempt.handle;
  provenance["attempts"] = Value::array();
  for (auto const& each : calculation.attempts) {
    Value entry;
    entry["attempt"] = each.number;
    entry["outcome"] = each.outcome;
    entry["class"] = each.failure;
    entry["reason"] = each.reason;
    if (each.change) entry["change"] = each.change->description;
    provenance["attempts"].push_back(entry);
  }
  label["provenance"] = provenance;
  return label;
}

dft::Judgement judge(dft::Calculation const& calculation, fs::path const& folder, dft::AttemptFacts const& facts) {
  dft::Judgement judgement;
  try {
    auto const job = dft::read_job(folder);
    auto const result = dft::read_result(job, folder, ending_of(calculation, facts));
    judgement.code = result.code.fine() ? "converged" : std::string(dft::to_string(result.code.failure));
    judgement.physics = !result.code.fine() ? "not looked at" : result.physics.fine() ? "sane" : result.physics.reason;
    judgement.done = facts.exit == 0 && result.done() && result.energy_eV.has_value();
    if (judgement.done) {
      judgement.label = label_of(calculation, job, result, folder, facts);
    } else if (facts.exit == 127) {
      judgement.failure = "no_program";
      judgement.reason = "no such program on the node (exit 127; see job.err): set [dft] programs or a prologue";
    } else {
      judgement.failure = dft::to_string(result.verdict().failure);
      judgement.reason = result.verdict().reason;
      if (judgement.failure == "none") judgement.failure = "crashed", judgement.reason = "the exit status is not 0";
    }
  } catch (std::exception const& error) {
    judgement.done = false;
    judgement.failure = "damaged";
    judgement.reason = concat("its outputs cannot be judged: ", error.what());
  }
  return judgement;
}

/// What the next attempt would have started from is not needed any more: wave functions and densities fill disks.
void tidy(CampaignConfig const& config, dft::Calculation const& calculation) {
  for (auto const& attempt : calculation.attempts) {
    auto const folder = calculation.folder(config.folder, attempt.number);
    std::error_code ignored;
    try {
      for (auto const& name : dft::make_deck(dft::read_job(folder)).restart_files)
        fs::remove_all(folder / name, ignored);
    } catch (Error const&) {  // an attempt without a deck
    }
  }
}

std::optional<dft::Change> next_change(CampaignConfig const& config, dft::Calculation const& calculation,
                                       std::string const& failure) {
  auto const& attempt = calculation.attempts.back();
  auto const folder = calculation.folder(config.folder, attempt.number);
  try {
    auto const job = dft::read_job(folder);
    auto const last = dft::read_result(job, folder, ending_of(calculation, dft::read_attempt(folder)));
    auto const found = dft::remedy(job, dft::failure_from(failure), calculation.failures(failure), &last);
    if (!found) return std::nullopt;
    auto const before = attempt.change.value_or(dft::Change());
    dft::Change change;
    change.description = found->description;
    change.settings = dft::to_value(found->job);
    change.changes_physics = found->changes_physics || before.changes_physics;
    change.from_last_attempt = found->needs_restart_files;
    change.limit_factor = before.limit_factor * found->time_limit_factor;
    change.memory_factor = before.memory_factor * found->memory_factor;
    return change;
  } catch (Error const&) {  // a class that is no failure of a code ("no_program"): nothing to try
    return std::nullopt;
  }
}

}  // namespace

std::map<std::string, std::string> first_deck(CampaignConfig const& config, dft::Calculation const& calculation) {
  auto first = calculation;
  dft::Attempt attempt;
  attempt.cores = config.queue.cores;
  attempt.limit_s = 60.0 * config.queue.walltime_min;
  first.attempts = {attempt};
  return payload_for(config, first, job_for(DftStructures(config), first)).files;
}

dft::WorkerHooks dft_hooks(CampaignConfig const& config, std::shared_ptr<DftStructures const> structures) {
  dft::WorkerHooks hooks;
  hooks.prepare = [config, structures](dft::Calculation const& calculation) {
    return payload_for(config, calculation, job_for(*structures, calculation));
  };
  hooks.judge = judge;
  hooks.deliver = [config](dft::Calculation const& calculation, Value const&) { tidy(config, calculation); };
  hooks.remedy = [config](dft::Calculation const& calculation, std::string const& failure) {
    return next_change(config, calculation, failure);
  };
  return hooks;
}

dft::WorkerOptions worker_options(CampaignConfig const& config) {
  auto const& queue = config.queue;
  dft::WorkerOptions options;
  options.max_jobs = queue.max_jobs;
  options.max_core_hours = queue.max_core_hours;
  options.budget_core_hours = queue.budget_core_hours;
  options.cores = queue.cores;
  options.limit_s = 60.0 * queue.walltime_min;
  options.stall_s = 60.0 * queue.stall_min;
  options.unknown_s = 60.0 * queue.unknown_min;
  options.settle_s = queue.settle_s;
  options.retry_wait_s = queue.retry_wait_s;
  auto const stall = options.stall_s > 0.0 ? options.stall_s / 10.0 : 20.0;
  options.beat_s = std::clamp(std::min(stall, options.unknown_s / 4.0), 0.5, 20.0);
  return options;
}

std::unique_ptr<dft::Executor> make_executor(CampaignConfig const& config) {
  auto const& name = config.queue.executor;
  if (name == "slurm") return dft::make_slurm_executor(config.queue.slurm);
  if (name == "generic") return dft::make_generic_executor(config.queue.generic);
  require(name == "local", config.place("dft", "executor"),
          "executor 'replay' takes labels from a file inside `nacre run`; there is nothing to work on");
  return dft::make_local_executor();
}

}  // namespace nacre
