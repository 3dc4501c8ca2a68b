#include "nacre/parallel/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

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

}  // namespace

std::vector<std::string> child_environment() {
  std::vector<std::string> result;
  for (char** variable = environ; *variable; ++variable) {
    if (!of_our_job(*variable)) result.emplace_back(*variable);
  }
  return result;
}

int start_child(std::vector<std::string> const& argv, std::filesystem::path const& folder,
                std::filesystem::path const& log) {
  require(!argv.empty(), "empty command line for a child program");
  auto arguments = argv;
  auto environment = child_environment();
  SpawnActions actions;
  auto const log_path = std::filesystem::absolute(log).string();
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(actions.get(), STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());
  pid_t pid = 0;
  int const code = posix_spawnp(&pid, argv[0].c_str(), actions.get(), nullptr, pointers(arguments).data(),
                                pointers(environment).data());
  if (code != 0) {
    throw Error(concat("cannot start '", argv[0], "' in '", folder.string(), "' (",
                       std::generic_category().message(code), ")"));
  }
  return pid;
}

int wait_child(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR)
      throw Error(concat("cannot wait for process ", pid, " (", std::generic_category().message(errno), ")"));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace nacre
