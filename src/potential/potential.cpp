#include "nacre/potential/potential.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {

EvaluationState::Part::~Part() = default;
EvaluationState::EvaluationState() = default;
EvaluationState::~EvaluationState() = default;
EvaluationState::EvaluationState(EvaluationState&&) noexcept = default;
EvaluationState& EvaluationState::operator=(EvaluationState&&) noexcept = default;

Potential::~Potential() = default;

std::string_view to_string(Trust trust) {
  constexpr std::string_view words[] = {"unknown", "go", "save", "stop"};
  return words[static_cast<std::size_t>(trust)];
}

void Evaluation::add_warning(std::string const& text) {
  if (text.empty() || warning.find(text) != std::string::npos) return;
  warning += (warning.empty() ? "" : "; ") + text;
}

Evaluation Potential::evaluate_next(Crystal const& crystal, EvaluationState&) const { return evaluate(crystal); }

double Potential::expected_work(Crystal const& crystal) const {
  double const neighbors =
      4.0 / 3.0 * units::pi * std::pow(cutoff(), 3) * static_cast<double>(crystal.size()) / crystal.volume();
  return static_cast<double>(crystal.size()) * neighbors;
}

Value Potential::about() const {
  auto value = Value::object();
  value["name"] = name();
  value["identity"] = identity();
  value["cutoff_A"] = cutoff();
  value["elements"] = Value::array();
  for (auto const z : elements()) value["elements"].push_back(std::string(symbol(z)));
  return value;
}

Eigen::MatrixXf Potential::features(Crystal const& crystal) const {
  return {0, static_cast<Eigen::Index>(crystal.size())};
}

std::shared_ptr<Potential const> Potential::with_slab_correction(bool) const { return nullptr; }

std::shared_ptr<Potential const> Potential::with_background() const { return nullptr; }

std::shared_ptr<Potential const> Potential::with_accuracy(double) const { return nullptr; }

}  // namespace nacre
