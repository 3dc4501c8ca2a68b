#include "nequix_engine.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/parallel_for.hpp"
#include "nacre/core/vector_math.hpp"

namespace nacre::detail {
namespace {

constexpr std::size_t group = 4;  ///< atoms whose products with weights are made together
constexpr double norm_guard = 1e-12;

std::size_t as_size(int n) { return static_cast<std::size_t>(n); }

double sigmoid(double x) { return 1.0 / (1.0 + exponential(-x)); }

/// Rows of features of all atoms.
struct Rows {
  Floats data;
  std::size_t width = 0;
  Rows() = default;
  Rows(std::size_t atoms, int floats) : data(atoms * as_size(floats), 0.0f), width(as_size(floats)) {}
  float* operator[](std::size_t atom) { return data.data() + atom * width; }
  float const* operator[](std::size_t atom) const { return data.data() + atom * width; }
};

/// y (+)= x * weights for every component of degree l of some atoms.
void multiply(PackedWeights const& weights, bool backward, bool add, std::size_t count, float const* const* x,
              FeatureLayout const& from, float* const* y, FeatureLayout const& to, std::size_t l) {
  if (weights.inner == 0) return;
  std::array<float const*, 7 * group> in;
  std::array<float*, 7 * group> out;
  std::size_t rows = 0;
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t m = 0; m < 2 * l + 1; ++m, ++rows) {
      in[rows] = x[a] + as_size(from.offset[l]) + m * as_size(from.filled[l]);
      out[rows] = y[a] + as_size(to.offset[l]) + m * as_size(to.filled[l]);
    }
  }
  auto const& matrix = backward ? weights.backward : weights.forward;
  nequix_kernel().multiply(static_cast<int>(rows), backward ? weights.columns : weights.inner,
                           backward ? weights.inner : weights.columns, in.data(), matrix.data(), out.data(), add);
}

/// The normalisation and the gate of one atom, forth and back.
class Gate {
 public:
  Gate(PackedLayer const& layer, double scale) : layer_(layer), scale_(scale) {
    for (auto const n : layer.before_gate.channels) present_ += n > 0 ? 1 : 0;
  }

  /// (1/n) sum over degrees of sum of squares/(2l+1)^2, to the power -1/2.
  double normalizer(float const* y) const {
    double mean = 0.0;
    for (std::size_t l = 0; l < degrees; ++l) mean += share(l) * dot(y, y, l);
    return 1.0 / std::sqrt(mean + norm_guard);
  }

  void forward(float const* y, double s, float* h) const {
    auto const &before = layer_.before_gate, &after = layer_.after_gate;
    for (int c = 0; c < after.channels[0]; ++c) h[c] = static_cast<float>(scale_ * silu(scalar(y, s, c)));
    int gate = after.channels[0];
    for (std::size_t l = 1, norm = as_size(before.filled[0]); l < degrees; norm += as_size(before.filled[l]), ++l) {
      for (int c = 0; c < after.channels[l]; ++c, ++gate) {
        double const g = scale_ * silu(scalar(y, s, gate)) * s * layer_.norm[norm + as_size(c)];
        for (int m = 0; m < static_cast<int>(2 * l + 1); ++m)
          h[after.offset[l] + m * after.filled[l] + c] =
              static_cast<float>(g * y[before.offset[l] + m * before.filled[l] + c]);
      }
    }
  }

