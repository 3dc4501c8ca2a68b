#include "nacre/crystal/io.hpp"

#include <gmock/gmock.h>

#include <rapidcheck.h>
#include <Eigen/LU>
#include <fstream>
#include <limits>

#include "crystal/crystals.hpp"
#include "nacre/core/text.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::input_error_of;
using testing::HasSubstr;

std::string const titanate = R"(SrTiO3
1.0
 3.905 0 0
 0 3.905 0
 0 0 3.905
Sr Ti O
1 1 3
Direct
 0 0 0
 0.5 0.5 0.5
 0.5 0.5 0
 0.5 0 0.5
 0 0.5 0.5
)";

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string poscar_error(std::string const& text) {
  return input_error_of([&] { parse_poscar(text, "POSCAR"); });
}

TEST(Poscar, is_read) {
  auto const crystal = parse_poscar(titanate, "POSCAR");

  EXPECT_EQ(crystal.name, "SrTiO3");
  EXPECT_EQ(crystal.numbers, (std::vector<int>{38, 22, 8, 8, 8}));
  EXPECT_TRUE(crystal.lattice.isApprox(3.905 * Eigen::Matrix3d::Identity()));
  EXPECT_TRUE(crystal.positions.col(1).isApprox(Eigen::Vector3d::Constant(1.9525)));
  EXPECT_TRUE(crystal.oxidation.empty());
}

TEST(Poscar, scale_factor_scales_cell_and_cartesian_positions) {
  auto const scaled = parse_poscar(replaced(titanate, "1.0", "2.0"), "POSCAR");
  EXPECT_NEAR(scaled.lattice(0, 0), 7.81, 1e-12);

  auto const cartesian = parse_poscar(replaced(replaced(titanate, "1.0", "2.0"), "Direct", "kartesian"), "POSCAR");
  EXPECT_NEAR(cartesian.positions(0, 1), 1.0, 1e-12);

  auto const volume = parse_poscar(replaced(titanate, "1.0", "-64.0"), "POSCAR");  // a negative factor is the volume
  EXPECT_NEAR(volume.volume(), 64.0, 1e-12);
  EXPECT_NEAR(volume.lattice(0, 0), 4.0, 1e-12);

  auto const each = parse_poscar(replaced(titanate, "1.0", "1.0 2.0 3.0"), "POSCAR");
  EXPECT_NEAR(each.lattice(2, 2), 3 * 3.905, 1e-12);
}

TEST(Poscar, takes_lattice_vectors_as_rows) {
  auto const crystal = parse_poscar(replaced(titanate, " 0 3.905 0\n", " 1 3.905 2\n"), "POSCAR");

  EXPECT_TRUE(crystal.lattice.col(1).isApprox(Eigen::Vector3d(1, 3.905, 2)));
}

TEST(Poscar, skips_what_a_contcar_adds) {
  auto text = replaced(titanate, "Direct", "Selective dynamics\nDirect");
  text = replaced(text, " 0 0 0\n", " 0 0 0 T T F\n");
  text = replaced(text, "Sr Ti O", "Sr_sv Ti_pv/8ad2b O");
  text += "\n 0.1 0.2 0.3\n 0 0 0\n 0 0 0\n 0 0 0\n 0 0 0\n";  // velocities
  auto const crystal = parse_poscar(text, "CONTCAR");

  EXPECT_EQ(crystal.size(), 5u);
  EXPECT_EQ(crystal.numbers[1], 22);
  EXPECT_EQ(parse_poscar(titanate + "Lattice velocities and vectors\n 1\n 0 0 0\n", "CONTCAR").size(), 5u);
  auto windows = titanate;
  for (std::size_t i = 0; (i = windows.find('\n', i)) != std::string::npos; i += 2) windows.insert(i, "\r");
  EXPECT_EQ(parse_poscar(windows, "POSCAR").size(), 5u);
}

