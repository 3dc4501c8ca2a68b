#include <gmock/gmock.h>

#include <fstream>

#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

/// Shared libraries that `file` needs, also through others.
std::string libraries_of(fs::path const& file) {
  auto const result = test::run_command("ldd '" + file.string() + "'");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, testing::HasSubstr("libc.so")) << file;
  return result.out;
}

std::vector<fs::path> binaries_in(fs::path const& folder) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(folder)) {
    auto const runs = (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
    if (entry.is_regular_file() && !entry.is_symlink() && runs) files.push_back(entry.path());
  }
  return files;
}

TEST(Linkage, only_the_mlip_plugin_links_libtorch) {
  fs::path const build = test::build_folder();
  std::size_t checked = 0;
  for (auto const& folder : {build / "bin", build / "lib", build / "lib/nacre", build / "tests"}) {
    for (auto const& file : binaries_in(folder)) {
      if (file.filename() == "mlip.so") continue;
      EXPECT_THAT(libraries_of(file), testing::Not(testing::ContainsRegex("libtorch|libc10"))) << file;
      ++checked;
    }
  }

  EXPECT_GE(checked, 3u);  // the program, the library, this test
}

/// Sources under `folder` that include headers of LibTorch.
std::vector<fs::path> sources_with_torch(fs::path const& folder) {
  std::vector<fs::path> found;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("#include <torch/") || line.starts_with("#include <ATen/")) {
        found.push_back(entry.path());
        break;
      }
    }
  }
  return found;
}

TEST(Linkage, libtorch_is_seen_by_at_most_five_sources_of_one_plugin) {  // each costs ten seconds to compile
  fs::path const source = test::source_folder();

  for (auto const* folder : {"include", "src", "objectives", "tests"}) {
    EXPECT_THAT(sources_with_torch(source / folder), testing::IsEmpty());
  }
  auto const seen = sources_with_torch(source / "surrogates");
  EXPECT_LE(seen.size(), 5u);
  for (auto const& file : seen) EXPECT_EQ(file.parent_path(), source / "surrogates/mlip");
}

TEST(Linkage, plugins_take_nothing_from_us_but_the_library) {
  for (auto const& file : binaries_in(test::build_folder() / "lib/nacre")) {
    auto const result = test::run_command("readelf -d '" + file.string() + "'");
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, testing::HasSubstr("libnacre.so")) << file;
  }
}

}  // namespace
}  // namespace nacre
