// nacre match: the JSON interface, limits, and what is refused.

#include <fstream>

#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class Match : public testing::Test {
 protected:
  void SetUp() override {
    write("SrTiO3.vasp", to_poscar(test::strontium_titanate()));
    write("MgO.vasp", to_poscar(test::magnesia()));
    write("CeO2.vasp", to_poscar(test::ceria()));
    write("TiO2.vasp", to_poscar(test::rutile()));
  }
  void write(std::string const& name, std::string const& text) const { std::ofstream(folder_.path() / name) << text; }
  test::ProcessResult run(std::string const& arguments) const {
    return test::run_command("cd " + folder_.path().string() + " && " + test::nacre_program() + " match " + arguments);
  }
  Value json(std::string const& arguments) const {
    auto const result = run(arguments + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "standard output");
  }
  test::TemporaryFolder folder_;
};

TEST_F(Match, prints_the_documented_fields) {
  auto const document =
      json("SrTiO3.vasp MgO.vasp --film-plane 0,0,1 --substrate-plane 0,0,1 --max-area 200 --max-strain 0.03");

  EXPECT_EQ(document.at("count").as_integer(), 5);
  EXPECT_FALSE(document.at("truncated").as_bool());
  EXPECT_GE(document.at("seconds").as_number(), 0.0);
  EXPECT_NEAR(document.at("film_basis_A").as_array()[0].as_array()[0].as_number(), 3.905, 1e-9);
  EXPECT_NEAR(document.at("substrate_basis_A").as_array()[1].as_array()[1].as_number(), 4.212 / std::sqrt(2.0), 1e-9);
  Value const& first = document.at("classes").as_array().at(0);
  EXPECT_EQ(first.at("film_index").as_integer(), 5);
  EXPECT_EQ(first.at("substrate_index").as_integer(), 9);
  EXPECT_NEAR(first.at("film_area").as_number(), 5.0 * 3.905 * 3.905, 1e-9);
  EXPECT_NEAR(first.at("shift_cell_area").as_number(), 4.212 * 4.212 / 10.0, 1e-9);
  for (char const* key : {"film_matrix", "substrate_matrix"})
    EXPECT_EQ(first.at(key).as_array()[1].as_array().size(), 2u);
  auto const strains = first.at("principal_strains").as_array();
  EXPECT_NEAR(strains[0].as_number(), strains[1].as_number(), 1e-12);
  EXPECT_NEAR(first.at("twist_deg").as_number(), 26.56505, 1e-4);
  EXPECT_EQ(first.at("atoms").as_integer(), 5 * 5 + 9 * 2);
  EXPECT_TRUE(first.at("sigma").is_null());
  EXPECT_FALSE(document.at("hands_kept").as_bool());
  double const strain = 3.0 * 4.212 / std::sqrt(2.0) / (std::sqrt(5.0) * 3.905) - 1.0;
  for (int k : {0, 1}) {
    auto const& row = first.at("strain_tensor").as_array()[k].as_array();
    EXPECT_NEAR(row[k].as_number(), strain, 1e-9);
    EXPECT_NEAR(row[1 - k].as_number(), 0.0, 1e-12);
  }
  auto const& range = document.at("twist_range_deg").as_array();
  EXPECT_NEAR(range[0].as_number(), 0.0, 1e-9);
  EXPECT_NEAR(range[1].as_number(), 32.47119, 1e-4);
}

TEST_F(Match, lists_all_pairs_of_planes_in_one_go) {
  auto const document = json("SrTiO3.vasp MgO.vasp --max-index 1 --max-area 200");

  auto const& pairs = document.at("pairs").as_array();
  ASSERT_EQ(pairs.size(), 9u);
  std::int64_t count = 0;
  for (auto const& pair : pairs) count += pair.at("count").as_integer();
  EXPECT_EQ(document.at("count").as_integer(), count);
  auto const single = json("SrTiO3.vasp MgO.vasp --film-plane 1,1,0 --substrate-plane 1,1,1 --max-area 200");
  for (auto const& pair : pairs) {
    auto const plane = [&](char const* key) { return pair.at(key).dump(); };
    if (plane("film_plane") != Value(Value::Array{1, 1, 0}).dump()) continue;
    if (plane("substrate_plane") != Value(Value::Array{1, 1, 1}).dump()) continue;
    EXPECT_EQ(pair.at("classes").dump(), single.at("classes").dump());
    count = -1;
  }
  EXPECT_EQ(count, -1) << "the pair is there";
}

TEST_F(Match, says_how_far_the_nearest_twists_are) {
  auto const document = json("SrTiO3.vasp SrTiO3.vasp --max-area 320 --max-strain 1e-4 --twist 30 --top 2");

  EXPECT_NEAR(document.at("nearest_twist_deg").as_number(), 28.072487, 1e-5);  // sigma 17
  EXPECT_NEAR(document.at("twist_offset_deg").as_number(), 28.072487 - 30.0, 1e-5);
  auto const& first = document.at("classes").as_array().at(0);
  EXPECT_EQ(first.at("sigma").as_integer(), 17);
  EXPECT_NEAR(first.at("twist_offset_deg").as_number(), 28.072487 - 30.0, 1e-5);
  EXPECT_EQ(document.at("special").as_array().at(1).at("sigma").as_integer(), 5);
  auto const none = json("SrTiO3.vasp SrTiO3.vasp --max-area 320 --max-strain 1e-4 --twist 30 --twist-window 1");
  EXPECT_EQ(none.at("count").as_integer(), 0);
  EXPECT_TRUE(none.at("nearest_twist_deg").is_null());
}

