#include "nacre/potential/model_plugin.hpp"

#include <stdlib.h>

#include <functional>

#include "nacre/core/error.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// NACRE_PLUGIN_PATH for the lifetime of the object.
class PluginPath {
 public:
  explicit PluginPath(std::string const& path) { setenv("NACRE_PLUGIN_PATH", path.c_str(), 1); }
  ~PluginPath() { unsetenv("NACRE_PLUGIN_PATH"); }
  PluginPath(PluginPath const&) = delete;
  PluginPath& operator=(PluginPath const&) = delete;
};

std::string models(std::string const& folder) {
  return test::build_folder().string() + "/tests/potential/models/" + folder;
}

std::string message_of(std::function<void()> const& action) {
  try {
    action();
  } catch (InputError const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ModelPlugin, evaluates_through_the_library_that_is_found) {
  PluginPath const path(models("same_abi"));
  PotentialOptions options;
  options.cutoff = 7.0;
  Crystal crystal;
  crystal.numbers = {1};
  crystal.positions = Eigen::Vector3d(1.0, 2.0, 2.0);

  auto const potential = make_potential("torchscript:some/file.pt", options);

  EXPECT_EQ(potential->name(), "torchscript:some/file.pt");
  EXPECT_EQ(potential->cutoff(), 7.0);
  EXPECT_EQ(potential->evaluate(crystal).energy, 4.5);
  EXPECT_EQ(potential->with_slab_correction(true), nullptr);
}

TEST(ModelPlugin, of_another_abi_is_refused_naming_what_differs) {
  PluginPath const path(models("other_abi"));

  EXPECT_NE(message_of([] { make_potential("torchscript:file.pt"); }).find("sizeof_evaluation"), std::string::npos);
}

TEST(ModelPlugin, that_is_no_model_is_refused) {
  auto const message = message_of([] { load_model(test::build_folder().string() + "/lib/libnacre.so", "torchscript", "file.pt", {}); });

  EXPECT_NE(message.find("does not export nacre_potential_entry"), std::string::npos) << message;
}

TEST(ModelPlugin, that_is_missing_is_named_with_the_packages_it_needs) {
  if (!find_model_plugin().empty()) GTEST_SKIP() << "the MLIP plug-in is built here";

  auto const message = message_of([] { make_potential("torchscript:file.pt"); });

  EXPECT_NE(message.find("libtorch-dev"), std::string::npos) << message;
  EXPECT_NE(message.find("libopenblas0-pthread"), std::string::npos) << message;
  EXPECT_NE(message.find("NACRE_WITH_TORCH"), std::string::npos) << message;
}

}  // namespace
}  // namespace nacre
