// Labels on their way into a campaign: what is compared with what, and the same bits with labels from a file.
#include "nacre/campaign/dft_queue.hpp"

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

/// A cell of 2 x 2 x 10 A with one atom of each number.
std::string structure_of(std::vector<int> const& numbers) {
  Frame frame;
  frame.crystal.lattice.diagonal() << 2.0, 2.0, 10.0;
  frame.crystal.positions.setZero(3, std::ssize(numbers));
  for (Eigen::Index i = 0; i < std::ssize(numbers); ++i) frame.crystal.positions(2, i) = 2.0 * static_cast<double>(i);
  frame.crystal.numbers = numbers;
  return to_extxyz(frame);
}

struct Labels {
  test::TemporaryFolder folder;
  CampaignLock lock{folder.path(), false};
  Store store{folder.path(), Store::Mode::write};
  CampaignConfig config;

  void add(std::string const& design, std::string const& kind, double energy, std::vector<int> const& numbers,
           std::string const& comparable = "qe pbe 40 Ry", std::string const& hash = "a", bool changed = false) {
    Value payload;
    payload["provenance"]["pseudopotentials"] = Value::Array{Value::Object{{"element", "Si"}, {"sha256", hash}}};
    auto const level = split_words(comparable).at(1);
    auto const id = dft::Request{design, kind, "qe", level, "", 0.0}.id();
    store.put_label(
        {id, 0, design, kind, "qe", level, comparable, energy, changed, structure_of(numbers), payload.dump()});
  }
  Value ranking(std::string const& level = "pbe") const { return dft_ranking(config, store, level, ""); }
};

constexpr double J_per_m2 = 16.02176634;  // per eV/A^2

TEST(DftRanking, gives_the_work_of_separation_of_slabs_from_their_layers) {
  Labels labels;
  labels.add("aa", "scf", -21.0, {14, 32});
  labels.add("aa:1", "layer", -10.0, {14});
  labels.add("aa:2", "layer", -10.0, {32});
  labels.add("bb", "scf", -20.5, {14, 32});

  auto const candidates = labels.ranking().at("groups").as_array().at(0).at("candidates").as_array();

  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_NEAR(candidates[0].at("value_J_per_m2").as_number(), 1.0 / 4.0 * J_per_m2, 1e-9) << "1 eV on 4 A^2";
  EXPECT_TRUE(candidates[1].at("value_J_per_m2").is_null());
  EXPECT_NE(candidates[1].at("reason").as_string().find("layer 1"), std::string::npos);
}

TEST(DftRanking, gives_the_excess_of_superlattices_over_their_bulks) {
  Labels labels;
  labels.config.stacks.geometry = "superlattice";
  labels.add("bulk:Si", "bulk", -20.0, {14, 14});
  labels.add("bulk:Ge", "bulk", -8.0, {32, 32});
  labels.add("aa", "scf", -47.6, {14, 14, 14, 14, 32, 32});

  auto const candidates = labels.ranking().at("groups").as_array().at(0).at("candidates").as_array();

  EXPECT_NEAR(candidates.at(0).at("value_J_per_m2").as_number(), 0.4 / 4.0 * J_per_m2, 1e-9);
}

TEST(DftRanking, never_mixes_levels_settings_pseudopotentials_or_changed_physics) {
  Labels labels;
  labels.add("aa", "scf", -1.0, {14});
  labels.add("bb", "scf", -2.0, {14}, "qe pbe 60 Ry");
  labels.add("cc", "scf", -3.0, {14}, "qe pbe 40 Ry", "b");
  labels.add("dd", "scf", -4.0, {14}, "qe hse06 40 Ry");
  labels.add("ee", "scf", -5.0, {14}, "qe pbe 40 Ry", "a", true);

  auto const ranking = labels.ranking();

  ASSERT_EQ(ranking.at("groups").size(), 3u);
  for (auto const& group : ranking.at("groups").as_array()) EXPECT_EQ(group.at("candidates").size(), 1u);
  EXPECT_EQ(ranking.at("left_out").at("a remedy changed the physics").as_integer(), 1);
  EXPECT_EQ(labels.ranking("hse06").at("groups").size(), 1u);
  EXPECT_THROW(labels.ranking("r2scan"), InputError);
}

