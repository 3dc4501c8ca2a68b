// runs/smoke as a user runs it: any number of ranks, any death, one journal hash and one ranked list.
#include <random>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

struct RunResult {
  std::string hash, csv;
};

void make_campaign(fs::path const& folder) {
  fs::create_directories(folder);
  fs::copy_file(test::source_folder() / "runs/smoke/campaign.toml", folder / "campaign.toml");
}

test::ProcessResult run_campaign_in(fs::path const& folder, std::string const& before = {}, int ranks = 1) {
  auto const launcher = ranks > 1 ? "mpirun -n " + std::to_string(ranks) + " " : std::string();
  return test::run_command(before + " " + launcher + test::nacre_program() + " run --quiet " + folder.string());
}

RunResult result_of(fs::path const& folder) {
  auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
  EXPECT_EQ(status.status, 0) << status.err;
  auto const document = Value::parse_json(status.out, "status");
  EXPECT_EQ(document.at("state").as_string(), "finished");
  auto const csv = test::run_command(test::nacre_program() + " export --format csv --top 50 " + folder.string());
  EXPECT_EQ(csv.status, 0) << csv.err;
  return {document.at("journal_hash").as_string(), csv.out};
}

/// The undisturbed run on one rank that everything is compared with; made once.
RunResult const& undisturbed() {
  static RunResult const result = [] {
    static test::TemporaryFolder const folder;
    make_campaign(folder.path() / "smoke");
    auto const run = run_campaign_in(folder.path() / "smoke");
    EXPECT_EQ(run.status, 0) << run.err;
    return result_of(folder.path() / "smoke");
  }();
  return result;
}

void expect_undisturbed(fs::path const& folder, std::string const& what) {
  auto const result = result_of(folder);
  EXPECT_EQ(result.hash, undisturbed().hash) << what;
  EXPECT_EQ(result.csv, undisturbed().csv) << what;
}

class Ranks : public testing::TestWithParam<int> {};

TEST_P(Ranks, give_the_same_journal_and_the_same_list) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "smoke");

  auto const run = run_campaign_in(folder.path() / "smoke", {}, GetParam());

  ASSERT_EQ(run.status, 0) << run.err;
  expect_undisturbed(folder.path() / "smoke", std::to_string(GetParam()) + " ranks");
}

INSTANTIATE_TEST_SUITE_P(Resume, Ranks, testing::Values(2, 4));

class DeathAt : public testing::TestWithParam<std::pair<char const*, int>> {};

TEST_P(DeathAt, is_survived_on_two_ranks) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);
  auto const [point, count] = GetParam();

  auto const death = "NACRE_DIE_AT=" + std::string(point) + ":" + std::to_string(count);
  auto const killed = run_campaign_in(campaign, death, 2);
  auto const resumed = run_campaign_in(campaign, {}, 2);

  EXPECT_NE(killed.status, 0) << "it did not die";
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  expect_undisturbed(campaign, death);
}

INSTANTIATE_TEST_SUITE_P(Resume, DeathAt,
                         testing::Values(std::pair("after_store", 1), std::pair("after_store", 57),
                                         std::pair("after_store", 301), std::pair("in_snapshot", 1),
                                         std::pair("in_snapshot", 3), std::pair("before_issue", 1),
                                         std::pair("before_issue", 130)));

TEST(Resume, survives_kills_at_random_moments) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);
  std::minstd_rand random(20);
  std::uniform_real_distribution<double> moment(0.05, 0.9);

  int kills = 0;
  test::ProcessResult run{-1, {}, {}};
  for (; run.status != 0 && kills < 12; ++kills) {
    run = run_campaign_in(campaign, "NACRE_ANALYTIC_SLEEP_MS=3 timeout -s KILL " + std::to_string(moment(random)));
  }
  auto const last = run_campaign_in(campaign);

  EXPECT_GT(kills, 2);
  ASSERT_EQ(last.status, 0) << last.err;
  expect_undisturbed(campaign, "after random kills");
}

