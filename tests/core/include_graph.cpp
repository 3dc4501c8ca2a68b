// The layers of the library and who may include whom: a new arrow is a decision and not an accident.

#include <fstream>
#include <regex>

#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

/// Direct arrows; what lies below may be included, too.
std::map<std::string, std::set<std::string>> const arrows{
    {"core", {}},
    {"numerics", {"core"}},
    {"crystal", {"numerics"}},
    {"stack", {"crystal"}},
    {"potential", {"stack"}},
    {"transport", {"potential"}},
    {"score", {"transport"}},
    {"search", {"numerics"}},
    {"learn", {"potential"}},
    {"dft", {"stack"}},
    {"parallel", {"core"}},
    {"campaign", {"score", "search", "learn", "dft", "parallel"}},
    {"cli", {"campaign"}},
    {"main", {"cli"}},
    {"objectives", {"score"}},
    {"surrogates", {"score", "learn"}},
};

std::set<std::string> allowed(std::string const& layer) {
  std::set<std::string> all{layer};
  for (auto const& below : arrows.at(layer)) all.merge(allowed(below));
  return all;
}

/// Where headers of other projects may be seen: paths that begin so.
std::vector<std::pair<std::regex, std::vector<std::string>>> const foreign{
    {std::regex("mpi\\.h"), {"src/parallel/"}},
    {std::regex("spglib.*"), {"src/crystal/symmetry.cpp"}},
    {std::regex("nlopt.*"), {"src/numerics/", "src/search/"}},
    {std::regex("sqlite3\\.h"), {"src/campaign/"}},
    {std::regex("(torch|ATen|c10)/.*"), {"surrogates/mlip/"}},
    {std::regex("CLI/.*"), {"src/cli/program.cpp"}},
    {std::regex("toml\\+\\+/.*"), {"src/core/value_toml.cpp"}},
    {std::regex("nlohmann/.*"), {"src/core/value_json.cpp"}},
    {std::regex("gemmi/.*"), {"src/crystal/"}},
    {std::regex("spdlog/.*"), {"src/core/log.cpp"}},
    {std::regex("fftw3\\.h"), {"src/potential/", "src/transport/"}},
    {std::regex("boost/.*"), {"src/", "surrogates/"}},
};

struct Include {
  std::string file;  ///< relative to the root of the project
  std::string header;
};

std::vector<Include> includes_of(fs::path const& root, fs::path const& file) {
  static std::regex const line_form("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"].*");
  std::vector<Include> found;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (std::regex_match(line, match, line_form)) found.push_back({fs::relative(file, root).string(), match[1]});
  }
  return found;
}

std::vector<Include> all_includes() {
  fs::path const root = test::source_folder();
  std::vector<Include> all;
  for (auto const* folder : {"include", "src", "objectives", "surrogates"}) {
    for (auto const& entry : fs::recursive_directory_iterator(root / folder)) {
      auto const extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      for (auto& include : includes_of(root, entry.path())) all.push_back(std::move(include));
    }
  }
  return all;
}

std::string layer_of(std::string const& file) {
  static std::regex const ours("(?:include/nacre|src)/([a-z]+)/.*");
  std::smatch match;
  if (std::regex_match(file, match, ours)) return match[1];
  return file == "src/main.cpp" ? "main" : file.substr(0, file.find('/'));
}

bool seen_where_allowed(Include const& include, std::vector<std::string> const& places) {
  return std::any_of(places.begin(), places.end(), [&](auto const& place) { return include.file.starts_with(place); });
}

TEST(IncludeGraph, follows_the_arrows_of_the_layers) {
  static std::regex const ours("nacre/([a-z]+)/.*");
  int arrows_seen = 0;
  for (auto const& include : all_includes()) {
    std::smatch match;
    if (!std::regex_match(include.header, match, ours)) continue;
    auto const layer = layer_of(include.file);
    ASSERT_TRUE(arrows.count(layer)) << include.file << " is in no known layer";

    EXPECT_TRUE(allowed(layer).count(match[1]))
        << include.file << " includes " << include.header << ", but " << layer << " may not know " << match[1];
    ++arrows_seen;
  }
  EXPECT_GT(arrows_seen, 100);  // the test looks at something
}

TEST(IncludeGraph, keeps_other_projects_behind_their_own_files) {
  int foreign_seen = 0;
  for (auto const& include : all_includes()) {
    for (auto const& [pattern, places] : foreign) {
      if (!std::regex_match(include.header, pattern)) continue;
      EXPECT_TRUE(seen_where_allowed(include, places)) << include.file << " includes " << include.header;
      ++foreign_seen;
    }
  }
  EXPECT_GT(foreign_seen, 3);
}

TEST(IncludeGraph, keeps_private_headers_private) {
  for (auto const& include : all_includes()) {
    if (!include.file.starts_with("include/")) continue;
    bool const known = include.header.starts_with("nacre/") || include.header.starts_with("Eigen/") ||
                       include.header.find_first_of("./") == std::string::npos;
    EXPECT_TRUE(known) << include.file << " includes " << include.header
                       << "; public headers know Nacre, Eigen and the standard library";
  }
}

}  // namespace
}  // namespace nacre
