// Slurm through sbatch, squeue, sacct and scancel.
//
// Jobs are known by their name, which is unique to an attempt: a controller that is killed right after sbatch loses the
// job and gives its number to the next one. squeue forgets jobs after minutes (MinJobAge) and fails for a number that
// it does not know, so all jobs of the user are listed; many sites have no accounting, so sacct may fail.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "nacre/core/child.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/executor.hpp"

namespace nacre::dft {
namespace {

std::string user_name() {
  auto const* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : std::to_string(::geteuid());
}

std::string first_line_of(std::string const& text) {
  auto const lines = split(trim(text), '\n');
  return lines.empty() ? std::string() : trim(lines.front());
}

bool has_any(std::string const& text, std::vector<std::string> const& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](auto const& p) { return text.find(p) != std::string::npos; });
}

/// Words of a controller that cannot be reached; what it refuses sounds otherwise.
bool sounds_unreachable(std::string const& text) {
  return has_any(text, {"Unable to contact", "Socket timed out", "onnection refused", "onnect failure", "ommunication",
                        "timed out", "not responding", "emporarily", "Zero Bytes", "authentication credential"});
}

/// H:MM:SS, rounded up to whole minutes: the grain of Slurm.
std::string hours_text(double seconds) {
  auto const minutes = static_cast<long>(std::ceil(seconds / 60.0 - 1e-9));
  auto const two = [](long n) { return concat(n < 10 ? "0" : "", n); };
  return concat(minutes / 60, ":", two(minutes % 60), ":00");
}

