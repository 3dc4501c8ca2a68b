/// Which ranks' processes are gone. Open MPI 4.1 does not tell; on one host the system does.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nacre {

class ProcessWatch {
 public:
  ProcessWatch() = default;
  /// @param all `mine()` of every rank
  explicit ProcessWatch(std::vector<std::string> const& all);
  /// Host (boot and process namespace), id and start of this process; empty where the system does not say.
  static std::string mine();
  /// False as well for a process that cannot be seen from here.
  bool gone(int rank) const;

 private:
  struct Process {
    std::string id, start;
  };
  std::vector<std::optional<Process>> processes_;  ///< by rank
};

}  // namespace nacre
