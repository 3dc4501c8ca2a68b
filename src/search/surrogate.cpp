#include "surrogate.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "bayes_state.hpp"
#include "nacre/core/error.hpp"

namespace nacre::detail {

double Warp::apply(double value) const {
  auto const t = (value - origin) / knee;
  switch (kind) {
    case Kind::straight:
      return value;
    case Kind::mild:
    case Kind::strong:
      return t > 0.0 ? std::log1p(t) : t;
    case Kind::both_sides:
      return std::asinh(t);
  }
  return value;
}

double Warp::slope(double value) const {
  auto const t = (value - origin) / knee;
  switch (kind) {
    case Kind::straight:
      return 1.0;
    case Kind::mild:
    case Kind::strong:
      return (t > 0.0 ? 1.0 / (1.0 + t) : 1.0) / knee;
    case Kind::both_sides:
      return 1.0 / (knee * std::sqrt(1.0 + t * t));
  }
  return 1.0;
}

int History::level(Observation const& one) const {
  auto const found = std::ranges::find(tiers_, one.tier);
  return found == tiers_.end() ? -1 : static_cast<int>(found - tiers_.begin());
}

void History::take_in(Archive const& archive, std::size_t end) {
  for (auto i = paths_.size(); i < end; ++i) {
    auto const& one = archive.all()[i];
    Observation const* earlier = nullptr;  // of the same design on another tier
    for (auto const tier : tiers_) {
      if (auto const* other = archive.find(one.design.id(), tier); other && other < &one) earlier = other;
    }
    paths_.push_back(earlier ? paths_[static_cast<std::size_t>(earlier - archive.all().data())]
                             : std::make_shared<Path const>(path_of(*space_, one.design)));
  }
}

std::optional<History::Value> History::value(Problem const& problem, Observation const& one, Output::Kind kind,
                                             std::size_t index) {
  if (kind == Output::Kind::failure) return Value{one.ok() ? 0.0 : 1.0, 0.0};
  if (kind == Output::Kind::work) {
    double work = 0.0;
    for (auto const& estimate : one.objectives) work += estimate.work;
    return work > 0.0 ? std::optional(Value{std::log(work), 0.0}) : std::nullopt;
  }
  if (kind == Output::Kind::constraint) {
    if (index >= one.constraints.size() || !std::isfinite(one.constraints[index])) return std::nullopt;
    return Value{std::clamp(one.constraints[index], -1e100, 1e100), 0.0};
  }
  auto const& estimate = one.objectives[index];
  if (!estimate.ok() || !std::isfinite(estimate.value)) return std::nullopt;
  constexpr double largest = 1e100;  // its square is a number, too
  auto const error = std::isfinite(estimate.standard_error) ? std::min(estimate.own_error(), largest) : 0.0;
  return Value{std::clamp(minimised(problem.objectives[index], estimate.value), -largest, largest), error};
}

namespace {

/// The values of one output in the order of the archive.
struct Series {
  std::vector<std::size_t> rows;  ///< of the archive
  std::vector<History::Value> values;
  std::vector<int> tiers;
};

Series series_of(Archive const& archive, History const& history, std::vector<std::size_t> const& rows,
                 Output::Kind kind, std::size_t index) {
  Series series;
  for (auto const i : rows) {
    auto const& one = archive.all()[i];
    auto const level = history.level(one);
    auto const value = level < 0 ? std::nullopt : History::value(archive.problem(), one, kind, index);
    if (!value) continue;
    series.rows.push_back(i);
    series.values.push_back(*value);
    series.tiers.push_back(level);
  }
  return series;
}

double median_of(std::vector<double> numbers) {
  auto const middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

/// What an objective may be warped with. The logarithm is measured from the best value, in units of the median.
std::vector<Warp> warps_of(Series const& series, Output::Kind kind, std::size_t objectives) {
  if (kind == Output::Kind::failure || kind == Output::Kind::work) return {Warp{}};
  std::vector<double> sizes;
  double least = std::numeric_limits<double>::infinity();
  for (auto const& one : series.values) least = std::min(least, one.value);
  for (auto const& one : series.values) {
    sizes.push_back(kind == Output::Kind::objective ? one.value - least : std::abs(one.value));
  }
  auto const median = median_of(sizes), largest = *std::ranges::max_element(sizes);
  if (!(median > 1e-100 * largest)) return {Warp{}};
  if (kind == Output::Kind::constraint) {
    if (largest < 10.0 * median) return {Warp{}};
    return {{Warp::Kind::both_sides, 0.0, median}};
  }
  // several objectives keep their units, which the hypervolume is measured in, unless some values are out of all scale
  if (objectives > 1) {
    if (largest < 1e3 * median) return {Warp{}};
    return {{Warp::Kind::mild, least, 10.0 * median}};
  }
  return {Warp{}, {Warp::Kind::mild, least, 0.3 * median}, {Warp::Kind::strong, least, 0.03 * median}};
}

ProcessData data_of(Series const& series, Warp const& warp, History const& history, Encoding const& encoding,
                    int tiers) {
  auto const count = static_cast<Eigen::Index>(series.rows.size());
  ProcessData data;
  data.form = encoding.form();
  data.form.tiers = tiers;
  data.inputs.resize(count, encoding.numbers());
  data.choices.resize(count, static_cast<Eigen::Index>(data.form.categories.size()));
  data.values.resize(count);
  data.standard_errors.resize(count);
  data.tiers.resize(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    auto const index = static_cast<std::size_t>(i);
    auto const row = encoding.encode(history.path(series.rows[index]));
    data.inputs.row(i) = row.numbers;
    data.choices.row(i) = row.choices;
    auto const& one = series.values[index];
    data.values[i] = warp.apply(one.value);
    data.standard_errors[i] = std::abs(warp.slope(one.value)) * one.error;
    data.tiers[i] = series.tiers[index];
  }
  return data;
}

/// Parameters of one data set found on at most so many points.
constexpr int most_training_points = 200;

ProcessFit fit_options(Encoding const& encoding, Series const& series, SurrogateOptions const& options,
                       ProcessParameters const* warm) {
  ProcessFit fit;
  fit.seed = options.seed;
  fit.standardise_inputs = false;
  fit.length_mean = 0.5 * std::log(static_cast<double>(std::max(encoding.groups(), 1))) - 1.0;
  fit.length_deviation = 0.8;
  fit.least_noise = 1e-7;
  fit.most_points = most_training_points;
  fit.warm = warm;
  fit.starts = warm ? 1 : 2;
  fit.evaluations = series.rows.size() > 120 ? 15 : 50;
  return fit;
}

/// With many values the choice of the warp is looked at again only when they have doubled.
bool settled(std::size_t values, std::size_t before) {
  return before >= 50 && std::bit_width(values) == std::bit_width(before);
}

/// The process of one output, with the warp under which the values are most likely.
Output fit_output(Series const& series, Output::Kind kind, std::size_t index, Archive const& archive,
                  History const& history, Encoding const& encoding, SurrogateOptions const& options,
                  Output const* before) {
  std::optional<Output> best;
  double highest = 0.0;
  auto warps = warps_of(series, kind, archive.problem().objectives.size());
  if (before && settled(series.rows.size(), static_cast<std::size_t>(before->process.size()))) {
    auto const same = std::ranges::find(warps, before->warp.kind, &Warp::kind);
    if (same != warps.end()) warps = {*same};
  }
  for (auto const& warp : warps) {
    bool const same =
        before && before->warp.kind == warp.kind && before->process.parameters().lengths.size() == encoding.groups() &&
        before->process.parameters().mismatch.size() == static_cast<Eigen::Index>(encoding.form().categories.size());
    auto const* warm = same ? &before->process.parameters() : nullptr;
    auto process =
        GaussianProcess::fit(data_of(series, warp, history, encoding, static_cast<int>(options.tiers.size())),
                             fit_options(encoding, series, options, warm));
    auto evidence = process.evidence();
    auto const count = series.values.size(), used = std::min<std::size_t>(count, most_training_points);
    for (std::size_t i = 0; i < used; ++i) {
      evidence += std::log(std::abs(warp.slope(series.values[count > used ? i * count / used : i].value)));
    }
    if (best && !(evidence > highest)) continue;
    highest = evidence;
    best = Output{kind, index, warp, std::move(process)};
  }
  return *std::move(best);
}

}  // namespace

namespace {

/// Encodings depend on all designs, so that a local model has the columns of the others.
std::shared_ptr<Encoding const> encoding_of(History const& history, std::size_t end) {
  std::vector<Path const*> paths;
  for (std::size_t i = 0; i < end; ++i) paths.push_back(&history.path(i));
  return std::make_shared<Encoding const>(paths);
}

/// They differ enough to be worth a model.
bool vary(std::vector<History::Value> const& values, double least) {
  if (values.empty()) return false;
  auto const [low, high] = std::ranges::minmax_element(values, {}, &History::Value::value);
  return high->value - low->value > least;
}

}  // namespace

Surrogate Surrogate::fit(Archive const& archive, History const& history, std::vector<std::size_t> const& rows,
                         std::size_t end, SurrogateOptions const& options, Surrogate const* before) {
  Surrogate result;
  result.encoding_ = encoding_of(history, end);
  auto const& problem = archive.problem();
  auto const add = [&](Output::Kind kind, std::size_t index, double least_spread) {
    auto const series = series_of(archive, history, rows, kind, index);
    if (series.rows.empty() || (least_spread > 0.0 && !vary(series.values, least_spread))) return;
    Output const* earlier = nullptr;
    for (std::size_t i = 0; before && i < before->outputs_.size(); ++i) {
      if (before->outputs_[i].kind == kind && before->outputs_[i].index == index) earlier = &before->outputs_[i];
    }
    result.outputs_.push_back(fit_output(series, kind, index, archive, history, *result.encoding_, options, earlier));
    result.known_.push_back(result.outputs_.back().process.size());
  };
  for (std::size_t i = 0; i < problem.objectives.size(); ++i) add(Output::Kind::objective, i, 0.0);
  for (std::size_t i = 0; i < problem.constraints.size(); ++i) add(Output::Kind::constraint, i, 0.0);
  add(Output::Kind::failure, 0, 0.5);
  add(Output::Kind::work, 0, 0.1);  // of a logarithm
  result.fitted_ = result.end_ = end;
  return result;
}

std::vector<std::size_t> Surrogate::nearest(History const& history, std::size_t end, Path const& center,
                                            std::size_t count) const {
  auto const& process = outputs_[0].process;
  auto const row = encoding_->encode(center);
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < end; ++i) {
    auto const other = encoding_->encode(history.path(i));
    order.emplace_back(-process.prior_correlation({row.numbers, row.choices}, {other.numbers, other.choices}), i);
  }
  auto const kept = static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::nth_element(order.begin(), order.begin() + kept, order.end());
  std::vector<std::size_t> result;
  for (std::ptrdiff_t i = 0; i < kept; ++i) result.push_back(order[static_cast<std::size_t>(i)].second);
  std::ranges::sort(result);
  return result;
}

void Surrogate::append(Output& output, Archive const& archive, History const& history, std::size_t index) {
  auto const& one = archive.all()[index];
  auto const level = history.level(one);
  auto const value = level < 0 ? std::nullopt : History::value(archive.problem(), one, output.kind, output.index);
  if (!value) return;
  auto const row = encoding_->encode(history.path(index));
  output.process.append({row.numbers, row.choices, level}, output.warp.apply(value->value),
                        std::abs(output.warp.slope(value->value)) * value->error);
}

void Surrogate::extend(Archive const& archive, History const& history, std::size_t end) {
  forget_beliefs();
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    for (auto row = end_; row < end; ++row) append(outputs_[i], archive, history, row);
    known_[i] = outputs_[i].process.size();
  }
  end_ = end;
}

