#include "nacre/crystal/trajectory.hpp"

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

constexpr double as_written = 1e-9;  // numbers go through one change of basis

test::Walk small_walk() {
  auto walk = test::brownian(4, 6, 0.1, 20.0, 1);
  walk.lattice << 9.0, 1.5, -0.7, 0.0, 8.0, 0.4, 0.0, 0.0, 10.0;
  add_framework(walk, 1, 3.0);
  return walk;
}

class Files : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string const& name, std::string const& text) const {
    auto const path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  TrajectoryOptions types() const {
    TrajectoryOptions options;
    options.types = {{8, 8}, {40, 40}};
    return options;
  }
  test::TemporaryFolder folder_;
};

std::vector<TrajectoryFrame> read_all(TrajectoryReader& reader) {
  std::vector<TrajectoryFrame> frames;
  while (auto frame = reader.next()) frames.push_back(std::move(*frame));
  return frames;
}

void expect_equal(std::vector<TrajectoryFrame> const& frames, test::Walk const& walk) {
  ASSERT_EQ(frames.size(), walk.frames.size());
  for (std::size_t f = 0; f < frames.size(); ++f) {
    EXPECT_LT((frames[f].positions.colwise() - frames[f].origin - walk.frames[f]).cwiseAbs().maxCoeff(), as_written);
    EXPECT_LT((frames[f].lattice - walk.lattice).cwiseAbs().maxCoeff(), as_written);
  }
}

using TrajectoryFiles = Files;

TEST_F(TrajectoryFiles, extxyz_gives_back_what_was_written) {
  auto const walk = small_walk();
  TrajectoryReader reader(write("walk.xyz", to_extxyz_text(walk)));

  EXPECT_EQ(reader.numbers(), walk.numbers);
  expect_equal(read_all(reader), walk);
  EXPECT_FALSE(reader.truncated());
}

TEST_F(TrajectoryFiles, xdatcar_gives_back_what_was_written) {
  auto const walk = small_walk();
  TrajectoryReader reader(write("XDATCAR", to_xdatcar_text(walk)));

  EXPECT_EQ(reader.numbers(), walk.numbers);
  expect_equal(read_all(reader), walk);
}

TEST_F(TrajectoryFiles, xdatcar_of_a_changing_cell_has_a_cell_a_frame) {
  auto walk = small_walk();
  auto larger = walk;
  larger.lattice *= 1.02;
  TrajectoryReader reader(write("XDATCAR", to_xdatcar_text(walk) + to_xdatcar_text(larger)));

  auto const frames = read_all(reader);

  ASSERT_EQ(frames.size(), 12u);
  EXPECT_NEAR(frames[5].lattice(0, 0), 9.0, as_written);
  EXPECT_NEAR(frames[6].lattice(0, 0), 9.18, as_written);
}

TEST_F(TrajectoryFiles, dumps_of_every_kind_of_coordinate_agree) {
  auto const walk = small_walk();
  for (std::string const columns : {"xu yu zu", "xsu ysu zsu", "x y z ix iy iz", "xs ys zs ix iy iz"}) {
    TrajectoryReader reader(write("walk.dump", to_dump_text(walk, columns)), types());
    auto const frames = read_all(reader);

    EXPECT_EQ(reader.numbers(), walk.numbers) << columns;
    expect_equal(frames, walk);
    EXPECT_TRUE(frames.front().unwrapped) << columns;
  }
}

TEST_F(TrajectoryFiles, dumps_without_images_are_not_called_unwrapped) {
  auto const walk = test::wrapped(small_walk());
  for (std::string const columns : {"x y z", "xs ys zs"}) {
    TrajectoryReader reader(write("walk.dump", to_dump_text(walk, columns)), types());
    auto const frames = read_all(reader);

    expect_equal(frames, walk);
    EXPECT_FALSE(frames.front().unwrapped);
  }
}

TEST_F(TrajectoryFiles, dump_without_elements_asks_for_types) {
  auto const path = write("walk.dump", to_dump_text(small_walk(), "x y z"));

  try {
    TrajectoryReader reader(path);
    FAIL() << "read without knowing the elements";
  } catch (InputError const& error) {
    EXPECT_NE(std::string(error.what()).find("--types"), std::string::npos);
  }
}

TEST_F(TrajectoryFiles, a_frame_cut_short_is_left_out) {
  auto const walk = small_walk();
  for (auto const& [name, text] : std::map<std::string, std::string>{{"walk.xyz", to_extxyz_text(walk)},
                                                                     {"XDATCAR", to_xdatcar_text(walk)},
                                                                     {"walk.dump", to_dump_text(walk, "xu yu zu")}}) {
    TrajectoryReader reader(write(name, text.substr(0, text.size() - 60)), types());

    EXPECT_EQ(read_all(reader).size(), 5u) << name;
    EXPECT_TRUE(reader.truncated()) << name;
  }
}

