#include "nacre/core/isa.hpp"
#include "nequix_engine.hpp"

namespace nacre::detail {
namespace {

int filled_up(int channels) { return (channels + lanes - 1) / lanes * lanes; }

/// Row k of the matrix becomes row `rows[k]`.
PackedWeights pack(RowMatrix const& matrix, std::vector<int> const& rows, int inner) {
  PackedWeights packed;
  if (matrix.size() == 0) return packed;
  packed.inner = inner;
  packed.columns = filled_up(static_cast<int>(matrix.cols()));
  auto const size = static_cast<std::size_t>(packed.inner) * static_cast<std::size_t>(packed.columns);
  packed.forward.assign(size, 0.0f);
  packed.backward.assign(size, 0.0f);
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    auto const row = static_cast<std::size_t>(rows[static_cast<std::size_t>(r)]);
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) {
      auto const x = static_cast<float>(matrix(r, c));
      packed.forward[row * static_cast<std::size_t>(packed.columns) + static_cast<std::size_t>(c)] = x;
      packed.backward[static_cast<std::size_t>(c) * static_cast<std::size_t>(packed.inner) + row] = x;
    }
  }
  return packed;
}

PackedWeights pack(RowMatrix const& matrix) {
  std::vector<int> rows(static_cast<std::size_t>(matrix.rows()));
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = static_cast<int>(k);
  return pack(matrix, rows, filled_up(static_cast<int>(matrix.rows())));
}

}  // namespace

NequixKernel const& nequix_kernel() {
  switch (selected_isa()) {
    case Isa::avx512:
      return nequix_kernel_avx512;
    case Isa::avx2:
      return nequix_kernel_avx2;
    default:
      return nequix_kernel_generic;
  }
}

FeatureLayout::FeatureLayout(std::array<int, degrees> const& channels_by_degree) : channels(channels_by_degree) {
  for (std::size_t l = 0; l < degrees; ++l) {
    filled[l] = filled_up(channels[l]);
    offset[l] = width;
    width += filled[l] * static_cast<int>(2 * l + 1);
  }
}

PackedLayer::PackedLayer(NequixModel const& model, NequixLayer const& layer, bool first)
    : in(layer.in), before_gate(layer.before_gate), after_gate(layer.after_gate) {
  pack_paths(model, layer);
  for (std::size_t l = 0; l < degrees; ++l) {
    std::vector<int> rows(static_cast<std::size_t>(layer.linear_2[l].rows()));
    int next = 0;  // linear_2 has its rows by path; here each path begins at a multiple of 16
    for (std::size_t row = 0; row < rows.size();) {
      for (auto const& path : layer.paths) {
        if (path.out != static_cast<int>(l) || path.row != static_cast<int>(row)) continue;
        for (int c = 0; c < path.channels; ++c) rows[row++] = next + c;
        next += filled_up(path.channels);
        break;
      }
    }
    linear_2[l] = pack(layer.linear_2[l], rows, messages.filled[l]);
    for (Eigen::Index c = 0; c < before_gate.filled[l]; ++c)
      norm.push_back(c < layer.norm[l].size() ? static_cast<float>(layer.norm[l][c]) : 0.0f);
    if (first) continue;
    linear_1[l] = pack(layer.linear_1[l]);
    skip[l] = pack(layer.skip[l]);
  }
  if (first) {
    auto const features = pack(layer.linear_1[0]), skips = pack(layer.skip[0]);
    species_features = features.forward;
    species_width = features.columns;
    species_skip = skips.forward;
    skip_width = skips.columns;
  }
}

void PackedLayer::pack_paths(NequixModel const& model, NequixLayer const& layer) {
  std::array<int, degrees> rows{};
  for (auto const& path : layer.paths) rows[static_cast<std::size_t>(path.out)] += filled_up(path.channels);
  messages = FeatureLayout(rows);
  std::vector<int> columns;
  int width = 0;
  for (auto const& path : layer.paths) {
    PathPlan plan{2 * path.in + 1, 2 * path.out + 1, filled_up(path.channels), path.sh == 0, 0.0f, width, 0, 0, 0, coupling_size};
    auto const in_degree = static_cast<std::size_t>(path.in), out_degree = static_cast<std::size_t>(path.out);
    plan.in = in.offset[in_degree];
    plan.out = messages.offset[out_degree];
    plan.out_stride = messages.filled[out_degree];
    for (auto const& other : layer.paths)
      if (other.out == path.out && other.row < path.row) plan.out += filled_up(other.channels);
    for (int c = 0; c < path.channels; ++c) columns.push_back(width + c);
    width += plan.channels;
    int const sh = 2 * path.sh + 1;
    if (plan.diagonal) plan.factor = static_cast<float>(path.wigner[0]);
    for (int i = 0; i < plan.in_size && !plan.diagonal; ++i) {
      for (int o = 0; o < plan.out_size; ++o) {
        for (int s = 0; s < sh; ++s) {
          auto const w = path.wigner[static_cast<std::size_t>((i * sh + s) * plan.out_size + o)];
          if (std::abs(w) > 1e-12) terms.push_back({coupling_size + i * plan.out_size + o, path.sh * path.sh + s, static_cast<float>(w)});
        }
      }
    }
    if (!plan.diagonal) coupling_size += plan.in_size * plan.out_size;
    paths.push_back(plan);
  }
  table = std::make_unique<RadialTable>(model, layer, columns, width);
}

LayerPlan PackedLayer::plan() const {
  return {paths.data(), static_cast<int>(paths.size()), terms.data(), static_cast<int>(terms.size()), coupling_size,
          table->width(), in.width, messages.width};
}

}  // namespace nacre::detail
