#include "nacre/dft/deck.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre::dft {
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

Job job_of(Code code, Crystal crystal, Level level = Level::pbe) {
  Job job;
  job.code = code;
  job.level = level;
  job.vacuum = has_vacuum(crystal);
  job.structure = std::move(crystal);
  return job;
}

std::string qe_input(Job job) {
  job.code = Code::qe;
  return make_deck(job).files.at("pw.in");
}

std::string incar(Job job) {
  job.code = Code::vasp;
  return make_deck(job).files.at("INCAR");
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

std::string error_of(Job const& job) {
  try {
    make_deck(job);
  } catch (InputError const& error) {
    return error.what();
  }
  return {};
}

TEST(QeDeck, says_what_was_asked) {
  auto const deck = make_deck(job_of(Code::qe, titanate()));
  ASSERT_EQ(deck.files.size(), 1u);
  auto const input = parse_qe(deck.files.at("pw.in"));

  EXPECT_EQ(input.values.at("CONTROL.calculation"), "'scf'");
  EXPECT_EQ(input.values.at("CONTROL.pseudo_dir"), "'./pseudo'");
  EXPECT_EQ(input.values.at("SYSTEM.ibrav"), "0");
  EXPECT_EQ(input.values.at("SYSTEM.nat"), "5");
  EXPECT_EQ(input.values.at("SYSTEM.ntyp"), "3");
  EXPECT_EQ(input.values.at("SYSTEM.ecutwfc"), "80");
  EXPECT_EQ(input.values.at("SYSTEM.ecutrho"), "640");
  EXPECT_FALSE(input.values.contains("SYSTEM.nspin"));
  EXPECT_FALSE(input.values.contains("CONTROL.tefield"));
  EXPECT_FALSE(input.values.contains("CONTROL.max_seconds"));
  EXPECT_EQ(input.cards.at("ATOMIC_SPECIES"),
            (std::vector<std::string>{"Sr 87.62 Sr.upf", "Ti 47.867 Ti.upf", "O 15.999 O.upf"}));
  EXPECT_EQ(input.cards.at("K_POINTS automatic").at(0), "8 8 8 0 0 0");  // ceil(30/3.905)
  EXPECT_EQ(deck.command, (std::vector<std::string>{"pw.x", "-in", "pw.in"}));
}

TEST(Decks, stop_before_the_limit) {
  auto job = job_of(Code::qe, titanate());
  job.time_limit_s = 3600.0;

  EXPECT_THAT(qe_input(job), HasSubstr("max_seconds = 3420\n"));
  job.code = Code::cp2k;
  EXPECT_THAT(make_deck(job).files.at("cp2k.inp"), HasSubstr("  WALLTIME 3420\n"));
  job.code = Code::abinit;
  EXPECT_EQ(make_deck(job).command,
            (std::vector<std::string>{"abinit", "run.abi", "--timelimit", "00:57:00"}));
  job.code = Code::vasp;
  EXPECT_EQ(make_deck(job).stop_after_s, 3420.0);
  EXPECT_TRUE(make_deck(job).stop_files.contains("STOPCAR"));
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
    if (shortest_distance(crystal).distance < 2.0 || has_vacuum(crystal)) return;  // refused, rightly

    auto const qe = crystal_of(parse_qe(make_deck(job_of(Code::qe, crystal)).files.at("pw.in")));
    RC_ASSERT(qe.numbers == crystal.numbers);
    RC_ASSERT((qe.lattice - crystal.lattice).cwiseAbs().maxCoeff() < 1e-10);
    RC_ASSERT((qe.positions - crystal.positions).cwiseAbs().maxCoeff() < 1e-10);

    auto const deck = make_deck(job_of(Code::vasp, crystal));
    auto const vasp = parse_poscar(deck.files.at("POSCAR"), "POSCAR");
    auto const& order = deck.atom_order;
    RC_ASSERT(order.size() == crystal.size());
    RC_ASSERT((vasp.lattice - crystal.lattice).cwiseAbs().maxCoeff() < 1e-10);
    for (std::size_t i = 0; i < order.size(); ++i) {
      auto const from = static_cast<Eigen::Index>(order[i]);
      RC_ASSERT(vasp.numbers[i] == crystal.numbers[order[i]]);
      RC_ASSERT((vasp.positions.col(static_cast<Eigen::Index>(i)) - crystal.positions.col(from)).norm() < 1e-10);
    }
  });
  EXPECT_TRUE(holds);
}