void Surrogate::believe(Path const& path, int tier) {
  auto const row = encoding_->encode(path);
  for (auto& output : outputs_) {
    if (output.kind == Output::Kind::failure || output.kind == Output::Kind::work) continue;
    ProcessQuery const query{row.numbers, row.choices, tier};
    output.process.append(query, output.process.means(query)[0], 0.0);
  }
}

void Surrogate::forget_beliefs() {
  for (std::size_t i = 0; i < outputs_.size(); ++i) outputs_[i].process.truncate(known_[i]);
}

Surrogate Surrogate::near(Path const& center, int tier, Eigen::Index count) const {
  Surrogate result;
  result.encoding_ = encoding_;
  result.end_ = end_;
  result.fitted_ = fitted_;
  auto const row = encoding_->encode(center);
  for (auto const& output : outputs_) {
    auto const& process = output.process;
    result.outputs_.push_back(output.process.size() <= count
                                  ? output
                                  : Output{output.kind, output.index, output.warp,
                                           process.subset(process.nearest({row.numbers, row.choices, tier}, count))});
    result.known_.push_back(result.outputs_.back().process.size());
  }
  return result;
}

std::vector<std::shared_ptr<Surrogate const>> Surrogate::worlds(int count, Rng& rng) const {
  constexpr double small_noise = 1e-4;  // of the prior variance: a hundredth of its deviation
  bool const noisy = std::ranges::any_of(outputs_, [](Output const& one) {
    return one.kind == Output::Kind::objective && one.process.noise_share() > small_noise;
  });
  if (!noisy || count <= 1) return {std::shared_ptr<Surrogate const>(std::shared_ptr<void>(), this)};
  std::vector<Surrogate> result(static_cast<std::size_t>(count), *this);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i].kind != Output::Kind::objective) continue;
    auto processes = outputs_[i].process.worlds(count, rng);
    for (std::size_t w = 0; w < result.size(); ++w) result[w].outputs_[i].process = std::move(processes[w]);
  }
  std::vector<std::shared_ptr<Surrogate const>> shared;
  for (auto& one : result) shared.push_back(std::make_shared<Surrogate const>(std::move(one)));
  return shared;
}

