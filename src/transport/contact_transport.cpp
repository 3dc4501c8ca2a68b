#include "nacre/transport/contact_transport.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/transport/conductivity.hpp"

namespace nacre {
namespace {

constexpr double per_A = 1e-10;    // m
constexpr double S_per_m = 100.0;  // 1 S/cm

Conduction without(Status status, std::string reason) {
  Conduction none;
  none.status = status;
  none.reason = std::move(reason);
  return none;
}

Conduction known(double value, double error) {
  Conduction number;
  number.status = Status::ok;
  number.value = value;
  number.error = error;
  return number;
}

/// D along one axis, or why there is none.
Conduction component(DiffusionResult const& diffusion, std::size_t axis) {
  auto const& tracer = diffusion.tracer;
  std::string reason;
  for (auto const& refusal : tracer.reasons) reason += (reason.empty() ? "" : "; ") + refusal.code + ": " + refusal.message;
  if (tracer.verdict == Verdict::refused) return without(Status::refused, reason);
  if (tracer.verdict == Verdict::bound) {
    if (!tracer.D_upper) return without(Status::refused, reason);
    auto bound = without(Status::bound, reason);
    bound.value = *tracer.D_upper;
    return bound;
  }
  auto const& d = tracer.components[axis];
  if (!d || !(d->value > 0.0)) return without(Status::refused, "no_component: no diffusion along this axis");
  return known(d->value, d->error);
}

Conduction scaled(Conduction number, double factor) {
  number.value *= factor;
  number.error *= factor;
  return number;
}

/// The worst of several statuses, if they are not all ok.
std::optional<Conduction> not_ok(std::initializer_list<Conduction const*> numbers) {
  for (auto const status : {Status::failed, Status::refused, Status::bound}) {
    for (auto const* number : numbers)
      if (number->status == status) return without(status, number->reason);
  }
  for (auto const* number : numbers)
    if (number->status != Status::ok) return without(number->status, number->reason);
  return std::nullopt;
}

Conduction sum(std::vector<Conduction> const& parts) {
  double value = 0.0, square = 0.0;
  for (auto const& part : parts) {
    if (auto const bad = not_ok({&part})) return *bad;
    value += part.value;
    square += part.error * part.error;
  }
  return known(value, std::sqrt(square));
}

/// log10(a/b).
Conduction decades(Conduction const& a, Conduction const& b) {
  if (auto const bad = not_ok({&a, &b})) return *bad;
  if (!(b.value > 0.0)) return without(Status::refused, "no_carriers: no layer conducts");
  constexpr double ln10 = 2.302585092994046;
  return known(std::log10(a.value / b.value), std::hypot(a.error / a.value, b.error / b.value) / ln10);
}

Conduction excess(Conduction const& a, Conduction const& b, int contacts) {
  if (auto const bad = not_ok({&a, &b})) return *bad;
  return known((a.value - b.value) / contacts, std::hypot(a.error, b.error) / contacts);
}

}  // namespace

CellConduction cell_conduction(DiffusionResult const& diffusion, double height, bool layered) {
  require(height > 0.0 && diffusion.volume.has_value(), "conduction of a cell without a volume");
  CellConduction cell;
  double const density = static_cast<double>(diffusion.mobile) / *diffusion.volume;
  // [S/m] for a D of 1 Å^2/ps
  double const unit = S_per_m * conductivity_S_per_cm(density, diffusion.charge, 1.0, diffusion.temperature);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    cell.in_plane[axis] = component(diffusion, axis);
    cell.sheet[axis] = scaled(cell.in_plane[axis], unit * height * per_A);
  }
  auto const across = component(diffusion, 2);
  if (across.status != Status::ok) {
    cell.resistance = without(across.status, across.reason);
    return cell;
  }
  if (layered && 2.0 * across.value * diffusion.curve.window.last_ps < height * height) {
    cell.resistance = without(Status::bound, "across: ions do not cross a whole repeat within the lags of the fit");
    return cell;
  }
  double const resistance = height * per_A / (unit * across.value);
  cell.resistance = known(resistance, resistance * across.error / across.value);
  return cell;
}

ContactTransport contact_transport(CellConduction const& stack, std::span<CellConduction const> layers,
                                   std::vector<bool> const& carries, int contacts) {
  require(contacts >= 1 && carries.size() == layers.size(), "contact transport of ", layers.size(), " layers, ",
          contacts, " contacts");
  ContactTransport result;
  bool const all = std::ranges::all_of(carries, [](bool c) { return c; });
  for (std::size_t axis = 0; axis < 2; ++axis) {
    std::vector<Conduction> parts;
    for (std::size_t l = 0; l < layers.size(); ++l)
      if (carries[l]) parts.push_back(layers[l].sheet[axis]);
    auto const side_by_side = sum(parts);
    result.g[axis] = decades(stack.sheet[axis], side_by_side);
    result.dS[axis] = excess(stack.sheet[axis], side_by_side, contacts);
  }
  if (!all) {
    result.g[2] = without(Status::refused, "no_carriers: a layer without carriers has no resistance across");
    result.dR = result.g[2];
    return result;
  }
  std::vector<Conduction> parts;
  for (auto const& layer : layers) parts.push_back(layer.resistance);
  auto const in_series = sum(parts);
  result.g[2] = decades(in_series, stack.resistance);
  result.dR = excess(stack.resistance, in_series, contacts);
  return result;
}

Conduction over_arrangements(std::span<Conduction const> values) {
  if (values.empty()) return without(Status::failed, "no_arrangements");
  double sum_of_values = 0.0, within = 0.0, between = 0.0;
  for (auto const& value : values) {
    if (auto const bad = not_ok({&value})) return *bad;
    sum_of_values += value.value;
    within += value.error * value.error;
  }
  auto const count = static_cast<double>(values.size());
  double const mean = sum_of_values / count;
  for (auto const& value : values) between += (value.value - mean) * (value.value - mean);
  between = values.size() > 1 ? between / (count - 1.0) : 0.0;
  return known(mean, std::sqrt(between / count + within / (count * count)));
}

Conduction extrapolate(std::span<std::pair<double, Conduction> const> by_temperature, double temperature) {
  if (by_temperature.size() < 3) return without(Status::refused, "few_temperatures: three are needed");
  double w = 0.0, wx = 0.0, wy = 0.0, wxx = 0.0, wxy = 0.0;
  for (auto const& [kelvin, number] : by_temperature) {
    if (auto const bad = not_ok({&number})) return *bad;
    double const x = 1.0 / kelvin - 1.0 / temperature, weight = 1.0 / std::max(number.error * number.error, 1e-24);
    w += weight;
    wx += weight * x;
    wy += weight * number.value;
    wxx += weight * x * x;
    wxy += weight * x * number.value;
  }
  double const determinant = w * wxx - wx * wx;
  if (!(determinant > 0.0)) return without(Status::refused, "few_temperatures: three different ones are needed");
  return known((wxx * wy - wx * wxy) / determinant, std::sqrt(wxx / determinant));
}

}  // namespace nacre
