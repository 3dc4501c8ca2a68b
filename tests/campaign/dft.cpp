// Labels on their way into a campaign: what is compared with what, and the same bits with labels from a file.
#include "nacre/campaign/dft_queue.hpp"

#include <fstream>
#include <set>

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

TEST(DftRanking, lists_proxies_apart_and_never_ranks_them) {
  Labels labels;
  labels.add("aa", "scf", -21.0, {14, 32});
  labels.add("aa:1", "layer", -10.0, {14});
  labels.add("aa:2", "layer", -10.0, {32});
  labels.add("bb:proxy:0", "proxy_scf", -25.0, {14, 32});
  labels.add("bb:proxy:1", "proxy_scf", -24.0, {14, 32});
  labels.add("bb:proxy:0:1", "proxy_layer", -10.0, {14});
  labels.add("bb:proxy:0:2", "proxy_layer", -10.0, {32});

  auto const group = labels.ranking().at("groups").as_array().at(0);

  EXPECT_EQ(group.at("candidates").size(), 1u);
  ASSERT_EQ(group.at("proxies").size(), 2u) << "both, with the layers that the first one brought";
  for (auto const& proxy : group.at("proxies").as_array()) {
    EXPECT_TRUE(proxy.at("proxy").as_bool());
    EXPECT_TRUE(proxy.at("rank").is_null());
  }
  EXPECT_NEAR(group.at("proxies").as_array()[0].at("value_J_per_m2").as_number(), 5.0 / 4.0 * J_per_m2, 1e-9);
}

TEST(DftRanking, prefers_the_static_calculation_to_its_relaxation) {
  Labels labels;
  labels.add("aa", "relax", -21.0, {14, 32});
  labels.add("aa", "static", -21.5, {14, 32});
  labels.add("aa:1", "layer_static", -10.0, {14});
  labels.add("aa:2", "layer_static", -10.0, {32});

  auto const candidates = labels.ranking().at("groups").as_array().at(0).at("candidates").as_array();

  ASSERT_EQ(candidates.size(), 1u);
  EXPECT_EQ(candidates[0].at("kind").as_string(), "static");
  EXPECT_NEAR(candidates[0].at("value_J_per_m2").as_number(), 1.5 / 4.0 * J_per_m2, 1e-9);
}

TEST(DftRanking, has_barriers_of_hops_beside_those_of_the_potential_tier) {
  Labels labels;
  Design const design{{7}};
  auto const name = design.id().hex() + ":hop:0";
  EvaluatedDesign evaluated;
  evaluated.design = design;
  evaluated.energy_per_area = std::nan("");
  evaluated.objectives = {Estimate(0.5, 0.01, 1.0, "m")};
  evaluated.hops = {{"contact", 0.5, 0.4, "i", "s", "f"}};
  StoredProposal proposal;
  proposal.designs = {design};
  labels.store.put_proposal(proposal);
  labels.store.put_outcome(0, {Status::ok, "", 1.0, {evaluated}});
  labels.add(name, "hop_initial", -30.0, {8});
  labels.add(name, "hop_saddle", -29.3, {8});

  auto const half = labels.ranking().at("groups").as_array().at(0).at("hops").as_array().at(0);
  labels.add(name, "hop_final", -29.9, {8});
  auto const hop = labels.ranking().at("groups").as_array().at(0).at("hops").as_array().at(0);

  EXPECT_TRUE(half.at("forward_eV").is_null());
  EXPECT_NE(half.at("reason").as_string().find("final"), std::string::npos);
  EXPECT_NEAR(hop.at("forward_eV").as_number(), 0.7, 1e-9);
  EXPECT_NEAR(hop.at("backward_eV").as_number(), 0.6, 1e-9);
  EXPECT_EQ(hop.at("potential_forward_eV").as_number(), 0.5);
  EXPECT_EQ(hop.at("hop").as_string(), "contact");
  auto const shown = dft_of_candidate(labels.config, labels.store, design.id().hex());
  EXPECT_EQ(shown.at("hops").size(), 1u);
}

