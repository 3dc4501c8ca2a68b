#include "nacre/campaign/config.hpp"

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::string const oxides = R"(
[campaign]
seed = 7

[run]
budget = 40
slack = 1

[stacks]
max_area = 80.5

[[material]]
name = "CeO2"
file = "structures/CeO2.cif"
planes = [[1, 1, 1], [2, 2, 0]]
oxidation = {Ce = 4, O = -2}

[material.carrier]
dopant = "Gd"
site = "Ce"
fraction = 0.1

[[objective]]
name = "work_of_adhesion"
direction = "maximize"

[[constraint]]
quantity = "max_strain"
upper = 0.02
)";

std::string const plain = R"(
[space]
kind = "variables"
[[variable]]
name = "x"
kind = "real"
range = [0, 1]
[[objective]]
name = "analytic"
)";

class Config : public testing::Test {
 protected:
  CampaignConfig read(std::string const& text) {
    std::filesystem::create_directories(folder_.path() / "structures");
    write_file(folder_.path() / "structures" / "CeO2.cif", "only its presence matters here");
    write_file(folder_.path() / "campaign.toml", text);
    return read_campaign(folder_.path());
  }
  /// The message without "in 'DIR/campaign.toml', ".
  std::string message(std::string const& text) {
    try {
      read(text);
    } catch (InputError const& error) {
      auto const opening = "in '" + (folder_.path() / "campaign.toml").string() + "'";
      EXPECT_EQ(std::string(error.what()).substr(0, opening.size()), opening);
      return std::string(error.what()).substr(opening.size());
    }
    return "no error";
  }
  test::TemporaryFolder folder_;
};

std::string with(std::string text, std::string const& what, std::string const& instead) {
  return text.replace(text.find(what), what.size(), instead);
}

TEST_F(Config, reads_what_is_written_and_keeps_other_defaults) {
  auto const config = read(oxides);

  EXPECT_EQ(config.seed, 7u);
  EXPECT_EQ(config.name, folder_.path().filename().string());
  EXPECT_EQ(config.run.budget, 40);
  EXPECT_EQ(config.run.slack, 1.0);
  EXPECT_EQ(config.run.slots, 8);
  EXPECT_EQ(config.stacks.max_area, 80.5);
  ASSERT_EQ(config.materials.size(), 1u);
  auto const& ceria = config.materials[0];
  EXPECT_EQ(ceria.file, folder_.path() / "structures" / "CeO2.cif");
  EXPECT_EQ(ceria.planes, (std::vector<Eigen::Vector3i>{{1, 1, 1}, {1, 1, 0}}));
  EXPECT_EQ(ceria.oxidation, (std::map<std::string, double>{{"Ce", 4.0}, {"O", -2.0}}));
  EXPECT_EQ(ceria.carrier->dopant, "Gd");
  EXPECT_EQ(ceria.carrier->fraction, 0.1);
  EXPECT_EQ(config.objectives[0].direction, Direction::maximize);
  EXPECT_FALSE(config.constraints[0].lower);
  EXPECT_EQ(config.constraints[0].upper, 0.02);
  EXPECT_EQ(config.place(ceria.line), "in '" + (folder_.path() / "campaign.toml").string() + "', line 12: ");
}

TEST_F(Config, keeps_the_tables_of_a_space_of_variables) {
  auto const config = read(plain + "[[constraint]]\nname = \"c\"\nkind = \"known\"\nexpression = \"x < 0.5\"\n");

  EXPECT_EQ(config.variables.size(), 1u);
  EXPECT_EQ(config.variables.as_array()[0].at("name").as_string(), "x");
  EXPECT_EQ(config.known_constraints.size(), 1u);
  EXPECT_TRUE(config.constraints.empty());
}

TEST_F(Config, names_the_line_of_a_wrong_key_and_suggests) {
  EXPECT_EQ(message(with(oxides, "budget", "bugdet")),
            ", line 6: unknown key 'bugdet' in [run]; did you mean 'budget'?");
  EXPECT_EQ(message(with(oxides, "[stacks]", "[stack]")), ", line 9: unknown section 'stack'; did you mean 'stacks'?");
  EXPECT_EQ(message(with(oxides, "dopant", "dopand")),
            ", line 19: unknown key 'dopand' in [material.carrier]; did you mean 'dopant'?");
  EXPECT_EQ(message(with(oxides, "name = \"CeO2\"\n", "")), ", line 12: missing key 'name' in [[material]]");
}