TEST(VaspDeck, says_what_was_asked_and_holds_no_potential) {
  auto const deck = make_deck(job_of(Code::vasp, titanate())).files;

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
  auto const asymmetric = job_of(Code::qe, slab(4, 2.0)), symmetric = job_of(Code::qe, slab(5, 2.0));

  EXPECT_THAT(qe_input(asymmetric), HasSubstr("dipfield = .true."));
  EXPECT_THAT(qe_input(symmetric), Not(HasSubstr("dipfield")));
  EXPECT_THAT(incar(asymmetric), HasSubstr("LDIPOL = .TRUE."));
  EXPECT_THAT(incar(symmetric), Not(HasSubstr("LDIPOL")));
  EXPECT_THAT(make_deck(job_of(Code::cp2k, slab(4, 2.0))).files.at("cp2k.inp"),
              HasSubstr("SURFACE_DIPOLE_CORRECTION TRUE"));
  EXPECT_THAT(make_deck(job_of(Code::cp2k, slab(5, 2.0))).files.at("cp2k.inp"),
              Not(HasSubstr("SURFACE_DIPOLE_CORRECTION")));
  EXPECT_THAT(error_of(job_of(Code::abinit, slab(4, 2.0))), HasSubstr("it has no dipole correction"));
  EXPECT_EQ(error_of(job_of(Code::abinit, slab(5, 2.0))), "");
  auto superlattice = titanate();  // polar along z, but without vacuum: no place for a field to go
  superlattice.positions(2, 1) += 0.1;
  EXPECT_THAT(qe_input(job_of(Code::qe, superlattice)), Not(HasSubstr("dipfield")));
}

TEST(Slab, has_one_k_point_along_the_vacuum_and_no_stress) {
  auto const input = parse_qe(qe_input(job_of(Code::qe, slab(4, 2.0))));

  EXPECT_EQ(input.cards.at("K_POINTS automatic").at(0), "8 8 1 0 0 0");
  EXPECT_EQ(input.values.at("CONTROL.tstress"), ".false.");
}

TEST(Slab, turns_its_sawtooth_inside_the_vacuum) {
  for (double const first_z : {0.0, 2.0, 12.0, 20.0, 23.0}) {  // the last two wrap round the cell
    auto const job = job_of(Code::qe, slab(4, first_z));
    double const bottom = first_z / 25.0, top = (first_z + 3 * 1.95) / 25.0;
    auto const in_vacuum = [&](double z) {
      z -= std::floor(z - top);  // into [top, top + 1)
      return z > top && z < bottom + 1.0;
    };

    auto const input = parse_qe(qe_input(job));
    double const start = parse_double(input.values.at("SYSTEM.emaxpos")).value();
    double const width = parse_double(input.values.at("SYSTEM.eopreg")).value();
    EXPECT_EQ(input.values.at("SYSTEM.edir"), "3");
    EXPECT_EQ(input.values.at("SYSTEM.eamp"), "0");
    EXPECT_TRUE(start >= 0.0 && start < 1.0);
    EXPECT_TRUE(in_vacuum(start) && in_vacuum(start + width)) << first_z;

    auto const vasp = incar(job);
    EXPECT_THAT(vasp, HasSubstr("LDIPOL = .TRUE.\nIDIPOL = 3\nDIPOL = 0.5 0.5 "));
    double const middle = parse_double(split_words(vasp.substr(vasp.find("DIPOL = 0.5 0.5 ") + 16)).at(0)).value();
    EXPECT_FALSE(in_vacuum(middle)) << first_z;
    EXPECT_NEAR(std::remainder(middle - 0.5 * (bottom + top), 1.0), 0.0, 1e-9) << first_z;
  }
}

TEST(Slab, needs_vacuum_and_an_upright_cell) {
  auto thin = job_of(Code::qe, slab(9, 0.0));
  thin.vacuum = true;
  EXPECT_THAT(error_of(thin), HasSubstr("vacuum of 9.4 A"));
  auto tilted = job_of(Code::qe, slab(5, 2.0));
  tilted.structure.lattice(0, 2) = 1.0;
  EXPECT_THAT(error_of(tilted), HasSubstr("tilted third vector"));
  auto unsaid = job_of(Code::qe, slab(5, 2.0));
  unsaid.vacuum = false;
  EXPECT_THAT(error_of(unsaid), HasSubstr("vacuum of 17.2 A in a job that says it has none"));
  auto charged = job_of(Code::qe, slab(5, 2.0));
  charged.charge = 2.0;
  EXPECT_THAT(error_of(charged), HasSubstr("charge 2 in a cell with vacuum"));
}

