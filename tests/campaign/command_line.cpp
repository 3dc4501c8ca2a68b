// The program itself, as a person calls it.

#include "campaign/json_schema.hpp"
#include "nacre/campaign/config.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

test::ProcessResult nacre(std::string const& arguments) {
  return test::run_command(test::nacre_program() + " " + arguments);
}

/// A data folder with runs/ beside it, as in the source tree and in an installed one.
class Templates : public testing::Test {
 protected:
  Templates() {
    fs::create_directories(root() / "data");
    fs::create_directories(root() / "runs" / "oxides" / "structures");
    fs::create_directories(root() / "runs" / "quickstart");
    write_file(root() / "runs" / "oxides" / "structures" / "MgO.cif", "a structure");
    write_file(
        root() / "runs" / "quickstart" / "campaign.toml",
        "# a comment\n[[material]]\nname = \"MgO\"\nfile = \"../oxides/structures/MgO.cif\"\nplanes = [[0, 0, 1]]\n"
        "[[objective]]\nname = \"atom_count\"\n");
    write_file(root() / "runs" / "quickstart" / "README.md", "what it is for\n");
    write_file(root() / "runs" / "quickstart" / "campaign.db", "the results of somebody else");
  }
  fs::path root() const { return folder_.path(); }
  test::ProcessResult init(std::string const& arguments) const {
    return test::run_command("NACRE_DATA_DIR=" + (root() / "data").string() + " " + test::nacre_program() + " init " +
                             arguments);
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(Templates, become_campaign_folders_of_their_own) {
  auto const goal = root() / "mine" / "first";

  auto const result = init(goal.string());

  ASSERT_EQ(result.status, 0) << result.err;
  auto const config = read_campaign(goal);
  EXPECT_EQ(config.materials[0].file, goal / "structures" / "MgO.cif");
  EXPECT_EQ(read_file(config.materials[0].file), "a structure");
  EXPECT_TRUE(config.text.starts_with("# a comment\n"));
  EXPECT_TRUE(fs::exists(goal / "README.md"));
  EXPECT_FALSE(fs::exists(goal / "campaign.db"));
  EXPECT_EQ(std::distance(fs::directory_iterator(root() / "mine"), {}), 1);
}

TEST_F(Templates, never_go_into_a_folder_that_has_something) {
  auto const goal = root() / "full";
  fs::create_directories(goal);
  EXPECT_EQ(init(goal.string() + "/").status, 0) << "an empty folder may exist";

  auto const again = init(goal.string());

  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("not an empty folder"), std::string::npos) << again.err;
  auto const unknown = init((root() / "other").string() + " --template quikstart");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("did you mean 'quickstart'?"), std::string::npos) << unknown.err;
  EXPECT_FALSE(fs::exists(root() / "other"));
}

TEST(CheckSchema, prints_every_key_and_the_page_of_the_documentation) {
  auto const text = nacre("check --schema");
  auto const json = Value::parse_json(nacre("check --schema --json").out, "the keys");

  EXPECT_EQ(json.at("keys").size(), config_schema().size());
  for (auto const& key : config_schema()) {
    EXPECT_NE(text.out.find("  " + key.key + " "), std::string::npos) << key.key;
  }
  EXPECT_EQ(nacre("check --schema --markdown").out, read_file(test::source_folder() / "docs" / "campaign.md"))
      << "write it anew: nacre check --schema --markdown > docs/campaign.md";
}

TEST(StatusCommand, prints_json_of_a_new_campaign) {
  test::TemporaryFolder const folder;
  write_file(folder.path() / "campaign.toml",
             "[space]\nkind = \"variables\"\n[[variable]]\nname = \"x\"\n[[objective]]\nname = \"f\"\n");

  auto const result = nacre("status " + folder.path().string() + " --json");

  EXPECT_EQ(Value::parse_json(result.out, "status").at("state").as_string(), "new");
  EXPECT_EQ(nacre("status " + folder.path().string()).out.substr(0, 14), "state      new");
  EXPECT_EQ(nacre("status /no/such/folder").status, 2);
}

}  // namespace
}  // namespace nacre
