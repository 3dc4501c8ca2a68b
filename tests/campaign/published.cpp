// The commands that only look, on a campaign with results.

#include "campaign/json_schema.hpp"
#include "nacre/campaign/ranking.hpp"
#include "nacre/campaign/status.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/dft/queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

Problem problem() {
  return {{{"work_of_adhesion", "J/m^2", Direction::maximize, {}}, {"atom_count", "", Direction::minimize, {}}}, {}};
}

EvaluatedDesign design(std::int64_t number, double adhesion, double atoms) {
  EvaluatedDesign result;
  result.design.values = {number};
  result.words = concat("MgO(001) on CaO(001), number ", number);
  result.choices = {{"material_a", "CaO", 0, 0}, {"gap", "2.1", 2.1, 0}};
  result.objectives = {{adhesion, 0.01, 1e6, std::string(64, 'a')}, {atoms, 0.0, 0.0, std::string(64, 'b')}};
  result.constraints = {0.01};
  result.descriptors = {{"max_strain", 0.0125}};
  result.extras = {{"work_of_separation", Estimate::without_value(Status::refused, "polar: Q = 0.5 e")}};
  result.structure = "1\nLattice=\"4 0 0 0 4 0 0 0 20\" Properties=species:S:1:pos:R:3 pbc=\"T T F\"\nMg 0 0 0\n";
  result.energy_per_area = std::nan("");
  return result;
}

class PublishedCampaign : public testing::Test {
 protected:
  PublishedCampaign() {
    CampaignLock const lock(path(), false);
    Store store(path(), Store::Mode::write);
    Outcome outcome, reference;
    outcome.designs = {design(1, 2.25, 80), design(2, 2.0, 90), design(3, 1.5, 40)};
    reference.designs = {design(-1, 0.5, 10)};
    StoredProposal proposal;
    for (auto const& entry : outcome.designs) proposal.designs.push_back(entry.design);
    store.put_proposal(proposal);
    store.put_outcome(0, outcome);
    store.put_reference(reference);
    store.put_meta("objectives",
                   R"([{"name": "work_of_adhesion", "unit": "J/m^2", "direction": "maximize", "sha256": "0"},
                                     {"name": "atom_count", "unit": "", "direction": "minimize", "sha256": "0"}])");
    store.put_request({dft::Request{id(0), "scf", "qe", "pbe", "words", 0.0}.id(), id(0), "scf", "qe", "pbe", "words", 0.0});
    std::vector<EvaluatedDesign const*> const given{&outcome.designs[0], &outcome.designs[1], &outcome.designs[2]};
    std::vector<EvaluatedDesign const*> const references{&reference.designs[0]};
    Provenance const provenance{"test",       1, std::string(64, 'c'), std::string(64, 'd'), "rigid-ion:grimes",
                                "nacre 0.1.0"};
    store.put_ranking(ranking_document(problem(), rank_designs(problem(), given, references), given, references,
                                       Tier::potential, provenance)
                          .dump());
    store.publish();
    write_file(path() / "campaign.toml", "");
    fs::remove(path() / "campaign.db");
  }
  fs::path path() const { return folder_.path(); }
  static std::string id(int index) { return Design{{index + 1}}.id().hex(); }
  /// @param arguments with DIR for the folder
  test::ProcessResult nacre(std::string arguments) const {
    arguments.replace(arguments.find("DIR"), 3, path().string());
    return test::run_command(test::nacre_program() + " " + arguments);
  }
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (auto const& entry : fs::recursive_directory_iterator(path())) all.insert(entry.path().string());
    return all;
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(PublishedCampaign, is_listed_with_atoms_as_json) {
  auto const list = Value::parse_json(nacre("top DIR --json --top 2").out, "top");

  ASSERT_EQ(list.at("candidates").size(), 2u);
  EXPECT_EQ(list.at("candidates").as_array()[0].at("id").as_string(), id(0));
  EXPECT_NE(list.at("candidates").as_array()[0].at("structure").as_string().find("Mg 0 0 0"), std::string::npos);
  NACRE_NEEDS_JSON_SCHEMA();
  EXPECT_EQ(test::schema_violation(list, "ranking"), "");
}

TEST_F(PublishedCampaign, is_listed_in_aligned_columns) {
  auto const out = split(nacre("top DIR").out, '\n');

  EXPECT_EQ(out[0], "rank  front  id            work_of_adhesion [J/m^2] ↑  atom_count ↓  copies  design");
  EXPECT_EQ(out[1], "   1      1  " + id(0).substr(0, 12) +
                        "                 2.25 ± 0.01            80       1  MgO(001) on CaO(001), number 1");
  EXPECT_TRUE(out[4].starts_with("   -      -  ")) << "the reference row: " << out[4];
  EXPECT_EQ(out[6], "3 ranked");
}