TEST(Poscar, is_refused_with_the_line) {
  EXPECT_THAT(poscar_error(""), HasSubstr("'POSCAR' ends after line 0"));
  EXPECT_THAT(poscar_error(replaced(titanate, "Sr Ti O\n", "")),
              HasSubstr("no line of element symbols in 'POSCAR' line 6"));
  EXPECT_THAT(poscar_error(replaced(titanate, "Sr Ti O", "Sr Tj O")),
              HasSubstr("unknown element 'Tj' in 'POSCAR' line 6; did"));
  EXPECT_THAT(poscar_error(replaced(titanate, "1 1 3", "1 1")),
              HasSubstr("found 2 counts for 3 elements in 'POSCAR' line 7"));
  EXPECT_THAT(poscar_error(replaced(titanate, "1 1 3", "1 1 4")),
              HasSubstr("ends after line 13 (position of atom 6 of 6 expected)"));
  EXPECT_THAT(poscar_error(replaced(titanate, "1 1 3", "1 1 2")),
              HasSubstr("more positions than the 4 atoms counted, first in 'POSCAR' line 13"));
  EXPECT_THAT(poscar_error(replaced(titanate, "1 1 3", "1 1 -3")), HasSubstr("invalid count '-3' of O"));
  EXPECT_THAT(poscar_error(replaced(titanate, "1 1 3", "0 0 0")), HasSubstr("no atoms"));
  EXPECT_THAT(poscar_error(replaced(titanate, " 0 3.905 0", " 3.905 0 0")),
              HasSubstr("cell of volume 0 A^3 in 'POSCAR' lines 3 to 5"));
  EXPECT_THAT(poscar_error(replaced(titanate, " 0 3.905 0", " 0 nan 0")), HasSubstr("'nan' in 'POSCAR' line 4"));
  EXPECT_THAT(poscar_error(replaced(titanate, " 0 3.905 0", " 0 3.905")),
              HasSubstr("found 2 numbers of the lattice vector in 'POSCAR' line 4"));
  EXPECT_THAT(poscar_error(replaced(titanate, "0.5 0.5 0.5", "0.5 0.5 half")), HasSubstr("'half' in 'POSCAR' line 10"));
  EXPECT_THAT(poscar_error(replaced(titanate, "0.5 0.5 0.5", "0.5 0.5 inf")), HasSubstr("line 10"));
  EXPECT_THAT(poscar_error(replaced(titanate, "Direct", "Fractional")),
              HasSubstr("unknown coordinates 'fractional' in 'POSCAR' line 8"));
  EXPECT_THAT(poscar_error(replaced(titanate, "1.0", "0.0")), HasSubstr("invalid scale factor 0 in 'POSCAR' line 2"));
  EXPECT_THAT(poscar_error(replaced(titanate, "1.0", "1.0 2.0")),
              HasSubstr("found 2 scale factors in 'POSCAR' line 2"));
}

TEST(Poscar, cut_anywhere_is_refused_or_the_same_crystal) {
  auto const whole = parse_poscar(titanate, "POSCAR");
  for (std::size_t length = 0; length + 5 < titanate.size(); ++length)  // the last number may lose digits unseen
    EXPECT_THROW(parse_poscar(titanate.substr(0, length), "POSCAR"), InputError) << length;
}

std::string const two_frames = R"(2
Lattice="4 0 0 1 4 0 0 0 4" Properties=species:S:1:pos:R:3:forces:R:3:oxidation_state:R:1:tag:I:1 energy=-1.5 config="a \"b\" c" pbc="T T F" done
Mg 0 0 0 0.1 0.2 0.3 2 7
O 2 2 2 -0.1 -0.2 -0.3 -2 8
1

Ni 0 1e-3 +2
)";

std::string extxyz_error(std::string const& text) {
  return input_error_of([&] { parse_extxyz(text, "a.xyz"); });
}

TEST(Extxyz, is_read_frame_by_frame) {
  auto const frames = parse_extxyz(two_frames, "a.xyz");

  ASSERT_EQ(frames.size(), 2u);
  auto const& crystal = frames[0].crystal;
  EXPECT_TRUE(crystal.lattice.col(1).isApprox(Eigen::Vector3d(1, 4, 0)));
  EXPECT_EQ(crystal.periodic, (std::array<bool, 3>{true, true, false}));
  EXPECT_EQ(crystal.oxidation, (std::vector<double>{2, -2}));
  EXPECT_EQ(frames[0].info.at("config"), "a \"b\" c");
  EXPECT_EQ(frames[0].info.at("energy"), "-1.5");
  EXPECT_EQ(frames[0].info.at("done"), "T");
  EXPECT_EQ(frames[0].columns.at("forces").col(1), Eigen::Vector3d(-0.1, -0.2, -0.3));
  EXPECT_EQ(frames[0].columns.at("tag")(0, 1), 8.0);
  EXPECT_FALSE(frames[0].columns.contains("pos"));
  EXPECT_EQ(frames[1].crystal.periodic, (std::array<bool, 3>{false, false, false}));
  EXPECT_EQ(frames[1].crystal.positions.col(0), Eigen::Vector3d(0, 1e-3, 2));
}

