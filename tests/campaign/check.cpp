#include "nacre/campaign/check.hpp"

#include "campaign/json_schema.hpp"
#include "nacre/campaign/config.hpp"
#include "nacre/campaign/domain.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

std::string const mixed = R"(
[run]
budget = 101
slots = 6

[space]
kind = "variables"

[[variable]]
name = "phase"
kind = "categorical"
choices = ["rocksalt", "fluorite"]

[[variable]]
name = "layers"
kind = "ordered"
values = [1, 2, 4]

[[variable]]
name = "x"
kind = "real"
range = [-1.0, 1.0]

[[variable]]
name = "shift"
kind = "torus"
when = "phase == 'fluorite'"

[[objective]]
name = "analytic"
)";

std::string stacks(std::string const& more = {}) {
  auto const structures = test::source_folder() / "runs" / "oxide_membranes" / "structures";
  auto const material = [&](std::string const& name) {
    return "[[material]]\nname = \"" + name + "\"\nfile = \"" + (structures / (name + ".cif")).string() +
           "\"\nplanes = [[0, 0, 1]]\nrepeats = 2\n";
  };
  return "[stacks]\nmax_area = 20\nmax_strain = 0.09\nmax_atoms = 80\n" + material("SrTiO3") + more + material("MgO") +
         "[[objective]]\nname = \"work_of_adhesion\"\n";
}

class Check : public testing::Test {
 protected:
  CampaignCheck check(std::string const& text) {
    write_file(folder_.path() / "campaign.toml", text);
    return check_campaign(folder_.path(), [](std::string const&) {});
  }
  test::ProcessResult program(std::string const& text, std::string const& options = {}) {
    write_file(folder_.path() / "campaign.toml", text);
    return test::run_command(test::nacre_program() + " check " + folder_.path().string() + " " + options);
  }
  test::TemporaryFolder folder_;
};

// An oxide whose iron has charge 2.5 on average; the place of its atoms does not matter here.
TEST_F(Check, warns_of_a_material_with_mixed_valence) {
  write_file(folder_.path() / "POSCAR_Fe4O5",
             "Fe4O5\n1\n6 0 0\n0 6 0\n0 0 6\nFe O\n4 5\nDirect\n0 0 0\n.5 0 0\n0 .5 0\n0 0 .5\n.5 .5 0\n.5 0 .5\n"
             "0 .5 .5\n.5 .5 .5\n.25 .25 .25\n");
  auto const material = "[[material]]\nname = \"oxide\"\nfile = \"POSCAR_Fe4O5\"\nplanes = [[0, 0, 1]]\n";
  auto const model = "[potential]\nmodel = \"rigid-ion:pedone2006\"\n";

  write_file(folder_.path() / "campaign.toml", stacks(material + std::string("oxidation = {Fe = 2.5, O = -2}\n")) + model);
  auto const notes = make_domain(read_campaign(folder_.path()))->notes();
  write_file(folder_.path() / "campaign.toml", stacks(material) + model);

  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("between Fe2+ and Fe3+"), std::string::npos) << notes[0];
  EXPECT_THROW(make_domain(read_campaign(folder_.path())), InputError);
}

TEST_F(Check, sizes_the_space_and_the_budget) {
  auto const result = check(mixed);

  EXPECT_EQ(result.leaves, 2 * 3);
  EXPECT_EQ(result.evaluations, 51);  // each after a block
  EXPECT_EQ(check(mixed + "[search]\nscreen = 0\n").evaluations, 101);
  EXPECT_GT(result.work.lowest, 0.0);
  EXPECT_LE(result.work.lowest, result.work.mean);
  EXPECT_LE(result.work.mean, result.work.highest);
  EXPECT_FALSE(result.atoms);
  EXPECT_FALSE(result.seconds_per_work) << "nobody has run it";
}

TEST_F(Check, prints_the_same_in_words_and_as_json) {
  auto const text = program(mixed);
  auto const json = Value::parse_json(program(mixed, "--json").out, "check");

  EXPECT_NE(text.out.find("6 discrete leaves"), std::string::npos) << text.out << text.err;
  EXPECT_NE(text.out.find("at most 9 have something to do"), std::string::npos) << text.out;
  EXPECT_EQ(json.at("leaves").as_integer(), 6);
  EXPECT_EQ(json.at("useful_ranks").as_integer(), 9);
  EXPECT_TRUE(json.at("core_seconds").is_null());
}

TEST_F(Check, writes_nothing) {
  program(mixed);

  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(Check, names_the_line_of_an_unknown_objective_or_quantity) {
  auto const objective = program(std::string(mixed).replace(mixed.find("\"analytic\""), 10, "\"analitic\""));
  EXPECT_EQ(objective.status, 2);
  EXPECT_NE(objective.err.find("campaign.toml', line 29: unknown objective 'analitic'"), std::string::npos)
      << objective.err;
  EXPECT_NE(objective.err.find("did you mean 'analytic'?"), std::string::npos) << objective.err;

  auto const quantity = program(mixed + "[[constraint]]\nquantity = \"analytik\"\nupper = 1\n");
  EXPECT_EQ(quantity.status, 2);
  EXPECT_NE(quantity.err.find("line 31: unknown quantity 'analytik'"), std::string::npos) << quantity.err;
  EXPECT_NE(quantity.err.find("did you mean 'analytic'?"), std::string::npos) << quantity.err;
}

TEST_F(Check, sets_real_membranes_up_and_times_their_model) {
  auto const result = check(stacks());

  EXPECT_GT(result.leaves, 0);
  EXPECT_EQ(result.continuous, (std::vector<std::string>{"shift", "gap"}));
  EXPECT_GE(result.setup_tasks, 2 + 2);  // two bulks, at least one surface of each
  ASSERT_TRUE(result.atoms);
  EXPECT_LE(result.atoms->highest, 80);
  ASSERT_TRUE(result.seconds_per_work);
  EXPECT_GT(*result.seconds_per_work, 0.0);
}

TEST_F(Check, refuses_a_dopant_for_a_site_that_is_not_there) {
  auto const result = program(stacks("[material.carrier]\ndopant = \"Y\"\nsite = \"Zr\"\nfraction = 0.1\n"));

  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("line 5: no Zr in material 'SrTiO3' (SrTiO3) for Y to replace"), std::string::npos)
      << result.err;
}

TEST_F(Check, names_the_line_of_an_unknown_model) {
  auto const result = program("[potential]\nmodel = \"rigid-ion:grimse\"\n" + stacks());

  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("line 2: unknown rigid-ion set 'grimse'; did you mean 'grimes'?"), std::string::npos)
      << result.err;
}

TEST_F(Check, takes_the_speed_from_a_run) {
  write_file(folder_.path() / "campaign.toml", mixed + "[search]\nscreen = 0\n");
  auto const run =
      test::run_command(test::nacre_program() + " run --quiet --until-proposals 20 " + folder_.path().string());
  ASSERT_EQ(run.status, 3) << run.err;

  auto const result = check_campaign(folder_.path(), [](std::string const&) {});

  ASSERT_TRUE(result.seconds_per_work);
  EXPECT_GT(*result.seconds_per_work, 0.0);
}

}  // namespace
}  // namespace nacre