TEST(RelaxDeck, moves_the_atoms_that_are_free) {
  auto job = job_of(Code::qe, titanate());
  job.kind = Kind::relax;
  job.frozen = {true, false, false, false, true};

  auto const input = parse_qe(qe_input(job));
  job.code = Code::vasp;
  auto const vasp = make_deck(job).files;
  job.code = Code::cp2k;
  auto const cp2k = make_deck(job).files.at("cp2k.inp");
  job.code = Code::abinit;
  auto const abinit = make_deck(job).files.at("run.abi");

  EXPECT_EQ(input.values.at("IONS.ion_dynamics"), "'bfgs'");
  EXPECT_NEAR(parse_double(input.values.at("CONTROL.forc_conv_thr")).value(), 3.8894e-4, 1e-8);  // 0.01 eV/A in Ry/bohr
  auto const& atoms = input.cards.at("ATOMIC_POSITIONS angstrom");
  EXPECT_EQ(split_words(atoms[0]).size(), 7u);
  EXPECT_EQ(split_words(atoms[1]).size(), 4u);
  EXPECT_THAT(vasp.at("INCAR"), HasSubstr("IBRION = 2\nNSW = 200\nEDIFFG = -0.01\nISIF = 2\n"));
  EXPECT_THAT(vasp.at("POSCAR"), HasSubstr("Selective dynamics\nCartesian\n  0 0 0 F F F\n"));
  EXPECT_EQ(parse_poscar(vasp.at("POSCAR"), "POSCAR").size(), 5u);
  EXPECT_THAT(cp2k, HasSubstr("RUN_TYPE GEO_OPT"));
  EXPECT_THAT(cp2k, HasSubstr("LIST 1 5\n"));
  EXPECT_THAT(abinit, HasSubstr("natfix 2\niatfix 1 5\n"));
}

TEST(Levels, put_u_on_the_elements_that_have_one) {
  auto ferrate = titanate();
  ferrate.numbers[1] = 26;
  ferrate.oxidation[1] = 4.0;
  auto job = job_of(Code::qe, ferrate, Level::pbe_u);

  auto const old_form = parse_qe(qe_input(job));
  EXPECT_EQ(old_form.values.at("SYSTEM.lda_plus_u"), ".true.");
  EXPECT_EQ(old_form.values.at("SYSTEM.Hubbard_U(2)"), "5.3");
  EXPECT_EQ(old_form.values.at("SYSTEM.nspin"), "2");
  EXPECT_FALSE(old_form.values.contains("SYSTEM.Hubbard_U(1)"));

  job.settings.hubbard_form = "card";
  EXPECT_THAT(qe_input(job), HasSubstr("HUBBARD (atomic)\nU Fe-3d 5.3\n"));
  EXPECT_THAT(qe_input(job), Not(HasSubstr("lda_plus_u")));

  auto const text = incar(job);
  EXPECT_THAT(text, HasSubstr("ISPIN = 2\nMAGMOM = 1*0 1*4 3*0\n"));  // d4, high spin
  EXPECT_THAT(text, HasSubstr("LDAUTYPE = 2\nLDAUL = -1 2 -1\nLDAUU = 0 5.3 0\nLDAUJ = 0 0 0\n"));
  EXPECT_EQ(incar(job_of(Code::vasp, titanate(), Level::pbe_u)), incar(job_of(Code::vasp, titanate())));  // none on Ti

  auto cerate = titanate();
  cerate.numbers[1] = 58;
  EXPECT_THAT(incar(job_of(Code::vasp, cerate, Level::pbe_u)), HasSubstr("LDAUL = -1 3 -1\nLDAUU = 0 5 0\n"));
  auto own = job_of(Code::vasp, titanate(), Level::pbe_u);
  own.settings.hubbard_u_eV = {{"Ti", 4.2}};
  EXPECT_THAT(incar(own), HasSubstr("LDAUL = -1 2 -1\nLDAUU = 0 4.2 0\n"));
}

