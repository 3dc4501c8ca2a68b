#include "nacre/potential/extrapolation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/numerics/linalg.hpp"
#include "nacre/numerics/maxvol.hpp"
#include "wrapped_potential.hpp"

namespace nacre {
namespace {

constexpr double ridge_share = 1e-4;      // of the mean square feature
constexpr Eigen::Index most_components = 32;
constexpr Eigen::Index surroundings_per_component = 4;  // fewer would make variances too small for others
constexpr Eigen::Index most_surroundings = 400;  // of an element, taken at even steps
constexpr std::int64_t few_surroundings = 10;

template <class Matrix>
Value numbers_of(Matrix const& matrix) {
  Value value = Value::array();
  for (Eigen::Index i = 0; i < matrix.size(); ++i) value.push_back(matrix.data()[i]);
  return value;
}

Eigen::VectorXd vector_from(Value const& value) {
  auto const& numbers = value.as_array();
  Eigen::VectorXd vector(static_cast<Eigen::Index>(numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) vector[static_cast<Eigen::Index>(i)] = numbers[i].as_number();
  return vector;
}

Eigen::MatrixXd even_steps(Eigen::MatrixXd const& all) {
  if (all.cols() <= most_surroundings) return all;
  Eigen::MatrixXd some(all.rows(), most_surroundings);
  for (Eigen::Index k = 0; k < most_surroundings; ++k) some.col(k) = all.col(k * all.cols() / most_surroundings);
  return some;
}

}  // namespace

FeatureSet::Element FeatureSet::fit(Eigen::MatrixXd const& all) {
  auto const features = even_steps(all);
  auto const dimensions = features.rows(), count = features.cols();
  Element element;
  element.surroundings = all.cols();
  element.mean = features.rowwise().mean();
  double const ridge = ridge_share * std::max(element.mean.squaredNorm() / static_cast<double>(dimensions), 1e-12);
  Eigen::MatrixXd const centred = features.colwise() - element.mean;
  auto const n = std::max(1.0, static_cast<double>(count - 1));
  auto const gram = symmetric_eigen(centred.transpose() * centred / n);  // of the surroundings: fewer than numbers
  Eigen::Index kept = 0;
  while (kept < std::min({most_components, count / surroundings_per_component, dimensions - 1}) && gram.values[count - 1 - kept] > ridge) ++kept;
  element.components.resize(dimensions, kept);
  for (Eigen::Index k = 0; k < kept; ++k) {
    double const variance = gram.values[count - 1 - k];
    element.components.col(k) = centred * gram.vectors.col(count - 1 - k) / (std::sqrt(n) * variance);
  }
  Eigen::MatrixXd rows(all.cols(), kept + 1);
  for (Eigen::Index k = 0; k < all.cols(); ++k) rows.row(k) = element.coordinates(all.col(k)).transpose();
  element.active = find_maxvol(rows).inverse;
  element.rest = std::sqrt(ridge);
  for (Eigen::Index k = 0; k < all.cols(); ++k) element.rest = std::max(element.rest, element.outside(all.col(k)));
  return element;
}

/// 1, and then along the components in standard deviations.
Eigen::VectorXd FeatureSet::Element::coordinates(Eigen::VectorXd const& feature) const {
  Eigen::VectorXd result(components.cols() + 1);
  result << 1.0, components.transpose() * (feature - mean);
  return result;
}

/// Root mean square of the numbers that the components do not hold.
double FeatureSet::Element::outside(Eigen::VectorXd const& feature) const {
  Eigen::VectorXd from_mean = feature - mean;
  for (Eigen::Index k = 0; k < components.cols(); ++k)
    from_mean -= components.col(k) * (components.col(k).dot(from_mean) / components.col(k).squaredNorm());
  return std::sqrt(from_mean.squaredNorm() / static_cast<double>(mean.size() - components.cols()));
}

double FeatureSet::Element::grade(Eigen::VectorXd const& feature) const {
  return std::max((coordinates(feature).transpose() * active).cwiseAbs().maxCoeff(), outside(feature) / rest);
}

FeatureSet::FeatureSet(Potential const& model, std::span<Crystal const> structures, std::string origin)
    : origin_(std::move(origin)), identity_(model.identity()) {
  require(!structures.empty(), "no structures to learn the range of '", model.name(), "' from");
  std::map<int, std::vector<Eigen::VectorXd>> by_element;
  for (auto const& crystal : structures) {
    auto const features = model.features(crystal);
    require(features.rows() > 1, "model '", model.name(), "' has no features, by which surroundings are compared; take nequix:PATH, or a committee");
    for (std::size_t i = 0; i < crystal.size(); ++i)
      by_element[crystal.numbers[i]].push_back(features.col(static_cast<Eigen::Index>(i)).cast<double>());
  }
  for (auto const& [number, columns] : by_element) {
    Eigen::MatrixXd all(columns.front().size(), static_cast<Eigen::Index>(columns.size()));
    for (std::size_t k = 0; k < columns.size(); ++k) all.col(static_cast<Eigen::Index>(k)) = columns[k];
    elements_[number] = fit(all);
  }
}

Value FeatureSet::to_value() const {
  auto value = Value::object();
  value["origin"] = origin_;
  value["model"] = identity_;
  value["elements"] = Value::array();
  for (auto const& [number, element] : elements_) {
    auto entry = Value::object();
    entry["element"] = std::string(symbol(number));
    entry["surroundings"] = element.surroundings;
    entry["mean"] = numbers_of(element.mean);
    entry["components"] = numbers_of(element.components);
    entry["active"] = numbers_of(element.active);
    entry["rest"] = element.rest;
    value["elements"].push_back(std::move(entry));
  }
  return value;
}

FeatureSet::FeatureSet(Value const& value)
    : origin_(value.at("origin").as_string()), identity_(value.at("model").as_string()) {
  for (auto const& entry : value.at("elements").as_array()) {
    Element element;
    element.surroundings = entry.at("surroundings").as_integer();
    element.mean = vector_from(entry.at("mean"));
    auto const flat = vector_from(entry.at("components")), active = vector_from(entry.at("active"));
    auto const side = static_cast<Eigen::Index>(std::lround(std::sqrt(static_cast<double>(active.size()))));
    require(side >= 1 && active.size() == side * side && element.mean.size() > side && flat.size() == element.mean.size() * (side - 1),
            "the features of an element do not fit together");
    element.components = Eigen::Map<Eigen::MatrixXd const>(flat.data(), element.mean.size(), side - 1);
    element.active = Eigen::Map<Eigen::MatrixXd const>(active.data(), side, side);
    element.rest = entry.at("rest").as_number();
    require(element.rest > 0.0 && flat.allFinite() && active.allFinite(), "the features of an element are not finite");
    elements_[require_atomic_number(entry.at("element").as_string(), "features")] = std::move(element);
  }
}

Eigen::VectorXd FeatureSet::grades(Potential const& model, Crystal const& crystal) const {
  auto const features = model.features(crystal);
  Eigen::VectorXd grades(static_cast<Eigen::Index>(crystal.size()));
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    auto const column = static_cast<Eigen::Index>(i);
    auto const found = elements_.find(crystal.numbers[i]);
    bool const known = found != elements_.end() && found->second.mean.size() == features.rows();
    grades[column] = known ? found->second.grade(features.col(column).cast<double>()) : std::numeric_limits<double>::infinity();
  }
  return grades;
}

std::vector<int> FeatureSet::rare() const {
  std::vector<int> numbers;
  for (auto const& [number, element] : elements_)
    if (element.surroundings < few_surroundings) numbers.push_back(number);
  return numbers;
}

namespace {

class Ranged final : public detail::WrappedPotential {
 public:
  Ranged(std::shared_ptr<Potential const> inner, std::shared_ptr<FeatureSet const> set, TrustWindow const& window, std::string name)
      : WrappedPotential(std::move(inner), std::move(name)), set_(std::move(set)), window_(window) {}
  std::string identity() const override {
    Sha256 sum;
    sum.update("nacre.ranged/2").update(inner().identity()).update(std::string_view(set_->to_value().dump()));
    return sum.update(window_.low).update(window_.high).hex();
  }
  Value about() const override {
    auto value = WrappedPotential::about();
    value["range"] = set_->origin();
    value["grades"] = Value::Array{window_.low, window_.high};
    return value;
  }