TEST(Extxyz, writes_what_it_reads) {
  for (auto const& frame : parse_extxyz(two_frames, "a.xyz")) {
    auto const again = parse_extxyz(to_extxyz(frame), "b.xyz").at(0);

    EXPECT_EQ(again.crystal.lattice, frame.crystal.lattice);
    EXPECT_EQ(again.crystal.positions, frame.crystal.positions);
    EXPECT_EQ(again.crystal.numbers, frame.crystal.numbers);
    EXPECT_EQ(again.crystal.oxidation, frame.crystal.oxidation);
    EXPECT_EQ(again.crystal.periodic, frame.crystal.periodic);
    EXPECT_EQ(again.info, frame.info);
    EXPECT_EQ(again.columns, frame.columns);
  }
}

TEST(Extxyz, is_refused_with_the_line) {
  EXPECT_THAT(extxyz_error(""), HasSubstr("empty file 'a.xyz'"));
  EXPECT_THAT(extxyz_error("two\n"), HasSubstr("unreadable number of atoms 'two' in 'a.xyz' line 1"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "2\n", "3\n")), HasSubstr("found 1 columns in 'a.xyz' line 5"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "2\n", "1\n")), HasSubstr("'a.xyz' line 4"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "O 2 2 2", "Ox 2 2 2")),
              HasSubstr("unknown element 'Ox' in 'a.xyz' line 4"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "O 2 2 2", "O 2 nan 2")), HasSubstr("not finite in 'a.xyz' line 4"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "O 2 2 2", "O 2 two 2")),
              HasSubstr("unreadable pos 'two' in 'a.xyz' line 4"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "2 7\n", "2 7.5\n")),
              HasSubstr("unreadable tag '7.5' in 'a.xyz' line 3 (whole"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "1 4 0", "8 0 0")), HasSubstr("'a.xyz' line 2: cell of volume 0 A^3"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "1 4 0", "1 4")),
              HasSubstr("found 8 numbers in Lattice in 'a.xyz' line 2"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "pos:R:3", "pos:R")), HasSubstr("unreadable"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "pos:R:3", "pis:R:3")),
              HasSubstr("no column 'pos:R:3' in 'a.xyz' line 2"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "species:S", "spezies:S")), HasSubstr("no column 'species:S:1'"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "T T F", "T T maybe")),
              HasSubstr("unreadable flag 'maybe' in 'a.xyz' line 2"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "T T F\"", "T T F")),
              HasSubstr("missing closing quote in 'a.xyz' line 2"));
  EXPECT_THAT(extxyz_error("1\npbc=\"T T T\"\nNi 0 0 0\n"), HasSubstr("no Lattice in 'a.xyz' line 2"));
  EXPECT_THAT(extxyz_error("5\n\nNi 0 0 0\n"),
              HasSubstr("ends after line 3 (5 atoms expected after line 2, 1 lines are there)"));
}

TEST(Files, survive_writing_and_reading) {
  auto const number = [](double low, double high) { return low + (high - low) * *rc::gen::inRange(0, 1000001) / 1e6; };
  bool const holds = rc::check([&] {
    Crystal crystal;
    for (int i = 0; i < 9; ++i) crystal.lattice(i % 3, i / 3) = (i % 4 == 0 ? number(5.0, 9.0) : number(-2.0, 2.0)) / 3;
    if (*rc::gen::inRange(0, 2)) crystal.lattice.col(0).swap(crystal.lattice.col(2));  // either hand
    int const atoms = *rc::gen::inRange(1, 6);
    crystal.positions.resize(3, atoms);
    for (int i = 0; i < atoms; ++i) {
      crystal.numbers.push_back(i < 3 ? 8 : 58);
      crystal.oxidation.push_back(i < 3 ? -2 : (i == 3 ? 4 : 3));
      Eigen::Vector3d const x(number(0, 0.1) + i / 6.0, number(0, 1), number(0, 1));  // apart from each other
      crystal.positions.col(i) = crystal.lattice * x;
    }

    auto const poscar = parse_poscar(to_poscar(crystal), "POSCAR");
    RC_ASSERT(poscar.lattice == crystal.lattice);
    RC_ASSERT(poscar.positions == crystal.positions);
    RC_ASSERT(poscar.numbers == crystal.numbers);

    auto const extxyz = parse_extxyz(to_extxyz({crystal, {}, {}}), "a.xyz").at(0).crystal;
    RC_ASSERT(extxyz.lattice == crystal.lattice);
    RC_ASSERT(extxyz.positions == crystal.positions);
    RC_ASSERT(extxyz.oxidation == crystal.oxidation);

    auto const cif = parse_cif(to_cif(crystal), "a.cif");  // its own frame: compare what does not depend on it
    RC_ASSERT(cif.numbers == crystal.numbers);
    RC_ASSERT(cif.oxidation == crystal.oxidation);
    RC_ASSERT((cif.lattice.transpose() * cif.lattice).isApprox(crystal.lattice.transpose() * crystal.lattice, 1e-12));
    double const hand = crystal.lattice.determinant() < 0.0 ? -1.0 : 1.0;
    Eigen::Matrix3d const turn = hand * crystal.lattice * cif.lattice.inverse();
    RC_ASSERT(std::abs(turn.determinant() - 1.0) < 1e-12);  // a rotation: never the mirror image
    Eigen::Matrix3Xd steps = crystal.lattice.inverse() * (turn * cif.positions - crystal.positions);
    steps.array() -= steps.array().round();
    RC_ASSERT(steps.cwiseAbs().maxCoeff() < 1e-11);
  });
  EXPECT_TRUE(holds);
}