TEST(Levels, have_their_functional_in_every_code) {
  auto const text = [](Code code, Level level, double density) {
    auto job = job_of(code, titanate(), level);
    job.settings.kpoint_density = density;
    auto const deck = make_deck(job);
    return deck.files.at(code == Code::vasp ? "INCAR" : code == Code::qe ? "pw.in" : code == Code::cp2k ? "cp2k.inp" : "run.abi");
  };
  EXPECT_THAT(text(Code::qe, Level::hse06, 8.0), HasSubstr("input_dft = 'hse'\n"));
  EXPECT_THAT(text(Code::qe, Level::hse06, 8.0), HasSubstr("nqx1 = 3\n"));
  EXPECT_THAT(text(Code::qe, Level::pbe_d3, 8.0), HasSubstr("vdw_corr = 'dft-d3'\n  dftd3_version = 4\n"));
  EXPECT_THAT(text(Code::vasp, Level::hse06, 8.0), HasSubstr("LHFCALC = .TRUE.\nHFSCREEN = 0.2\n"));
  EXPECT_THAT(text(Code::vasp, Level::r2scan, 8.0), HasSubstr("METAGGA = R2SCAN\n"));
  EXPECT_THAT(text(Code::vasp, Level::r2scan, 8.0), HasSubstr("ENCUT = 680\n"));
  EXPECT_THAT(text(Code::vasp, Level::pbe_d3, 8.0), HasSubstr("IVDW = 12\n"));
  EXPECT_THAT(text(Code::cp2k, Level::hse06, 3.0), HasSubstr("FRACTION 0.25\n"));
  EXPECT_THAT(text(Code::cp2k, Level::r2scan, 8.0), HasSubstr("&MGGA_X_R2SCAN\n"));
  EXPECT_THAT(text(Code::abinit, Level::hse06, 8.0), HasSubstr("ixc -428\n"));
  EXPECT_THAT(text(Code::abinit, Level::pbe_d3, 8.0), HasSubstr("vdw_xc 7\n"));
  EXPECT_THAT(error_of(job_of(Code::cp2k, titanate(), Level::hse06)), HasSubstr("exact exchange at the Gamma point only"));
}

TEST(Spin, follows_the_ions) {
  auto crystal = titanate();
  crystal.oxidation = {2.0, 3.0, -2.0, -2.0, -1.0};  // Ti3+: one d electron
  auto const input = qe_input(job_of(Code::qe, crystal));
  EXPECT_THAT(input, HasSubstr("nspin = 2\n"));
  EXPECT_THAT(input, HasSubstr("starting_magnetization(2) = 0.5\n"));  // valence unknown without a file
  auto off = job_of(Code::vasp, crystal);
  off.settings.spin = "off";
  EXPECT_THAT(incar(off), HasSubstr("ISPIN = 1\n"));
  off.settings.spin = "on";
  off.settings.moments = {{"Ti", -2.0}};
  EXPECT_THAT(incar(off), HasSubstr("MAGMOM = 1*0 1*-2 3*0\n"));
}

TEST(Spin, parts_the_atoms_of_one_element_by_their_charge) {
  auto crystal = supercell(titanate(), {1, 1, 2});
  crystal.oxidation[1] = 3.0;
  auto const input = parse_qe(qe_input(job_of(Code::qe, crystal)));

  EXPECT_EQ(input.values.at("SYSTEM.ntyp"), "4");
  EXPECT_EQ(input.cards.at("ATOMIC_SPECIES"),
            (std::vector<std::string>{"Sr 87.62 Sr.upf", "Ti1 47.867 Ti.upf", "O 15.999 O.upf", "Ti2 47.867 Ti.upf"}));
  EXPECT_TRUE(input.values.contains("SYSTEM.starting_magnetization(2)"));
  EXPECT_FALSE(input.values.contains("SYSTEM.starting_magnetization(4)"));
}

TEST(Decks, are_refused_for_atoms_too_close) {
  auto job = job_of(Code::qe, titanate());
  auto& crystal = job.structure;
  crystal.positions.col(2) = crystal.positions.col(1) + Eigen::Vector3d(0, 0, 1.2);  // Ti-O of 1.2 A

  EXPECT_THAT(error_of(job), HasSubstr("atoms 2 (Ti) and 3 (O) are 1.2 A apart (less than 1.403 A"));
  crystal.oxidation.clear();
  EXPECT_EQ(error_of(job), "");  // without charges half the sum of the covalent radii, 1.13 A
  crystal.positions.col(2) = crystal.positions.col(1) + 0.9 * crystal.lattice.col(2) / 3.905 + crystal.lattice.col(0);
  EXPECT_THAT(error_of(job), HasSubstr("are 0.9 A apart"));
}

