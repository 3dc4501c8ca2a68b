#include "nacre/dft/deck.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using testing::HasSubstr;
using testing::Not;

Crystal crystal_of(Eigen::Vector3d const& cell, std::vector<int> numbers,
                   std::vector<Eigen::Vector3d> const& fractional) {
  Crystal crystal;
  crystal.lattice = cell.asDiagonal();
  crystal.numbers = std::move(numbers);
  crystal.positions.resize(3, static_cast<Eigen::Index>(fractional.size()));
  for (std::size_t i = 0; i < fractional.size(); ++i)
    crystal.positions.col(static_cast<Eigen::Index>(i)) = crystal.lattice * fractional[i];
  return crystal;
}

Crystal titanate() {
  auto crystal = crystal_of({3.905, 3.905, 3.905}, {38, 22, 8, 8, 8},
                            {{0, 0, 0}, {.5, .5, .5}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}});
  set_oxidation(crystal, {{"Sr", 2}, {"Ti", 4}, {"O", -2}});
  return crystal;
}

/// SrO and TiO2 planes in turn, from `first_z` upward with a spacing of 1.95 A, in a cell of 25 A.
Crystal slab(int planes, double first_z) {
  std::vector<int> numbers;
  std::vector<Eigen::Vector3d> x;
  for (int p = 0; p < planes; ++p) {
    double const z = (first_z + 1.95 * p) / 25.0;
    if (p % 2 == 0) {
      numbers.insert(numbers.end(), {38, 8});
      x.insert(x.end(), {{0, 0, z}, {.5, .5, z}});
    } else {
      numbers.insert(numbers.end(), {22, 8, 8});
      x.insert(x.end(), {{.5, .5, z}, {.5, 0, z}, {0, .5, z}});
    }
  }
  return crystal_of({3.905, 3.905, 25.0}, numbers, x);
}

DeckOptions slab_options(bool dipole) {
  DeckOptions options;
  options.vacuum = true;
  options.dipole_correction = dipole;
  return options;
}

// A reader of pw.x input that knows nothing of the writer: namelists of key = value, cards of rows.
struct ParsedInput {
  std::map<std::string, std::string> values;              // "SYSTEM.nat" -> "5"
  std::map<std::string, std::vector<std::string>> cards;  // "ATOMIC_POSITIONS angstrom" -> rows
};

ParsedInput parse_qe(std::string const& text) {
  ParsedInput parsed;
  std::string list, card;
  for (auto const& raw : split(text, '\n')) {
    auto const line = trim(raw);
    if (line.empty()) continue;
    if (line[0] == '&')
      list = line.substr(1);
    else if (line == "/")
      list.clear();
    else if (!list.empty()) {
      auto const equals = line.find('=');
      parsed.values[list + "." + trim(line.substr(0, equals))] = trim(line.substr(equals + 1));
    } else if (raw[0] != ' ' && line.find("U ") != 0)
      card = line;
    else
      parsed.cards[card].push_back(line);
  }
  return parsed;
}

Eigen::Vector3d vector_of(std::vector<std::string> const& words, std::size_t first) {
  return {parse_double(words.at(first)).value(), parse_double(words.at(first + 1)).value(),
          parse_double(words.at(first + 2)).value()};
}

Crystal crystal_of(ParsedInput const& input) {
  Crystal crystal;
  auto const& cell = input.cards.at("CELL_PARAMETERS angstrom");
  for (std::size_t i = 0; i < 3; ++i)
    crystal.lattice.col(static_cast<Eigen::Index>(i)) = vector_of(split_words(cell.at(i)), 0);
  auto const& atoms = input.cards.at("ATOMIC_POSITIONS angstrom");
  crystal.positions.resize(3, static_cast<Eigen::Index>(atoms.size()));
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    auto const words = split_words(atoms[i]);
    crystal.numbers.push_back(atomic_number(words.at(0)).value());
    crystal.positions.col(static_cast<Eigen::Index>(i)) = vector_of(words, 1);
  }
  return crystal;
}

std::string error_of(std::string const& code, Crystal const& crystal, DeckOptions const& options = {}) {
  try {
    make_deck(code, crystal, options);
  } catch (InputError const& error) {
    return error.what();
  }
  return {};
}