  /// @param dh,dy derivatives of the energy with respect to what `forward` gives and takes
  void backward(float const* y, double s, float const* dh, float* dy) const {
    auto const &before = layer_.before_gate, &after = layer_.after_gate;
    for (int c = 0; c < after.channels[0]; ++c)
      dy[c] = static_cast<float>(dh[c] * scale_ * silu_slope(scalar(y, s, c)) * s * layer_.norm[as_size(c)]);
    int gate = after.channels[0];
    for (std::size_t l = 1, norm = as_size(before.filled[0]); l < degrees; norm += as_size(before.filled[l]), ++l) {
      for (int c = 0; c < after.channels[l]; ++c, ++gate) {
        double const x = scalar(y, s, gate), w = s * layer_.norm[norm + as_size(c)], g = scale_ * silu(x) * w;
        double inner = 0.0;
        for (int m = 0; m < static_cast<int>(2 * l + 1); ++m) {
          int const from = after.offset[l] + m * after.filled[l] + c, to = before.offset[l] + m * before.filled[l] + c;
          inner += static_cast<double>(dh[from]) * y[to];
          dy[to] = static_cast<float>(g * dh[from]);
        }
        dy[gate] = static_cast<float>(inner * w * scale_ * silu_slope(x) * s * layer_.norm[as_size(gate)]);
      }
    }
    double total = 0.0;
    for (std::size_t l = 0; l < degrees; ++l) total += dot(y, dy, l);
    for (std::size_t l = 0; l < degrees; ++l) {
      double const factor = -share(l) * total * s * s;  // d ln(s)/dy = -s^2 share y
      auto const begin = before.offset[l], end = begin + static_cast<int>(2 * l + 1) * before.filled[l];
      for (int k = begin; k < end; ++k) dy[k] = static_cast<float>(dy[k] + factor * y[k]);
    }
  }

 private:
  static double silu(double x) { return x * sigmoid(x); }
  static double silu_slope(double x) {
    double const q = sigmoid(x);
    return q * (1.0 + x * (1.0 - q));
  }
  double scalar(float const* y, double s, int c) const { return s * layer_.norm[as_size(c)] * y[c]; }
  double share(std::size_t l) const { return 1.0 / (static_cast<double>((2 * l + 1) * (2 * l + 1)) * present_); }
  double dot(float const* a, float const* b, std::size_t l) const {
    auto const begin = layer_.before_gate.offset[l];
    auto const end = begin + static_cast<int>(2 * l + 1) * layer_.before_gate.filled[l];
    double sum[4]{};
    for (int k = begin; k < end; k += 4) {
      for (int j = 0; j < 4; ++j) sum[j] += static_cast<double>(a[k + j]) * b[k + j];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }

  PackedLayer const& layer_;
  double scale_;
  int present_ = 0;
};

/// One evaluation: what the layers leave for the way back.
class Pass {
 public:
  Pass(NequixModel const& model, std::vector<PackedLayer> const& layers, std::vector<int> const& numbers,
       EdgeGraph const& graph, int threads)
      : model_(model), layers_(layers), graph_(graph), threads_(threads), atoms_(numbers.size()), saved_(layers.size()) {
    for (auto const z : numbers) species_.push_back(as_size(model.species[as_size(z)]));
  }

  NequixEngine::Result run(NequixEngine::Want want);

 private:
  struct Saved {
    Rows features, before_gate;  ///< after linear_1; after linear_2 and skip
    std::vector<double> normalizer;
  };

  void forward(std::size_t layer, Rows& h);
  void forward_group(std::size_t layer, Rows const& h, Rows& next, std::size_t begin, std::size_t end);
  Rows backward(std::size_t layer, Rows const& dh);
  void backward_group(std::size_t layer, Rows const& dh, Rows& before, std::size_t begin, std::size_t end, float* edges);
  void collect(std::size_t layer, std::size_t first, std::size_t last, float const* edges, Rows& gradient) const;
  EdgeData edge_data(std::size_t layer, std::size_t block) const;
  template <class Task>
  void for_groups(std::size_t begin, std::size_t end, Task const& task) const;
  void add_forces(NequixEngine::Result& result) const;

