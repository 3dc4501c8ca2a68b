/// The loops of nequix_kernel.hpp, compiled once per instruction set: the including file defines NACRE_KERNEL, the name
/// of the table of functions. Nothing here may come from another header, whose inline functions would then be compiled
/// for an instruction set that the processor may lack.
#include "nequix_kernel.hpp"

namespace nacre::detail {
namespace {

using Vector = float __attribute__((vector_size(64)));
using Loose = float __attribute__((vector_size(64), aligned(4), may_alias));

#define NACRE_ALWAYS __attribute__((always_inline)) inline

NACRE_ALWAYS Vector load(float const* from) { return *reinterpret_cast<Loose const*>(from); }
NACRE_ALWAYS void store(float* to, Vector x) { *reinterpret_cast<Loose*>(to) = x; }

/// In a fixed order: halves, quarters, ...
NACRE_ALWAYS float sum(Vector x) {
  float part[lanes];
  store(part, x);
  for (int width = lanes / 2; width > 0; width /= 2) {
    for (int k = 0; k < width; ++k) part[k] += part[k + width];
  }
  return part[0];
}

/// Radial functions of every edge of the block, from six rows of the table.
NACRE_ALWAYS void interpolate(LayerPlan const& plan, EdgeBlock const& block, EdgeData const& data,
                              float const (*weights)[6], float* radial) {
  int const width = plan.radial_width;
  for (int e = 0; e < block.count; ++e) {
    float const* const rows = data.radial_rows[e];
    float const* const w = weights[e];
    for (int c = 0; c < width; c += lanes) {
      Vector const left = w[0] * load(rows + c) + w[1] * load(rows + width + c) + w[2] * load(rows + 2 * width + c);
      Vector const right =
          w[3] * load(rows + 3 * width + c) + w[4] * load(rows + 4 * width + c) + w[5] * load(rows + 5 * width + c);
      store(radial + e * width + c, left + right);
    }
  }
}

/// Sums over the harmonics in the Clebsch-Gordan sums of all paths: [entry][edge].
NACRE_ALWAYS void couple(LayerPlan const& plan, float const (*harmonic)[edge_block], float* coupling) {
  for (int k = 0; k < plan.coupling_size; ++k) store(coupling + k * edge_block, Vector{});
  for (int k = 0; k < plan.term_count; ++k) {
    auto const& term = plan.terms[k];
    float* const entry = coupling + term.entry * edge_block;
    store(entry, load(entry) + term.weight * load(harmonic[term.source]));
  }
}

template <int In, int Out>
void gather_path(PathPlan const& path, EdgeBlock const& block, EdgeData const& data, float const* radial, int width,
                 float const* coupling, float* message) {
  for (int c = 0; c < path.channels; c += lanes) {
    Vector total[Out];
    for (int o = 0; o < Out; ++o) total[o] = load(message + path.out + o * path.out_stride + c);
    for (int e = 0; e < block.count; ++e) {
      Vector const r = load(radial + e * width + path.radial + c);
      float const* const feature = data.feature[e] + path.in + c;
      float const* const t = coupling + path.coupling * edge_block + e;
      if constexpr (In <= Out) {
        for (int i = 0; i < In; ++i) {
          Vector const x = r * load(feature + i * path.channels);
          for (int o = 0; o < Out; ++o) total[o] += t[(i * Out + o) * edge_block] * x;
        }
      } else {
        Vector part[Out];
        Vector const first = load(feature);
        for (int o = 0; o < Out; ++o) part[o] = t[o * edge_block] * first;
        for (int i = 1; i < In; ++i) {
          Vector const x = load(feature + i * path.channels);
          for (int o = 0; o < Out; ++o) part[o] += t[(i * Out + o) * edge_block] * x;
        }
        for (int o = 0; o < Out; ++o) total[o] += r * part[o];
      }
    }
    for (int o = 0; o < Out; ++o) store(message + path.out + o * path.out_stride + c, total[o]);
  }
}

template <int Size>
void gather_diagonal(PathPlan const& path, EdgeBlock const& block, EdgeData const& data, float const* radial, int width,
                     float* message) {
  for (int c = 0; c < path.channels; c += lanes) {
    Vector total[Size];
    for (int o = 0; o < Size; ++o) total[o] = load(message + path.out + o * path.out_stride + c);
    for (int e = 0; e < block.count; ++e) {
      Vector const r = path.factor * load(radial + e * width + path.radial + c);
      float const* const feature = data.feature[e] + path.in + c;
      for (int o = 0; o < Size; ++o) total[o] += r * load(feature + o * path.channels);
    }
    for (int o = 0; o < Size; ++o) store(message + path.out + o * path.out_stride + c, total[o]);
  }
}

/// Where the derivatives of a block are collected: lanes are added up at the end.
struct Slopes {
  float lane[3][edge_block][lanes];
};

template <int In, int Out>
void scatter_path(PathPlan const& path, LayerPlan const& plan, EdgeBlock const& block, EdgeData const& data,
                  float const* radial, float const* coupling, float const* gradient, float* feature_gradient,
                  Slopes& slopes) {
  int const width = plan.radial_width, tangent = plan.coupling_size * edge_block;
  float const* const radial_slope = radial + edge_block * width;
  for (int c = 0; c < path.channels; c += lanes) {
    Vector g[Out];
    for (int o = 0; o < Out; ++o) g[o] = load(gradient + path.out + o * path.out_stride + c);
    for (int e = 0; e < block.count; ++e) {
      Vector const r = load(radial + e * width + path.radial + c);
      float const* const feature = data.feature[e] + path.in + c;
      float* const back = feature_gradient + e * plan.in_width + path.in + c;
      float const* const t = coupling + path.coupling * edge_block + e;
      Vector along{}, first{}, second{};
      for (int i = 0; i < In; ++i) {
        float const* const row = t + i * Out * edge_block;
        Vector b = row[0] * g[0], b1 = row[tangent] * g[0], b2 = row[2 * tangent] * g[0];
        for (int o = 1; o < Out; ++o) {
          b += row[o * edge_block] * g[o];
          b1 += row[tangent + o * edge_block] * g[o];
          b2 += row[2 * tangent + o * edge_block] * g[o];
        }
        Vector const x = load(feature + i * path.channels);
        along += x * b;
        first += x * b1;
        second += x * b2;
        store(back + i * path.channels, load(back + i * path.channels) + r * b);
      }
      Vector const dr = load(radial_slope + e * width + path.radial + c);
      store(slopes.lane[0][e], load(slopes.lane[0][e]) + dr * along);
      store(slopes.lane[1][e], load(slopes.lane[1][e]) + r * first);
      store(slopes.lane[2][e], load(slopes.lane[2][e]) + r * second);
    }
  }
}

template <int Size>
void scatter_diagonal(PathPlan const& path, LayerPlan const& plan, EdgeBlock const& block, EdgeData const& data,
                      float const* radial, float const* gradient, float* feature_gradient, Slopes& slopes) {
  int const width = plan.radial_width;
  float const* const radial_slope = radial + edge_block * width;
  for (int c = 0; c < path.channels; c += lanes) {
    Vector g[Size];
    for (int o = 0; o < Size; ++o) g[o] = path.factor * load(gradient + path.out + o * path.out_stride + c);
    for (int e = 0; e < block.count; ++e) {
      Vector const r = load(radial + e * width + path.radial + c);
      float const* const feature = data.feature[e] + path.in + c;
      float* const back = feature_gradient + e * plan.in_width + path.in + c;
      Vector along{};
      for (int o = 0; o < Size; ++o) {
        along += load(feature + o * path.channels) * g[o];
        store(back + o * path.channels, load(back + o * path.channels) + r * g[o]);
      }
      Vector const dr = load(radial_slope + e * width + path.radial + c);
      store(slopes.lane[0][e], load(slopes.lane[0][e]) + dr * along);
    }
  }
}

/// Calls `Call::template run<In, Out>` or `Call::template diagonal<Size>` for the sizes of the path.
template <class Call>
NACRE_ALWAYS void dispatch(PathPlan const& path, Call call) {
#define NACRE_CASE(In, Out) \
  case In * 8 + Out:        \
    return call.template run<In, Out>();
#define NACRE_ROW(In) NACRE_CASE(In, 1) NACRE_CASE(In, 3) NACRE_CASE(In, 5) NACRE_CASE(In, 7)
  if (path.diagonal) {
    if (path.in_size == 1) return call.template diagonal<1>();
    if (path.in_size == 3) return call.template diagonal<3>();
    if (path.in_size == 5) return call.template diagonal<5>();
    return call.template diagonal<7>();
  }
  switch (path.in_size * 8 + path.out_size) { NACRE_ROW(1) NACRE_ROW(3) NACRE_ROW(5) NACRE_ROW(7) }
#undef NACRE_ROW
#undef NACRE_CASE
}

struct Gather {
  PathPlan const& path;
  LayerPlan const& plan;
  EdgeBlock const& block;
  EdgeData const& data;
  float const *radial, *coupling;
  float* message;
  template <int In, int Out>
  void run() const {
    gather_path<In, Out>(path, block, data, radial, plan.radial_width, coupling, message);
  }
  template <int Size>
  void diagonal() const {
    gather_diagonal<Size>(path, block, data, radial, plan.radial_width, message);
  }
};

struct Scatter {
  PathPlan const& path;
  LayerPlan const& plan;
  EdgeBlock const& block;
  EdgeData const& data;
  float const *radial, *coupling, *gradient;
  float* feature_gradient;
  Slopes& slopes;
  template <int In, int Out>
  void run() const {
    scatter_path<In, Out>(path, plan, block, data, radial, coupling, gradient, feature_gradient, slopes);
  }
  template <int Size>
  void diagonal() const {
    scatter_diagonal<Size>(path, plan, block, data, radial, gradient, feature_gradient, slopes);
  }
};

void gather(LayerPlan const& plan, EdgeBlock const& block, EdgeData const& data, float* workspace, float* message) {
  float* const coupling = workspace + 2 * edge_block * plan.radial_width;
  interpolate(plan, block, data, block.value, workspace);
  couple(plan, block.harmonic[0], coupling);
  for (int p = 0; p < plan.path_count; ++p)
    dispatch(plan.paths[p], Gather{plan.paths[p], plan, block, data, workspace, coupling, message});
}

void scatter(LayerPlan const& plan, EdgeBlock const& block, EdgeData const& data, float* workspace,
             float const* gradient, float* feature_gradient, EdgeSlopes& result) {
  float* const coupling = workspace + 2 * edge_block * plan.radial_width;
  interpolate(plan, block, data, block.value, workspace);
  interpolate(plan, block, data, block.slope, workspace + edge_block * plan.radial_width);
  for (int k = 0; k < 3; ++k) couple(plan, block.harmonic[k], coupling + k * plan.coupling_size * edge_block);
  for (int k = 0; k < block.count * plan.in_width; k += lanes) store(feature_gradient + k, Vector{});
  Slopes slopes{};
  for (int p = 0; p < plan.path_count; ++p)
    dispatch(plan.paths[p],
             Scatter{plan.paths[p], plan, block, data, workspace, coupling, gradient, feature_gradient, slopes});
  for (int e = 0; e < block.count; ++e) {
    for (int k = 0; k < 3; ++k) result.along[e][k] = sum(load(slopes.lane[k][e]));
  }
}

/// Up to `Rows` rows and two groups of columns at a time.
template <int Rows>
NACRE_ALWAYS void multiply_rows(int inner, int columns, float const* const* x, float const* weights, float* const* y,
                                bool add) {
  for (int c = 0; c < columns; c += 2 * lanes) {
    bool const both = c + lanes < columns;
    int const next = both ? c + lanes : c;
    Vector left[Rows]{}, right[Rows]{};
    for (int k = 0; k < inner; ++k) {
      Vector const w = load(weights + k * columns + c), v = load(weights + k * columns + next);
      for (int r = 0; r < Rows; ++r) {
        left[r] += x[r][k] * w;
        right[r] += x[r][k] * v;
      }
    }
    for (int r = 0; r < Rows; ++r) {
      store(y[r] + c, add ? load(y[r] + c) + left[r] : left[r]);
      if (both) store(y[r] + next, add ? load(y[r] + next) + right[r] : right[r]);
    }
  }
}

void multiply(int rows, int inner, int columns, float const* const* x, float const* weights, float* const* y,
              bool add) {
  int r = 0;
  for (; r + 4 <= rows; r += 4) multiply_rows<4>(inner, columns, x + r, weights, y + r, add);
  for (; r < rows; ++r) multiply_rows<1>(inner, columns, x + r, weights, y + r, add);
}

#undef NACRE_ALWAYS

}  // namespace

NequixKernel const NACRE_KERNEL{gather, scatter, multiply};

}  // namespace nacre::detail