TEST(Files, damaged_at_random_are_read_or_refused) {
  std::string const cif = to_cif(parse_poscar(titanate, "POSCAR"));
  auto const survives = [](auto read) {  // anything but an InputError ends the test
    try {
      read();
    } catch (InputError const&) {
    }
  };
  bool const holds = rc::check([&] {
    auto const damaged = [](std::string text) {
      for (int n = *rc::gen::inRange(1, 4); n > 0 && !text.empty(); --n) {
        auto const at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(text.size())));
        auto const c = static_cast<char>(*rc::gen::inRange(9, 127));
        int const kind = *rc::gen::inRange(0, 3);
        if (kind == 0) text[at] = c;
        if (kind == 1) text.erase(at, static_cast<std::size_t>(*rc::gen::inRange(1, 20)));
        if (kind == 2) text.insert(at, 1, c);
      }
      return text;
    };
    survives([&] { parse_poscar(damaged(titanate), "POSCAR"); });
    survives([&] { parse_extxyz(damaged(two_frames), "a.xyz"); });
    survives([&] { parse_cif(damaged(cif), "a.cif"); });
  });
  EXPECT_TRUE(holds);
}

TEST(Files, with_absurd_counts_are_refused_before_memory_is_taken) {
  EXPECT_THAT(poscar_error(replaced(titanate, "1 1 3", "1 999999999 3")), HasSubstr("its counts are wrong"));
  EXPECT_THAT(extxyz_error(replaced(two_frames, "2\n", "9223372036854775807\n")), HasSubstr("its counts are wrong"));
}

TEST(ReadCrystal, chooses_by_name_and_takes_the_last_frame) {
  test::TemporaryFolder const folder;
  auto const write = [&](char const* name, std::string const& text) {
    std::ofstream(folder.path() / name) << text;
    return folder.path() / name;
  };

  EXPECT_EQ(read_crystal(write("POSCAR_1", titanate)).size(), 5u);
  EXPECT_EQ(read_crystal(write("CONTCAR", titanate)).size(), 5u);
  EXPECT_EQ(read_crystal(write("a.vasp", titanate)).size(), 5u);
  EXPECT_EQ(read_crystal(write("a.extxyz", two_frames)).size(), 1u);
  EXPECT_THAT(input_error_of([&] { read_crystal(write("a.pdb", titanate)); }),
              HasSubstr("unknown kind of structure file"));
  EXPECT_THAT(input_error_of([&] { read_crystal(folder.path() / "none.cif"); }), HasSubstr("no such file"));
}

TEST(ReadCrystal, reads_every_reference_structure) {
  auto const folder = test::shared_file("reference/interface/poscar");
  NACRE_NEEDS_SHARED(folder);
  int files = 0;
  for (auto const& entry : std::filesystem::directory_iterator(folder)) {
    auto const crystal = read_crystal(entry.path());
    EXPECT_GT(shortest_distance(crystal).distance, 1.3) << entry.path();  // C-C in graphene: 1.42 A
    ++files;
  }
  EXPECT_GE(files, 20);
}

}  // namespace
}  // namespace nacre