TEST_F(Config, names_the_line_of_a_wrong_value) {
  EXPECT_EQ(message(with(oxides, "40", "0")), ", line 6: invalid budget = 0 in [run] (must be an integer >= 1)");
  EXPECT_EQ(message(with(oxides, "40", "4.5")), ", line 6: invalid budget = 4.5 in [run] (must be an integer >= 1)");
  EXPECT_EQ(message(with(oxides, "80.5", "\"big\"")),
            ", line 10: invalid max_area = \"big\" in [stacks] (must be a number > 0)");
  EXPECT_EQ(message(with(oxides, "80.5", "nan")), ", line 10: invalid max_area = nan in [stacks] (must be finite)");
  EXPECT_EQ(message(with(oxides, "slack = 1", "order = \"virtal\"")),
            ", line 7: invalid order = \"virtal\" in [run]; did you mean 'virtual'?");
  EXPECT_EQ(message(with(oxides, "0.1", "1.0")),
            ", line 21: invalid fraction = 1 in [material.carrier] (must be a number in (0, 1))");
  EXPECT_EQ(message(with(oxides, "slack = 1", "slots = 5000000000")),
            ", line 7: invalid slots = 5000000000 in [run] (too large)");
}

TEST_F(Config, knows_the_elements_and_codes_of_the_dft_tables) {
  EXPECT_NE(message(oxides + "[dft]\nhubbard_u_eV = {Cf = 4.0, Xx = 3.0}\n").find("unknown element 'Xx'"), std::string::npos);
  EXPECT_NE(message(oxides + "[dft]\npseudopotentials = {Tl2 = \"a.upf\"}\n").find("unknown element 'Tl2'"),
            std::string::npos);
  EXPECT_NE(message(oxides + "[dft]\nprograms = {pwx = \"pw.x\"}\n").find("unknown code 'pwx' in `programs` of [dft]"),
            std::string::npos);
  EXPECT_NE(message(oxides + "[dft]\ncodes = []\n").find("codes = [] in [dft]"), std::string::npos);
  EXPECT_EQ(read(oxides + "[dft]\ntemplates = {\"vasp/INCAR\" = \"own\"}\n").dft.settings.templates.size(), 1u);
}

TEST_F(Config, refuses_malformed_planes) {
  EXPECT_NE(message(with(oxides, "[2, 2, 0]", "[0, 0, 0]")).find("line 15: invalid planes"), std::string::npos);
  EXPECT_NE(message(with(oxides, "[2, 2, 0]", "[2, 2]")).find("three integers h, k, l"), std::string::npos);
  EXPECT_NE(message(with(oxides, "[2, 2, 0]", "[2, 2, 0.5]")).find("three small integers"), std::string::npos);
  EXPECT_NE(message(with(oxides, "[2, 2, 0]", "[2, 2, 2]")).find("the same entry twice"), std::string::npos);
  EXPECT_NE(message(with(oxides, "[[1, 1, 1], [2, 2, 0]]", "[]")).find("must not be empty"), std::string::npos);
}

TEST_F(Config, refuses_what_does_not_fit_together) {
  auto const again = "[[material]]\nname = \"CeO2\"\nfile = \"structures/CeO2.cif\"\nplanes = [[1, 0, 0]]\n";
  EXPECT_EQ(message(oxides + again), ", line 31: duplicate material 'CeO2' (first in line 13)");
  EXPECT_NE(message(with(oxides, "structures/CeO2.cif", "CeO2.cif")).find(", line 14: no such file '"),
            std::string::npos);
  EXPECT_NE(message(with(oxides, "upper", "lower = 0.03\nupper")).find("lower = 0.03 above upper = 0.02"),
            std::string::npos);
  EXPECT_NE(message(with(oxides, "upper = 0.02", "")).find("needs 'lower', 'upper' or both"), std::string::npos);
  EXPECT_NE(
      message(with(oxides, "max_area = 80.5", "min_twist_deg = 3\nmax_twist_deg = 2")).find("above max_twist_deg"),
      std::string::npos);
  EXPECT_NE(message(with(oxides, "max_area = 80.5", "vacuum = 8") + "[dft]\ntop = 2\n")
                .find("line 10: vacuum = 8 is too little"),
            std::string::npos);
  EXPECT_NE(message(plain + "[stacks]\n").find("[stacks] has no effect"), std::string::npos);
  EXPECT_NE(message("[[objective]]\nname = \"x\"\n").find("no [[material]]"), std::string::npos);
  EXPECT_NE(message(with(oxides, "[[objective]]", "[objective]")).find("write [[objective]]"), std::string::npos);
  EXPECT_NE(message("[campaign]\nseed = 1\n").find("no [[objective]]"), std::string::npos);
}

