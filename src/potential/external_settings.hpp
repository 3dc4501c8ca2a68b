/// How a model in another program is reached: a settings file, or the short forms of the command line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nacre::external {

/// Where neither the user nor the peer states one [Å].
inline constexpr double standard_cutoff = 6.0;

struct Settings {
  std::string name;                              ///< what the user states about the model: part of its identity
  std::vector<std::string> command;              ///< empty: the user starts the peer
  std::filesystem::path folder;                  ///< where the command runs
  std::string unix_name;                         ///< of the socket; empty: one of our own, or a port
  int port = -1;                                 ///< 0: any free one; -1: a UNIX socket
  std::vector<int> elements;                     ///< increasing; empty: not stated
  std::optional<double> cutoff;                  ///< for the count of edges, the unit of work [Å]
  double start_timeout = 60.0, timeout = 600.0;  ///< [s]
  bool keeps_cell = false;                       ///< structures go as they are, not turned to a triangular cell
  bool stress = true;                            ///< whether what it says of the stress means anything
  bool learned = true;                           ///< fitted to other energies: its barriers are off by uncalibrated_share
  std::string probe = "auto";  ///< "auto", "none", or a file with the structure whose energy is part of the identity
};

/// @throws InputError naming file, line and key
Settings read_settings(std::filesystem::path const& file);
/// Of a peer that the user starts. @param place opens the message about an address that cannot be read
Settings settings_at(std::string const& address, std::string const& place);
/// Words as a shell parts them: blanks, quotes and backslashes, nothing else.
std::vector<std::string> words_of(std::string const& command);

}  // namespace nacre::external
