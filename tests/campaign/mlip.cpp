// A campaign whose potential tier is a machine-learned model: killed at any point and resumed, on one rank and on two,
// it gives the bits of an undisturbed run; and what `nacre check` says of models that do not fit.
#include <gmock/gmock.h>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/potential/model_plugin.hpp"
#include "support/nequix_weights.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// runs/membrane_pair, smaller, in another model.
void make_campaign(fs::path const& folder, std::string const& model, std::string const& fmax = "0.1") {
  test::run_command(concat(test::nacre_program(), " init ", folder.string(), " --template membrane_pair"));
  auto text = read_file(folder / "campaign.toml");
  auto const replace = [&](std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  replace("model = \"rigid-ion:grimes\"", "model = '" + model + "'");
  replace("budget = 24", "budget = 12");  // eight blocks of designs and four relaxations
  replace("max_steps = 200", "max_steps = 100");
  replace("fmax = 0.02", "fmax = " + fmax);
  replace("start_gaps = 1", "start_gaps = 2");  // two starts: a batch in models that join structures
  write_file(folder / "campaign.toml", text);
}

test::ProcessResult run_in(fs::path const& folder, std::string const& before, int ranks) {
  auto const launcher = ranks > 1 ? concat("mpirun -n ", ranks, " ") : std::string();
  return test::run_command(concat(before, " ", launcher, test::nacre_program(), " run --quiet ", folder.string()));
}

struct RunResult {
  std::string hash, list;
};

RunResult result_of(fs::path const& folder) {
  auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
  EXPECT_EQ(status.status, 0) << status.err;
  auto const document = Value::parse_json(status.out, "status");
  EXPECT_EQ(document.at("state").as_string(), "finished");
  return {document.at("journal_hash").as_string(),
          test::run_command(test::nacre_program() + " export --format csv --top 50 " + folder.string()).out};
}

Value ranking_of(fs::path const& folder) {
  auto const exported = test::run_command(test::nacre_program() + " export --format json " + folder.string());
  EXPECT_EQ(exported.status, 0) << exported.err;
  return Value::parse_json(exported.out, "export");
}

/// In their order.
std::vector<std::string> designs_of(fs::path const& folder) {
  std::vector<std::string> designs;
  auto const ranking = ranking_of(folder);
  for (auto const& entry : ranking.at("candidates").as_array()) designs.push_back(entry.at("id").as_string());
  EXPECT_GE(designs.size(), 2u);
  return designs;
}

/// Two models that add what they learned to a rigid-ion set: Nequix by Nacre itself, and a module through LibTorch.
class MlipTier : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "torchscript") {
      if (find_model_plugin().empty()) GTEST_SKIP() << "needs the plug-in mlip.so, built with NACRE_WITH_TORCH=ON";
      auto const written = test::run_command(
          concat(test::build_folder().string(), "/tests/mlip/write_test_modules ", folder_.path().string()));
      ASSERT_EQ(written.status, 0) << written.err;
      model_ = concat("rigid-ion:grimes+correction(torchscript:", (folder_.path() / "oxides.pt").string(), ")");
      return;
    }
    auto weights = test::random_nequix(11);
    weights.metadata["atomic_numbers"] = "[8, 40, 58]";
    weights.metadata["scale"] = "0.01";  // random weights: a small part of the energy, or no relaxation would end
    test::write_nequix(folder_.path() / "small.safetensors", weights);
    model_ = concat("rigid-ion:grimes+correction(nequix:", (folder_.path() / "small.safetensors").string(), ")");
  }
  fs::path make(std::string const& name) const {
    make_campaign(folder_.path() / name, model_);
    return folder_.path() / name;
  }

 private:
  test::TemporaryFolder folder_;
  std::string model_;
};

TEST_P(MlipTier, killed_and_resumed_gives_the_bits_of_an_undisturbed_run) {
  auto const whole = make("whole");
  auto const run = run_in(whole, "", 1);
  ASSERT_EQ(run.status, 0) << run.err;
  auto const expected = result_of(whole);
  EXPECT_THAT(expected.list, HasSubstr("\n1,1,"));

  auto const once = make("once");
  EXPECT_NE(run_in(once, "NACRE_DIE_AT=after_store:6", 1).status, 0) << "it did not die";
  auto const twice = make("twice");
  EXPECT_NE(run_in(twice, "NACRE_DIE_AT=before_issue:4", 2).status, 0) << "it did not die";
  EXPECT_NE(run_in(twice, "NACRE_DIE_AT=after_store:3", 2).status, 0) << "it did not die";
  for (auto const& [folder, ranks] : {std::pair{once, 1}, std::pair{twice, 2}}) {
    auto const resumed = run_in(folder, "", ranks);
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    auto const found = result_of(folder);
    EXPECT_EQ(found.hash, expected.hash) << ranks << " ranks";
    EXPECT_EQ(found.list, expected.list) << ranks << " ranks";
  }
}

