/// Programs that Nacre starts: none of them may believe that it is an MPI process of our job.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// The environment without OMPI_*, PMIX_*, PMI_* and SLURM step variables, "NAME=value" each.
NACRE_API std::vector<std::string> child_environment();

/// Starts argv[0] (looked up in PATH) in `folder`, its output and errors in the file `log`; posix_spawn, so it is safe
/// beside MPI. @return its process id
/// @throws Error naming the program and the system's reason
NACRE_API int start_child(std::vector<std::string> const& argv, std::filesystem::path const& folder,
                          std::filesystem::path const& log);
/// Waits for its end. @return exit status, or 128 + signal
NACRE_API int wait_child(int pid);

/// The same in a session of its own: it goes on when this process dies, and is a process group that can be ended whole.
NACRE_API int start_session(std::vector<std::string> const& argv, std::filesystem::path const& folder,
                            std::filesystem::path const& log);

struct Captured {
  std::optional<int> status;  ///< exit status or 128 + signal; nothing: it took too long and was ended
  std::string out, err;
};
/// Runs a command to its end and takes what it prints. @param seconds after which it is killed
/// @throws Error if it cannot be started
NACRE_API Captured capture(std::vector<std::string> const& argv, double seconds,
                           std::vector<std::string> const& environment = child_environment());

/// A program of ours, in a session of its own; ended with everything it started, and waited for, with the object.
class NACRE_API ChildProcess {
 public:
  /// As start_session. @param socket taken as its standard input and output and closed here; -1: no input, output to `log`
  ChildProcess(std::vector<std::string> const& argv, std::filesystem::path const& folder,
               std::filesystem::path const& log, int socket = -1);
  ~ChildProcess();
  ChildProcess(ChildProcess const&) = delete;
  ChildProcess& operator=(ChildProcess const&) = delete;
  std::optional<int> status();  ///< exit status or 128 + signal; nothing while it runs
  /// Gives it so long to end by itself, then as long again after SIGTERM, then kills what is left of its session.
  void end(double seconds);

 private:
  int pid_;
  std::optional<int> status_;
};

/// Clock ticks after boot at which a process of this host began: tells a process from a later one with its number.
/// Empty if there is none, or only its zombie.
NACRE_API std::string start_of_process(std::int64_t pid);

}  // namespace nacre
