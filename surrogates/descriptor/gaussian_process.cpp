#include "nacre/numerics/gaussian_process.hpp"

#include <cmath>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"
#include "nacre/score/predictor_plugin.hpp"

namespace nacre {
namespace {

constexpr Envelope envelope{0x4e504744, 1};   // "NPGD"
constexpr Eigen::Index most_examples = 1000;  ///< a prediction then costs about a millisecond

/// Every example, or the last `most_examples`: the search has moved to where they are.
ProcessData recent(PredictorData const& data) {
  auto const count = std::min(most_examples, data.features.rows());
  return {data.features.bottomRows(count), data.values.tail(count), data.standard_errors.tail(count)};
}

/// Exact Gaussian process on standardised descriptors; those that do not vary are ignored.
class GaussianProcessPredictor final : public Predictor {
 public:
  GaussianProcessPredictor() = default;
  explicit GaussianProcessPredictor(GaussianProcess process) : process_(std::move(process)) {}

  std::string name() const override { return "gaussian_process"; }

  std::unique_ptr<Predictor> fit(PredictorData const& data, std::uint64_t seed) const override {
    require(data.features.rows() == data.values.size() && data.values.size() == data.standard_errors.size(),
            "predictor with ", data.features.rows(), " examples, ", data.values.size(), " values and ",
            data.standard_errors.size(), " errors (must be as many of each)");
    if (data.features.rows() == 0) return std::make_unique<GaussianProcessPredictor>();
    ProcessFit options;
    options.seed = seed;
    return std::make_unique<GaussianProcessPredictor>(GaussianProcess::fit(recent(data), options));
  }

  Prediction predict(Eigen::VectorXd const& features) const override {
    if (!process_) return {0.0, unfitted_error};
    auto const posterior = process_->predict(features);
    return {posterior.mean, std::sqrt(posterior.variance + process_->noise_variance())};
  }

  std::string save() const override { return seal(envelope, process_ ? process_->save() : std::string()); }

  std::unique_ptr<Predictor> load(std::string const& bytes) const override {
    auto const payload = open_envelope(envelope, bytes);
    if (payload.empty()) return std::make_unique<GaussianProcessPredictor>();
    return std::make_unique<GaussianProcessPredictor>(GaussianProcess::load(payload));
  }

 private:
  std::optional<GaussianProcess> process_;
};

}  // namespace
}  // namespace nacre

NACRE_PREDICTOR(nacre::GaussianProcessPredictor)
