/// What the writers of the decks share.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nacre/dft/deck.hpp"

namespace nacre::dft::detail {

/// Where no atoms are along the third vector.
struct Gap {
  double centre = 0.0;    ///< fractional, in [0, 1)
  double fraction = 0.0;  ///< of the third vector
};

struct HubbardU {
  int shell = 2;         ///< angular momentum: 2 d, 3 f
  std::string manifold;  ///< "3d", "4f"
  double u_eV = 0.0;
};

/// Atoms that a code treats alike: one element with one initial moment.
struct Species {
  int number = 0;
  double moment = 0.0;
  std::string name;             ///< "Fe", or "Fe1", "Fe2" where an element has several moments
  std::optional<HubbardU> u;    ///< where the level has one
  std::size_t pseudo = 0;       ///< index into the list of pseudopotentials, one per element
};

/// A job that passed the checks, and what all codes derive from it.
struct DeckInput {
  Job const& job;
  Settings settings;               ///< defaults filled in, adjustments applied
  bool relaxes = false;
  bool dipole = false;             ///< vacuum, and a slab that is asymmetric or charged
  bool spin = false;
  std::array<int, 3> mesh{};
  Gap gap;                         ///< if there is vacuum
  std::vector<Species> species;    ///< by first appearance
  std::vector<std::size_t> kind;   ///< per atom: its species
  std::vector<Pseudopotential> pseudos;  ///< one per element, by first appearance
  std::optional<double> electrons;       ///< of the cell, if every valence is known
  double max_seconds = 0.0;        ///< after which the code stops itself; 0: never

  Crystal const& crystal() const { return job.structure; }
  bool frozen(std::size_t atom) const { return !job.frozen.empty() && job.frozen[atom]; }
  Pseudopotential const& pseudo(Species const& one) const { return pseudos[one.pseudo]; }
};

/// @throws InputError for what no deck can be written for
DeckInput prepare(Job const& job);

/// One per element of the crystal, by first appearance.
std::vector<Pseudopotential> find_pseudopotentials(Job const& job, Settings const& settings);
/// Folder written into the decks of qe and abinit.
std::string pseudo_folder(Settings const& settings);
/// Sets of known valence: what a VASP label or a GTH name says.
double label_valence(std::string const& label);

/// Shell whose electrons a transition or rare-earth metal keeps: "3d", "4f"; of others the outer p shell.
std::string outer_shell(int atomic_number);
/// Unpaired electrons of a free ion with Hund's first rule, by its oxidation state; of an atom without one the usual
/// start for 3d metals from V to Cu.
double hund_moment(int atomic_number, std::optional<double> oxidation);
std::optional<HubbardU> hubbard_u(int atomic_number, Job const& job);

/// "{{name}}" in a user's template become the parts that are named so; @throws InputError for an unknown name
std::string fill_template(std::string const& text, std::map<std::string, std::string> const& parts,
                          std::string const& origin);
/// The parts joined in order, or filled into the user's template for the code if there is one.
std::string assemble(DeckInput const& input, std::string const& file,
                     std::vector<std::pair<std::string, std::string>> const& parts);

std::string row(Eigen::Vector3d const& v);
/// Program of the code and its arguments.
std::string program(DeckInput const& input, std::string const& fallback);

void write_qe(DeckInput const& input, Deck& deck);
void write_qe_neb(DeckInput const& input, Deck& deck);
void write_vasp(DeckInput const& input, Deck& deck);
void write_cp2k(DeckInput const& input, Deck& deck);
void write_abinit(DeckInput const& input, Deck& deck);

std::string md5_hex(std::string_view bytes);

}  // namespace nacre::dft::detail
