#include "support/support.hpp"

#include <stdlib.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

namespace nacre::test {

namespace fs = std::filesystem;

fs::path source_folder() { return NACRE_SOURCE_DIR; }
fs::path build_folder() { return NACRE_BUILD_DIR; }

fs::path shared_file(std::string const& name) {
  auto const path = source_folder().parent_path() / "shared" / name;
  return fs::exists(path) ? path : fs::path();
}

TemporaryFolder::TemporaryFolder() {
  auto pattern = (fs::temp_directory_path() / "nacre-test-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

namespace {
std::string slurp(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
}  // namespace

ProcessResult run_command(std::string const& command) {
  TemporaryFolder const folder;
  auto const out = folder.path() / "out", err = folder.path() / "err";
  int const status = std::system(("( " + command + " ) >" + out.string() + " 2>" + err.string()).c_str());
  int const code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, slurp(out), slurp(err)};
}

std::string nacre_program() { return (build_folder() / "bin/nacre").string(); }

}  // namespace nacre::test
