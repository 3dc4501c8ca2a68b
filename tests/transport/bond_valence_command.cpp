#include <gmock/gmock.h>

#include "ionic_crystals.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/transport/migration.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class BvseCommand : public testing::Test {
 protected:
  BvseCommand() { write(test::lithium_oxide()); }
  void write(Crystal const& crystal) {
    Frame frame;
    frame.crystal = crystal;
    write_file(file(), to_extxyz(frame));
  }
  std::string file() const { return (folder_.path() / "crystal.extxyz").string(); }
  test::ProcessResult run(std::string const& options) const {
    return test::run_command(test::nacre_program() + " bvse " + file() + " " + options);
  }
  Value json(std::string const& options) const {
    auto const result = run(options + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
  test::TemporaryFolder folder_;
};

TEST_F(BvseCommand, prints_the_barriers_of_the_library) {
  auto const document = json("--ion Li+ --step 0.3");
  MigrationOptions options;
  options.grid.step = 0.3;
  auto const map = map_migration(SiteEnergy(test::lithium_oxide(), {3, 1}), options);

  for (auto const& barrier : map.barriers)
    EXPECT_NEAR(document.at(barrier.target.name).as_number(), *barrier.barrier, 1e-9) << barrier.target.name;
  EXPECT_NEAR(document.at("E_min").as_number(), map.grid.energy[map.lowest], 1e-9);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(document.at("grid").as_array()[k].as_integer(), 14);
  EXPECT_NEAR(document.at("refined").at("E3D").as_number(), *map.at("E3D").refined, 1e-9);
  EXPECT_EQ(document.at("paths").size(), 9u);
  EXPECT_GE(document.at("trust").size(), 2u);
}

TEST_F(BvseCommand, assigns_oxidation_states_that_the_file_does_not_have) {
  auto const with = json("--ion Li1+ --step 0.4");
  auto bare = test::lithium_oxide();
  bare.oxidation.clear();
  write(bare);

  EXPECT_EQ(json("--ion Li+ --step 0.4").dump(), with.dump());
  EXPECT_EQ(json("--ion Li+ --step 0.4 --oxidation Li=1,O=-2").dump(), with.dump());
  EXPECT_EQ(run("--ion Li+ --oxidation Li=2,O=-2").status, 2);  // not neutral
}

TEST_F(BvseCommand, gives_null_where_there_is_no_way) {
  auto const document = json("--ion Li+ --step 0.4 --max-site-distance 0.1 --grid-only");

  EXPECT_TRUE(document.at("E3D").is_null());
  EXPECT_EQ(document.at("reasons").at("E3D").as_string(), "no way through near the sites");
}

TEST_F(BvseCommand, writes_the_walks_and_the_field) {
  auto const path = (folder_.path() / "walks.extxyz").string(), cube = (folder_.path() / "field.cube").string();

  auto const document = json("--ion Li+ --step 0.4 --plane 0,0,1 --direction 1,1,0 --path " + path + " --cube " + cube);

  auto const frames = read_extxyz(path);
  ASSERT_EQ(frames.size(), 12u);
  EXPECT_EQ(frames[0].info.at("barrier"), "E1D");
  double const level = *parse_double(frames[0].info.at("level_eV"));
  EXPECT_NEAR(frames[0].columns.at("energy_eV").rightCols(1).value(), level, 1.0);
  EXPECT_DOUBLE_EQ(
      frames[0].columns.at("energy_eV").bottomRightCorner(1, frames[0].columns.at("energy_eV").cols() - 4).maxCoeff(),
      level);
  EXPECT_EQ(split(read_file(cube), '\n').front(), "bond-valence site energy of Li1+ in Li2O");
  EXPECT_TRUE(document.at("E_plane").is_number());
  EXPECT_TRUE(document.at("E_across").is_number());
  EXPECT_TRUE(document.at("E_direction").is_number());
}

TEST_F(BvseCommand, prints_sums_with_or_without_barriers) {
  auto const alone = json("--sums"), beside = json("--ion Li+ --step 0.5 --sums");

  EXPECT_EQ(alone.dump(), beside.at("sums").dump());
  EXPECT_EQ(alone.at("atoms").size(), 12u);
  EXPECT_LT(alone.at("gii").as_number(), 0.2);  // a stable oxide
}

TEST_F(BvseCommand, tables_say_how_far_to_trust_them) {
  auto const result = run("--ion Li+ --step 0.4");

  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, testing::HasSubstr("never an Arrhenius energy"));
  EXPECT_THAT(result.out, testing::HasSubstr("E3D"));
}

TEST_F(BvseCommand, refuses_rubbish_with_status_2) {
  for (auto const* options : {"",
                              "--ion",
                              "--ion Q3+",
                              "--ion Li",
                              "--ion Na+x",
                              "--ion H+",
                              "--ion Li+ --step 0",
                              "--ion Li+ --step nan",
                              "--ion Li+ --step 1e-9",
                              "--ion Li+ --step 1e300",
                              "--ion Li+ --step abc",
                              "--ion Li+ --plane 1,2",
                              "--ion Li+ --plane 0,0,0",
                              "--ion Li+ --direction a,b,c",
                              "--ion Li+ --connectivity 7",
                              "--ion Li+ --from here",
                              "--ion Li+ --max-site-distance -1",
                              "--ion Li+ --cutoff 1e9",
                              "--ion Li+ --oxidation Li",
                              "--ion Na+ --from sites"}) {
    auto const result = run(options);
    EXPECT_EQ(result.status, 2) << options;
    EXPECT_FALSE(result.err.empty()) << options;
  }
  for (auto const* content : {"", "\n", "12\n", "rubbish", "1\nLattice=\"1 0 0 0 1 0 0 0 1\"\nLi 0 0 0\n"}) {
    write_file(file(), content);
    EXPECT_EQ(run("--ion Li+").status, 2) << content;
  }
  EXPECT_EQ(test::run_command(test::nacre_program() + " bvse /nowhere/at.all --ion Li+").status, 2);
}

}  // namespace
}  // namespace nacre