TEST_F(Config, refuses_a_dopant_that_makes_no_oxygen_vacancies) {
  auto const doped = [](std::string const& dopant, std::string const& site) {
    return with(with(oxides, "\"Gd\"", "\"" + dopant + "\""), "site = \"Ce\"", "site = \"" + site + "\"");
  };

  EXPECT_EQ(message(doped("Y", "Mg")),
            ", line 19: Y on Mg is a donor: it makes cation vacancies, not oxygen vacancies");
  EXPECT_EQ(message(doped("Zr", "Ce")), ", line 19: Zr on Ce is isovalent: it makes no oxygen vacancies");
  EXPECT_NE(message(doped("He", "Ce")).find(", line 19: unknown dopant 'He' on 'Ce'"), std::string::npos);
  EXPECT_EQ(message(doped("Gadolinium", "Ce")), ", line 19: unknown element 'Gadolinium' (no such chemical symbol)");
  EXPECT_EQ(message(with(oxides, "Ce = 4", "CE = 4")), ", line 16: unknown element 'CE' (no such chemical symbol)");
}

TEST_F(Config, refuses_a_model_that_nobody_has) {
  auto const model = [](std::string const& name) { return oxides + "[potential]\nmodel = \"" + name + "\"\n"; };

  EXPECT_EQ(message(model("rigid-iom:grimes")),
            ", line 31: unknown kind of model 'rigid-iom:grimes'; did you mean 'rigid-ion'? (write rigid-ion:SET, or "
            "KIND:PATH as nequix:PATH and torchscript:PATH; see 'nacre models')");
  EXPECT_NE(message(model("rigid-ion:")).find("incomplete model"), std::string::npos);
  EXPECT_NE(message(model("torchscript:m.pt")).find("no such model file"), std::string::npos);
}

TEST_F(Config, finds_the_files_of_a_model_in_its_folder) {
  auto const found = [&](std::string const& name) {
    return read(oxides + "[potential]\nmodel = \"" + name + "\"\n").potential.model;
  };
  auto const here = [&](std::string const& name) { return (folder_.path() / name).string(); };
  write_file(here("w.nqx"), "weights");
  write_file(here("run.py"), "a program");

  EXPECT_EQ(found("nequix:w.nqx"), "nequix:" + here("w.nqx"));
  EXPECT_EQ(found("w.nqx"), here("w.nqx"));
  EXPECT_EQ(found("nequix:w.nqx+d3:pbe+zbl"), "nequix:" + here("w.nqx") + "+d3:pbe+zbl");
  EXPECT_EQ(found("committee(nequix:w.nqx;nequix:" + here("w.nqx") + ")"),
            "committee(nequix:" + here("w.nqx") + ";nequix:" + here("w.nqx") + ")");
  EXPECT_EQ(found("exec:python3 run.py emt"), "exec:python3 " + here("run.py") + " emt");
  EXPECT_EQ(found("rigid-ion:grimes"), "rigid-ion:grimes");
}

TEST_F(Config, says_where_a_campaign_is_missing) {
  EXPECT_THROW(read_campaign(folder_.path()), InputError);
  EXPECT_THROW(read_campaign(folder_.path() / "no"), InputError);
  EXPECT_THROW(read("[run\n"), InputError);
}

TEST(ConfigSchema, documents_every_key_completely) {
  std::set<std::pair<std::string, std::string>> seen;
  for (auto const& key : config_schema()) {
    EXPECT_TRUE(seen.emplace(key.section, key.key).second) << key.section << ' ' << key.key;
    EXPECT_FALSE(key.type.empty() || key.default_value.empty() || key.meaning.empty()) << key.key;
  }
  EXPECT_TRUE(seen.count({"[run]", "budget"}));
  EXPECT_TRUE(seen.count({"[material.carrier]", "fraction"}));
}

TEST(ConfigSchema, prints_defaults_that_read_back_as_defaults) {
  test::TemporaryFolder const folder;
  std::string text, section;
  for (auto const& key : config_schema()) {
    if (key.default_value.starts_with('(') || key.section.starts_with("[[") || key.section == "[material.carrier]")
      continue;
    if (key.section == "[stacks]" || key.section == "[dynamics]" || key.section == "[potential]") continue;
    if (key.section != section) text += key.section + "\n";
    section = key.section;
    auto const value = key.section == "[space]" ? "\"variables\"" : key.default_value;
    text += key.key + " = " + value + "\n";
  }
  write_file(folder.path() / "campaign.toml", text + "[[variable]]\nname = \"x\"\n[[objective]]\nname = \"f\"\n");

  auto const config = read_campaign(folder.path());

  CampaignConfig const fresh;
  EXPECT_EQ(config.run.task_timeout_s, fresh.run.task_timeout_s);
  EXPECT_EQ(config.run.order, fresh.run.order);
  EXPECT_EQ(config.search.predictor, fresh.search.predictor);
  EXPECT_EQ(config.dft.codes, fresh.dft.codes);
  EXPECT_EQ(config.dft.settings.encut_eV, fresh.dft.settings.encut_eV);
  EXPECT_EQ(config.dft.settings.mixing, fresh.dft.settings.mixing);
}

}  // namespace
}  // namespace nacre
