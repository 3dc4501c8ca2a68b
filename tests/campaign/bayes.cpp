// runs/smoke searched by a model: one journal hash on any number of ranks and after any death.
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

class ModelSearch : public testing::TestWithParam<char const*> {
 protected:
  fs::path make_campaign(std::string const& name) {
    auto text = read_file(test::source_folder() / "runs/smoke/campaign.toml");
    auto const replace = [&](std::string const& from, std::string const& to) {
      auto const place = text.find(from);
      ASSERT_NE(place, std::string::npos) << from;
      text.replace(place, from.size(), to);
    };
    replace("engine = \"swarm\"", concat("engine = \"", GetParam(), "\""));
    replace("budget = 400", "budget = 48");
    replace("screen = 6", "screen = 3");
    auto const folder = folder_.path() / name;
    fs::create_directories(folder);
    write_file(folder / "campaign.toml", text);
    return folder;
  }
  static test::ProcessResult run(fs::path const& folder, int ranks, std::string const& before = {}) {
    auto const launcher = ranks > 1 ? concat("mpirun -n ", ranks, " ") : std::string();
    return test::run_command(concat(before, " ", launcher, test::nacre_program(), " run --quiet ", folder.string()));
  }
  static std::string hash_of(fs::path const& folder) {
    auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
    EXPECT_EQ(status.status, 0) << status.err;
    auto const document = Value::parse_json(status.out, "status");
    EXPECT_EQ(document.at("state").as_string(), "finished");
    return document.at("journal_hash").as_string();
  }
  test::TemporaryFolder folder_;
};

TEST_P(ModelSearch, has_one_journal_on_any_number_of_ranks_and_after_death) {
  auto const one = make_campaign("one"), two = make_campaign("two"), killed = make_campaign("killed");
  auto const undisturbed = run(one, 1);
  ASSERT_EQ(undisturbed.status, 0) << undisturbed.err;
  auto const hash = hash_of(one);

  ASSERT_EQ(run(two, 2).status, 0);
  EXPECT_NE(run(killed, 2, "NACRE_DIE_AT=after_store:30").status, 0) << "it did not die";
  auto const resumed = run(killed, 1);

  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(hash_of(two), hash);
  EXPECT_EQ(hash_of(killed), hash);
}

INSTANTIATE_TEST_SUITE_P(Engines, ModelSearch, testing::Values("bo", "swarm+bo"));

}  // namespace
}  // namespace nacre
