#include "nacre/numerics/boosted_trees.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"
#include "nacre/score/predictor_plugin.hpp"

namespace nacre {
namespace {

constexpr Envelope envelope{0x4e504254, 1};  // "NPBT"

/// Gradient-boosted trees with one error for all designs, from quarters held out: they do not know where they were not
/// taught. Descriptors of very different kinds and thousands of examples cost them little.
class BoostedTreesPredictor final : public Predictor {
 public:
  BoostedTreesPredictor() = default;
  BoostedTreesPredictor(BoostedTrees trees, double error) : trees_(std::move(trees)), error_(error) {}

  std::string name() const override { return "boosted_trees"; }

  std::unique_ptr<Predictor> fit(PredictorData const& data, std::uint64_t seed) const override {
    require(data.features.rows() == data.values.size() && data.values.size() == data.standard_errors.size(),
            "predictor with ", data.features.rows(), " examples, ", data.values.size(), " values and ",
            data.standard_errors.size(), " errors (must be as many of each)");
    if (data.features.rows() == 0) return std::make_unique<BoostedTreesPredictor>();
    require(data.standard_errors.allFinite(), "an error that is not finite among ", data.values.size(), " examples");
    BoostedTreesOptions const options{.seed = seed};
    auto trees = BoostedTrees::fit(data.features, data.values, options);
    double const error = held_out_error(data.features, data.values, options);
    double const least = std::max(data.standard_errors.mean(), 1e-9 * std::abs(data.values.mean()) + 1e-12);
    return std::make_unique<BoostedTreesPredictor>(std::move(trees), std::max(error, least));
  }

  Prediction predict(Eigen::VectorXd const& features) const override {
    if (!trees_) return {0.0, unfitted_error};
    return {trees_->predict(features), error_};
  }

  std::string save() const override {
    if (!trees_) return seal(envelope, {});
    std::string bytes(sizeof error_, '\0');
    std::memcpy(bytes.data(), &error_, sizeof error_);
    return seal(envelope, bytes + trees_->save());
  }

  std::unique_ptr<Predictor> load(std::string const& sealed) const override {
    auto const bytes = open_envelope(envelope, sealed);
    if (bytes.empty()) return std::make_unique<BoostedTreesPredictor>();
    double error = 0.0;
    if (bytes.size() < sizeof error) throw Error("unusable state of a predictor (it ends within a number)");
    std::memcpy(&error, bytes.data(), sizeof error);
    return std::make_unique<BoostedTreesPredictor>(BoostedTrees::load(bytes.substr(sizeof error)), error);
  }

 private:
  std::optional<BoostedTrees> trees_;
  double error_ = 0.0;
};

}  // namespace
}  // namespace nacre

NACRE_PREDICTOR(nacre::BoostedTreesPredictor)