TEST(Resume, needs_no_snapshot) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);

  auto const stopped = test::run_command(test::nacre_program() + " run --quiet --until-proposals 200 " + campaign.string());
  auto const erased = test::run_command("/usr/bin/python3 -c \"import sqlite3; c = sqlite3.connect('" +
                                        (campaign / "campaign.db").string() +
                                        "'); n = c.execute('DELETE FROM snapshot').rowcount; c.commit(); print(n)\"");
  auto const resumed = run_campaign_in(campaign);

  EXPECT_EQ(stopped.status, 3) << stopped.err;
  EXPECT_EQ(trim(erased.out), "1") << erased.err;
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  expect_undisturbed(campaign, "without the snapshot");
}

TEST(Resume, ignores_a_damaged_snapshot) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);

  test::run_command(test::nacre_program() + " run --quiet --until-proposals 200 " + campaign.string());
  auto const damaged = test::run_command("/usr/bin/python3 -c \"import sqlite3; c = sqlite3.connect('" +
                                         (campaign / "campaign.db").string() +
                                         "'); n = c.execute('UPDATE snapshot SET bytes = substr(bytes, 1, length(bytes) - 9)')"
                                         ".rowcount; c.commit(); print(n)\"");
  auto const resumed = run_campaign_in(campaign);

  EXPECT_EQ(trim(damaged.out), "1") << damaged.err;
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("snapshot is ignored"), std::string::npos) << resumed.err;
  expect_undisturbed(campaign, "with a damaged snapshot");
}

TEST(Resume, goes_on_after_a_polite_stop) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);

  auto const stopped = run_campaign_in(campaign, "NACRE_ANALYTIC_SLEEP_MS=5 timeout -s USR1 0.7");
  auto const resumed = run_campaign_in(campaign);

  EXPECT_EQ(stopped.status, 124) << stopped.err;  // of timeout; the program's own is 3
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  expect_undisturbed(campaign, "after SIGUSR1");
}

TEST(Resume, reports_a_finished_campaign_again) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);

  ASSERT_EQ(run_campaign_in(campaign).status, 0);
  auto const again = run_campaign_in(campaign);

  EXPECT_EQ(again.status, 0) << again.err;
  expect_undisturbed(campaign, "run twice");
}

TEST(Resume, goes_on_with_a_larger_budget_and_replays_it) {
  test::TemporaryFolder const folder;
  std::vector<std::string> hashes;
  for (auto const* name : {"once", "killed"}) {
    auto const campaign = folder.path() / name;
    make_campaign(campaign);
    auto const set_budget = [&](std::string const& from, std::string const& to) {
      auto text = read_file(campaign / "campaign.toml");
      text.replace(text.find(from), from.size(), to);
      write_file(campaign / "campaign.toml", text);
    };
    set_budget("budget = 400", "budget = 100");
    ASSERT_EQ(run_campaign_in(campaign).status, 0);
    set_budget("budget = 100", "budget = 160");
    if (name == std::string("killed")) EXPECT_NE(run_campaign_in(campaign, "NACRE_DIE_AT=before_issue:40").status, 0);
    ASSERT_EQ(run_campaign_in(campaign).status, 0);
    hashes.push_back(result_of(campaign).hash);
  }

  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_NE(hashes[0], undisturbed().hash);
}

TEST(Resume, does_not_take_a_finished_campaign_back) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);
  ASSERT_EQ(run_campaign_in(campaign).status, 0);

  auto const early = test::run_command(test::nacre_program() + " run --quiet --until-proposals 10 " + campaign.string());

  EXPECT_EQ(early.status, 0) << early.err;
  expect_undisturbed(campaign, "asked for less than it has");
}

TEST(Resume, refuses_a_campaign_file_that_changed) {
  test::TemporaryFolder const folder;
  auto const campaign = folder.path() / "smoke";
  make_campaign(campaign);

  test::run_command(test::nacre_program() + " run --quiet --until-proposals 20 " + campaign.string());
  auto text = read_file(campaign / "campaign.toml");
  text.replace(text.find("seed = 7"), 8, "seed = 8");
  write_file(campaign / "campaign.toml", text);
  auto const refused = run_campaign_in(campaign, "timeout 30", 2);  // every rank leaves: 124 would be a hang

  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("changed since this campaign began"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace nacre
