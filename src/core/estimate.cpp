#include "nacre/core/estimate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

constexpr std::array<std::string_view, 3> tier_words{"descriptor", "potential", "dft"};
constexpr std::array<std::string_view, 2> direction_words{"minimize", "maximize"};
constexpr std::array<std::string_view, 9> status_words{"ok",      "failed",  "refused", "not_bonded", "reacted",
                                                       "bound", "timeout", "crashed", "cancelled"};

template <class Enum, std::size_t N>
Enum find_word(std::array<std::string_view, N> const& words, std::string_view word, std::string_view what) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  std::vector<std::string> const known(words.begin(), words.end());
  input_error("unknown ", what, " '", word, "'", did_you_mean(word, known));
}

}  // namespace

std::string_view to_string(Tier tier) { return tier_words.at(static_cast<std::size_t>(tier)); }
std::string_view to_string(Direction direction) { return direction_words.at(static_cast<std::size_t>(direction)); }
std::string_view to_string(Status status) { return status_words.at(static_cast<std::size_t>(status)); }
Tier tier_from(std::string_view word) { return find_word<Tier>(tier_words, word, "tier"); }
Direction direction_from(std::string_view word) { return find_word<Direction>(direction_words, word, "direction"); }
Status status_from(std::string_view word) { return find_word<Status>(status_words, word, "status"); }

Estimate::Estimate(double value_, double standard_error_, double work_, std::string model_)
    : value(value_), standard_error(standard_error_), status(Status::ok), work(work_), model(std::move(model_)) {}
Estimate::~Estimate() = default;
Estimate::Estimate(Estimate const&) = default;
Estimate::Estimate(Estimate&&) noexcept = default;
Estimate& Estimate::operator=(Estimate const&) = default;
Estimate& Estimate::operator=(Estimate&&) noexcept = default;

double Estimate::own_error() const {
  return std::sqrt(std::max(0.0, standard_error * standard_error - shared_error * shared_error));
}

Estimate Estimate::without_value(Status status, std::string reason, double work, std::string model) {
  Estimate estimate;
  estimate.status = status;
  estimate.reason = std::move(reason);
  estimate.work = work;
  estimate.model = std::move(model);
  return estimate;
}

}  // namespace nacre