TEST(Decks, are_refused_for_what_cannot_be_written) {
  EXPECT_THROW(code_from("vsap"), InputError);
  EXPECT_THROW(level_from("hse"), InputError);
  auto job = job_of(Code::qe, titanate());
  job.settings.kpoint_density = 0.0;
  EXPECT_THAT(error_of(job), HasSubstr("invalid kpoint_density=0"));
  job = job_of(Code::vasp, titanate());
  job.settings.smearing = "cold";
  EXPECT_THAT(error_of(job), HasSubstr("smearing 'cold' for vasp"));
  job = job_of(Code::qe, titanate());
  job.kind = Kind::relax;
  job.frozen = {true};
  EXPECT_THAT(error_of(job), HasSubstr("found 1 frozen flags for 5 atoms"));
  job = job_of(Code::vasp, titanate());
  job.structure.lattice.col(2) *= -1.0;
  EXPECT_THAT(error_of(job), HasSubstr("left-handed cell"));
  job = job_of(Code::qe, titanate());
  job.settings.pseudo_dir = "/nonexistent";
  EXPECT_THAT(error_of(job), HasSubstr("no folder '/nonexistent' of pseudopotentials"));
}

TEST(Decks, refuse_a_charge_that_leaves_no_electron) {
  auto job = job_of(Code::vasp, titanate());
  job.charge = 40.0;

  EXPECT_THAT(error_of(job), HasSubstr("none would be left"));
}

TEST(Decks, that_cannot_be_read_back_are_named) {
  test::TemporaryFolder folder;
  auto const error = [&] {
    try {
      read_job(folder.path());
    } catch (InputError const& caught) {
      return std::string(caught.what());
    }
    return std::string();
  };
  EXPECT_THAT(error(), HasSubstr("no 'job.json' in"));

  write_file(folder.path() / "job.json", "{}");
  EXPECT_THAT(error(), HasSubstr("job.json': missing key 'code'"));
}

TEST(Decks, take_the_lines_and_the_template_of_the_user) {
  test::TemporaryFolder folder;
  auto job = job_of(Code::qe, titanate());
  job.settings.extra = {{"qe", "system.nbnd = 40\nSYSTEM.ecutwfc = 55"}};
  EXPECT_THAT(qe_input(job), HasSubstr("ecutwfc = 55\n"));
  EXPECT_THAT(qe_input(job), HasSubstr("nbnd = 40\n"));

  write_file(folder.path() / "own.in", "! mine\n{{namelists}}{{species}}{{cell}}{{positions}}K_POINTS gamma\n");
  job.settings.templates = {{"qe", (folder.path() / "own.in").string()}};
  EXPECT_EQ(qe_input(job).substr(0, 7), "! mine\n");
  EXPECT_THAT(qe_input(job), HasSubstr("K_POINTS gamma\n"));
  write_file(folder.path() / "own.in", "{{kpionts}}");
  EXPECT_THAT(error_of(job), HasSubstr("unknown part 'kpionts' in template"));
}

TEST(Jobs, come_back_from_their_file) {
  test::TemporaryFolder folder;
  auto job = job_of(Code::cp2k, titanate(), Level::r2scan);
  job.kind = Kind::relax;
  job.frozen = {true, false, false, true, false};
  job.settings.ecutrho_ratio = 0.1 + 4.2;
  job.settings.moments = {{"Ti", 1.0 / 3.0}};
  job.adjustments.mixing_factor = 0.64;
  job.time_limit_s = 100.0;

  auto const deck = write_deck(job, folder.path() / "attempt-1");
  auto const back = read_job(folder.path() / "attempt-1");

  EXPECT_EQ(to_value(back).dump(), to_value(job).dump());
  EXPECT_EQ(make_deck(back).sha256, deck.sha256);
  job.time_limit_s = 50.0;
  EXPECT_EQ(identity(back), identity(job));
  EXPECT_EQ(comparable_level(back), comparable_level(job));
  job.settings.cp2k_cutoff_Ry = 900.0;
  EXPECT_NE(identity(back), identity(job));
  EXPECT_NE(comparable_level(back), comparable_level(job));
  EXPECT_THROW(write_deck(job, folder.path() / "attempt-1"), Error);  // no attempt sees the files of another
}

}  // namespace
}  // namespace nacre::dft
