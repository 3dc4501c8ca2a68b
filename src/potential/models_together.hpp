/// What several models that are evaluated for one result say of their devices.
#pragma once

#include <algorithm>
#include <optional>

#include "nacre/potential/potential.hpp"

namespace nacre::detail {

template <class Models>
double most_batch_edges(Models const& models) {
  double most = 0.0;
  for (auto const& model : models) most = std::max(most, model->batch_edges());
  return most;
}

/// Of all that have devices; nothing if none has, or if one may be called by a single thread only.
template <class Models>
std::optional<double> device_seconds(Models const& models) {
  std::optional<double> sum;
  for (auto const& model : models) {
    auto const own = model->device_seconds();
    if (!own && !model->concurrent()) return std::nullopt;
    if (own) sum = sum.value_or(0.0) + *own;
  }
  return sum;
}

}  // namespace nacre::detail
