#include <gmock/gmock.h>

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
  fs::path const build = NACRE_BUILD_DIR;
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

TEST(Linkage, plugins_take_nothing_from_us_but_the_library) {
  for (auto const& file : binaries_in(fs::path(NACRE_BUILD_DIR) / "lib/nacre")) {
    auto const result = test::run_command("readelf -d '" + file.string() + "'");
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, testing::HasSubstr("libnacre.so")) << file;
  }
}

}  // namespace
}  // namespace nacre
