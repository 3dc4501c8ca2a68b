/// Programs started by a rank: they must not believe that they are MPI processes of our job.
#pragma once

#include <filesystem>
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

}  // namespace nacre