  NequixModel const& model_;
  std::vector<PackedLayer> const& layers_;
  EdgeGraph const& graph_;
  int threads_;
  std::size_t atoms_;
  std::vector<std::size_t> species_;
  std::vector<Saved> saved_;
  std::vector<std::array<std::array<double, 3>, edge_block>> slopes_;  ///< dE/d(r, tangents) of every edge
};

template <class Task>
void Pass::for_groups(std::size_t begin, std::size_t end, Task const& task) const {
  parallel_for((end - begin + group - 1) / group, threads_, [&](std::size_t k) {
    task(begin + k * group, std::min(end, begin + (k + 1) * group));
  });
}

EdgeData Pass::edge_data(std::size_t layer, std::size_t block) const {
  auto const& edges = graph_.edges[block];
  auto const& packed = layers_[layer];
  EdgeData data{};
  for (int e = 0; e < graph_.blocks[block].count; ++e) {
    auto const j = as_size(edges.neighbour[e]);
    data.radial_rows[e] = packed.table->rows(edges.interval[e]);
    data.feature[e] = layer == 0 ? packed.species_features.data() + species_[j] * as_size(packed.species_width)
                                 : saved_[layer].features[j];
  }
  return data;
}

/// Memory that a thread keeps: a fresh one for every group would be cleared by the system each time.
float* workspace(std::size_t floats) {
  thread_local Floats memory;
  if (memory.size() < floats) memory.resize(floats);
  return memory.data();
}

void Pass::forward_group(std::size_t layer, Rows const& h, Rows& next, std::size_t begin, std::size_t end) {
  auto const& packed = layers_[layer];
  auto const plan = packed.plan();
  auto const width = as_size(plan.out_width), count = end - begin;
  auto* const messages = workspace(group * width + as_size(workspace_size(plan)));
  auto* const scratch = messages + group * width;
  std::fill(messages, messages + count * width, 0.0f);
  std::array<float const*, group> inputs{}, message_rows{};
  std::array<float*, group> y{};
  auto& saved = saved_[layer];
  for (std::size_t a = 0; a < count; ++a) {
    auto const i = begin + a;
    for (int b = graph_.first[i]; b < graph_.first[i + 1]; ++b)
      nequix_kernel().gather(plan, graph_.blocks[as_size(b)], edge_data(layer, as_size(b)), scratch, messages + a * width);
    message_rows[a] = messages + a * width;
    y[a] = saved.before_gate[i];
    inputs[a] = layer == 0 ? nullptr : h[i];
    if (layer > 0) continue;
    auto const* const row = packed.species_skip.data() + species_[i] * as_size(packed.skip_width);
    std::copy(row, row + packed.skip_width, y[a]);
  }
  for (std::size_t l = 0; l < degrees; ++l) {
    if (layer > 0) multiply(packed.skip[l], false, false, count, inputs.data(), packed.in, y.data(), packed.before_gate, l);
    multiply(packed.linear_2[l], false, true, count, message_rows.data(), packed.messages, y.data(), packed.before_gate, l);
  }
  Gate const gate(packed, model_.gate_scale);
  for (std::size_t a = 0; a < count; ++a) {
    saved.normalizer[begin + a] = gate.normalizer(y[a]);
    gate.forward(y[a], saved.normalizer[begin + a], next[begin + a]);
  }
}

void Pass::forward(std::size_t layer, Rows& h) {
  auto const& packed = layers_[layer];
  auto& saved = saved_[layer];
  saved.before_gate = Rows(atoms_, packed.before_gate.width);
  saved.normalizer.assign(atoms_, 0.0);
  if (layer > 0) {
    saved.features = Rows(atoms_, packed.in.width);
    for_groups(0, atoms_, [&](std::size_t begin, std::size_t end) {
      std::array<float const*, group> x{};
      std::array<float*, group> y{};
      for (std::size_t i = begin; i < end; ++i) {
        x[i - begin] = h[i];
        y[i - begin] = saved.features[i];
      }
      for (std::size_t l = 0; l < degrees; ++l)
        multiply(packed.linear_1[l], false, false, end - begin, x.data(), packed.in, y.data(), packed.in, l);
    });
  }
  Rows next(atoms_, packed.after_gate.width);
  for_groups(0, atoms_, [&](std::size_t begin, std::size_t end) { forward_group(layer, h, next, begin, end); });
  h = std::move(next);
}

/// One group of atoms as centres: derivatives of their inputs, of their edges, and of the features of their neighbours.
void Pass::backward_group(std::size_t layer, Rows const& dh, Rows& before, std::size_t begin, std::size_t end, float* edges) {
  auto const& packed = layers_[layer];
  auto const plan = packed.plan();
  auto const width = as_size(plan.out_width), rows = as_size(packed.before_gate.width), count = end - begin;
  auto* const gradient = workspace(group * (width + rows) + as_size(workspace_size(plan)));
  auto *const dy = gradient + group * width, *const scratch = dy + group * rows;
  std::fill(dy, dy + group * rows, 0.0f);
  std::array<float const*, group> dy_rows{};
  std::array<float*, group> gradient_rows{}, inputs{};
  Gate const gate(packed, model_.gate_scale);
  for (std::size_t a = 0; a < count; ++a) {
    auto const i = begin + a;
    gate.backward(saved_[layer].before_gate[i], saved_[layer].normalizer[i], dh[i], dy + a * rows);
    dy_rows[a] = dy + a * rows;
    gradient_rows[a] = gradient + a * width;
    inputs[a] = layer > 0 ? before[i] : nullptr;
  }
  for (std::size_t l = 0; l < degrees; ++l) {
    multiply(packed.linear_2[l], true, false, count, dy_rows.data(), packed.before_gate, gradient_rows.data(), packed.messages, l);
    if (layer > 0) multiply(packed.skip[l], true, false, count, dy_rows.data(), packed.before_gate, inputs.data(), packed.in, l);
  }
  for (std::size_t a = 0; a < count; ++a) {
    for (auto b = as_size(graph_.first[begin + a]); b < as_size(graph_.first[begin + a + 1]); ++b) {
      EdgeSlopes slopes;
      nequix_kernel().scatter(plan, graph_.blocks[b], edge_data(layer, b), scratch, gradient + a * width, edges, slopes);
      for (int e = 0; e < graph_.blocks[b].count; ++e) {
        for (std::size_t k = 0; k < 3; ++k) slopes_[b][as_size(e)][k] += static_cast<double>(slopes.along[e][k]);
      }
      edges += edge_block * plan.in_width;
    }
  }
}

/// Adds what the blocks first..last found for their neighbours, edge by edge in their order; threads share the columns.
void Pass::collect(std::size_t layer, std::size_t first, std::size_t last, float const* edges, Rows& gradient) const {
  auto const width = as_size(layers_[layer].in.width);
  auto const slices = std::min(as_size(threads_), width / lanes);
  parallel_for(slices, threads_, [&](std::size_t s) {
    auto const begin = width / lanes * s / slices * lanes, end = width / lanes * (s + 1) / slices * lanes;
    for (auto b = first; b < last; ++b) {
      auto const* const rows = edges + (b - first) * edge_block * width;
      for (int e = 0; e < graph_.blocks[b].count; ++e) {
        auto* const to = gradient[as_size(graph_.edges[b].neighbour[e])];
        auto const* const from = rows + as_size(e) * width;
        for (auto k = begin; k < end; ++k) to[k] += from[k];
      }
    }
  });
}

Rows Pass::backward(std::size_t layer, Rows const& dh) {
  auto const& packed = layers_[layer];
  auto const width = as_size(packed.in.width);
  Rows before(layer > 0 ? atoms_ : 0, packed.in.width), gradient(layer > 0 ? atoms_ : 0, packed.in.width);
  auto const chunk = group * (threads_ == 1 ? 1 : 4 * as_size(threads_));  // bounds the memory; changes no sum
  Floats edges;
  for (std::size_t begin = 0; begin < atoms_; begin += chunk) {
    auto const end = std::min(atoms_, begin + chunk);
    auto const first = as_size(graph_.first[begin]), last = as_size(graph_.first[end]);
    edges.resize(std::max(edges.size(), (last - first) * edge_block * width));
    for_groups(begin, end, [&](std::size_t from, std::size_t to) {
      auto* const own = edges.data() + (as_size(graph_.first[from]) - first) * edge_block * width;
      backward_group(layer, dh, before, from, to, own);
    });
    if (layer > 0) collect(layer, first, last, edges.data(), gradient);
  }
  if (layer == 0) return before;
  for_groups(0, atoms_, [&](std::size_t begin, std::size_t end) {
    std::array<float const*, group> x{};
    std::array<float*, group> y{};
    for (std::size_t i = begin; i < end; ++i) {
      x[i - begin] = gradient[i];
      y[i - begin] = before[i];
    }
    for (std::size_t l = 0; l < degrees; ++l)
      multiply(packed.linear_1[l], true, true, end - begin, x.data(), packed.in, y.data(), packed.in, l);
  });
  return before;
}

void Pass::add_forces(NequixEngine::Result& result) const {
  result.forces = Eigen::Matrix3Xd::Zero(3, static_cast<Eigen::Index>(atoms_));
  result.virial = Eigen::Matrix3d::Zero();
  for (std::size_t b = 0; b < graph_.blocks.size(); ++b) {
    auto const& edges = graph_.edges[b];
    for (int e = 0; e < graph_.blocks[b].count; ++e) {
      Eigen::Vector3d const vector = Eigen::Map<Eigen::Vector3d const>(edges.vector[e]);
      Eigen::Vector3d const slope = edge_frame(vector) * Eigen::Map<Eigen::Vector3d const>(slopes_[b][as_size(e)].data());
      result.forces.col(edges.centre) += slope;
      result.forces.col(edges.neighbour[e]) -= slope;
      result.virial += slope * vector.transpose();
    }
  }
}

NequixEngine::Result Pass::run(NequixEngine::Want want) {
  NequixEngine::Result result;
  bool const features = want == NequixEngine::Want::features;
  Eigen::Index rows = 0;
  for (auto const& layer : layers_) rows += layer.after_gate.channels[0];
  if (features) result.features.resize(rows, static_cast<Eigen::Index>(atoms_));
  Rows h;
  Eigen::Index row = 0;
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    forward(k, h);
    auto const scalars = layers_[k].after_gate.channels[0];
    for (std::size_t i = 0; features && i < atoms_; ++i)
      result.features.block(row, static_cast<Eigen::Index>(i), scalars, 1) = Eigen::Map<Eigen::VectorXf const>(h[i], scalars);
    row += scalars;
  }
  auto const last = static_cast<Eigen::Index>(model_.readout.size());
  for (std::size_t i = 0; i < atoms_; ++i) {
    double sum = 0.0;
    for (Eigen::Index c = 0; c < last; ++c) sum += model_.readout[c] * static_cast<double>(h[i][c]);
    result.atom_energies.push_back(model_.scale * sum + model_.shift + model_.atom_energies[species_[i]]);
  }
  if (features) return result;
  slopes_.assign(graph_.blocks.size(), {});
  Rows dh(atoms_, layers_.back().after_gate.width);
  for (std::size_t i = 0; i < atoms_; ++i) {
    for (Eigen::Index c = 0; c < last; ++c) dh[i][c] = static_cast<float>(model_.scale * model_.readout[c]);
  }
  for (auto k = layers_.size(); k-- > 0;) dh = backward(k, dh);
  add_forces(result);
  return result;
}

}  // namespace

NequixEngine::NequixEngine(NequixModel model) : model_(std::move(model)) {
  for (std::size_t k = 0; k < model_.layers.size(); ++k) layers_.emplace_back(model_, model_.layers[k], k == 0);
}

NequixEngine::Result NequixEngine::run(std::vector<int> const& numbers, EdgeGraph const& graph, int threads, Want want) const {
  return Pass(model_, layers_, numbers, graph, threads).run(want);
}

}  // namespace nacre::detail
