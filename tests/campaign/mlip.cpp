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
void make_campaign(fs::path const& folder, std::string const& model) {
  test::run_command(concat(test::nacre_program(), " init ", folder.string(), " --template membrane_pair"));
  auto text = read_file(folder / "campaign.toml");
  auto const replace = [&](std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  replace("model = \"rigid-ion:grimes\"", "model = '" + model + "'");
  replace("budget = 24", "budget = 8");
  replace("max_steps = 200", "max_steps = 30");
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
  EXPECT_THAT(expected.list, HasSubstr("CeO2"));

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

INSTANTIATE_TEST_SUITE_P(Campaign, MlipTier, testing::Values("nequix", "torchscript"),
                         [](auto const& model) { return model.param; });

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
