// Everything at once: ranks, jobs that sleep, fail, throw, return rubbish and hang, deaths and resumes, one journal.
// scripts/check_journal is the long version.
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

char const* const faults = "NACRE_ANALYTIC_THROW=0.08 NACRE_ANALYTIC_RUBBISH=0.08 NACRE_ANALYTIC_HANG=0.03 ";

/// runs/smoke with two objectives and a constraint; its jobs are ended after two seconds.
fs::path make_campaign(fs::path const& folder, std::string const& engine) {
  fs::create_directories(folder);
  auto text = read_file(test::source_folder() / "runs/smoke/campaign.toml");
  auto const set = [&](std::string const& from, std::string const& to) { text.replace(text.find(from), from.size(), to); };
  auto const plugins = (test::build_folder() / "tests/plugins/campaign").string();
  set("budget = 400", "budget = 80\ntask_timeout_s = 2.0\nplugin_path = [\"" + plugins + "\"]");
  set("snapshot_every = 32", "snapshot_every = 16");
  set("engine = \"swarm\"", "engine = \"" + engine + "\"");
  set("screen = 6", "screen = 3");
  text += "reference = 60.0\n[[objective]]\nname = \"second_goal\"\nreference = 0.0\n";
  text += "[[constraint]]\nquantity = \"analytic\"\nupper = 80.0\n";
  write_file(folder / "campaign.toml", text);
  return folder;
}

test::ProcessResult run(fs::path const& folder, int ranks, std::string const& before = {}) {
  auto const launcher = ranks > 1 ? "mpirun -n " + std::to_string(ranks) + " " : std::string();
  return test::run_command(faults + before + " " + launcher + test::nacre_program() + " run " + folder.string());
}

Value status_of(fs::path const& folder) {
  auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
  EXPECT_EQ(status.status, 0) << status.err;
  return Value::parse_json(status.out, "status");
}

std::string list_of(fs::path const& folder) {
  return test::run_command(test::nacre_program() + " export --format csv --top 50 " + folder.string()).out;
}

class Together : public testing::TestWithParam<char const*> {};

TEST_P(Together, ranks_sleeps_faults_and_deaths_give_one_journal) {
  test::TemporaryFolder const folder;
  auto const quiet = make_campaign(folder.path() / "quiet", GetParam());
  auto const first = run(quiet, 1);
  ASSERT_EQ(first.status, 0) << first.err;
  auto const expected = status_of(quiet);
  auto const& counts = expected.at("tiers").at("potential");
  ASSERT_NE(counts.find("timeout"), nullptr) << "no job hung: " << counts.dump();
  ASSERT_NE(counts.find("failed"), nullptr) << counts.dump();

  struct Way {
    int before, after;
    char const* death;
  };
  for (auto const& way : {Way{3, 7, "after_store:33"}, Way{4, 2, "in_snapshot:2"}}) {
    auto const campaign = make_campaign(folder.path() / std::to_string(way.after), GetParam());
    auto const killed = run(campaign, way.before, concat("NACRE_ANALYTIC_JITTER_MS=20 NACRE_DIE_AT=", way.death));
    auto const resumed = run(campaign, way.after, "NACRE_ANALYTIC_JITTER_MS=5");

    EXPECT_NE(killed.status, 0) << "it did not die";
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(status_of(campaign).at("journal_hash").as_string(), expected.at("journal_hash").as_string());
    EXPECT_EQ(list_of(campaign), list_of(quiet));
  }
}

INSTANTIATE_TEST_SUITE_P(Journal, Together, testing::Values("auto", "swarm"));

}  // namespace
}  // namespace nacre