TEST_F(PublishedCampaign, shows_a_candidate_by_the_first_digits_of_its_id) {
  auto const shown = nacre("show " + id(1).substr(0, 8) + " DIR");
  auto const document = Value::parse_json(nacre("show " + id(1) + " DIR --json").out, "show");

  EXPECT_NE(shown.out.find("rank  3, front 2"), std::string::npos) << shown.out << shown.err;
  EXPECT_NE(shown.out.find("refused: polar: Q = 0.5 e"), std::string::npos);
  EXPECT_EQ(document.at("rank").as_integer(), 3);
  auto const& potential = document.at("tiers").at("potential");
  EXPECT_EQ(potential.at("objectives").at("work_of_adhesion").at("unit").as_string(), "J/m^2");
  EXPECT_EQ(potential.at("descriptors").at("max_strain").as_number(), 0.0125);
  EXPECT_EQ(parse_extxyz(nacre("show " + id(1) + " DIR --structure").out, "structure").size(), 1u);
}

TEST_F(PublishedCampaign, prints_json_that_obeys_the_schemas) {
  NACRE_NEEDS_JSON_SCHEMA();
  auto const check = [&](std::string const& command, std::string const& schema) {
    return test::schema_violation(Value::parse_json(nacre(command).out, command), schema);
  };

  EXPECT_EQ(check("show " + id(1) + " DIR --json", "candidate"), "");
  EXPECT_EQ(check("queue list DIR --json", "queue"), "");
  EXPECT_EQ(check("export DIR --format json", "export"), "");
}

TEST_F(PublishedCampaign, names_ids_that_are_none_or_several) {
  auto const none = nacre("show 0000000000 DIR");
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("no candidate '0000000000'"), std::string::npos) << none.err;
  EXPECT_EQ(nacre("show xyz DIR").status, 2);
}

TEST_F(PublishedCampaign, exports_to_standard_output_a_file_or_a_folder) {
  auto const csv = nacre("export DIR --top 1");
  EXPECT_EQ(csv.status, 0);
  EXPECT_NE(csv.out.find("\n1,1," + id(0) + ","), std::string::npos) << csv.out;

  test::TemporaryFolder const goal;
  EXPECT_EQ(nacre("export DIR --top 1 -o " + (goal.path() / "list.csv").string()).out, "");
  EXPECT_EQ(read_file(goal.path() / "list.csv"), csv.out);
  EXPECT_EQ(nacre("export DIR --format cif -o " + (goal.path() / "cifs").string()).status, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(goal.path() / "cifs"), {}), 4);
  EXPECT_EQ(nacre("export DIR --format cif").status, 2);
  EXPECT_EQ(parse_extxyz(nacre("export DIR --format extxyz").out, "export").size(), 3u);
  EXPECT_EQ(Value::parse_json(nacre("export DIR --format json --pareto").out, "export").at("candidates").size(), 2u);
}

TEST_F(PublishedCampaign, prints_the_queue) {
  auto const list = nacre("queue list DIR");
  EXPECT_NE(list.out.find("1 calculations: 1 queued"), std::string::npos) << list.out;

  auto const listed = Value::parse_json(nacre("queue list DIR --json").out, "list").at("entries").as_array().at(0);
  auto const entry = Value::parse_json(nacre("queue show DIR " + listed.at("id").as_string() + " --json").out, "entry");

  EXPECT_EQ(entry.at("design").as_string(), id(0));
  EXPECT_EQ(entry.at("history").size(), 0u);
  EXPECT_EQ(nacre("queue show DIR zz").status, 2);
  EXPECT_EQ(nacre("queue show DIR").status, 2);
  EXPECT_EQ(nacre("queue export DIR").status, 2) << "no labels yet";
  EXPECT_EQ(nacre("top DIR --level pbe").status, 2);
  EXPECT_NE(nacre("queue shwo DIR").err.find("did you mean 'show'?"), std::string::npos);
}

TEST_F(PublishedCampaign, is_only_read) {
  auto const before = names();

  for (auto const* command : {"top DIR", "export DIR", "queue list DIR", "stop DIR"})
    EXPECT_EQ(nacre(command).status, 0) << command;
  nacre("show " + id(0) + " DIR");

  EXPECT_EQ(names(), before);
}

TEST_F(PublishedCampaign, is_asked_to_stop_while_it_runs) {
  CampaignLock const lock(path(), false);

  EXPECT_EQ(nacre("stop DIR").status, 0);

  auto const messages = read_inbox(path());
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].kind, "stop");
}

TEST(Published, a_list_is_empty_before_the_first_ranking) {
  test::TemporaryFolder const folder;
  {
    CampaignLock const lock(folder.path(), false);
    Store store(folder.path(), Store::Mode::write);
    store.put_meta("objectives", R"([{"name": "f", "unit": "eV", "direction": "minimize", "sha256": "0"}])");
    store.publish();
  }
  auto const list = [&](std::string const& command) {
    return test::run_command(test::nacre_program() + " " + command + " " + folder.path().string());
  };

  auto const top = Value::parse_json(list("top --json").out, "top");

  EXPECT_EQ(top.at("candidates").size(), 0u);
  EXPECT_EQ(list("top").status, 0);
  EXPECT_NE(list("export").out.find("\nrank,front,id,words,f,f_stderr,tier"), std::string::npos);
  NACRE_NEEDS_JSON_SCHEMA();
  EXPECT_EQ(test::schema_violation(top, "ranking"), "");
}

TEST(Published, nothing_is_said_of_a_campaign_without_results) {
  test::TemporaryFolder const folder;
  auto const result = test::run_command(test::nacre_program() + " top " + folder.path().string());

  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("nacre run"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace nacre
