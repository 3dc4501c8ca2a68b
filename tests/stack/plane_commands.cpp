// nacre planes and nacre slab: the JSON interface against the reference cases, files, and what is refused.

#include <fstream>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "stack/unit_crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class PlaneCommands : public testing::Test {
 protected:
  void SetUp() override {
    write("SrTiO3.vasp", to_poscar(test::strontium_titanate()));
    write("MgO.vasp", to_poscar(test::magnesia()));
    write("GaN.vasp", to_poscar(test::wurtzite()));
    write("MoS2.vasp", to_poscar(test::molybdenite()));
    write("LaAlO3.vasp", to_poscar(test::lanthanum_aluminate()));
  }
  void write(std::string const& name, std::string const& text) const { std::ofstream(folder_.path() / name) << text; }
  test::ProcessResult run(std::string const& arguments) const {
    return test::run_command("cd " + folder_.path().string() + " && " + test::nacre_program() + " " + arguments);
  }
  Value json(std::string const& arguments) const {
    auto const result = run(arguments + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "standard output");
  }
  test::TemporaryFolder folder_;
};

/// The documents that commands print, one a line: one shell for all of them.
std::vector<Value> run_all(std::vector<std::string> const& commands) {
  std::string script;
  for (auto const& c : commands) script += test::nacre_program() + " " + c + " --json || exit 1\n";
  auto const result = test::run_command(script);
  EXPECT_EQ(result.status, 0) << result.err;
  std::vector<Value> documents;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) documents.push_back(Value::parse_json(line, "standard output"));
  return documents;
}

TEST(ReferenceCases, of_planes_are_what_the_command_prints) {
  auto const path = test::shared_file("reference/interface/cases.json");
  NACRE_NEEDS_SHARED(path);
  auto const cases = Value::parse_json(read_file(path), path.string());
  std::vector<std::string> commands;
  std::vector<std::pair<std::int64_t, std::int64_t>> expected;
  for (auto const& [name, counts] : cases.at("unique_miller_planes").at("oracle").as_object()) {
    auto const& [limit, count] = counts.as_object().back();  // tests/stack/plane.cpp has the others
    auto const file = path.parent_path() / "poscar" / (name + ".vasp");
    commands.push_back("planes " + file.string() + " --max-index " + limit);
    expected.emplace_back(count.at("pointgroup").as_integer(), count.at("laue").as_integer());
  }

  auto const documents = run_all(commands);

  ASSERT_EQ(documents.size(), commands.size());
  for (std::size_t i = 0; i < documents.size(); ++i) {
    std::pair const found(documents[i].at("count").as_integer(), documents[i].at("count_laue").as_integer());
    EXPECT_EQ(found, expected[i]) << commands[i];
    EXPECT_EQ(documents[i].at("planes").size(), documents[i].at("count").as_integer());
  }
}

std::multiset<std::string> plane_words(Value const& planes) {
  std::multiset<std::string> words;
  for (Value const& p : planes.as_array()) {
    std::map<std::string, double> atoms;
    for (auto const& [element, count] : p.at("atoms_per_prim2Dcell").as_object()) atoms[element] = count.as_number();
    std::string word = concat(p.at("charge").as_number());
    for (auto const& [element, count] : atoms) word += concat(' ', element, count);
    words.insert(word);
  }
  return words;
}

TEST(ReferenceCases, of_terminations_are_what_the_command_prints) {
  auto const path = test::shared_file("reference/interface/cases.json");
  NACRE_NEEDS_SHARED(path);
  auto const cases = Value::parse_json(read_file(path), path.string());
  std::vector<std::string> commands;
  std::vector<Value> expected;
  for (auto const& [name, list] : cases.at("terminations").at("oracle").as_object()) {
    for (Value const& entry : list.as_array()) {
      auto const& h = entry.at("hkl").as_array();
      auto const file = path.parent_path() / "poscar" / (name + ".vasp");
      commands.push_back(concat("slab ", file.string(), " --list --plane ", h[0].as_integer(), ',', h[1].as_integer(),
                                ',', h[2].as_integer()));
      expected.push_back(entry);
    }
  }

  auto const documents = run_all(commands);

  ASSERT_EQ(documents.size(), commands.size());
  for (std::size_t i = 0; i < documents.size(); ++i) {
    Value const& found = documents[i];
    Value const& wanted = expected[i];
    auto const& list = found.at("terminations").as_array();
    EXPECT_EQ(found.at("n_unique_upper").as_integer(), wanted.at("n_unique_upper").as_integer()) << commands[i];
    EXPECT_EQ(found.at("n_unique_updown_merged").as_integer(), wanted.at("n_unique_updown_merged").as_integer())
        << commands[i];
    ASSERT_EQ(list.size(), found.at("n_unique_upper").as_integer());
    bool const neutral = wanted.at("tasker_type1_all_planes_neutral").as_bool();
    for (std::size_t k = 0; k < list.size(); ++k) {
      EXPECT_EQ(list[k].at("index").as_integer(), k);
      EXPECT_EQ(plane_words(list[k].at("planes")), plane_words(wanted.at("planes"))) << commands[i];
      EXPECT_EQ(list[k].at("tasker").as_integer() == 1, neutral) << commands[i];
      EXPECT_EQ(list[k].at("charge_e").as_number(), list[k].at("planes").as_array().back().at("charge").as_number());
      EXPECT_EQ(list[k].at("turned_over").is_null(), !wanted.at("flip_op_exists").as_bool()) << commands[i];
      list[k].at("stoichiometric").as_bool();
    }
  }
}