bool Surrogate::models(Output::Kind kind) const {
  return std::ranges::any_of(outputs_, [&](Output const& one) { return one.kind == kind; });
}

Batch Surrogate::batch(std::vector<Path> const& paths) const {
  auto const count = static_cast<Eigen::Index>(paths.size());
  Batch result{Eigen::MatrixXd(count, encoding_->numbers()),
               Eigen::MatrixXi(count, static_cast<Eigen::Index>(encoding_->form().categories.size()))};
  for (Eigen::Index i = 0; i < count; ++i) {
    auto const row = encoding_->encode(paths[static_cast<std::size_t>(i)]);
    result.numbers.row(i) = row.numbers;
    result.choices.row(i) = row.choices;
  }
  return result;
}

std::vector<std::vector<Belief>> Surrogate::predict(Batch const& batch, int tier) const {
  std::vector<std::vector<Belief>> beliefs(static_cast<std::size_t>(batch.numbers.rows()));
  for (auto const& output : outputs_) {
    auto const posterior = output.process.predict({batch.numbers, batch.choices, tier});
    for (std::size_t i = 0; i < beliefs.size(); ++i) {
      beliefs[i].push_back({posterior[i].mean, std::sqrt(posterior[i].variance)});
    }
  }
  return beliefs;
}

