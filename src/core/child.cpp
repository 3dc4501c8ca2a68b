#include "nacre/core/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <system_error>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

bool of_our_job(std::string_view variable) {
  constexpr std::array prefixes{"OMPI_",         "PMIX_",        "PMI_",           "SLURM_STEP",  "SLURM_PROCID",
                                "SLURM_LOCALID", "SLURM_NODEID", "SLURM_TASK_PID", "SLURM_SRUN_", "SLURM_LAUNCH_"};
  for (std::string_view const prefix : prefixes) {
    if (variable.starts_with(prefix)) return true;
  }
  return false;
}

/// The null-terminated array of C strings that exec takes; it points into `words`.
std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(SpawnActions const&) = delete;
  SpawnActions& operator=(SpawnActions const&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class SpawnFlags {
 public:
  explicit SpawnFlags(int flags) {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~SpawnFlags() { posix_spawnattr_destroy(&attributes_); }
  SpawnFlags(SpawnFlags const&) = delete;
  SpawnFlags& operator=(SpawnFlags const&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// Removed with the object.
class ScratchFile {
 public:
  ScratchFile() {
    auto pattern = (fs::temp_directory_path() / "nacre-output-XXXXXX").string();
    int const file = mkstemp(pattern.data());
    if (file < 0) throw Error(concat("cannot make a temporary file '", pattern, "'"));
    ::close(file);
    path_ = pattern;
  }
  ~ScratchFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  ScratchFile(ScratchFile const&) = delete;
  ScratchFile& operator=(ScratchFile const&) = delete;
  fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

/// @param socket standard input and output; -1: no input, output to `out`
int start(std::vector<std::string> const& argv, fs::path const& folder, fs::path const& out, fs::path const& err,
          int flags, std::vector<std::string> environment = child_environment(), int socket = -1) {
  require(!argv.empty(), "empty command line for a child program");
  auto arguments = argv;
  SpawnActions actions;
  SpawnFlags attributes(flags);
  constexpr int write_anew = O_WRONLY | O_CREAT | O_TRUNC;
  auto const out_path = fs::absolute(out).string(), err_path = fs::absolute(err).string();
  if (socket >= 0) {
    posix_spawn_file_actions_adddup2(actions.get(), socket, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(actions.get(), socket, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, out_path.c_str(), write_anew, 0644);
  }
  if (socket < 0 && out_path == err_path) {
    posix_spawn_file_actions_adddup2(actions.get(), STDOUT_FILENO, STDERR_FILENO);
  } else {
    posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, err_path.c_str(), write_anew, 0644);
  }
  posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());
  pid_t pid = 0;
  int const code = posix_spawnp(&pid, argv[0].c_str(), actions.get(), attributes.get(), pointers(arguments).data(),
                                pointers(environment).data());
  if (code != 0) {
    throw Error(concat("cannot start '", argv[0], "' in '", folder.string(), "' (",
                       std::generic_category().message(code), ")"));
  }
  return pid;
}

}  // namespace

std::vector<std::string> child_environment() {
  std::vector<std::string> result;
  for (char** variable = environ; *variable; ++variable) {
    if (!of_our_job(*variable)) result.emplace_back(*variable);
  }
  return result;
}

int start_child(std::vector<std::string> const& argv, fs::path const& folder, fs::path const& log) {
  return start(argv, folder, log, log, 0);
}

int start_session(std::vector<std::string> const& argv, fs::path const& folder, fs::path const& log) {
  return start(argv, folder, log, log, POSIX_SPAWN_SETSID);
}

int wait_child(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR)
      throw Error(concat("cannot wait for process ", pid, " (", std::generic_category().message(errno), ")"));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Captured capture(std::vector<std::string> const& argv, double seconds, std::vector<std::string> const& environment) {
  ScratchFile const out, err;
  auto const pid = start(argv, fs::current_path(), out.path(), err.path(), POSIX_SPAWN_SETSID, environment);
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  auto pause = std::chrono::microseconds(200);
  Captured captured;
  for (int status = 0; !captured.status;) {
    if (waitpid(pid, &status, WNOHANG) == pid) {
      captured.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() > deadline) {
      ::kill(-pid, SIGKILL);
      wait_child(pid);
      break;
    } else {
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, std::chrono::microseconds(20'000));
    }
  }
  captured.out = read_file(out.path());
  captured.err = read_file(err.path());
  return captured;
}

ChildProcess::ChildProcess(std::vector<std::string> const& argv, fs::path const& folder, fs::path const& log, int socket) {
  try {
    pid_ = start(argv, folder, log, log, POSIX_SPAWN_SETSID, child_environment(), socket);
  } catch (...) {
    if (socket >= 0) ::close(socket);
    throw;
  }
  if (socket >= 0) ::close(socket);
}

ChildProcess::~ChildProcess() { end(0.0); }

std::optional<int> ChildProcess::status() {
  if (status_) return status_;
  siginfo_t info{};  // only looked at: until it is waited for, its number and that of its group stay its own
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_)
    return std::nullopt;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

void ChildProcess::end(double seconds) {
  if (status_) return;
  auto const wait = [&] {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!status() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  wait();
  if (!status() && seconds > 0.0) {
    ::kill(-pid_, SIGTERM);
    wait();
  }
  ::kill(-pid_, SIGKILL);  // also what it started and left behind
  status_ = wait_child(pid_);
}

std::string start_of_process(std::int64_t pid) {
  std::ifstream in(concat("/proc/", pid, "/stat"));
  std::string line;
  std::getline(in, line);
  auto const words = split_words(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  return words.size() > 19 && words[0] != "Z" ? words[19] : "";
}

}  // namespace nacre