JobPhase phase_of(std::string const& state) {
  for (auto const* word : {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_", "SPECIAL_EXIT", "RESV_DEL_HOLD"}) {
    if (state.starts_with(word)) return JobPhase::pending;
  }
  for (auto const* word : {"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"}) {
    if (state.starts_with(word)) return JobPhase::running;
  }
  return state.empty() ? JobPhase::unknown : JobPhase::ended;
}

/// Reasons for waiting that time does not remove. A job that its owner holds is not among them.
bool waits_for_ever(std::string const& reason) {
  return reason.ends_with("_held") ||
         has_any(reason, {"DependencyNeverSatisfied", "PartitionConfig", "BadConstraints", "PartitionTimeLimit",
                          "PartitionNodeLimit", "InvalidAccount", "InvalidQOS", "JobHeldAdmin"});
}

/// Without the variables of a batch job that the worker itself may run in: sbatch would take sizes from them
/// (SLURM_NTASKS_PER_NODE, SLURM_MEM_PER_CPU, ...) and hand them on to the jobs. What a site or a user sets for the
/// commands stays.
std::vector<std::string> outside_of_jobs() {
  auto environment = child_environment();
  std::erase_if(environment, [](std::string const& variable) {
    bool const of_job = variable.starts_with("SLURM_") || variable.starts_with("SLURMD_") ||
                        variable == "ENVIRONMENT=BATCH";
    return of_job && !variable.starts_with("SLURM_CONF=") && !variable.starts_with("SLURM_TIME_FORMAT=");
  });
  return environment;
}

class SlurmExecutor final : public Executor {
 public:
  explicit SlurmExecutor(SlurmOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "slurm"; }

  std::string header(Ticket const& ticket) const override {
    std::string lines;
    auto const add = [&](std::string const& key, std::string const& value) {
      if (!value.empty()) lines += concat("#SBATCH --", key, "=", value, "\n");
    };
    add("job-name", ticket.name);
    add("output", (ticket.folder / "job.log").string());
    lines += "#SBATCH --open-mode=append\n#SBATCH --no-requeue\n";
    add("nodes", std::to_string(options_.nodes));
    add("ntasks", std::to_string(ticket.cores));
    add("time", hours_text(ticket.limit_s));
    auto const memory = std::lround(options_.memory_MB * ticket.memory_factor);
    add("mem", memory > 0 ? std::to_string(memory) + "M" : "");
    add("account", options_.account);
    add("partition", options_.partition);
    add("qos", options_.qos);
    add("constraint", options_.constraint);
    for (auto const& line : options_.extra) lines += concat(line.starts_with("#") ? "" : "#SBATCH ", line, "\n");
    return lines;
  }

  std::string submit(Ticket const& ticket) override {
    auto const answer = ask({"sbatch", "--parsable", (ticket.folder / "job.sh").string()});
    if (!answer.status) throw Unreachable("sbatch gave no answer");
    if (*answer.status == 0) {
      auto const number = first_line_of(split(first_line_of(answer.out), ';').front());
      if (parse_integer(number)) return number;
      throw Unreachable(concat("sbatch printed no job number but '", first_line_of(answer.out), "'"));
    }
    auto const words = first_line_of(answer.err);
    if (sounds_unreachable(answer.err)) throw Unreachable(words);
    throw Refused(words);
  }

  std::vector<JobFact> poll(std::vector<Ticket> const& tickets) override {
    auto known = jobs_in_queue();
    std::vector<std::string> missing;
    for (auto const& ticket : tickets) {
      if (!known.contains(ticket.name)) missing.push_back(ticket.name);
    }
    add_accounted(known, missing);
    std::vector<JobFact> facts;
    for (auto const& ticket : tickets) {
      auto const found = known.find(ticket.name);
      facts.push_back(found == known.end() ? JobFact{JobPhase::gone, "", "", "", "", false} : found->second);
    }
    return facts;
  }

  void cancel(Ticket const& ticket) override {
    ask({"scancel", "--quiet", "--name=" + ticket.name, "--user=" + user_name()});
  }

 private:
  Captured ask(std::vector<std::string> const& argv) const {
    try {
      return capture(argv, options_.answer_s, outside_of_jobs());
    } catch (Error const& error) {
      throw Unreachable(error.what());
    }
  }

  std::map<std::string, JobFact> jobs_in_queue() const {
    auto const answer = ask({"squeue", "--noheader", "--states=all", "--user=" + user_name(), "--format=%j|%i|%T|%r"});
    if (!answer.status || *answer.status != 0) {
      throw Unreachable(answer.status ? first_line_of(answer.err) : std::string("squeue gave no answer"));
    }
    std::map<std::string, JobFact> known;
    for (auto const& line : split(answer.out, '\n')) {
      auto const parts = split(trim(line), '|');
      if (parts.size() < 4 || !parts[0].starts_with("nacre-")) continue;
      JobFact fact{phase_of(parts[2]), parts[2], parts[3] == "None" ? "" : parts[3], "", parts[1], false};
      fact.stuck = fact.phase == JobPhase::pending && waits_for_ever(fact.reason);
      // of two jobs of one name (sbatch was asked twice) the one that still does something counts
      auto const [entry, fresh] = known.emplace(parts[0], fact);
      if (!fresh && entry->second.phase == JobPhase::ended) entry->second = fact;
    }
    return known;
  }

  void add_accounted(std::map<std::string, JobFact>& known, std::vector<std::string> const& names) {
    constexpr std::size_t at_once = 100;
    for (std::size_t first = 0; first < names.size() && !no_accounting_; first += at_once) {
      auto const some = std::span(names).subspan(first, std::min(at_once, names.size() - first));
      auto const answer = ask({"sacct", "--noheader", "--parsable2", "--allocations", "--starttime=now-60days",
                               "--name=" + join(some, ","), "--format=JobName,JobIDRaw,State,ExitCode,Reason"});
      if (!answer.status || *answer.status != 0 || has_any(answer.err + answer.out, {"disabled", "rror"})) {
        no_accounting_ = true;  // for the life of this program; the finish tags remain
        return;
      }
      for (auto const& line : split(answer.out, '\n')) {
        auto const parts = split(trim(line), '|');
        if (parts.size() < 5) continue;
        known[parts[0]] = {phase_of(parts[2]), parts[2], parts[4] == "None" ? "" : parts[4], parts[3], parts[1], false};
      }
    }
  }

  SlurmOptions options_;
  bool no_accounting_ = false;
};

}  // namespace

std::unique_ptr<Executor> make_slurm_executor(SlurmOptions options) {
  return std::make_unique<SlurmExecutor>(std::move(options));
}

}  // namespace nacre::dft
