/// Input decks for DFT codes: Quantum ESPRESSO (pw.x, neb.x), VASP, CP2K and ABINIT.
///
/// A deck is complete: what the code reads beside it are the pseudopotentials, named with their hashes. VASP's are
/// licensed, so its deck has POTCAR.labels (their names, one per line, in the order of POSCAR), never a POTCAR.
/// Nothing here runs a code or claims that one ran.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/dft/job.hpp"

namespace nacre::dft {

struct Pseudopotential {
  std::string element;
  std::string file;       ///< name in the folder; label for vasp and cp2k
  std::string sha256;     ///< of the file; empty where the code brings or the user assembles it
  std::string md5;        ///< of the file: pw.x prints it
  double valence = 0.0;   ///< electrons; 0: unknown
  bool norm_conserving = false;  ///< known to be; 4 times the cut-off of the wave functions is enough for its density
  bool operator==(Pseudopotential const&) const = default;
};

struct NACRE_API Deck {
  std::map<std::string, std::string> files;   ///< name -> content
  std::vector<std::string> command;           ///< program and arguments, run in the folder
  std::string standard_output;                ///< file that the program's standard output goes to
  std::vector<std::string> outputs;           ///< what a finished calculation leaves and a reader needs
  std::vector<std::string> restart_files;     ///< files and folders that the next attempt starts from
  std::map<std::string, std::string> stop_files;  ///< name -> content: written into the folder, they end the run cleanly
  /// Where the code has no such clock itself (vasp): write `stop_files` when the run is so old. 0: no limit. [s]
  double stop_after_s = 0.0;
  std::vector<Pseudopotential> pseudopotentials;
  std::vector<std::size_t> atom_order;        ///< atom i of the deck is atom_order[i] of the job
  std::string sha256;                         ///< of all files and pseudopotentials
};

/// @throws InputError for atoms too close, less than 10 Å of vacuum, a left-handed cell, a level that the code does not
/// have, a missing pseudopotential, electrons that do not fit the spin
NACRE_API Deck make_deck(Job const& job);

/// Writes the files of `make_deck` and job.json into `folder`, which must be new or empty: no attempt sees the files of
/// another. @throws Error if it is not
NACRE_API Deck write_deck(Job const& job, std::filesystem::path const& folder);
/// The job that `write_deck` left in a folder.
NACRE_API Job read_job(std::filesystem::path const& folder);

/// Whether the slab looks different from its two sides: no operation of the crystal turns z over (within 1e-3 Å).
NACRE_API bool is_asymmetric_slab(Crystal const& crystal);

/// Whether 10 Å or more along the normal of the first two vectors hold no atoms.
NACRE_API bool has_vacuum(Crystal const& crystal);

/// The mesh of k-points of a job.
NACRE_API std::array<int, 3> kpoint_mesh(Job const& job);

}  // namespace nacre::dft
