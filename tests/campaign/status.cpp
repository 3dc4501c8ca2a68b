#include "nacre/campaign/status.hpp"

#include <chrono>

#include "campaign/json_schema.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

CampaignStatus example() {
  CampaignStatus status;
  status.state = "running";
  status.budget = 200;
  status.proposed = 40;
  status.done = 36;
  status.failed = 1;
  status.tiers = {{Tier::descriptor, {{"ok", 64}}}, {Tier::potential, {{"not_bonded", 1}, {"ok", 30}}}};
  status.queue = {{"queued", 5}};
  status.work = 1.5e9;
  status.journal_hash = std::string(64, 'b');
  status.twist_range = std::pair(0.0, std::atan(1.0));
  return status;
}

Value example_ranking() {
  return Value::parse_json(R"({"objectives": [{"name": "w", "unit": "J/m^2", "direction": "maximize"},
                                              {"name": "n", "unit": "", "direction": "minimize"}],
                               "candidates": [
    {"id": "0123456789abcdef0123456789abcdef", "objectives": {"w": {"value": 2.0, "stderr": 0.1}, "n": {"value": 40, "stderr": 0}}},
    {"id": "1123456789abcdef0123456789abcdef", "objectives": {"w": {"value": 1.0, "stderr": 0.2}, "n": {"value": 20, "stderr": 0}}}]})",
                           "test");
}

TEST(Status, has_the_keys_of_the_interface_in_order) {
  auto const document = make_status(example());

  std::vector<std::string> keys;
  for (auto const& [key, value] : document.as_object()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"schema", "state", "budget", "proposed", "done", "failed", "tiers", "best",
                                            "queue", "work", "journal_hash", "twist_range_deg"}));
  EXPECT_NEAR(document.at("twist_range_deg").as_array().at(1).as_number(), 45.0, 1e-12);
  EXPECT_TRUE(make_status({}).at("twist_range_deg").is_null());
  EXPECT_EQ(document.at("tiers").at("potential").dump(), R"({"not_bonded": 1, "ok": 30})");
}

TEST(Status, obeys_its_schema) {
  NACRE_NEEDS_JSON_SCHEMA();
  auto status = example();
  status.best = best_objectives(example_ranking());

  EXPECT_EQ(test::schema_violation(make_status(status), "status"), "");
  status.state = "asleep";
  EXPECT_NE(test::schema_violation(make_status(status), "status"), "");
}

TEST(Status, finds_the_best_value_in_the_direction_of_each_objective) {
  auto const best = best_objectives(example_ranking());

  EXPECT_EQ(best.at("w").dump(),
            R"({"value": 2, "stderr": 0.1, "unit": "J/m^2", "id": "0123456789abcdef0123456789abcdef"})");
  EXPECT_EQ(best.at("n").at("value").as_number(), 20);
}

TEST(Status, is_new_before_the_first_run) {
  test::TemporaryFolder const folder;
  write_file(
      folder.path() / "campaign.toml",
      "[run]\nbudget = 17\n[space]\nkind = \"variables\"\n[[variable]]\nname = \"x\"\n[[objective]]\nname = \"f\"\n");

  auto const status = read_status(folder.path());

  EXPECT_EQ(status.at("state").as_string(), "new");
  EXPECT_EQ(status.at("budget").as_integer(), 17);
  EXPECT_THROW(read_status(folder.path() / "no"), InputError);
}

TEST(Status, of_a_run_that_was_killed_is_stopped) {
  test::TemporaryFolder const folder;
  write_status(folder.path(), make_status(example()));
  EXPECT_EQ(read_status(folder.path()).at("state").as_string(), "stopped");

  CampaignLock const lock(folder.path(), false);

  EXPECT_EQ(read_status(folder.path()).at("state").as_string(), "running");
}

TEST(Status, of_a_run_on_another_host_is_stopped_after_a_minute_of_silence) {
  test::TemporaryFolder const folder;
  CampaignLock const lock(folder.path(), false);
  auto elsewhere = Value::parse_json(read_file(folder.path() / "campaign.lock"), "lock");
  elsewhere["host"] = "another";
  write_file(folder.path() / "campaign.lock", elsewhere.dump());
  write_status(folder.path(), make_status(example()));
  EXPECT_EQ(read_status(folder.path()).at("state").as_string(), "running");

  std::filesystem::last_write_time(folder.path() / "status.json",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::minutes(5));

  EXPECT_EQ(read_status(folder.path()).at("state").as_string(), "stopped");
}

TEST(Status, comes_from_the_published_database_without_a_status_file) {
  test::TemporaryFolder const folder;
  {
    CampaignLock const lock(folder.path(), false);
    Store store(folder.path(), Store::Mode::write);
    store.put_meta("status", make_status(example()).dump());
    store.publish();
  }

  auto const status = read_status(folder.path());

  EXPECT_EQ(status.at("state").as_string(), "stopped");
  EXPECT_EQ(status.at("proposed").as_integer(), 40);
}

}  // namespace
}  // namespace nacre
