#include "nacre/dft/executor.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "nacre/core/child.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/attempt.hpp"

namespace nacre::dft {

Unreachable::~Unreachable() = default;
Refused::~Refused() = default;
Executor::~Executor() = default;

std::string shell_quoted(std::string const& text) {
  std::string quoted = "'";
  for (char const c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

namespace {

std::string this_host() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

/// Handles are "HOST:PID:START"; the script writes the same three into its folder, so that a process whose number was
/// never written down is found as well.
class LocalExecutor final : public Executor {
 public:
  std::string name() const override { return "local"; }
  std::string header(Ticket const&) const override { return {}; }
  bool limits_itself() const override { return true; }

  std::string submit(Ticket const& ticket) override {
    auto const pid =
        start_session({"/bin/bash", (ticket.folder / "job.sh").string()}, ticket.folder, ticket.folder / "job.log");
    children_.insert(pid);
    return concat(this_host(), ":", pid, ":", start_of_process(pid));
  }

  std::vector<JobFact> poll(std::vector<Ticket> const& tickets) override {
    reap();
    std::vector<JobFact> facts;
    for (auto const& ticket : tickets) facts.push_back(look(ticket));
    return facts;
  }

  void cancel(Ticket const& ticket) override {
    auto const process = process_of(ticket);
    if (!process || process->host != this_host()) return;
    bool const leads = start_of_process(process->pid) == process->start;
    if (leads) ::kill(-static_cast<pid_t>(process->pid), SIGTERM);
    // a second call, a pass later, finds those that did not listen
    if (!asked_.insert(ticket.name).second && leads) ::kill(-static_cast<pid_t>(process->pid), SIGKILL);
  }

 private:
  struct Process {
    std::string host, start;
    std::int64_t pid = 0;
  };

  static std::optional<Process> process_of(Ticket const& ticket) {
    auto const parts = split(ticket.handle, ':');
    if (parts.size() == 3 && parse_integer(parts[1])) return Process{parts[0], parts[2], *parse_integer(parts[1])};
    auto const facts = read_attempt(ticket.folder);
    if (facts.host.empty()) return leader_of((ticket.folder / "job.sh").string());
    return Process{facts.host, facts.start, facts.pid};
  }

  /// A script that runs here and has not yet said so in its folder.
  static std::optional<Process> leader_of(std::string const& script) {
    for (auto const pid : processes()) {
      std::ifstream in(concat("/proc/", pid, "/cmdline"));
      std::ostringstream words;
      words << in.rdbuf();
      if (words.str() != concat("/bin/bash", '\0', script, '\0') || session_of(pid) != pid) continue;
      return Process{this_host(), start_of_process(pid), pid};
    }
    return std::nullopt;
  }

  static JobFact look(Ticket const& ticket) {
    JobFact fact;
    auto const process = process_of(ticket);
    fact.phase = JobPhase::gone;
    if (!process) return fact;
    fact.handle = concat(process->host, ":", process->pid, ":", process->start);
    if (process->host != this_host()) {
      fact.phase = JobPhase::unknown;
      fact.reason = "runs on " + process->host;
    } else if (!process->start.empty() && start_of_process(process->pid) == process->start) {
      fact.phase = JobPhase::running;
      fact.state = "running";
    } else if (start_of_process(process->pid).empty() && session_has_members(process->pid)) {
      // the script is gone and what it started is not; while they live, no other process gets this number
      ::kill(-static_cast<pid_t>(process->pid), SIGKILL);
      if (read_attempt(ticket.folder).finished) return fact;
      fact.phase = JobPhase::running;
      fact.state = "script killed";
    }
    return fact;
  }

  static std::vector<std::int64_t> processes() {
    std::vector<std::int64_t> found;
    std::error_code none;
    for (std::filesystem::directory_iterator entry("/proc", none), end; !none && entry != end; entry.increment(none)) {
      if (auto const pid = parse_integer(entry->path().filename().string())) found.push_back(*pid);
    }
    return found;
  }

  /// 0 if there is no such process, or only its zombie.
  static std::int64_t session_of(std::int64_t pid) {
    std::ifstream in(concat("/proc/", pid, "/stat"));
    std::string line;
    std::getline(in, line);
    auto const words = split_words(line.substr(std::min(line.size(), line.rfind(')') + 1)));
    return words.size() > 3 && words[0] != "Z" ? parse_integer(words[3]).value_or(0) : 0;
  }

  static bool session_has_members(std::int64_t session) {
    return std::ranges::any_of(processes(), [&](std::int64_t pid) { return session_of(pid) == session; });
  }

  /// Children that have ended: without this they stay as zombies.
  void reap() {
    std::erase_if(children_, [](int pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
  }

  std::set<int> children_;
  std::set<std::string> asked_;
};

}  // namespace

std::unique_ptr<Executor> make_local_executor() { return std::make_unique<LocalExecutor>(); }

}  // namespace nacre::dft
