#include "nacre/potential/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/crystal/elements.hpp"
#include "wrapped_potential.hpp"

namespace nacre {
namespace {

constexpr std::int64_t least_frames = 5, least_atoms = 30;
constexpr double least_correlation = 0.9, least_share = 0.05;
constexpr char const* schema = "nacre.calibration/1";

/// Products of forces of one frame.
struct Sums {
  double product = 0.0, square = 0.0, own = 0.0, misfit = 0.0;
  std::int64_t atoms = 0;
  void add(Eigen::Vector3d const& model, Eigen::Vector3d const& label) {
    product += model.dot(label), square += label.squaredNorm(), own += model.squaredNorm();
    misfit += (model - label).squaredNorm();
    ++atoms;
  }
};

/// Scatter of the slopes that remain when one frame is left out (jackknife).
double slope_error(std::vector<Sums> const& frames, double product, double square) {
  auto const n = static_cast<double>(frames.size());
  std::vector<double> slopes;
  for (auto const& frame : frames) slopes.push_back((product - frame.product) / (square - frame.square));
  double mean = 0.0, sum = 0.0;
  for (double const slope : slopes) mean += slope / n;
  for (double const slope : slopes) sum += (slope - mean) * (slope - mean);
  return n < 2.0 ? std::nan("") : std::sqrt((n - 1.0) / n * sum);
}

ForceSlope slope_of(std::vector<Sums> const& frames) {
  Sums all;
  for (auto const& frame : frames) {
    all.product += frame.product, all.square += frame.square, all.own += frame.own, all.misfit += frame.misfit;
    all.atoms += frame.atoms;
  }
  ForceSlope result;
  result.atoms = all.atoms;
  result.frames = static_cast<std::int64_t>(frames.size());
  result.slope = all.product / all.square;
  result.error = slope_error(frames, all.product, all.square);
  result.correlation = all.product / std::sqrt(all.square * all.own);
  result.rmse = std::sqrt(all.misfit / (3.0 * static_cast<double>(std::max<std::int64_t>(1, all.atoms))));
  return result;
}

Value number(double x) { return std::isfinite(x) ? Value(x) : Value(); }

Value to_value(ForceSlope const& slope) {
  return Value::Object{{"atoms", slope.atoms},
                       {"frames", slope.frames},
                       {"slope", number(slope.slope)},
                       {"slope_error", number(slope.error)},
                       {"correlation", number(slope.correlation)},
                       {"rmse_eV_per_A", number(slope.rmse)},
                       {"barrier_share", slope.barrier_share()}};
}

ForceSlope slope_from(Value const& value) {
  auto const number = [&](char const* key) {
    return value.at(key).is_number() ? value.at(key).as_number() : std::nan("");
  };
  return {value.at("atoms").as_integer(), value.at("frames").as_integer(), number("slope"),
          number("slope_error"),          number("correlation"),           number("rmse_eV_per_A")};
}

class Calibrated final : public detail::WrappedPotential {
 public:
  Calibrated(std::shared_ptr<Potential const> inner, Calibration calibration, std::string name)
      : WrappedPotential(std::move(inner), std::move(name)), calibration_(std::move(calibration)) {}
  std::string identity() const override {
    Sha256 sum;
    sum.update("nacre.calibrated/1").update(std::string_view(inner().identity()));
    return sum.update(std::string_view(calibration_.to_value().dump())).hex();
  }
  double barrier_share(std::span<int const> numbers) const override {
    return calibration_.forces.barrier_share(numbers);
  }
  Value about() const override {
    auto value = WrappedPotential::about();
    value["calibration"] = calibration_.to_value();
    return value;
  }

 private:
  std::shared_ptr<Potential const> around(std::shared_ptr<Potential const> inner) const override {
    return std::make_shared<Calibrated>(std::move(inner), calibration_, name());
  }

