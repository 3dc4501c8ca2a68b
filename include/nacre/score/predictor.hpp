/// A learned model from descriptors to objectives, with an error: what the descriptor tier answers.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"

namespace nacre {

/// One training example: descriptors of a design and what a higher tier said of one objective.
struct PredictorData {
  Eigen::MatrixXd features;       ///< one ROW per example
  Eigen::VectorXd values;
  Eigen::VectorXd standard_errors;
};

struct Prediction {
  double mean = 0.0;
  double standard_error = 0.0;    ///< of the prediction, noise of the target included
};

/// Of a predictor that has seen nothing: so large that every design looks equally promising.
inline constexpr double unfitted_error = 1e6;

class NACRE_API Predictor {
 public:
  virtual ~Predictor();
  virtual std::string name() const = 0;
  /// A fitted copy; of no examples one that is not fitted.
  /// @throws InputError if sizes differ or a number is not finite
  virtual std::unique_ptr<Predictor> fit(PredictorData const& data, std::uint64_t seed) const = 0;
  /// Before any fit mean 0 and the standard error `unfitted_error`, whatever the features.
  virtual Prediction predict(Eigen::VectorXd const& features) const = 0;
  virtual std::string save() const = 0;    ///< bytes; equal models give equal bytes
  /// @throws Error if the bytes are damaged
  virtual std::unique_ptr<Predictor> load(std::string const& bytes) const = 0;
};

}  // namespace nacre
