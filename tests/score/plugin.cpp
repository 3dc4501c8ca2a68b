#include "nacre/score/plugin.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path plugins(std::string const& folder) { return test::build_folder() / "tests/plugins" / folder; }

std::string message_of_loading(std::string const& name, std::string const& folder) {
  try {
    load_objective(name, {plugins(folder)});
  } catch (InputError const& error) {
    return error.what();
  }
  return "loaded";
}

TEST(Plugin, is_loaded_with_its_path_and_digest) {
  auto const loaded = load_objective("constant", {plugins("good")});

  EXPECT_EQ(loaded.objective->info().name, "constant");
  EXPECT_EQ(loaded.path, plugins("good") / "constant.so");
  EXPECT_EQ(loaded.sha256, sha256_file((plugins("good") / "constant.so").string()));
}

TEST(Plugin, of_another_abi_is_refused_naming_what_differs) {
  auto const message = message_of_loading("constant", "other_abi");

  EXPECT_THAT(message, HasSubstr("is 32 there and 16 here"));
  EXPECT_THAT(message, HasSubstr("other_abi/constant.so"));
}

TEST(Plugin, every_member_of_the_abi_is_compared) {
  auto const here = current_plugin_abi();
  EXPECT_EQ(describe_difference(here, here), "");

  auto const expect_named = [&](auto member, std::string const& name) {
    auto there = here;
    there.*member += 1;
    EXPECT_EQ(describe_difference(there, here),
              name + " is " + std::to_string(there.*member) + " there and " + std::to_string(here.*member) + " here");
  };
  expect_named(&PluginAbi::abi_number, "abi_number");
  expect_named(&PluginAbi::sizeof_estimate, "sizeof_estimate");
  expect_named(&PluginAbi::alignof_estimate, "alignof_estimate");
  expect_named(&PluginAbi::sizeof_candidate, "sizeof_candidate");
  expect_named(&PluginAbi::alignof_candidate, "alignof_candidate");
  expect_named(&PluginAbi::sizeof_vector4d, "sizeof_vector4d");
  expect_named(&PluginAbi::alignof_vector4d, "alignof_vector4d");
  expect_named(&PluginAbi::gxx_abi_version, "gxx_abi_version");
  expect_named(&PluginAbi::glibcxx_cxx11_abi, "glibcxx_cxx11_abi");
  expect_named(&PluginAbi::compiler_major, "compiler_major");
  expect_named(&PluginAbi::eigen_max_align_bytes, "eigen_max_align_bytes");
  auto there = here;
  std::string_view("thread").copy(there.sanitizers, sizeof there.sanitizers);
  EXPECT_THAT(describe_difference(there, here), HasSubstr("sanitizers is 'thread"));
}

TEST(Plugin, unknown_name_gets_a_suggestion_and_the_folders) {
  auto const message = message_of_loading("constnat", "good");

  EXPECT_THAT(message, HasSubstr("unknown objective 'constnat'"));
  EXPECT_THAT(message, HasSubstr(plugins("good").string()));
  EXPECT_THAT(message, HasSubstr("did you mean 'constant'?"));
}

TEST(Plugin, that_breaks_says_how_and_is_not_skipped) {
  EXPECT_THAT(message_of_loading("renamed", "other_name"), HasSubstr("calls itself 'constant'"));
  EXPECT_THAT(message_of_loading("throwing", "throwing"), HasSubstr("threw something that is no std::exception"));
  EXPECT_THAT(message_of_loading("no_entry", "no_entry"), HasSubstr("exports no 'nacre_objective'"));
  EXPECT_THAT(find_objectives({plugins("no_entry")}), testing::Contains("no_entry"));
}

TEST(Plugin, truncated_library_is_refused_with_the_words_of_the_loader) {
  test::TemporaryFolder const folder;
  std::ofstream(folder.path() / "short.so") << "\177ELF";

  try {
    load_objective("short", {folder.path()});
    FAIL() << "loaded";
  } catch (InputError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("file too short"));
  }
}

TEST(Plugin, that_flushes_denormals_is_refused_and_the_mode_put_back) {
  EXPECT_THAT(message_of_loading("flushing", "flushing"), HasSubstr("flush-to-zero"));

  double volatile smallest = std::numeric_limits<double>::min();
  EXPECT_GT(smallest * 0.5, 0.0);
}

TEST(Plugin, discovery_is_sorted_and_leaves_other_kinds_out) {
  auto const names = find_objectives({plugins("mixed")});

  EXPECT_THAT(names, testing::Contains("constant"));
  EXPECT_THAT(names, testing::Not(testing::Contains("model")));
  EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(Plugin, folders_are_the_given_ones_then_the_environment_then_ours) {
  setenv("NACRE_PLUGIN_PATH", "/somewhere:/elsewhere", 1);
  auto const folders = plugin_folders({"/first", "/elsewhere"});
  unsetenv("NACRE_PLUGIN_PATH");

  EXPECT_EQ(folders,
            (std::vector<fs::path>{"/first", "/elsewhere", "/somewhere", test::build_folder() / "lib/nacre"}));
}

}  // namespace
}  // namespace nacre