TEST_F(PlaneCommands, keep_polar_faces_apart) {
  auto const document = json("planes GaN.vasp --max-index 1");

  EXPECT_EQ(document.at("count").as_integer(), 8);
  EXPECT_EQ(document.at("count_laue").as_integer(), 5);
  Value const& first = document.at("planes").as_array().at(0);
  EXPECT_EQ(first.at("hkl").dump(), "[0, 0, 1]");
  EXPECT_EQ(first.at("multiplicity").as_integer(), 1);
  EXPECT_NEAR(first.at("spacing_A").as_number(), 5.185, 1e-9);
  EXPECT_NEAR(first.at("area_A2").as_number(), 3.189 * 3.189 * std::sqrt(0.75), 1e-9);
}

TEST_F(PlaneCommands, give_no_charges_where_none_are_known) {
  write("Fe3O4.vasp",
        "spinel-like\n1.0\n4 0 0\n0 4 0\n0 0 7\nFe O\n3 4\nDirect\n0 0 0\n.5 .5 .1\n0 .5 .5\n"
        ".5 0 0\n0 .5 .2\n.5 .5 .6\n0 0 .7\n");
  auto const result = run("slab Fe3O4.vasp --list --json");
  auto const document = Value::parse_json(result.out, "standard output");

  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("--charges"), std::string::npos) << result.err;
  EXPECT_TRUE(document.at("terminations").as_array().at(0).at("charge_e").is_null());
  EXPECT_TRUE(document.at("terminations").as_array().at(0).at("tasker").is_null());
}

TEST_F(PlaneCommands, say_that_indices_are_made_coprime) {
  auto const result = run("slab SrTiO3.vasp --plane 0,0,-4 --list --json");

  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("common factor 4"), std::string::npos) << result.err;
  EXPECT_EQ(Value::parse_json(result.out, "standard output").at("hkl").dump(), "[0, 0, -1]");
}

TEST_F(PlaneCommands, write_slabs_with_the_faces_asked_for) {
  auto const slab = json("slab SrTiO3.vasp --bottom 0 --top 1 --thickness 12 --vacuum 16 -o slab.extxyz");
  auto const frame = read_extxyz(folder_.path() / "slab.extxyz").at(0);

  EXPECT_EQ(slab.at("status").as_string(), "ok");
  EXPECT_EQ(slab.at("lower_face").as_string(), slab.at("upper_face").as_string());
  EXPECT_FALSE(slab.at("stoichiometric").as_bool());
  EXPECT_EQ(slab.at("charge_e").as_number(), 0.0);
  EXPECT_EQ(slab.at("n_planes").as_integer(), 7);
  EXPECT_EQ(frame.crystal.size(), slab.at("n_atoms").as_integer());
  EXPECT_EQ(frame.columns.at("plane").maxCoeff(), 6.0);
  EXPECT_EQ(frame.columns.at("layer").minCoeff(), 1.0);
  EXPECT_NEAR(frame.crystal.lattice(2, 2), 3.0 * 3.905 + 16.0, 1e-9);
  for (std::string const name : {"slab.cif", "slab.vasp", "POSCAR.slab"}) {
    json("slab SrTiO3.vasp --repeats 2 -o " + name);
    EXPECT_EQ(read_crystal(folder_.path() / name).size(), 10u) << name;
  }
}

