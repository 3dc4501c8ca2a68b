// Results in the order of their arrival, and results from elsewhere: what surrounds the virtual clock.
#include <fstream>

#include "nacre/campaign/imports.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/search/variables.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

/// runs/smoke with lines added to [run] and to [search].
void make_campaign(fs::path const& folder, std::string const& run, std::string const& search) {
  fs::create_directories(folder);
  auto text = read_file(test::source_folder() / "runs/smoke/campaign.toml");
  text.replace(text.find("slots = 8"), 9, run + "\nslots = 8");
  text.replace(text.find("budget = 400"), 12, "budget = 160");
  text.replace(text.find("particles = 12"), 14, search + "\nparticles = 12");
  write_file(folder / "campaign.toml", text);
}

test::ProcessResult run(fs::path const& folder, std::string const& before = {}) {
  return test::run_command(before + " " + test::nacre_program() + " run --quiet " + folder.string());
}

std::string journal(fs::path const& folder) {
  auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
  EXPECT_EQ(status.status, 0) << status.err;
  auto const document = Value::parse_json(status.out, "status");
  EXPECT_EQ(document.at("state").as_string(), "finished");
  return document.at("journal_hash").as_string();
}

/// What Python prints for a query on campaign.db; the last snapshot goes first.
std::string without_snapshot(fs::path const& folder, std::string const& query) {
  auto const result = test::run_command("/usr/bin/python3 -c \"import sqlite3; c = sqlite3.connect('" +
                                        (folder / "campaign.db").string() + "'); c.execute('DELETE FROM snapshot'); " +
                                        "c.commit(); print(c.execute('" + query + "').fetchone()[0])\"");
  EXPECT_EQ(result.status, 0) << result.err;
  return std::string(trim(result.out));
}

TEST(Arrival, is_replayed_from_its_journal_after_death) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "arrival";
  make_campaign(campaign, "order = \"arrival\"", "");

  auto const killed = run(campaign, "NACRE_DIE_AT=after_store:70 mpirun -n 2");
  auto const resumed = run(campaign, "mpirun -n 3");
  auto const hash = journal(campaign);
  auto const mixed = without_snapshot(campaign, "SELECT count(*) FROM meta WHERE key = \\\"mixed\\\"");
  auto const replayed = run(campaign);

  EXPECT_NE(killed.status, 0) << "it did not die";
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  ASSERT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(mixed, "0");
  EXPECT_EQ(replayed.err.find("differs from the stored one"), std::string::npos) << replayed.err;
  EXPECT_EQ(journal(campaign), hash);
}

TEST(StartFrom, gives_the_search_what_another_campaign_found) {
  test::TemporaryFolder const folder;
  auto const first = folder.path() / "first", second = folder.path() / "second",
             points = folder.path() / "points.jsonl";
  make_campaign(first, "", "");
  ASSERT_EQ(run(first).status, 0);
  make_campaign(second, "", "start_from = \"../first\"\nimport = \"../points.jsonl\"");
  write_file(
      points,
      R"({"point": {"phase": "fluorite", "x": 3.1, "y": 2.3, "shift": [0.25, 0.6]}, "values": {"analytic": 0.41}})");

  auto const started = run(second);
  auto const hash = journal(second);
  fs::remove_all(first);  // the journal has its results
  fs::remove(points);
  auto const events = without_snapshot(second, "SELECT count(*) FROM events WHERE kind = \\\"import\\\"");
  auto const replayed = run(second);

  ASSERT_EQ(started.status, 0) << started.err;
  ASSERT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(events, "2");
  EXPECT_EQ(journal(second), hash);
}

TEST(Import, is_taken_from_the_inbox_of_a_campaign_and_replayed) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "one", other = folder.path() / "other", points = folder.path() / "points.jsonl";
  write_file(
      points,
      R"({"point": {"phase": "fluorite", "x": 3.1, "y": 2.3, "shift": [0.25, 0.6]}, "values": {"analytic": 0.41}})");
  make_campaign(campaign, "", "");
  make_campaign(other, "", "");
  ASSERT_EQ(run(other).status, 0);

  run(campaign, "NACRE_DIE_AT=before_issue:60");
  auto const import = test::nacre_program() + " import " + campaign.string() + " ";
  auto const imported = test::run_command(import + points.string());
  drop_into_inbox(campaign, "import", R"({"point": {"phase": "fluorite", "x": 99}, "values": {"analytic": 0.41}})");
  drop_into_inbox(campaign, "import", "no JSON at all");
  auto const finished = run(campaign, "mpirun -n 2");
  auto const hash = journal(campaign);
  auto const events = without_snapshot(campaign, "SELECT count(*) FROM events WHERE kind = \\\"import\\\"");
  auto const replayed = run(campaign);

  EXPECT_EQ(imported.status, 0) << imported.err;
  ASSERT_EQ(finished.status, 0) << finished.err;
  ASSERT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(events, "1") << "the others are left out";
  EXPECT_NE(finished.err.find("left out results to import"), std::string::npos) << finished.err;
  EXPECT_EQ(journal(campaign), hash);
  EXPECT_NE(hash, journal(other)) << "it changed nothing";
}

TEST(Import, says_what_is_wrong_with_a_file) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "one", "", "");
  for (auto const* text : {"", "nonsense", "{}", R"({"point": {"x": 1}})", R"({"point": {"x": 1}, "values": {"other": 1}})"}) {
    write_file(folder.path() / "points", text);

    auto const result = test::run_command(test::nacre_program() + " import " + (folder.path() / "one").string() + " " +
                                          (folder.path() / "points").string());

    EXPECT_EQ(result.status, 2) << text << ": " << result.err;
  }
}

TEST(StartFrom, refuses_what_is_no_campaign) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "second", "", "start_from = \"../first\"");

  auto const started = run(folder.path() / "second");

  EXPECT_EQ(started.status, 2) << started.err;
}

TEST(Imports, mean_the_designs_that_their_points_say) {
  auto const space = make_variable_space(Value::parse_toml(R"(
[[variable]]
name = "n"
kind = "ordered"
values = [1, 2, 4]
[[variable]]
name = "x"
kind = "real"
range = [1e-3, 10]
log = true
[[variable]]
name = "s"
kind = "torus"
when = "n > 1"
[[variable]]
name = "mix"
kind = "composition"
species = ["Y", "Zr"]
total = 8
)",
                                                           "SPACE")
                                             .at("variable"),
                                         Value(), "SPACE");
  Rng rng(1, "designs", 0);
  for (int i = 0; i < 200; ++i) {
    auto const design = random_design(*space, rng);
    EXPECT_EQ(design_of(*space, space->point(design)), design) << space->point(design).dump();
  }
  EXPECT_THROW(design_of(*space, Value::parse_json(R"({"n": 3})", "")), InputError);
  EXPECT_THROW(design_of(*space, Value::parse_json(R"({"n": 1, "x": 1, "mix": {"Y": 3, "Zr": 4}})", "")), InputError);
  EXPECT_THROW(design_of(*space, Value::parse_json(R"({"n": 1, "x": 1, "s": [0, 0], "mix": {"Y": 8}})", "")),
               InputError);
}

}  // namespace
}  // namespace nacre