TEST(QeDeck, says_what_was_asked) {
  auto const deck = make_deck("qe", titanate());
  ASSERT_EQ(deck.size(), 1u);
  auto const input = parse_qe(deck.at("pw.in"));

  EXPECT_EQ(input.values.at("CONTROL.calculation"), "'scf'");
  EXPECT_EQ(input.values.at("CONTROL.pseudo_dir"), "'./pseudo'");
  EXPECT_EQ(input.values.at("SYSTEM.ibrav"), "0");
  EXPECT_EQ(input.values.at("SYSTEM.nat"), "5");
  EXPECT_EQ(input.values.at("SYSTEM.ntyp"), "3");
  EXPECT_EQ(input.values.at("SYSTEM.ecutwfc"), "60");
  EXPECT_EQ(input.values.at("SYSTEM.ecutrho"), "480");
  EXPECT_FALSE(input.values.contains("SYSTEM.nspin"));
  EXPECT_FALSE(input.values.contains("CONTROL.tefield"));
  EXPECT_EQ(input.cards.at("ATOMIC_SPECIES"),
            (std::vector<std::string>{"Sr 87.62 Sr.upf", "Ti 47.867 Ti.upf", "O 15.999 O.upf"}));
  EXPECT_EQ(input.cards.at("K_POINTS automatic").at(0), "8 8 8 0 0 0");  // ceil(30/3.905)
}

TEST(Decks, give_back_atoms_and_cell) {
  bool const holds = rc::check([] {
    auto const number = [](double low, double high) {
      return low + (high - low) * *rc::gen::inRange(0, 1000001) / 1e6;
    };
    Crystal crystal;
    for (int i = 0; i < 9; ++i)
      crystal.lattice(i % 3, i / 3) = i % 4 == 0 ? number(8.0, 12.0) / 1.1 : number(-2.0, 2.0) / 3;
    int const atoms = *rc::gen::inRange(1, 7);
    crystal.positions.resize(3, atoms);
    std::vector<int> const elements{8, 22, 8, 38, 22, 8};
    for (int i = 0; i < atoms; ++i) {
      crystal.numbers.push_back(elements[static_cast<std::size_t>(i)]);
      crystal.positions.col(i) = crystal.lattice * Eigen::Vector3d(i / 6.0, number(0.3, 0.35), number(0.3, 0.35));
    }
    if (shortest_distance(crystal).distance < 1.1) return;  // refused, rightly

    auto const qe = crystal_of(parse_qe(make_deck("qe", crystal).at("pw.in")));
    RC_ASSERT(qe.numbers == crystal.numbers);
    RC_ASSERT((qe.lattice - crystal.lattice).cwiseAbs().maxCoeff() < 1e-10);
    RC_ASSERT((qe.positions - crystal.positions).cwiseAbs().maxCoeff() < 1e-10);

    auto const deck = make_deck("vasp", crystal);
    auto const vasp = parse_poscar(deck.at("POSCAR"), "POSCAR");
    auto const order = split_words(deck.at("atom_order.txt"));
    RC_ASSERT(order.size() == crystal.size());
    RC_ASSERT((vasp.lattice - crystal.lattice).cwiseAbs().maxCoeff() < 1e-10);
    for (std::size_t i = 0; i < order.size(); ++i) {
      auto const from = static_cast<Eigen::Index>(parse_integer(order[i]).value());
      RC_ASSERT(vasp.numbers[i] == crystal.numbers[static_cast<std::size_t>(from)]);
      RC_ASSERT((vasp.positions.col(static_cast<Eigen::Index>(i)) - crystal.positions.col(from)).norm() < 1e-10);
    }
  });
  EXPECT_TRUE(holds);
}

TEST(VaspDeck, says_what_was_asked_and_holds_no_potential) {
  auto const deck = make_deck("vasp", titanate());

  std::vector<std::string> names;
  for (auto const& [name, content] : deck) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"INCAR", "KPOINTS", "POSCAR", "POTCAR.labels", "atom_order.txt"}));
  EXPECT_EQ(deck.at("POTCAR.labels"), "Sr_sv\nTi_pv\nO\n");
  EXPECT_EQ(deck.at("KPOINTS"), "Gamma-centred mesh\n0\nGamma\n8 8 8\n0 0 0\n");
  EXPECT_THAT(deck.at("INCAR"), HasSubstr("ENCUT = 520\n"));
  EXPECT_THAT(deck.at("INCAR"), HasSubstr("IBRION = -1\nNSW = 0\n"));
  EXPECT_THAT(deck.at("INCAR"), HasSubstr("ISPIN = 1\n"));
  EXPECT_THAT(deck.at("INCAR"), Not(HasSubstr("LDIPOL")));
  EXPECT_THAT(deck.at("INCAR"), Not(HasSubstr("LDAU")));
}

TEST(Slab, is_asymmetric_where_its_faces_differ) {
  EXPECT_FALSE(is_asymmetric_slab(slab(5, 2.0)));  // SrO on both faces
  EXPECT_TRUE(is_asymmetric_slab(slab(4, 2.0)));   // SrO below, TiO2 above
  EXPECT_FALSE(is_asymmetric_slab(titanate()));
  auto moved = slab(5, 2.0);
  moved.positions(2, 1) += 0.1;
  EXPECT_TRUE(is_asymmetric_slab(moved));
}

