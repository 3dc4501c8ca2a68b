#include <gmock/gmock.h>

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string quoted(fs::path const& path) { return concat('\'', path.string(), '\''); }

test::ProcessResult must_run(std::string const& command) {
  auto result = test::run_command(command);
  EXPECT_EQ(result.status, 0) << command << '\n' << result.out << result.err;
  return result;
}

/// Installs this build, then builds tests/objectives/external and what scripts/new_objective writes against it.
class External : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<test::TemporaryFolder>();
    auto const installed = folder->path() / "installed";
    must_run(std::string(NACRE_CMAKE) + " --install " + quoted(test::build_folder()) + " --prefix " + quoted(installed));
    fs::rename(installed, prefix());  // a tree that was moved must work as well
    must_run(quoted(test::source_folder() / "scripts/new_objective") +
             " cell_area --descriptor area_A2 --unit A^2 --direction minimize --outside " + quoted(written()));
    must_run(std::string(NACRE_CMAKE) + " -S " + quoted(test::source_folder() / "tests/objectives/external") +
             " -B " + quoted(build()) +
             " -G '" NACRE_GENERATOR "' -DCMAKE_CXX_COMPILER='" NACRE_CXX
             "' -DCMAKE_CXX_COMPILER_LAUNCHER='" NACRE_LAUNCHER "' -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=" +
             quoted(prefix()) + " -DWRITTEN=" + quoted(written()));
    must_run(std::string(NACRE_CMAKE) + " --build " + quoted(build()));
  }
  static void TearDownTestSuite() { folder.reset(); }

  static fs::path prefix() { return folder->path() / "prefix"; }
  static fs::path build() { return folder->path() / "build"; }
  static fs::path written() { return folder->path() / "written"; }
  static std::unique_ptr<test::TemporaryFolder> folder;
};
std::unique_ptr<test::TemporaryFolder> External::folder;

TEST_F(External, objective_is_listed_by_the_installed_program_beside_its_own) {
  auto const result = must_run("NACRE_PLUGIN_PATH=" + quoted(build()) + ':' + quoted(build() / "written") + ' ' +
                               quoted(prefix() / "bin/nacre") + " objectives --json");

  std::map<std::string, fs::path> paths;
  auto const page = Value::parse_json(result.out, "output");
  for (auto const& entry : page.at("objectives").as_array()) {
    paths[entry.at("name").as_string()] = entry.at("path").as_string();
  }
  EXPECT_EQ(paths["stretch"], build() / "stretch.so");
  EXPECT_EQ(paths["cell_area"].filename(), "cell_area.so");
  EXPECT_EQ(paths["work_of_adhesion"].filename(), "work_of_adhesion.so");
  EXPECT_THAT(paths["work_of_adhesion"].string(), testing::StartsWith(prefix().string()));
}

TEST_F(External, objective_is_not_written_over) {
  auto const result =
      test::run_command(quoted(test::source_folder() / "scripts/new_objective") +
                        " cell_area --descriptor a --unit 1 --direction minimize --outside " + quoted(written()));

  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("already there"));
}

TEST_F(External, installed_program_uses_the_installed_library) {
  auto const result = must_run("ldd " + quoted(prefix() / "bin/nacre"));

  EXPECT_THAT(result.out, testing::ContainsRegex("libnacre.so[^\n]* => " + prefix().string()));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("not found")));
}

TEST_F(External, program_of_its_own_finds_plugins_and_data_of_the_installed_tree) {
  std::string names;
  std::size_t expected = 0;
  auto const data = test::source_folder() / "data";
  std::error_code none;
  for (auto const& entry : fs::recursive_directory_iterator(data, none)) {
    if (!entry.is_regular_file()) continue;
    names += ' ' + quoted(fs::relative(entry.path(), data));
    ++expected;
  }
  auto const result = must_run("env -u NACRE_PLUGIN_PATH -u NACRE_DATA_DIR " + quoted(build() / "where") + names);

  std::istringstream lines(result.out);
  std::size_t found = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, testing::StartsWith(prefix().string()));
    if (line.find("share/nacre/data") != std::string::npos) ++found;
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace nacre
