/// The folder of one attempt at a calculation: its deck, the script job.sh and what the script writes about itself.
///
/// The script begins with `mkdir claim`, which succeeds once on every file system. So a job that a scheduler starts twice
/// runs once, and a job in doubt is put out of action by claiming its folder first (`revoke`). It ends by writing the
/// exit status into blocks that it reserved at its start, and renaming: the record survives a full disk and a scheduler
/// that has forgotten the job. In between it writes a sign of life with the size of what the program wrote.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre::dft {

/// What runs in an attempt.
struct Payload {
  std::map<std::string, std::string> files;  ///< name -> content
  std::filesystem::path from;                ///< attempt before, from which
  std::vector<std::string> taken_over;       ///< these files and folders are copied if they are there
  std::string command;                       ///< of a shell, with its redirections
  std::string prologue;                      ///< lines before it: "module load espresso"
  std::string scratch;                       ///< folder on the node to run in; empty: the attempt's own
  std::vector<std::string> copy_back;        ///< patterns of the files that come back from scratch: "*.out"
};

struct ScriptOptions {
  std::string header;    ///< lines for the scheduler
  std::string title;     ///< for people
  double limit_s = 0.0;  ///< the script ends the program after so long; 0: the scheduler does
  double beat_s = 20.0;  ///< between signs of life
};

/// Makes `folder` (which must not exist) with the files and job.sh. @throws Error, Stopped for a full disk
NACRE_API void write_attempt(std::filesystem::path const& folder, Payload const& payload, ScriptOptions const& options);

struct AttemptFacts {
  bool claimed = false;      ///< the script began, or the attempt was revoked
  bool revoked = false;
  std::string host;          ///< empty until the script has said so
  std::int64_t pid = 0;
  std::string start;         ///< of the process, see start_of_process
  double began = 0.0;        ///< seconds since 1970 by the clock of its host
  double last_sign = 0.0;    ///< of life, by the clock of the file system
  double idle_s = 0.0;       ///< for so long its files have not grown
  std::string signal;        ///< that reached the script: "TERM", or "LIMIT" for its own limit
  bool finished = false;     ///< the finish tag is there
  std::optional<int> exit;   ///< nothing if the tag is there but empty: the disk was full
  double ended = 0.0;        ///< time of the tag
};
NACRE_API AttemptFacts read_attempt(std::filesystem::path const& folder);

/// Claims the attempt so that its script never starts. @return false: it did start
NACRE_API bool revoke(std::filesystem::path const& folder);

/// For one that did start and is given up: its script ends the program at the next sign of life.
NACRE_API void end_soon(std::filesystem::path const& folder);

}  // namespace nacre::dft
