/// Where calculations run: on this host, under Slurm, or under any scheduler with three commands.
///
/// A scheduler is believed only as far as it goes: it knows whether a job waits or runs. How a calculation ended is read
/// from its own folder (attempt.hpp), since schedulers forget jobs, give their numbers out again and call a job that was
/// killed at its limit one with exit status 0.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/error.hpp"

namespace nacre::dft {

/// The scheduler gives no answer now: nothing is known, nothing is decided.
class NACRE_API Unreachable : public Error {
 public:
  explicit Unreachable(std::string const& message) : Error(message) {}
  ~Unreachable() override;
};

/// The scheduler said no: the same request would be refused again.
class NACRE_API Refused : public Error {
 public:
  explicit Refused(std::string const& message) : Error(message) {}
  ~Refused() override;
};

/// One attempt as a scheduler sees it.
struct Ticket {
  std::string name;              ///< unique to the attempt; jobs carry it, so that one is found without its number
  std::string handle;            ///< number of the job; empty: handed over, but the answer never came
  std::filesystem::path folder;  ///< absolute
  int cores = 1;
  double limit_s = 3600.0;
  double memory_factor = 1.0;    ///< against what the options ask for
};

enum class JobPhase { pending, running, ended, gone, unknown };  ///< gone: the scheduler has no such job
struct JobFact {
  JobPhase phase = JobPhase::unknown;
  std::string state;   ///< word of the scheduler: "TIMEOUT"
  std::string reason;  ///< "NodeDown", or what it waits for
  std::string exit;    ///< "0:9" as the scheduler writes it
  std::string handle;  ///< of the job that was found
  bool stuck = false;  ///< it waits for what can never come
};

class NACRE_API Executor {
 public:
  virtual ~Executor();
  virtual std::string name() const = 0;
  /// Lines for the scheduler at the top of the script of an attempt.
  virtual std::string header(Ticket const& ticket) const = 0;
  /// Whether the script itself has to end the calculation at its limit.
  virtual bool limits_itself() const { return false; }
  /// Hands folder/job.sh over. @return its handle
  /// @throws Refused, Unreachable (the job may have been taken in or not: poll finds it by its name)
  virtual std::string submit(Ticket const& ticket) = 0;
  /// One fact per ticket. @throws Unreachable
  virtual std::vector<JobFact> poll(std::vector<Ticket> const& tickets) = 0;
  /// Asks for its end; no answer is waited for.
  virtual void cancel(Ticket const& ticket) = 0;
};

/// Child processes, each a session of its own that outlives this program.
NACRE_API std::unique_ptr<Executor> make_local_executor();

struct SlurmOptions {
  std::string account, partition, qos, constraint;
  int nodes = 1;
  int memory_MB = 0;               ///< of the job; 0: the partition's default
  std::vector<std::string> extra;  ///< further #SBATCH lines: "--gres=gpu:1"
  double answer_s = 60.0;          ///< a command of Slurm that takes longer is unreachable
};
NACRE_API std::unique_ptr<Executor> make_slurm_executor(SlurmOptions options = {});

/// Words of the commands: {script}, {name}, {folder}, {cores}, {minutes}, {hours} (H:MM:SS), and {id} for status and
/// cancel. Run by /bin/sh. Exit status 255 or no answer means unreachable.
struct GenericOptions {
  std::string submit;                 ///< prints the job's number as the last word of its first line
  std::string status;                 ///< prints something about the job, or fails if there is none
  std::string cancel;
  std::string find;                   ///< optional: prints the job's number given {name}, for submissions in doubt
  std::string pending = R"(\b[QHW]\b)";  ///< expression that the answer of a waiting job matches; looked at first
  std::string ended = R"(\b[CFX]\b)";    ///< of one that has ended; any other answer: it runs
  std::vector<std::string> header;    ///< lines at the top of job.sh: "#PBS -l walltime={hours}"
  double answer_s = 60.0;
};
/// @throws InputError for a command that is missing or an expression that cannot be read
NACRE_API std::unique_ptr<Executor> make_generic_executor(GenericOptions options);

/// `text` as one word of a shell.
NACRE_API std::string shell_quoted(std::string const& text);

}  // namespace nacre::dft