TEST_F(Match, names_the_network_of_a_small_twist) {
  auto const result = test::run_command("cd " + folder_.path().string() + " && " + test::nacre_program() +
                                        " twist SrTiO3.vasp SrTiO3.vasp --twist 2 --json");
  ASSERT_EQ(result.status, 0) << result.err;
  auto const document = Value::parse_json(result.out, "standard output");

  auto const& families = document.at("network").at("families").as_array();
  ASSERT_EQ(families.size(), 2u);
  for (auto const& family : families) {
    EXPECT_NEAR(family.at("spacing_A").as_number(), 111.876, 6e-4);  // SPEC F05
    EXPECT_EQ(family.at("type").as_string(), "screw");
  }
  EXPECT_EQ(document.at("status").as_string(), "ok");
}

TEST_F(Match, sorts_by_area_and_strain_and_shows_the_first) {
  std::string const arguments = "SrTiO3.vasp MgO.vasp --max-area 400";
  auto const all = json(arguments), some = json(arguments + " --top 3");

  ASSERT_EQ(some.at("count").as_integer(), 3);
  EXPECT_TRUE(some.at("truncated").as_bool());
  auto const& classes = all.at("classes").as_array();
  auto const key = [](Value const& c) {
    auto const& e = c.at("principal_strains").as_array();
    return std::tuple(c.at("film_area").as_number(), std::max(std::abs(e[0].as_number()), std::abs(e[1].as_number())),
                      c.at("film_index").as_integer(), c.at("substrate_index").as_integer());
  };
  for (std::size_t i = 1; i < classes.size(); ++i) EXPECT_LE(key(classes[i - 1]), key(classes[i]));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(some.at("classes").as_array()[i].dump(), classes[i].dump());
}

TEST_F(Match, splits_classes_by_the_symmetry_of_real_layers) {
  // rutile (001) is p2mm-like for a half-crystal, its lattice is square
  std::string const arguments = "TiO2.vasp MgO.vasp --max-area 250 --max-strain 0.04 --symmetry ";
  auto const layer = json(arguments + "layer"), lattice = json(arguments + "lattice");

  EXPECT_GT(layer.at("count").as_integer(), lattice.at("count").as_integer());
}

TEST_F(Match, answers_no_match_with_status_zero) {
  EXPECT_EQ(json("SrTiO3.vasp MgO.vasp --max-area 20 --max-strain 0.001").at("count").as_integer(), 0);
  EXPECT_EQ(run("SrTiO3.vasp MgO.vasp --max-area 20 --max-strain 0.001").status, 0);
}

TEST_F(Match, takes_negative_indices_and_prints_a_table) {
  auto const result = run("CeO2.vasp MgO.vasp --film-plane -1,1,1 --substrate-plane 1,1,1 --max-area 100 --top 1");

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("film A^2"), std::string::npos);
}

TEST_F(Match, refuses_wrong_input) {
  write("flat.vasp", "flat\n1.0\n1 0 0\n2 0 0\n0 0 3\nMg\n1\nDirect\n0 0 0\n");
  auto const expect_refusal = [&](std::string const& arguments, std::string const& words) {
    auto const result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  };

  expect_refusal("SrTiO3.vasp MgO.vasp --max-strain -0.01", "invalid max_strain=-0.01");
  expect_refusal("SrTiO3.vasp MgO.vasp --max-area 0", "invalid max_area=0");
  expect_refusal("SrTiO3.vasp MgO.vasp --max-area nan", "invalid max_area=nan");
  expect_refusal("SrTiO3.vasp MgO.vasp --film-plane 0,0,0", "0,0,0");
  expect_refusal("SrTiO3.vasp MgO.vasp --film-plane 1,0", "malformed plane '1,0'");
  expect_refusal("SrTiO3.vasp MgO.vasp --substrate-plane 1,0,x", "malformed plane '1,0,x'");
  expect_refusal("SrTiO3.vasp MgO.vasp --symmetry group", "symmetry");
  expect_refusal("SrTiO3.vasp MgO.vasp --top -1", "--top");
  expect_refusal("SrTiO3.vasp MgO.vasp --max-strain nan", "invalid max_strain");
  expect_refusal("SrTiO3.vasp MgO.vasp --max-atoms -3", "invalid max_atoms=-3");
  expect_refusal("SrTiO3.vasp MgO.vasp --twist north", "invalid --twist 'north'");
  expect_refusal("SrTiO3.vasp MgO.vasp --twist nan", "invalid --twist 'nan'");
  expect_refusal("SrTiO3.vasp MgO.vasp --twist 5 --twist-window -1", "--twist-window");
  expect_refusal("SrTiO3.vasp MgO.vasp --twist-window 1", "without --twist");
  expect_refusal("SrTiO3.vasp MgO.vasp --film-repeats 0", "--film-repeats");
  expect_refusal("SrTiO3.vasp MgO.vasp --max-index 99", "--max-index");
  expect_refusal("SrTiO3.vasp missing.vasp", "missing.vasp");
  expect_refusal("flat.vasp MgO.vasp", "flat.vasp");
}

}  // namespace
}  // namespace nacre
