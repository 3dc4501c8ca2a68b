#include <gtest/gtest.h>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

struct Fixture {
  test::TemporaryFolder folder;
  std::string path(std::string const& name) const { return (folder.path() / name).string(); }
  std::string write(std::string const& name, std::string const& text) const {
    write_file(path(name), text);
    return path(name);
  }
  test::ProcessResult run(std::string const& arguments) const {
    return test::run_command(test::nacre_program() + " hull " + arguments + " --cache " + path("cache"));
  }
  Value value(std::string const& arguments) const {
    auto const result = run(arguments + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
};

TEST(HullCommand, gives_the_same_for_json_and_csv) {
  Fixture const f;
  auto const json = f.write("a.json",
                            R"([{"formula":"A","energy_eV_per_atom":0},{"formula":"B","energy_eV_per_atom":0},
    {"formula":"AB","energy_eV":-2},{"composition":{"A":3,"B":1},"formation_energy_eV_per_atom":-0.3}])");
  auto const csv = f.write("a.csv", "formula,energy_eV_per_atom\nA,0\nB,0\nAB,-1\nA3B,-0.3\n");

  auto const from_json = f.value(json + " --pairs all"), from_csv = f.value(csv + " --pairs all");

  EXPECT_EQ(from_json.at("phases").dump(), from_csv.at("phases").dump());
  EXPECT_EQ(from_json.at("pairs").dump(), from_csv.at("pairs").dump());
  EXPECT_NEAR(from_csv.at("phases").as_array()[3].at("hull_distance_eV_per_atom").as_number(), 0.2, 1e-12);
  EXPECT_NEAR(from_csv.at("pairs").as_array()[0].at("reaction_energy_eV_per_atom").as_number(), -1.0, 1e-12);
}

TEST(HullCommand, lowers_disordered_phases_with_temperature) {
  Fixture const f;
  auto const table =
      f.write("a.json", R"([{"formula":"A","energy_eV_per_atom":0},{"formula":"B","energy_eV_per_atom":0},
    {"formula":"AB","energy_eV_per_atom":0.02,"entropy_kB_per_formula":1.3862943611198906}])");

  auto const cold = f.value(table), warm = f.value(table + " --temperature 1000");

  EXPECT_NEAR(cold.at("phases").as_array()[2].at("hull_distance_eV_per_atom").as_number(), 0.02, 1e-12);
  // k_B T ln 2 per atom = 0.0597 eV
  EXPECT_NEAR(warm.at("phases").as_array()[2].at("formation_energy_eV_per_atom").as_number(),
              0.02 - 8.617333262e-2 * 0.6931471805599453, 1e-9);
  EXPECT_FALSE(warm.at("vibrations").as_bool());
}

TEST(HullCommand, computes_structures_with_known_phases_in_one_model) {
  Fixture const f;
  auto const oxide = f.write(
      "oxide.vasp", "MgO\n1\n0 2.106 2.106\n2.106 0 2.106\n2.106 2.106 0\nMg O\n1 1\nDirect\n0 0 0\n.5 .5 .5\n");
  auto const alumina = f.write("x.json", R"([{"formula":"Al2O3","energy_eV_per_atom":-1,"model":"another"}])");

  auto const v = f.value(oxide + " --model rigid-ion:pedone2006 --known --pairs oxide:MgO");

  EXPECT_EQ(v.at("phases").as_array().size(), 2u);  // the file and the list's own
  EXPECT_NEAR(v.at("phases").as_array()[0].at("energy_eV_per_atom").as_number(), -8.2863, 1e-3);  // potentials.md 3
  EXPECT_EQ(v.at("pairs").as_array()[0].at("reacts").as_bool(), false);
  auto const mixed = f.run(oxide + " " + alumina + " --model rigid-ion:pedone2006");
  EXPECT_EQ(mixed.status, 2);
  EXPECT_NE(mixed.err.find("energies of two models make no hull"), std::string::npos) << mixed.err;
}

TEST(HullCommand, refuses_rubbish_with_the_place) {
  Fixture const f;

  EXPECT_EQ(f.run(f.write("empty.json", "")).status, 2);
  EXPECT_EQ(f.run(f.write("none.json", "[]")).status, 2);
  EXPECT_EQ(f.run(f.path("missing.csv")).status, 2);
  EXPECT_EQ(f.run(f.write("nan.csv", "formula,energy_eV_per_atom\nMgO,abc\n")).status, 2);
  EXPECT_EQ(f.run(f.write("no_energy.json", R"([{"formula":"MgO"}])")).status, 2);
  EXPECT_EQ(f.run(f.write("two.json", R"([{"formula":"MgO","energy_eV":1,"energy_eV_per_atom":1}])")).status, 2);
  EXPECT_EQ(f.run(f.write("formula.json", R"([{"formula":"mg(","energy_eV":1}])")).status, 2);
  auto const fine = f.write("fine.csv", "formula,energy_eV_per_atom\nMgO,-1\n");
  EXPECT_EQ(f.run(fine + " --pairs MgO:CaO").status, 2);
  EXPECT_EQ(f.run(fine + " --pairs MgO").status, 2);
  EXPECT_EQ(f.run(fine + " --temperature -1").status, 2);
}

}  // namespace
}  // namespace nacre
