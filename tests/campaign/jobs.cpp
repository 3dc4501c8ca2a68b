// Jobs of an objective as tasks of their own: any number of ranks, any death, one result.
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

void make_campaign(fs::path const& folder) {
  fs::create_directories(folder);
  write_file(folder / "campaign.toml", "[campaign]\nseed = 3\n[run]\nbudget = 8\nslots = 2\nplugin_path = [\"" +
                                           (test::build_folder() / "tests/plugins/jobs").string() +
                                           "\"]\n[search]\nengine = \"swarm\"\nparticles = 4\nscreen = 0\n[space]\nkind = "
                                       "\"variables\"\n[[variable]]\nname = \"x\"\nkind = \"real\"\nrange = [-4.0, 4.0]\n"
                                       "[[objective]]\nname = \"many_jobs\"\n");
}

test::ProcessResult run_campaign_in(fs::path const& folder, std::string const& before = {}, int ranks = 1) {
  auto const launcher = ranks > 1 ? "mpirun -n " + std::to_string(ranks) + " " : std::string();
  return test::run_command(before + " " + launcher + test::nacre_program() + " run --quiet " + folder.string());
}

/// Rows of the published database.
std::string rows(fs::path const& folder, std::string const& query) {
  auto const result = test::run_command("/usr/bin/python3 -c \"import sqlite3; c = sqlite3.connect('" +
                                        (folder / "published/campaign.db").string() + "'); print(c.execute('" + query +
                                        "').fetchall())\"");
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

struct Everything {
  std::string hash, csv, jobs;
  bool operator==(Everything const&) const = default;
};

Everything result_of(fs::path const& folder) {
  auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
  auto const document = Value::parse_json(status.out, "status");
  EXPECT_EQ(document.at("state").as_string(), "finished");
  auto const csv = test::run_command(test::nacre_program() + " export --format csv --top 50 " + folder.string());
  EXPECT_FALSE(fs::exists(folder / "jobs")) << "scratch of jobs is left";
  return {document.at("journal_hash").as_string(), csv.out,
          rows(folder, "SELECT proposal, position, objective, number, key, status, reason, value, work FROM jobs ORDER BY 1, 2, 3, 4")};
}

Everything const& undisturbed() {
  static Everything const result = [] {
    static test::TemporaryFolder const folder;
    make_campaign(folder.path() / "c");
    auto const run = run_campaign_in(folder.path() / "c");
    EXPECT_EQ(run.status, 0) << run.err;
    return result_of(folder.path() / "c");
  }();
  return result;
}

void expect_undisturbed(fs::path const& folder, std::string const& what) {
  auto const result = result_of(folder);
  EXPECT_EQ(result.hash, undisturbed().hash) << what;
  EXPECT_EQ(result.csv, undisturbed().csv) << what;
  EXPECT_EQ(result.jobs, undisturbed().jobs) << what;
}

TEST(Jobs, are_tasks_of_their_own_that_any_rank_takes) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");

  auto const run = run_campaign_in(folder.path() / "c", "NACRE_MANY_JOBS_MS=3", 2);

  ASSERT_EQ(run.status, 0) << run.err;
  expect_undisturbed(folder.path() / "c", "2 ranks");
  EXPECT_NE(rows(folder.path() / "c", "SELECT count(DISTINCT rank) FROM attempts WHERE outcome = \\\"job\\\"").find("(2,)"),
            std::string::npos);
  EXPECT_NE(undisturbed().jobs.find("part 5"), std::string::npos);
}

TEST(Jobs, give_the_same_on_four_ranks) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");

  ASSERT_EQ(run_campaign_in(folder.path() / "c", {}, 4).status, 0);

  expect_undisturbed(folder.path() / "c", "4 ranks");
}

class JobDeath : public testing::TestWithParam<int> {};

TEST_P(JobDeath, is_survived) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");

  auto const killed = run_campaign_in(folder.path() / "c", "NACRE_DIE_AT=after_store:" + std::to_string(GetParam()), 2);
  auto const resumed = run_campaign_in(folder.path() / "c", {}, 2);

  EXPECT_NE(killed.status, 0) << "it did not die";
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  expect_undisturbed(folder.path() / "c", std::to_string(GetParam()));
}

// after the first part of a design, among its jobs, after the last of them, after the second part
INSTANTIATE_TEST_SUITE_P(Jobs, JobDeath, testing::Values(1, 2, 5, 14, 33, 62));

TEST(Jobs, go_on_after_a_kill_and_after_a_polite_stop) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");

  for (auto const* how : {"NACRE_MANY_JOBS_MS=20 timeout -s KILL 0.7", "NACRE_MANY_JOBS_MS=20 timeout -s USR1 0.7"})
    EXPECT_NE(run_campaign_in(folder.path() / "c", how).status, 0) << how;
  auto const resumed = run_campaign_in(folder.path() / "c");

  ASSERT_EQ(resumed.status, 0) << resumed.err;
  expect_undisturbed(folder.path() / "c", "killed and stopped");
}

TEST(Jobs, that_outlive_their_time_go_on_from_what_they_kept) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");
  auto text = read_file(folder.path() / "c/campaign.toml");
  text.replace(text.find("budget = 8"), 10, "budget = 1\ntask_timeout_s = 0.2\nmax_attempts = 50");
  write_file(folder.path() / "c/campaign.toml", text);

  auto const run = run_campaign_in(folder.path() / "c", "NACRE_MANY_JOBS_MS=90", 4);  // three steps of 90 ms each

  ASSERT_EQ(run.status, 0) << run.err;
  auto const first = split(undisturbed().jobs, ')').at(0);
  auto const jobs = result_of(folder.path() / "c").jobs;
  EXPECT_TRUE(jobs.starts_with(first)) << jobs << "\n" << first;
  EXPECT_EQ(jobs.find("timeout"), std::string::npos) << jobs;
}

TEST(Jobs, that_throw_cost_themselves_alone) {
  EXPECT_NE(undisturbed().jobs.find("exception: planted"), std::string::npos);
  EXPECT_NE(undisturbed().csv.find("0.4472135954999579"), std::string::npos) << "five of six: " << undisturbed().csv;
  EXPECT_EQ(undisturbed().csv.find("failed"), std::string::npos);
}

}  // namespace
}  // namespace nacre
