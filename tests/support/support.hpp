/// Helpers of the tests: the optional ../shared folder, temporary folders, child processes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nacre::test {

/// Of the checkout, and of the build that the test belongs to.
std::filesystem::path source_folder();
std::filesystem::path build_folder();

/// ../shared/NAME, or empty if the folder is absent.
std::filesystem::path shared_file(std::string const& name);

/// A folder that is removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct ProcessResult {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out, err;
};
/// Runs a shell command and waits for it.
ProcessResult run_command(std::string const& command);

/// build/bin/nacre
std::string nacre_program();

}  // namespace nacre::test

/// Skips visibly where the reference data are absent.
#define NACRE_NEEDS_SHARED(path) \
  if ((path).empty()) GTEST_SKIP() << "needs the reference data in ../shared, which is absent"