Eigen::MatrixXd Surrogate::means(Batch const& batch, int tier) const {
  Eigen::MatrixXd result(batch.numbers.rows(), static_cast<Eigen::Index>(outputs_.size()));
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    result.col(static_cast<Eigen::Index>(i)) = outputs_[i].process.means({batch.numbers, batch.choices, tier});
  }
  return result;
}

Eigen::VectorXd Surrogate::draw(std::size_t output, Batch const& batch, int tier, Rng& rng) const {
  auto joint = outputs_[output].process.predict_joint({batch.numbers, batch.choices, tier});
  auto const count = joint.mean.size();
  Eigen::VectorXd noise(count);
  for (auto& one : noise) one = rng.normal();
  auto const size = std::max(joint.covariance.diagonal().maxCoeff(), 1e-300);
  joint.covariance.diagonal().array() += 1e-8 * size;  // equal candidates, and rounding
  auto const factor = GrowingCholesky::factor(joint.covariance);
  if (!factor) return joint.mean + joint.covariance.diagonal().cwiseSqrt().cwiseProduct(noise);
  for (Eigen::Index i = 0; i < count; ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) joint.mean[i] += factor->element(i, j) * noise[j];
  }
  return joint.mean;
}

std::vector<GaussianProcess::Slope> Surrogate::slopes(EncodedRow const& row, int tier) const {
  std::vector<GaussianProcess::Slope> result;
  for (auto const& output : outputs_) result.push_back(output.process.predict_slope({row.numbers, row.choices, tier}));
  return result;
}

SavedSurrogate Surrogate::saved() const {
  SavedSurrogate saved{true, fitted_, end_, {}};
  for (auto const& output : outputs_) {
    saved.outputs.push_back({static_cast<std::uint8_t>(output.kind), static_cast<std::uint8_t>(output.warp.kind),
                             output.index, output.warp.origin, output.warp.knee, output.process.save()});
  }
  return saved;
}

Surrogate Surrogate::restore(SavedSurrogate const& saved, History const& history) {
  Surrogate result;
  if (saved.end > history.size() || saved.fitted > saved.end) throw Error("state of a model of another archive");
  result.encoding_ = encoding_of(history, saved.fitted);
  for (auto const& output : saved.outputs) {
    result.outputs_.push_back({static_cast<Output::Kind>(output.kind),
                               output.index,
                               {static_cast<Warp::Kind>(output.warp), output.origin, output.knee},
                               GaussianProcess::load(output.process)});
    result.known_.push_back(result.outputs_.back().process.size());
  }
  result.fitted_ = saved.fitted;
  result.end_ = saved.end;
  return result;
}

}  // namespace nacre::detail