TEST_F(TrajectoryFiles, other_atoms_in_a_later_frame_are_an_error) {
  auto const walk = small_walk();
  auto other = walk;
  other.numbers[1] = 16;
  TrajectoryReader reader(write("walk.xyz", to_extxyz_text(walk) + to_extxyz_text(other)));

  EXPECT_THROW(read_all(reader), InputError);
}

TEST_F(TrajectoryFiles, what_is_no_trajectory_is_an_error) {
  EXPECT_THROW(TrajectoryReader(folder_.path() / "missing.xyz"), InputError);
  EXPECT_THROW(TrajectoryReader(folder_.path()), InputError);
  EXPECT_THROW(TrajectoryReader(write("empty.xyz", "")), InputError);
  EXPECT_THROW(TrajectoryReader(write("words.xyz", "these are words\nand more\nof them\n")), InputError);
  EXPECT_THROW(TrajectoryReader(write("huge.xyz", "999999999\nProperties=species:S:1:pos:R:3\nO 0 0 0\n")), InputError);
  EXPECT_THROW(TrajectoryReader(write("nan.xyz", "1\nProperties=species:S:1:pos:R:3\nO 0 nan 0\n")), InputError);
}

/// A few random edits of a text: bytes changed, doubled, removed, the end cut off.
std::string damaged(std::string text, std::uint64_t seed) {
  Rng rng(seed, "damage", 0);
  static std::string const letters = "0123456789.-+eE \n\tITEM:xyzO\"=\0\xff";
  for (auto edits = 1 + rng.below(6); edits > 0 && !text.empty(); --edits) {
    auto const at = rng.below(text.size());
    switch (rng.below(4)) {
      case 0:
        text[at] = letters[rng.below(letters.size())];
        break;
      case 1:
        text.insert(at, text.substr(at, rng.below(80)));
        break;
      case 2:
        text.erase(at, rng.below(40));
        break;
      default:
        text.insert(at, 1, letters[rng.below(letters.size())]);
        break;
    }
  }
  if (rng.below(4) == 0) text.resize(rng.below(text.size() + 1));
  return text;
}

TEST_F(TrajectoryFiles, damaged_ones_are_read_or_refused) {
  auto const walk = small_walk();
  std::vector<std::string> const texts{to_extxyz_text(walk), to_xdatcar_text(walk),
                                       to_dump_text(walk, "x y z ix iy iz"), to_dump_text(walk, "xsu ysu zsu")};
  int read = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    auto const path = write("damaged", damaged(texts[seed % texts.size()], seed));
    try {
      TrajectoryReader reader(path, types());
      for (auto const& frame : read_all(reader)) EXPECT_TRUE(frame.positions.allFinite());
      ++read;
    } catch (Error const&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 20);
  EXPECT_GT(refused, 100);
}

TEST(LammpsData, of_the_reference_cell_is_read) {
  auto const file = test::shared_file("reference/physics/8ysz.lammps-data");
  NACRE_NEEDS_SHARED(file);

  auto const crystal = read_crystal(file);

  EXPECT_EQ(formula_units(crystal), 4);  // Zr92 Y16 O208
  EXPECT_EQ(std::count(crystal.numbers.begin(), crystal.numbers.end(), 40), 92);
  EXPECT_EQ(std::count(crystal.numbers.begin(), crystal.numbers.end(), 39), 16);
  EXPECT_EQ(std::count(crystal.numbers.begin(), crystal.numbers.end(), 8), 208);
  EXPECT_NEAR(crystal.volume(), std::pow(15.42, 3), 1e-6);
  EXPECT_EQ(read_lammps_types(file.string()), (std::map<int, int>{{1, 40}, {2, 39}, {3, 8}}));
}

TEST(LammpsData, damaged_ones_are_read_or_refused) {
  std::string const text =
      "title\n\n3 atoms\n2 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n0 0 0 xy xz yz\n\nMasses\n\n1 91.224 # "
      "Zr\n2 "
      "15.999\n\nAtoms # charge\n\n1 1 4.0 0 0 0\n2 2 -2.0 1 1 1\n3 2 -2.0 3 3 3\n";
  EXPECT_EQ(parse_lammps_data(text, "test").size(), 3u);
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    try {
      EXPECT_TRUE(parse_lammps_data(damaged(text, seed), "test").positions.allFinite());
    } catch (Error const&) {
      continue;
    }
  }
}

TEST(LammpsTypes, are_read_from_pairs) {
  EXPECT_EQ(read_lammps_types("1:Zr, 2:Y,3:O"), (std::map<int, int>{{1, 40}, {2, 39}, {3, 8}}));
  EXPECT_THROW(read_lammps_types("1:Zr,O"), InputError);
  EXPECT_THROW(read_lammps_types("0:Zr"), InputError);
  EXPECT_THROW(read_lammps_types("1:Qq"), InputError);
}

}  // namespace
}  // namespace nacre