TEST(Slab, gets_its_dipole_correction_exactly_where_it_belongs) {
  EXPECT_EQ(error_of("qe", slab(4, 2.0), slab_options(true)), "");
  EXPECT_EQ(error_of("qe", slab(5, 2.0), slab_options(false)), "");
  EXPECT_THAT(error_of("qe", slab(4, 2.0), slab_options(false)),
              HasSubstr("no dipole correction for the asymmetric slab"));
  EXPECT_THAT(error_of("qe", slab(5, 2.0), slab_options(true)), HasSubstr("dipole correction for the symmetric slab"));
  DeckOptions superlattice;
  superlattice.dipole_correction = true;
  EXPECT_THAT(error_of("vasp", titanate(), superlattice), HasSubstr("dipole correction without vacuum"));
}

TEST(Slab, has_one_k_point_along_the_vacuum_and_no_stress) {
  auto const input = parse_qe(make_deck("qe", slab(4, 2.0), slab_options(true)).at("pw.in"));

  EXPECT_EQ(input.cards.at("K_POINTS automatic").at(0), "8 8 1 0 0 0");
  EXPECT_EQ(input.values.at("CONTROL.tstress"), ".false.");
}

TEST(Slab, turns_its_sawtooth_inside_the_vacuum) {
  for (double const first_z : {0.0, 2.0, 12.0, 20.0, 23.0}) {  // the last two wrap round the cell
    auto const crystal = slab(4, first_z);
    double const bottom = first_z / 25.0, top = (first_z + 3 * 1.95) / 25.0;
    auto const in_vacuum = [&](double z) {
      z -= std::floor(z - top);  // into [top, top + 1)
      return z > top && z < bottom + 1.0;
    };

    auto const input = parse_qe(make_deck("qe", crystal, slab_options(true)).at("pw.in"));
    double const start = parse_double(input.values.at("SYSTEM.emaxpos")).value();
    double const width = parse_double(input.values.at("SYSTEM.eopreg")).value();
    EXPECT_EQ(input.values.at("SYSTEM.edir"), "3");
    EXPECT_EQ(input.values.at("SYSTEM.eamp"), "0");
    EXPECT_TRUE(start >= 0.0 && start < 1.0);
    EXPECT_TRUE(in_vacuum(start) && in_vacuum(start + width)) << first_z;

    auto const incar = make_deck("vasp", crystal, slab_options(true)).at("INCAR");
    EXPECT_THAT(incar, HasSubstr("LDIPOL = .TRUE.\nIDIPOL = 3\nDIPOL = 0.5 0.5 "));
    double const middle = parse_double(split_words(incar.substr(incar.find("DIPOL = 0.5 0.5 ") + 16)).at(0)).value();
    EXPECT_FALSE(in_vacuum(middle)) << first_z;
    EXPECT_NEAR(std::remainder(middle - 0.5 * (bottom + top), 1.0), 0.0, 1e-9) << first_z;
  }
}

TEST(Slab, needs_vacuum_and_an_upright_cell) {
  auto thin = slab(9, 0.0);
  EXPECT_THAT(error_of("qe", thin, slab_options(false)), HasSubstr("vacuum of 9.4 A"));
  auto tilted = slab(5, 2.0);
  tilted.lattice(0, 2) = 1.0;
  EXPECT_THAT(error_of("qe", tilted, slab_options(false)), HasSubstr("tilted third vector"));
}

TEST(RelaxDeck, moves_the_atoms_that_are_free) {
  DeckOptions options;
  options.calculation = "relax";
  options.frozen = {true, false, false, false, true};

  auto const input = parse_qe(make_deck("qe", titanate(), options).at("pw.in"));
  auto const vasp = make_deck("vasp", titanate(), options);

  EXPECT_EQ(input.values.at("IONS.ion_dynamics"), "'bfgs'");
  EXPECT_NEAR(parse_double(input.values.at("CONTROL.forc_conv_thr")).value(), 3.8894e-4, 1e-8);  // 0.01 eV/A in Ry/bohr
  auto const& atoms = input.cards.at("ATOMIC_POSITIONS angstrom");
  EXPECT_EQ(split_words(atoms[0]).size(), 7u);
  EXPECT_EQ(split_words(atoms[1]).size(), 4u);
  EXPECT_THAT(vasp.at("INCAR"), HasSubstr("IBRION = 2\nNSW = 200\nEDIFFG = -0.01\nISIF = 2\n"));
  EXPECT_THAT(vasp.at("POSCAR"), HasSubstr("Selective dynamics\nCartesian\n  0 0 0 F F F\n"));
  EXPECT_EQ(parse_poscar(vasp.at("POSCAR"), "POSCAR").size(), 5u);
}