 private:
  void comment(Crystal const& crystal, Evaluation& result) const override {
    auto const grades = set_->grades(inner(), crystal);
    if (grades.size() == 0) return;
    Eigen::Index atom = 0;
    double const worst = grades.maxCoeff(&atom);
    auto const trust = judge(worst, window_);
    result.grade = std::max(result.grade, worst);
    result.trust = std::max(result.trust, trust);
    if (trust == Trust::go) return;
    auto const name = symbol(crystal.numbers[static_cast<std::size_t>(atom)]);
    if (std::isinf(worst))
      result.add_warning(concat("the set that the model's range was learned from has no ", name));
    else
      result.add_warning(concat("the surroundings of atom ", atom + 1, " (", name, ") have extrapolation grade ", worst, " (",
                                trust == Trust::stop ? window_.high : window_.low, " is the limit)"));
  }
  std::shared_ptr<Potential const> around(std::shared_ptr<Potential const> inner) const override {
    return std::make_shared<Ranged>(std::move(inner), set_, window_, name());
  }

  std::shared_ptr<FeatureSet const> set_;
  TrustWindow window_;
};

}  // namespace

std::shared_ptr<Potential const> make_ranged(std::shared_ptr<Potential const> model, FeatureSet set, TrustWindow const& window,
                                             std::string const& name) {
  require(set.model_identity() == model->identity(), "the range in '", name, "' was learned with another model than '", model->name(),
          "' (identity ", set.model_identity().substr(0, 8), ", not ", model->identity().substr(0, 8), "); make its card anew");
  require(window.low > 0.0 && window.high > window.low, "invalid grades save=", window.low, " stop=", window.high, " in '", name, "' (0 < save < stop)");
  return std::make_shared<Ranged>(std::move(model), std::make_shared<FeatureSet>(std::move(set)), window, name);
}

}  // namespace nacre