// --- what is asked for -----------------------------------------------------------------------------------------------

struct Choosing {
  CampaignConfig config;
  Problem problem{{{"work_of_adhesion", "J/m^2", Direction::maximize, {}}}, {}};
  std::vector<EvaluatedDesign> designs;
  std::set<std::string> asked;

  explicit Choosing(std::vector<double> const& values) {
    config.queue.explore = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      EvaluatedDesign design;
      design.design = {{static_cast<std::int64_t>(i)}};
      design.objectives = {Estimate(values[i], 0.01, 1.0, "m")};
      design.leaf = design.design.id();
      design.energy_per_area = std::nan("");
      design.structure = structure_of({14, 32});
      designs.push_back(design);
    }
  }
  /// Values of those chosen, in order. @param spread standard error of each difference
  std::vector<double> chosen(std::size_t limit, double spread) const {
    std::vector<EvaluatedDesign const*> all;
    for (auto const& design : designs) all.push_back(&design);
    auto const ranking = rank_designs(problem, all);
    std::vector<double> values;
    for (auto const& wish : choose_for_dft(
             config, problem, ranking, all, limit, [&](std::size_t, std::size_t) { return spread * spread; }, asked)) {
      auto const& design = *all[ranking.groups[wish.group].members.front()];
      values.push_back(design.objectives[0].value);
      EXPECT_FALSE(wish.why.empty());
    }
    return values;
  }
};

TEST(DftChoice, takes_those_that_may_change_which_is_best) {
  Choosing const choosing({1.0, 3.0, 2.9, 0.5});

  auto const values = choosing.chosen(2, 0.3);

  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(std::set<double>(values.begin(), values.end()), (std::set<double>{3.0, 2.9}))
      << "the best, which may fall behind, and the one next to it";
}

TEST(DftChoice, counts_what_was_asked_for_before_and_asks_for_no_more_than_the_limit) {
  Choosing choosing({1.0, 3.0, 2.9, 0.5});
  choosing.asked = {choosing.designs[0].design.id().hex()};

  EXPECT_EQ(choosing.chosen(1, 0.3), (std::vector<double>{1.0}));
  EXPECT_EQ(choosing.chosen(2, 0.3).size(), 2u);
  EXPECT_EQ(choosing.chosen(9, 0.3).size(), 4u);
}

TEST(DftChoice, draws_a_share_among_the_others_the_same_ones_each_time) {
  Choosing choosing(std::vector<double>{3.0, 2.9, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3});
  choosing.config.queue.explore = 0.5;

  auto const values = choosing.chosen(4, 0.05);

  EXPECT_EQ(values.size(), 4u);
  EXPECT_EQ(values, choosing.chosen(4, 0.05));
  EXPECT_TRUE(values[2] < 2.0 || values[3] < 2.0) << "two were drawn";
}

TEST(DftChoice, asks_for_hops_and_bands_of_a_candidate_but_not_for_cells_that_are_too_large) {
  auto config = read_campaign(test::source_folder() / "runs/smoke");
  config.queue.hops = 2;
  config.queue.band = true;
  config.queue.max_atoms = 3;
  auto const domain = make_domain(config);
  EvaluatedDesign design;
  design.design = {{1}};
  design.structure = structure_of({8, 12});
  design.hops = {{"contact", 0.5, 0.5, structure_of({8}), structure_of({8}), structure_of({8})},
                 {"layer 1", 0.5, 0.5, structure_of({8, 8, 8, 8}), structure_of({8}), structure_of({8})}};

  std::multiset<std::string> kinds;
  for (auto const& request : requests_for(config, *domain, design, 1.0, "why")) {
    kinds.insert(request.kind);
    EXPECT_EQ(request.why, "why");
  }

  EXPECT_EQ(kinds.count("scf"), 1u);
  for (auto const* kind : {"hop_initial", "hop_saddle", "hop_final", "hop_band"})
    EXPECT_EQ(kinds.count(kind), 1u) << kind;
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
