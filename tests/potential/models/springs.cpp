/// A model plug-in for the tests: every atom is tied to the origin. With TEST_OTHER_ABI it claims another ABI.
#include "nacre/potential/model_plugin.hpp"

namespace {

class Springs final : public nacre::Potential {
 public:
  Springs(std::string path, nacre::PotentialOptions const& options) : path_(std::move(path)), cutoff_(options.cutoff) {}

  nacre::Evaluation evaluate(nacre::Crystal const& crystal) const override {
    nacre::Evaluation result;
    result.energy = 0.5 * crystal.positions.squaredNorm();
    result.forces = -crystal.positions;
    return result;
  }
  std::string name() const override { return "torchscript:" + path_; }
  std::string identity() const override { return std::string(64, '0'); }
  double cutoff() const override { return cutoff_; }
  std::vector<int> elements() const override { return {1}; }

 private:
  std::string path_;
  double cutoff_;
};

nacre::Potential* create(std::string const&, std::string const& path, nacre::PotentialOptions const& options) {
  return new Springs(path, options);
}

}  // namespace

extern "C" NACRE_API nacre::PotentialEntry const* nacre_potential_entry() {
  static nacre::PotentialEntry const entry = [] {
    nacre::PotentialEntry made{nacre::current_potential_abi(), create};
#ifdef TEST_OTHER_ABI
    made.abi.sizeof_evaluation += 8;
#endif
    return made;
  }();
  return &entry;
}
