#include <gmock/gmock.h>

#include <fstream>

#include "nacre/core/ids.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using testing::HasSubstr;

TEST(ObjectivesCommand, lists_what_ships_sorted_by_name) {
  auto const result = test::run_command(test::nacre_program() + " objectives --json");

  ASSERT_EQ(result.status, 0) << result.err;
  auto const page = Value::parse_json(result.out, "output");
  EXPECT_EQ(page.at("schema").as_string(), "nacre.objectives/1");
  std::vector<std::string> names;
  for (auto const& entry : page.at("objectives").as_array()) {
    names.push_back(entry.at("name").as_string());
    EXPECT_EQ(entry.at("sha256").as_string(), sha256_file(entry.at("path").as_string()));
    EXPECT_GE(entry.at("tiers").size(), 1u);
    EXPECT_FALSE(entry.at("unit").as_string().empty());
    EXPECT_THAT(entry.at("direction").as_string(), testing::AnyOf("minimize", "maximize"));
  }
  EXPECT_THAT(names, testing::IsSupersetOf(
                         {"analytic", "atom_count", "bvse_barrier", "contact_enhancement", "contact_enhancement_md", "elastic_energy", "hop_barrier",
                          "interface_energy", "log10_conductivity", "trap_depth", "work_of_adhesion"}));
  EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(ObjectivesCommand, prints_a_table_for_people) {
  auto const result = test::run_command(test::nacre_program() + " objectives");

  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("work_of_adhesion     J/m^2    maximize"));
}

TEST(ObjectivesCommand, stops_at_a_broken_plugin) {
  test::TemporaryFolder const folder;
  std::ofstream(folder.path() / "mine.so") << "no library";
  auto const result = test::run_command(test::nacre_program() + " objectives --plugin-path " + folder.path().string());

  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("mine.so"));
}

}  // namespace
}  // namespace nacre