  Calibration calibration_;
};

}  // namespace

KnowsBarriers::~KnowsBarriers() = default;

double barrier_share(Potential const& model, std::span<int const> numbers) {
  if (auto const* knows = dynamic_cast<KnowsBarriers const*>(&model)) return knows->barrier_share(numbers);
  return model.contents().learned ? uncalibrated_share : 0.0;
}

bool ForceSlope::is_evidence() const {
  return frames >= least_frames && atoms >= least_atoms && std::isfinite(slope) && std::isfinite(error) &&
         correlation >= least_correlation;
}

double ForceSlope::barrier_share() const {
  double const off = std::abs(1.0 - slope) + 2.0 * error;
  if (is_evidence()) return std::max(off, least_share);
  return std::isfinite(off) ? std::max(off, uncalibrated_share) : uncalibrated_share;
}

double ForceComparison::barrier_share(std::span<int const> numbers) const {
  double largest = least_share;
  for (int const z : numbers) {
    auto const found = elements.find(z);
    largest = std::max(largest, found == elements.end() ? uncalibrated_share : found->second.barrier_share());
  }
  return largest;
}

Value ForceComparison::to_value() const {
  auto value = nacre::to_value(all);
  value["frames"] = frames;
  value["frames_refused"] = refused;
  value["frames_without_forces"] = without_forces;
  value["elements"] = Value::object();
  for (auto const& [z, slope] : elements) value["elements"][symbol(z)] = nacre::to_value(slope);
  return value;
}

ForceComparison compare_forces(Potential const& model, std::span<Frame const> labels) {
  ForceComparison result;
  result.frames = static_cast<std::int64_t>(labels.size());
  std::vector<Sums> all;
  std::map<int, std::vector<Sums>> by_element;
  for (auto const& frame : labels) {
    auto const found = frame.columns.find("forces");
    if (found == frame.columns.end() || found->second.rows() != 3) {
      ++result.without_forces;
      continue;
    }
    try {
      auto const forces = model.evaluate(frame.crystal).forces;
      Sums whole;
      std::map<int, Sums> parts;
      for (Eigen::Index i = 0; i < forces.cols(); ++i) {
        whole.add(forces.col(i), found->second.col(i));
        parts[frame.crystal.numbers[static_cast<std::size_t>(i)]].add(forces.col(i), found->second.col(i));
      }
      all.push_back(whole);
      for (auto const& [z, sums] : parts) by_element[z].push_back(sums);
    } catch (InputError const&) {
      ++result.refused;
    }
  }
  require(result.without_forces < result.frames,
          "no frame of the labels has a column 'forces' of three numbers; write them as extxyz does");
  result.all = slope_of(all);
  for (auto const& [z, frames] : by_element) result.elements[z] = slope_of(frames);
  return result;
}

Value Calibration::to_value() const {
  auto value = Value::object();
  value["schema"] = schema;
  value["model"] = model;
  value["labels"] = Value::Object{{"file", labels_name}, {"sha256", labels}, {"level", level}};
  value["forces"] = forces.to_value();
  return value;
}

Calibration calibration_from(Value const& value, std::string const& origin) {
  auto const* name = value.is_object() ? value.find("schema") : nullptr;
  require(name != nullptr && name->is_string() && name->as_string() == schema, "the file '", origin,
          "' is no calibration of a model; make one with 'nacre models calibrate MODEL --labels FILE'");
  Calibration calibration;
  calibration.model = value.at("model").as_string();
  auto const& labels = value.at("labels");
  calibration.labels_name = labels.at("file").as_string();
  calibration.labels = labels.at("sha256").as_string();
  calibration.level = labels.at("level").as_string();
  auto const& forces = value.at("forces");
  calibration.forces.all = slope_from(forces);
  calibration.forces.frames = forces.at("frames").as_integer();
  calibration.forces.refused = forces.at("frames_refused").as_integer();
  calibration.forces.without_forces = forces.at("frames_without_forces").as_integer();
  for (auto const& [element, slope] : forces.at("elements").as_object())
    calibration.forces.elements[require_atomic_number(element, origin)] = slope_from(slope);
  return calibration;
}

std::shared_ptr<Potential const> make_calibrated(std::shared_ptr<Potential const> model, Calibration calibration,
                                                 std::string const& name) {
  require(calibration.model == model->identity(), "the calibration in '", name, "' is of another model than '",
          model->name(), "' (identity ", calibration.model.substr(0, 8), ", not ", model->identity().substr(0, 8),
          "); make it anew");
  require(barrier_share(*model, {}) > 0.0, "the model '", model->name(), "' in '", name,
          "' is a formula (its barriers have no error that forces could lower)");
  return std::make_shared<Calibrated>(std::move(model), std::move(calibration), name);
}

}  // namespace nacre