TEST_P(MlipTier, ranks_that_share_a_device_give_what_each_gives_alone) {
  auto const alone = make("alone");
  ASSERT_EQ(run_in(alone, "", 2).status, 0);
  auto const shared = make("shared");
  auto text = read_file(shared / "campaign.toml");
  text.insert(text.find("[potential]") + std::string("[potential]").size(), "\nshare_device = \"always\"");
  write_file(shared / "campaign.toml", text);

  auto const run = test::run_command(concat("mpirun -n 3 ", test::nacre_program(), " run ", shared.string()));

  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, testing::ContainsRegex("the shared device evaluated [0-9]+ structures in [0-9]+ batches"));
  EXPECT_THAT(run.err, testing::ContainsRegex("it computed [0-9.e+-]+ % of"));
  EXPECT_EQ(designs_of(shared), designs_of(alone));
  if (GetParam() == "nequix") {  // joins nothing: the same bits
    EXPECT_EQ(result_of(shared).hash, result_of(alone).hash);
  }
}

INSTANTIATE_TEST_SUITE_P(Campaign, MlipTier, testing::Values("nequix", "torchscript"),
                         [](auto const& model) { return model.param; });

/// Of the work of adhesion of the first crystal that is continued by itself, to which no other error is added [J/m^2].
double error_of_a_reference(fs::path const& folder) {
  auto const ranking = ranking_of(folder);
  return ranking.at("references").as_array().at(0).at("objectives").at("work_of_adhesion").at("stderr").as_number();
}

TEST(CommitteeTier, carries_the_spread_of_its_members_into_every_error_on_one_rank_and_two) {
  test::TemporaryFolder const folder;
  auto const member = [&](std::uint64_t seed) {
    auto weights = test::random_nequix(seed);
    weights.metadata["atomic_numbers"] = "[8, 40, 58]";
    weights.metadata["scale"] = "0.01";
    auto const path = folder.path() / concat("member", seed, ".safetensors");
    test::write_nequix(path, weights);
    return concat("rigid-ion:grimes+correction(nequix:", path.string(), ")");
  };
  auto const make = [&](char const* name, std::string const& model) {
    make_campaign(folder.path() / name, model, "0.02");  // what the minimiser leaves would hide the spread
    return folder.path() / name;
  };
  auto const committee = concat("committee(", member(11), ";", member(12), ")");
  auto const one = make("one", committee), two = make("two", committee), single = make("single", member(11));

  for (auto const& [place, ranks] : {std::pair{one, 1}, std::pair{two, 2}, std::pair{single, 1}}) {
    auto const run = run_in(place, "", ranks);
    ASSERT_EQ(run.status, 0) << run.err;
  }

  EXPECT_EQ(result_of(one).hash, result_of(two).hash);
  EXPECT_EQ(result_of(one).list, result_of(two).list);
  EXPECT_GT(error_of_a_reference(one), 2.0 * error_of_a_reference(single));
}

/// What `nacre check` says, with exit status 2.
std::string refusal_of(fs::path const& folder, std::string const& model) {
  make_campaign(folder, model);
  auto const check = test::run_command(test::nacre_program() + " check " + folder.string());
  EXPECT_EQ(check.status, 2) << check.out;
  return check.err;
}

TEST(Check, names_what_is_wrong_with_a_model) {
  test::TemporaryFolder const folder;
  auto const file = [&](char const* name) { return (folder.path() / name).string(); };
  write_file(file("text.pt"), "not a model");
  test::write_nequix(file("magnesia.safetensors"), test::random_nequix(11));
  int count = 0;
  auto const said = [&](std::string const& model) {
    return refusal_of(folder.path() / std::to_string(count++), model);
  };

  EXPECT_THAT(said("nequix:" + file("absent")), HasSubstr(file("absent")));
  EXPECT_THAT(said("nequix:" + file("text.pt")), HasSubstr("text.pt"));
  EXPECT_THAT(said("nequix:" + file("magnesia.safetensors")),
              testing::AllOf(HasSubstr("material 'CeO2' has Ce"), HasSubstr("line ")));
  EXPECT_THAT(said(file("text.pt")), HasSubstr("cannot tell what kind of model"));
  if (find_model_plugin().empty()) return;
  test::run_command(concat(test::build_folder().string(), "/tests/mlip/write_test_modules ", folder.path().string()));
  EXPECT_THAT(said("torchscript:" + file("later.pt")), HasSubstr("newer than the LibTorch"));
  EXPECT_THAT(said("torchscript:" + file("text.pt")), HasSubstr("no TorchScript module"));
  EXPECT_THAT(said("mace:" + file("mace.pt")), HasSubstr("material 'CeO2' has Ce"));
}

}  // namespace
}  // namespace nacre
