#include "nacre/search/cusps.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace nacre {
namespace {

struct Sample {
  std::int64_t place = 0;
  double value = 0.0;
};

class Survey {
 public:
  explicit Survey(CuspOptions const& options) : options_(options) {}

  std::set<std::int64_t> first() const;
  /// Takes the values of a round in, and says what the next one is.
  std::set<std::int64_t> next(std::set<std::int64_t> const& round,
                              std::map<std::int64_t, std::optional<double>> const& values);
  CuspSurvey result;

 private:
  double expected(std::int64_t place) const;
  double kink(std::size_t i, std::size_t reach) const;
  bool dips(std::size_t i) const;
  bool is_cusp(std::size_t i) const;
  void halve(std::size_t left, std::set<std::int64_t>& round) const;
  std::set<std::int64_t> widest() const;
  CuspOptions const& options_;
  std::vector<Sample> samples_;  ///< by place
  double range_ = 0.0;
};

std::set<std::int64_t> Survey::first() const {
  std::set<std::int64_t> round;
  for (std::int64_t i = 0; i <= options_.first; ++i) round.insert(options_.steps * i / options_.first);
  for (auto const place : options_.special) round.insert(std::clamp<std::int64_t>(place, 0, options_.steps));
  return round;
}

/// On the straight line between the samples to both sides.
double Survey::expected(std::int64_t place) const {
  auto const right = std::ranges::lower_bound(samples_, place, {}, &Sample::place);
  if (right == samples_.end()) return samples_.back().value;
  if (right == samples_.begin()) return right->value;
  auto const& left = *(right - 1);
  auto const share = static_cast<double>(place - left.place) / static_cast<double>(right->place - left.place);
  return left.value + share * (right->value - left.value);
}

/// Change of slope at a sample, seen from `reach` samples away; at an end as if the function went on mirrored.
double Survey::kink(std::size_t i, std::size_t reach) const {
  auto const slope = [&](std::size_t j) {
    return (samples_[j].value - samples_[i].value) /
           std::abs(static_cast<double>(samples_[j].place - samples_[i].place));
  };
  bool const left = i >= reach, right = i + reach < samples_.size();
  if (!left && !right) return 0.0;
  return (left ? slope(i - reach) : slope(i + reach)) + (right ? slope(i + reach) : slope(i - reach));
}

bool Survey::dips(std::size_t i) const {
  auto const here = samples_[i].value;
  bool const below_left = i == 0 || here < samples_[i - 1].value;
  bool const below_right = i + 1 == samples_.size() || here < samples_[i + 1].value;
  return below_left && below_right;
}

/// Seen from half as far a smooth minimum has half the kink, a cusp at least the same; the limit is between them. A dip
/// that is far too shallow to count is none: at an end a straight line would be one.
bool Survey::is_cusp(std::size_t i) const {
  if (!dips(i) || samples_.size() < 5) return false;
  auto const distance = [&](std::size_t reach) {
    auto const low = i >= reach ? i - reach : i, high = i + reach < samples_.size() ? i + reach : i;
    return static_cast<double>(samples_[high].place - samples_[low].place);
  };
  auto const near = kink(i, 1), far = kink(i, 2);
  if (far * distance(2) < 0.3 * options_.tolerance * range_) return false;
  if (!(far > 0.0)) return true;
  return near / far > std::sqrt(distance(1) / distance(2));
}

void Survey::halve(std::size_t left, std::set<std::int64_t>& round) const {
  if (left + 1 >= samples_.size()) return;
  auto const a = samples_[left].place, b = samples_[left + 1].place;
  if (b - a > 1) round.insert(a + (b - a) / 2);
}

std::set<std::int64_t> Survey::widest() const {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i + 1 < samples_.size(); ++i) order.push_back(i);
  std::ranges::stable_sort(order, std::greater<>{},
                           [&](std::size_t i) { return samples_[i + 1].place - samples_[i].place; });
  order.resize((order.size() + 3) / 4);
  std::set<std::int64_t> round;
  for (auto const i : order) halve(i, round);
  return round;
}

std::set<std::int64_t> Survey::next(std::set<std::int64_t> const& round,
                                    std::map<std::int64_t, std::optional<double>> const& values) {
  std::vector<Sample> fresh;
  for (auto const place : round) {
    if (auto const& value = values.at(place)) fresh.push_back({place, *value});
  }
  std::set<std::int64_t> surprising;
  double change = result.rounds == 0 ? std::numeric_limits<double>::infinity() : 0.0;
  for (auto const& one : fresh) {
    if (samples_.empty()) break;
    auto const gap = range_ > 0.0 ? std::abs(one.value - expected(one.place)) / range_ : 0.0;
    change = std::max(change, gap);
    if (gap > options_.tolerance) surprising.insert(one.place);
  }
  samples_.insert(samples_.end(), fresh.begin(), fresh.end());
  std::ranges::sort(samples_, {}, &Sample::place);
  auto const before = result.cusps.size();
  result.cusps.clear();
  std::set<std::int64_t> wanted;
  if (!samples_.empty()) {
    auto const [low, high] = std::ranges::minmax_element(samples_, {}, &Sample::value);
    range_ = high->value - low->value;
  }
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (is_cusp(i)) result.cusps.push_back(samples_[i].place);
    if (!dips(i) && !surprising.contains(samples_[i].place)) continue;
    if (i > 0) halve(i - 1, wanted);
    halve(i, wanted);
  }
  bool const same = result.rounds > 0 && before == result.cusps.size() && change <= options_.tolerance;
  result.stable = same ? result.stable + 1 : 0;
  result.change = change;
  ++result.rounds;
  if (result.stable >= options_.stable_rounds && wanted.empty()) return {};
  return wanted.empty() ? widest() : wanted;
}

}  // namespace

CuspSurvey survey_cusps(CuspOptions const& options, std::map<std::int64_t, std::optional<double>> const& values) {
  Survey survey(options);
  auto round = survey.first();
  while (!round.empty()) {
    if (!std::ranges::all_of(round, [&](auto place) { return values.contains(place); })) break;
    round = survey.next(round, values);
  }
  survey.result.wanted.assign(round.begin(), round.end());
  return survey.result;
}

}  // namespace nacre