TEST(Label, is_refused_without_energy_or_name_and_leaves_time_and_host_out_of_the_journal) {
  auto const text = R"({"calculation": "a", "design": "b", "kind": "scf", "code": "qe", "level": "pbe",
    "comparable": "c", "energy_eV": -1.5, "provenance": {"host": "node7"}})";

  auto const label = label_from(text);

  EXPECT_EQ(label.energy_eV, -1.5);
  EXPECT_EQ(label_event(label).find("node7"), std::string::npos);
  EXPECT_THROW(label_from("{}"), InputError);
  EXPECT_THROW(label_from("garbage"), InputError);
  EXPECT_THROW(label_from(R"({"calculation": "a", "design": "b", "kind": "scf", "code": "qe", "level": "pbe",
    "comparable": "c", "energy_eV": null})"),
               InputError);
}

// --- executor "replay" -----------------------------------------------------------------------------------------------

void make_campaign(fs::path const& folder, int after) {
  fs::create_directories(folder);
  auto text = read_file(test::source_folder() / "runs/smoke/campaign.toml");
  text.replace(text.find("budget = 400"), 12, "budget = 100");
  std::ofstream(folder / "campaign.toml") << text << "\n[dft]\nexecutor = \"replay\"\nreplay = \"labels.jsonl\"\n";
  std::ofstream(folder / "labels.jsonl")
      << R"({"after": )" << after
      << R"(, "label": {"calculation": "a", "design": "b", "kind": "scf", "code": "qe", "level": "pbe", "comparable": "c", "energy_eV": -1.5}})"
      << '\n';
}

std::string journal_of(fs::path const& folder) {
  auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
  return Value::parse_json(status.out, "status").at("journal_hash").as_string();
}

test::ProcessResult run_in(fs::path const& folder, std::string const& before = {}) {
  return test::run_command(before + " " + test::nacre_program() + " run --quiet " + folder.string());
}

TEST(Replay, gives_the_same_journal_after_a_kill_and_another_one_for_another_moment) {
  test::TemporaryFolder const folder;
  for (auto const* name : {"whole", "killed", "other"}) make_campaign(folder.path() / name, name[0] == 'o' ? 51 : 50);

  EXPECT_EQ(run_in(folder.path() / "whole").status, 0);
  EXPECT_NE(run_in(folder.path() / "killed", "NACRE_DIE_AT=before_issue:80").status, 0);
  EXPECT_EQ(run_in(folder.path() / "killed").status, 0);
  EXPECT_EQ(run_in(folder.path() / "other").status, 0);

  auto const whole = journal_of(folder.path() / "whole");
  EXPECT_EQ(journal_of(folder.path() / "killed"), whole);
  EXPECT_NE(journal_of(folder.path() / "other"), whole);
  EXPECT_EQ(Store(folder.path() / "killed", Store::Mode::read).labels().size(), 1u);
}

TEST(Inbox, brings_a_label_into_a_run_once) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "smoke", 1000000);
  drop_into_inbox(
      folder.path() / "smoke", "label",
      R"({"calculation": "x", "design": "y", "kind": "scf", "code": "qe", "level": "pbe", "comparable": "c", "energy_eV": -2})");
  drop_into_inbox(folder.path() / "smoke", "label", "garbage");

  EXPECT_EQ(run_in(folder.path() / "smoke").status, 0);

  Store const store(folder.path() / "smoke", Store::Mode::read);
  ASSERT_EQ(store.labels().size(), 1u);
  EXPECT_EQ(store.events().back().kind, "label");
  EXPECT_TRUE(read_inbox(folder.path() / "smoke").empty());
}

}  // namespace
}  // namespace nacre
