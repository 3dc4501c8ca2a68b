// The completeness ledger: sums that add up, planted failures, and where they make a list biased.
#include "nacre/campaign/ledger.hpp"

#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "outcomes.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::int64_t sum_of(LedgerRow const& row) {
  std::int64_t sum = 0;
  for (auto const& [stage, number] : row.stages) sum += number;
  return sum;
}

/// As many as a published study had; failures of family 3 planted at 60 %, elsewhere at 3 %.
std::vector<LedgerEntry> planted() {
  std::vector<LedgerEntry> entries;
  Rng rng(5, "ledger", 0);
  for (int i = 0; i < 1381; ++i) {
    int const family = i % 7;
    LedgerEntry entry;
    entry.family = concat("family ", family);
    if (i % 50 == 0) {
      entries.push_back(entry);  // pending: nothing is due yet
      continue;
    }
    bool const broken = rng.uniform() < (family == 3 ? 0.6 : 0.03);
    entry.stage = broken ? Stage::broken : i % 3 == 0 ? Stage::labelled : Stage::relaxed;
    if (broken) entry.reason = i % 2 == 0 ? "scf" : "max_steps";
    entry.metrics["work_of_adhesion"] = !broken;
    entries.push_back(entry);
  }
  return entries;
}

TEST(Ledger, adds_up_in_every_family_and_in_all) {
  auto const ledger = make_ledger(planted(), 0.2);

  EXPECT_EQ(ledger.total.generated, 1381);
  EXPECT_EQ(sum_of(ledger.total), 1381);
  std::int64_t generated = 0;
  for (auto const& row : ledger.families) {
    EXPECT_EQ(sum_of(row), row.generated) << row.family;
    std::int64_t broken = 0;
    for (auto const& [reason, number] : row.reasons) broken += number;
    EXPECT_EQ(broken, row.stages.contains(Stage::broken) ? row.stages.at(Stage::broken) : 0) << "each with a reason";
    generated += row.generated;
  }
  EXPECT_EQ(generated, 1381);
}

TEST(Ledger, marks_the_family_where_failures_were_planted_and_no_other) {
  auto const ledger = make_ledger(planted(), 0.2);

  for (auto const& row : ledger.families) {
    EXPECT_EQ(row.biased(), row.family == "family 3") << row.family;
    EXPECT_EQ(row.metrics.at("work_of_adhesion").concentrated, row.family == "family 3") << row.family;
  }
  EXPECT_FALSE(ledger.total.biased()) << "11 % are missing of all";
}

TEST(Ledger, does_not_call_the_only_family_concentrated) {
  std::vector<LedgerEntry> entries(10, LedgerEntry{"all", Stage::broken, "x", {{"e", false}}});

  auto const ledger = make_ledger(entries, 0.2);

  EXPECT_TRUE(ledger.families.front().biased());
  EXPECT_FALSE(ledger.families.front().metrics.at("e").concentrated);
  EXPECT_TRUE(make_ledger({}, 0.2).families.empty());
}

TEST(Ledger, counts_designs_of_a_store_by_what_became_of_them) {
  test::TemporaryFolder const folder;
  Store store(folder.path(), Store::Mode::write);
  auto const propose = [&](std::int64_t number) {
    StoredProposal proposal;
    proposal.number = number;
    proposal.designs = {Design{{number}}};
    store.put_proposal(proposal);
  };
  auto const answer = [&](std::int64_t number, Estimate const& estimate, double energy) {
    EvaluatedDesign design;
    design.design = {{number}};
    design.objectives = {estimate};
    design.energy_per_area = energy;
    for (auto const* side : {"bottom", "top"}) {
      design.choices.push_back({side, "MgO", 0.0, 0.0});
      design.choices.push_back({concat(side, "_plane"), "001", 0.0, 0.0});
      design.choices.push_back({concat(side, "_termination"), "MgO-MgO", 0.0, 0.0});
    }
    store.put_outcome(number, {Status::ok, "", 1.0, {design}});
  };
  for (std::int64_t k = 0; k < 4; ++k) propose(k);
  answer(0, Estimate(1.0, 0.1, 1.0, "m"), -3.0);
  answer(1, Estimate::without_value(Status::failed, "max_steps: 300"), test::nan);
  answer(2, Estimate(1.0, 0.1, 1.0, "m"), -3.0);
  store.put_label({"c", 0, Design{{2}}.id().hex(), "scf", "qe", "pbe", "x", -1.0, false, "", "{}"});
  CampaignConfig config;
  config.objectives.push_back({"work_of_adhesion", {}, {}, 0});

  auto const ledger = campaign_ledger(config, store, {});

  EXPECT_EQ(ledger.total.generated, 4);
  EXPECT_EQ(ledger.total.stages.at(Stage::relaxed), 1);
  EXPECT_EQ(ledger.total.stages.at(Stage::broken), 1);
  EXPECT_EQ(ledger.total.stages.at(Stage::labelled), 1);
  EXPECT_EQ(ledger.total.stages.at(Stage::pending), 1);
  EXPECT_EQ(ledger.total.reasons.at("max_steps"), 1);
  ASSERT_EQ(ledger.families.size(), 2u) << "a design without a result belongs to none, as long as nobody describes it";
  EXPECT_EQ(ledger.families[0].family, "MgO(001) MgO-MgO | MgO(001) MgO-MgO");
  EXPECT_EQ(to_value(ledger).at("total").at("metrics").at("work_of_adhesion").at("missing").as_integer(), 1);
}

}  // namespace
}  // namespace nacre