TEST_F(PlaneCommands, refuse_polar_faces_and_parted_layers_unless_asked) {
  auto const polar = json("slab LaAlO3.vasp -o polar.vasp");
  EXPECT_EQ(polar.at("status").as_string(), "refused");
  EXPECT_NE(polar.at("reason").as_string().find("Q ="), std::string::npos);
  EXPECT_TRUE(polar.at("output").is_null());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "polar.vasp"));
  EXPECT_EQ(json("slab LaAlO3.vasp --allow-polar -o polar.vasp").at("status").as_string(), "ok");
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "polar.vasp"));

  EXPECT_EQ(json("slab MoS2.vasp").at("lower_face").as_string(), "S");
  EXPECT_EQ(json("slab MoS2.vasp --plane 1,0,0 --allow-polar").at("status").as_string(), "refused");
  EXPECT_EQ(json("slab MoS2.vasp --plane 1,0,0 --allow-polar --cut-bonds").at("status").as_string(), "ok");
}

TEST_F(PlaneCommands, compensate_polar_faces_by_vacancies) {
  auto const best = json("slab MgO.vasp --plane 1,1,1 --repeats 3 --compensate -o best.vasp");
  auto const& arrangements = best.at("arrangements").as_array();

  ASSERT_EQ(arrangements.size(), best.at("n_arrangements").as_integer());
  ASSERT_GT(arrangements.size(), 1u);
  EXPECT_EQ(best.at("arrangement").as_integer(), 0);
  EXPECT_EQ(best.at("vacancies").as_string(), arrangements[0].at("vacancies").as_string());
  EXPECT_EQ(best.at("charge_e").as_number(), 0.0);
  EXPECT_EQ(best.at("upper_sheet_charge_e_per_A2").as_number(), 0.0);
  EXPECT_TRUE(best.at("stoichiometric").as_bool()) << "as many Mg as O are missing";
  EXPECT_EQ(read_crystal(folder_.path() / "best.vasp").size(), best.at("n_atoms").as_integer());
  auto const second = json("slab MgO.vasp --plane 1,1,1 --repeats 3 --compensate --arrangement 1");
  EXPECT_EQ(second.at("arrangement").as_integer(), 1);
  EXPECT_EQ(run("slab MgO.vasp --plane 1,1,1 --compensate --arrangement 99").status, 2);

  auto const impossible = json("slab LaAlO3.vasp --compensate");
  EXPECT_EQ(impossible.at("status").as_string(), "refused");
  EXPECT_NE(impossible.at("reason").as_string().find("6 plane cells"), std::string::npos);
  EXPECT_EQ(json("slab SrTiO3.vasp --compensate").at("n_arrangements").as_integer(), 0) << "nothing to do";
}

TEST_F(PlaneCommands, refuse_wrong_input) {
  write("empty.vasp", "");
  auto const expect_refusal = [&](std::string const& arguments, std::string const& words) {
    auto const result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  };

  expect_refusal("planes SrTiO3.vasp --max-index 0", "--max-index 0");
  expect_refusal("planes SrTiO3.vasp --max-index 51", "--max-index 51");
  expect_refusal("planes missing.vasp", "missing.vasp");
  expect_refusal("planes empty.vasp", "empty.vasp");
  expect_refusal("planes SrTiO3.vasp --tolerance nan", "--tolerance");
  expect_refusal("slab SrTiO3.vasp --plane 0,0,0 --list", "0,0,0");
  expect_refusal("slab SrTiO3.vasp --plane 1,0 --list", "malformed plane '1,0'");
  expect_refusal("slab SrTiO3.vasp --plane 1,0,0.5", "malformed plane");
  expect_refusal("slab SrTiO3.vasp --bottom 2", "unknown bottom termination 2");
  expect_refusal("slab SrTiO3.vasp --bottom 0 --top -3", "unknown top termination -2");
  expect_refusal("slab SrTiO3.vasp --repeats -1", "--repeats -1");
  expect_refusal("slab SrTiO3.vasp --thickness nan", "--thickness");
  expect_refusal("slab SrTiO3.vasp --thickness 1e12", "thinner");
  expect_refusal("slab SrTiO3.vasp --repeats 2 --thickness 9", "give one");
  expect_refusal("slab SrTiO3.vasp --vacuum 0", "--vacuum");
  expect_refusal("slab SrTiO3.vasp --charges Sr=2,Ti=4", "no oxidation state for 'O'");
  expect_refusal("slab SrTiO3.vasp --charges Sr:2", "malformed charge");
  expect_refusal("slab SrTiO3.vasp --charges Sr=1,Ti=4,O=-2", "total charge");
  expect_refusal("slab SrTiO3.vasp -o slab.doc", "unknown format");
}

}  // namespace
}  // namespace nacre
