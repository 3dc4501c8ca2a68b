/// What the readers of outputs share: the facts that an output states, before they are judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/dft/result.hpp"

namespace nacre::dft::detail {

/// What an output says of its own input; looked at beside the deck.
struct Echo {
  std::optional<std::int64_t> atoms, kinds;
  std::optional<double> electrons, cutoff_eV, density_cutoff_eV;
  std::optional<Eigen::Matrix3d> lattice;       ///< columns [Å]
  std::optional<Eigen::Matrix3Xd> positions;    ///< of the first geometry, atoms in the order of the deck [Å]
  std::vector<int> numbers;                     ///< atomic numbers in the order of the deck; empty: not stated
  std::vector<std::string> md5;                 ///< of the pseudopotentials, by species
  double precision_A = 1e-4;                    ///< of lattice and positions as printed
};

/// The facts of one output, atoms in the order of the deck.
struct Facts {
  Result result;               ///< numbers only; the verdicts are not set yet
  Echo echo;
  int starts = 0, ends = 0;    ///< marks of the beginning and of the complete end
  Verdict stop;                ///< what the code itself says went wrong, if it does
  int scf_cycles = 0;
  bool last_scf_converged = false;
  bool relaxes = false, relaxed = false;   ///< it is a relaxation; it says that it converged
  bool band = false;           ///< an elastic band: energies of images instead of forces
  int final_energies = 0;      ///< energies of finished cycles
  std::string damage;          ///< first thing that cannot be what the code wrote

  /// Notes a damage unless one is noted already.
  void damaged(std::string const& what) {
    if (damage.empty()) damage = what;
  }
};

/// An output in lines, with searches that stop at its end.
class Lines {
 public:
  explicit Lines(std::string_view text);
  std::size_t size() const { return lines_.size(); }
  std::string_view operator[](std::size_t i) const { return i < lines_.size() ? lines_[i] : std::string_view(); }
  bool has(std::size_t i, std::string_view part) const { return (*this)[i].find(part) != std::string_view::npos; }
  /// First line from `from` on with `part`; size() if none.
  std::size_t find(std::string_view part, std::size_t from = 0) const;
  int count(std::string_view part) const;
  bool ends_with_newline() const { return newline_; }

 private:
  std::vector<std::string_view> lines_;
  bool newline_ = false;
};

/// The number behind `key` (and "=" or ":") in a line; nullopt if there is none.
std::optional<double> number_after(std::string_view line, std::string_view key);
std::optional<std::int64_t> integer_after(std::string_view line, std::string_view key);
/// The last `count` words of a line as numbers; nullopt if one is not finite or no number.
std::optional<std::vector<double>> last_numbers(std::string_view line, std::size_t count);
/// Three numbers from word `first` on.
std::optional<Eigen::Vector3d> vector_at(std::string_view line, std::size_t first);
/// Whether the bytes can be the output of a program: no control characters, valid UTF-8. Empty if so, else what was met.
std::string find_bad_bytes(std::string_view text);
/// What a shell, a loader or MPI says instead of the program; none if the text has nothing of it.
Verdict find_launch_failure(std::string_view text);

Facts read_qe(std::string_view text);
Facts read_qe_neb(std::string_view text);
/// What an image of neb.x (out/nacre_1/PW.out) says of its input: neb.out itself says nothing of atoms and cut-offs.
Echo read_qe_image(std::string_view text);
Facts read_abinit(std::string_view text);
Facts read_cp2k(std::string_view text);
Facts read_vasp(std::string_view text);
/// The OUTCARs of the images of a band.
Result read_vasp_band(Job const& job, std::filesystem::path const& folder, Ending const& ending);
/// The highest image over the first; what both ends and all images have to be like.
void set_barrier(Facts& facts);

/// The code's verdict from the facts, the bytes and how the program ended.
Verdict judge_code(Facts const& facts, std::string_view text, Ending const& ending);
/// Facts beside the deck: atoms, cell, cut-offs, electrons, pseudopotentials. Empty if they agree, else what does not.
std::string compare_with_deck(Facts const& facts, Job const& job, Deck const& deck);
Verdict judge_physics(Result const& result, Job const& job);

}  // namespace nacre::dft::detail