TEST(HubbardDeck, puts_u_on_the_elements_that_have_one) {
  auto ferrate = titanate();
  ferrate.numbers[1] = 26;
  ferrate.oxidation[1] = 4.0;
  DeckOptions options;
  options.level = "pbe+u";

  auto const old_form = parse_qe(make_deck("qe", ferrate, options).at("pw.in"));
  EXPECT_EQ(old_form.values.at("SYSTEM.lda_plus_u"), ".true.");
  EXPECT_EQ(old_form.values.at("SYSTEM.Hubbard_U(2)"), "5.3");
  EXPECT_EQ(old_form.values.at("SYSTEM.nspin"), "2");
  EXPECT_FALSE(old_form.values.contains("SYSTEM.Hubbard_U(1)"));

  options.hubbard_card = true;
  auto const new_form = make_deck("qe", ferrate, options).at("pw.in");
  EXPECT_THAT(new_form, HasSubstr("HUBBARD (atomic)\nU Fe-3d 5.3\n"));
  EXPECT_THAT(new_form, Not(HasSubstr("lda_plus_u")));

  auto const incar = make_deck("vasp", ferrate, options).at("INCAR");
  EXPECT_THAT(incar, HasSubstr("ISPIN = 2\nMAGMOM = 1*0 1*5 3*0\n"));
  EXPECT_THAT(incar, HasSubstr("LDAUTYPE = 2\nLDAUL = -1 2 -1\nLDAUU = 0 5.3 0\nLDAUJ = 0 0 0\nLMAXMIX = 4\n"));
  EXPECT_EQ(make_deck("vasp", titanate(), options).at("INCAR"),
            make_deck("vasp", titanate()).at("INCAR"));  // no U on Ti

  auto cerate = titanate();
  cerate.numbers[1] = 58;
  EXPECT_THAT(make_deck("vasp", cerate, options).at("INCAR"), HasSubstr("LDAUL = -1 3 -1\nLDAUU = 0 5 0\n"));
}

TEST(Decks, are_refused_for_atoms_too_close) {
  auto crystal = titanate();
  crystal.positions.col(2) = crystal.positions.col(1) + Eigen::Vector3d(0, 0, 1.2);  // Ti-O of 1.2 A

  EXPECT_THAT(error_of("qe", crystal), HasSubstr("atoms 2 (Ti) and 3 (O) are 1.2 A apart (less than 1.403 A"));
  crystal.oxidation.clear();
  EXPECT_EQ(error_of("qe", crystal), "");  // without charges only the plain length is known
  crystal.positions.col(2) = crystal.positions.col(1) + 0.9 * crystal.lattice.col(2) / 3.905 + crystal.lattice.col(0);
  EXPECT_THAT(error_of("vasp", crystal), HasSubstr("are 0.9 A apart"));
}

TEST(Decks, are_refused_for_what_cannot_be_written) {
  EXPECT_THAT(error_of("vsap", titanate()),
              HasSubstr("unknown code 'vsap' (no deck can be written for it); did you mean 'vasp'?"));
  DeckOptions options;
  options.level = "hse";
  EXPECT_THAT(error_of("qe", titanate(), options), HasSubstr("unknown level 'hse'"));
  options = {};
  options.calculation = "vc-relax";
  EXPECT_THAT(error_of("qe", titanate(), options), HasSubstr("unknown calculation 'vc-relax'"));
  options = {};
  options.kpoint_density = 0.0;
  EXPECT_THAT(error_of("qe", titanate(), options), HasSubstr("invalid kpoint_density=0"));
  options = {};
  options.frozen = {true};
  EXPECT_THAT(error_of("qe", titanate(), options), HasSubstr("found 1 frozen flags for 5 atoms"));
  options.frozen.assign(5, false);
  EXPECT_THAT(error_of("qe", titanate(), options), HasSubstr("frozen atoms in calculation 'scf'"));
  auto left_handed = titanate();
  left_handed.lattice.col(2) *= -1.0;
  EXPECT_THAT(error_of("vasp", left_handed), HasSubstr("left-handed cell"));
}

TEST(Decks, quote_a_folder_with_an_apostrophe) {
  DeckOptions options;
  options.pseudo_dir = "/data/anna's set";

  EXPECT_THAT(make_deck("qe", titanate(), options).at("pw.in"), HasSubstr("pseudo_dir = '/data/anna''s set'\n"));
}

}  // namespace
}  // namespace nacre
