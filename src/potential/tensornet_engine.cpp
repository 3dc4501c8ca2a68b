#include "tensornet_engine.hpp"

#include <cmath>
#include <memory>

#include "nacre/core/parallel_for.hpp"
#include "tensornet_matrices.hpp"

namespace nacre::detail {
namespace {

constexpr Eigen::Index channels = tensor_channels;
constexpr Eigen::Index block_atoms = 16;  // of products; the sums in a product follow from the shape of the block

/// Nine numbers for each atom and channel: [atom][part number][channel].
class Parts {
 public:
  explicit Parts(std::size_t atoms) : rows_(FloatRows::Zero(static_cast<Eigen::Index>(9 * atoms), channels)) {}
  float* row(std::size_t atom, int part) { return rows_.data() + (static_cast<Eigen::Index>(atom) * 9 + part) * channels; }
  float const* row(std::size_t atom, int part) const { return rows_.data() + (static_cast<Eigen::Index>(atom) * 9 + part) * channels; }
  Nine get(std::size_t atom, Eigen::Index channel) const {
    Nine nine;
    for (int part = 0; part < 9; ++part) nine.v[part] = row(atom, part)[channel];
    return nine;
  }
  void put(std::size_t atom, Eigen::Index channel, Nine const& nine) {
    for (int part = 0; part < 9; ++part) row(atom, part)[channel] = nine.v[part];
  }
  void add(Parts const& other) { rows_ += other.rows_; }

 private:
  FloatRows rows_;
};

std::size_t blocks(std::size_t atoms) { return (atoms + block_atoms - 1) / block_atoms; }

/// Calls work(first, last) for blocks of atoms, shared out among threads.
template <class Work>
void for_blocks(std::size_t atoms, int threads, Work const& work) {
  parallel_for(blocks(atoms), threads, [&](std::size_t b) { work(b * block_atoms, std::min(atoms, (b + 1) * block_atoms)); });
}

/// Channels of each part times a matrix of its own (transposed on the way back).
template <bool back>
Parts mixed(Parts const& from, TensorMix const& mix, std::size_t atoms, int threads) {
  Parts to(atoms);
  constexpr int first[4] = {0, 1, 4, 9};
  for_blocks(atoms, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t kind = 0; kind < 3; ++kind) {
      int const count = first[kind + 1] - first[kind];
      FloatRows rows(static_cast<Eigen::Index>(end - begin) * count, channels), result;
      Eigen::Index next = 0;
      for (auto atom = begin; atom < end; ++atom)
        for (int part = first[kind]; part < first[kind + 1]; ++part) rows.row(next++) = Eigen::Map<FloatRow const>(from.row(atom, part), channels);
      if constexpr (back)
        result.noalias() = rows * mix[kind].transpose();
      else
        result.noalias() = rows * mix[kind];
      next = 0;
      for (auto atom = begin; atom < end; ++atom)
        for (int part = first[kind]; part < first[kind + 1]; ++part) Eigen::Map<FloatRow>(to.row(atom, part), channels) = result.row(next++);
    }
  });
  return to;
}

float silu(float x) { return x / (1.0f + std::exp(-x)); }
float silu_slope(float x) {
  float const s = 1.0f / (1.0f + std::exp(-x));
  return s * (1.0f + x * (1.0f - s));
}

FloatRows affine(FloatRows const& x, TensorLinear const& layer) { return (x * layer.weight).rowwise() + layer.bias; }

constexpr float norm_epsilon = 1e-5f;

/// Rows with mean 0 and variance 1, scaled; keeps what the way back needs.
struct Normed {
  FloatRows unit, value;
  Eigen::VectorXf inverse;  ///< 1 / standard deviation
  Normed(FloatRows const& x, TensorNorm const& norm) {
    unit = x.colwise() - x.rowwise().mean();
    inverse = (unit.rowwise().squaredNorm().array() / static_cast<float>(x.cols()) + norm_epsilon).rsqrt();
    unit = inverse.asDiagonal() * unit;
    value = (unit.array().rowwise() * norm.weight.array()).matrix().rowwise() + norm.bias;
  }
  FloatRows back(FloatRows const& g, TensorNorm const& norm) const {
    FloatRows const h = g.array().rowwise() * norm.weight.array();
    Eigen::VectorXf const mean = h.rowwise().mean(), along = (h.array() * unit.array()).rowwise().mean();
    return inverse.asDiagonal() * ((h.colwise() - mean) - (along.asDiagonal() * unit));
  }
};

/// Distance-dependent factors of a pair, or their slopes.
void read_table(TensorTable const& table, RadialGrid::Place const& place, float const* weights, float* out) {
  float const* const rows = table.rows(place.interval);
  for (int c = 0; c < TensorTable::width; ++c) {
    float x = 0.0f;
    for (int k = 0; k < 6; ++k) x += weights[k] * rows[k * TensorTable::width + c];
    out[c] = x;
  }
}

constexpr int part_kind[9] = {0, 1, 1, 1, 2, 2, 2, 2, 2};

/// xx, xy, xz, yy, yz of n n - 1/3.
std::array<float, 5> quadrupole(Eigen::Vector3f const& n) {
  return {n.x() * n.x() - 1.0f / 3.0f, n.x() * n.y(), n.x() * n.z(), n.y() * n.y() - 1.0f / 3.0f, n.y() * n.z()};
}

/// What one layer did, for the way back.
struct LayerTrace {
  Parts in, messages, mixed, after, change;
};

class TensorNet {
 public:
  TensorNet(TensorNetModel const& model, std::vector<int> const& species, NeighborTable const& neighbors, int threads)
      : model_(model), species_(species), neighbors_(neighbors), threads_(threads), atoms_(species.size()), grid_(model.cutoff) {}

  TensorNetResult run(bool derivatives);

 private:
  Parts embed();
  Parts pass(TensorLayer const& layer, Parts const& x);
  FloatRows read_out(Parts const& x, TensorNetResult& result, bool derivatives);  // derivative of squares, if asked for
  Parts pass_back(TensorLayer const& layer, LayerTrace const& trace, Parts const& x, Parts const& g);
  void embed_back(Parts const& g);
  template <class PairWork>
  void for_pairs(PairWork const& work) const;
  /// The gradient by the distance and by the unit vector that points at the centre.
  void add_gradient(std::size_t pair, double by_distance, Eigen::Vector3f const& by_unit);

  TensorNetModel const& model_;
  std::vector<int> const& species_;
  NeighborTable const& neighbors_;
  int threads_;
  std::size_t atoms_;
  RadialGrid grid_;
  Eigen::Matrix3Xd gradient_;
  std::vector<LayerTrace> traces_;
  Parts sums_{0}, embedded_{0};  // of the embedding: summed over neighbours; mixed
  FloatRows scalars_, scalar_slopes_[2];
  std::unique_ptr<Normed> embedding_norm_;
};

/// Calls work(centre, pair) for the pairs of every atom; one thread has all pairs of an atom.
template <class PairWork>
void TensorNet::for_pairs(PairWork const& work) const {
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    for (auto atom = begin; atom < end; ++atom)
      for (auto pair = neighbors_.start[atom]; pair < neighbors_.start[atom + 1]; ++pair) work(atom, pair);
  });
}

Parts TensorNet::embed() {
  sums_ = Parts(atoms_);
  for_pairs([&](std::size_t atom, std::size_t pair) {
    auto const other = static_cast<std::size_t>(neighbors_.atom[pair]);
    auto const place = grid_.place(neighbors_.distance[pair]);
    alignas(64) float w[TensorTable::width];
    read_table(model_.embedding, place, place.value, w);
    Eigen::Vector3f const n = (-neighbors_.vector[pair] / neighbors_.distance[pair]).cast<float>();
    auto const q = quadrupole(n);
    float const factors[9] = {1.0f, n.x(), n.y(), n.z(), q[0], q[1], q[2], q[3], q[4]};
    float const *const a = model_.as_neighbour.row(species_[other]).data(), *const b = model_.as_centre.row(species_[atom]).data();
    for (int part = 0; part < 9; ++part) {
      float* const to = sums_.row(atom, part);
      float const* const weight = w + part_kind[part] * channels;
      for (Eigen::Index c = 0; c < channels; ++c) to[c] += factors[part] * (a[c] + b[c]) * weight[c];
    }
  });
  embedded_ = mixed<false>(sums_, model_.embedding_mix, atoms_, threads_);
  FloatRows norms(static_cast<Eigen::Index>(atoms_), channels);
  for (std::size_t atom = 0; atom < atoms_; ++atom)
    for (Eigen::Index c = 0; c < channels; ++c) norms(static_cast<Eigen::Index>(atom), c) = norm2(sums_.get(atom, c));
  embedding_norm_ = std::make_unique<Normed>(norms, model_.embedding_norm);
  scalars_.resize(static_cast<Eigen::Index>(atoms_), 3 * channels);
  scalar_slopes_[0].resize(scalars_.rows(), 2 * channels);
  scalar_slopes_[1].resize(scalars_.rows(), 3 * channels);
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    auto const first = static_cast<Eigen::Index>(begin), count = static_cast<Eigen::Index>(end - begin);
    FloatRows const hidden = affine(embedding_norm_->value.middleRows(first, count), model_.embedding_scalars[0]);
    FloatRows const last = affine(hidden.unaryExpr(&silu), model_.embedding_scalars[1]);
    scalar_slopes_[0].middleRows(first, count) = hidden.unaryExpr(&silu_slope);
    scalar_slopes_[1].middleRows(first, count) = last.unaryExpr(&silu_slope);
    scalars_.middleRows(first, count) = last.unaryExpr(&silu);
  });
  Parts x(atoms_);
  for (std::size_t atom = 0; atom < atoms_; ++atom) {
    float const* const scalar = scalars_.row(static_cast<Eigen::Index>(atom)).data();
    for (int part = 0; part < 9; ++part)
      for (Eigen::Index c = 0; c < channels; ++c) x.row(atom, part)[c] = embedded_.row(atom, part)[c] * scalar[3 * c + part_kind[part]];
  }
  return x;
}

Parts TensorNet::pass(TensorLayer const& layer, Parts const& x) {
  LayerTrace trace{Parts(atoms_), Parts(atoms_), Parts(0), Parts(atoms_), Parts(0)};
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    for (auto atom = begin; atom < end; ++atom)
      for (Eigen::Index c = 0; c < channels; ++c) trace.in.put(atom, c, shrink(x.get(atom, c)));
  });
  trace.mixed = mixed<false>(trace.in, layer.before, atoms_, threads_);
  for_pairs([&](std::size_t atom, std::size_t pair) {
    auto const other = static_cast<std::size_t>(neighbors_.atom[pair]);
    auto const place = grid_.place(neighbors_.distance[pair]);
    alignas(64) float w[TensorTable::width];
    read_table(layer.radial, place, place.value, w);
    for (int part = 0; part < 9; ++part) {
      float* const to = trace.messages.row(atom, part);
      float const *const from = trace.mixed.row(other, part), *const weight = w + part_kind[part] * channels;
      for (Eigen::Index c = 0; c < channels; ++c) to[c] += from[c] * weight[c];
    }
  });
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    for (auto atom = begin; atom < end; ++atom)
      for (Eigen::Index c = 0; c < channels; ++c)
        trace.after.put(atom, c, shrink(decompose(anticommutator(compose(trace.messages.get(atom, c)), compose(trace.mixed.get(atom, c))))));
  });
  trace.change = mixed<false>(trace.after, layer.after, atoms_, threads_);
  Parts out(atoms_);
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    for (auto atom = begin; atom < end; ++atom) {
      for (Eigen::Index c = 0; c < channels; ++c) {
        auto const change = trace.change.get(atom, c);
        auto const full = compose(change);
        out.put(atom, c, sum(sum(trace.in.get(atom, c), change), decompose(product<false, false>(full, full))));
      }
    }
  });
  traces_.push_back(std::move(trace));
  return out;
}

/// @param x what went into the layer; @param g derivative by what came out
Parts TensorNet::pass_back(TensorLayer const& layer, LayerTrace const& trace, Parts const& x, Parts const& g) {
  Parts change(atoms_);
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    for (auto atom = begin; atom < end; ++atom) {
      for (Eigen::Index c = 0; c < channels; ++c) {
        auto const own = g.get(atom, c);
        auto const full = compose(trace.change.get(atom, c)), square = decompose_back(own);
        change.put(atom, c, sum(own, compose_back(sum(product<false, true>(square, full), product<true, false>(full, square)))));
      }
    }
  });
  auto const after = mixed<true>(change, layer.after, atoms_, threads_);
  Parts messages(atoms_), before(atoms_);
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    for (auto atom = begin; atom < end; ++atom) {
      for (Eigen::Index c = 0; c < channels; ++c) {
        auto const m = compose(trace.messages.get(atom, c)), y = compose(trace.mixed.get(atom, c));
        auto const t = decompose_back(shrink_back(decompose(anticommutator(m, y)), after.get(atom, c)));
        messages.put(atom, c, compose_back(sum(product<false, true>(t, y), product<true, false>(y, t))));
        before.put(atom, c, compose_back(sum(product<true, false>(m, t), product<false, true>(t, m))));
      }
    }
  });
  for_pairs([&](std::size_t atom, std::size_t pair) {  // the message from this atom to the other one
    auto const other = static_cast<std::size_t>(neighbors_.atom[pair]);
    auto const place = grid_.place(neighbors_.distance[pair]);
    alignas(64) float w[TensorTable::width], slope[TensorTable::width];
    read_table(layer.radial, place, place.value, w);
    read_table(layer.radial, place, place.slope, slope);
    double by_distance = 0.0;
    for (int part = 0; part < 9; ++part) {
      float* const to = before.row(atom, part);
      float const *const from = messages.row(other, part), *const sent = trace.mixed.row(atom, part);
      float const *const weight = w + part_kind[part] * channels, *const steep = slope + part_kind[part] * channels;
      float along = 0.0f;
      for (Eigen::Index c = 0; c < channels; ++c) {
        to[c] += from[c] * weight[c];
        along += from[c] * sent[c] * steep[c];
      }
      by_distance += along;
    }
    add_gradient(pair, by_distance, Eigen::Vector3f::Zero());
  });
  auto in = mixed<true>(before, layer.before, atoms_, threads_);
  in.add(g);
  Parts result(atoms_);
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    for (auto atom = begin; atom < end; ++atom)
      for (Eigen::Index c = 0; c < channels; ++c) result.put(atom, c, shrink_back(x.get(atom, c), in.get(atom, c)));
  });
  return result;
}

void TensorNet::add_gradient(std::size_t pair, double by_distance, Eigen::Vector3f const& by_unit) {
  double const r = neighbors_.distance[pair];
  Eigen::Vector3d const direction = neighbors_.vector[pair] / r, turn = by_unit.cast<double>();
  gradient_.col(static_cast<Eigen::Index>(pair)) += by_distance * direction - (turn - turn.dot(direction) * direction) / r;
}

void TensorNet::embed_back(Parts const& g) {
  Parts scaled(atoms_);
  FloatRows by_scalar = FloatRows::Zero(static_cast<Eigen::Index>(atoms_), 3 * channels), by_norm(static_cast<Eigen::Index>(atoms_), channels);
  for (std::size_t atom = 0; atom < atoms_; ++atom) {
    auto const row = static_cast<Eigen::Index>(atom);
    for (int part = 0; part < 9; ++part) {
      for (Eigen::Index c = 0; c < channels; ++c) {
        scaled.row(atom, part)[c] = g.row(atom, part)[c] * scalars_(row, 3 * c + part_kind[part]);
        by_scalar(row, 3 * c + part_kind[part]) += g.row(atom, part)[c] * embedded_.row(atom, part)[c];
      }
    }
  }
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    auto const first = static_cast<Eigen::Index>(begin), count = static_cast<Eigen::Index>(end - begin);
    FloatRows const last = by_scalar.middleRows(first, count).cwiseProduct(scalar_slopes_[1].middleRows(first, count));
    FloatRows const hidden = (last * model_.embedding_scalars[1].weight.transpose()).cwiseProduct(scalar_slopes_[0].middleRows(first, count));
    by_norm.middleRows(first, count).noalias() = hidden * model_.embedding_scalars[0].weight.transpose();
  });
  auto const norms = embedding_norm_->back(by_norm, model_.embedding_norm);
  auto by_sums = mixed<true>(scaled, model_.embedding_mix, atoms_, threads_);
  for (std::size_t atom = 0; atom < atoms_; ++atom) {
    for (Eigen::Index c = 0; c < channels; ++c) {
      float const own = norms(static_cast<Eigen::Index>(atom), c);
      by_sums.put(atom, c, sum(by_sums.get(atom, c), squares_back(sums_.get(atom, c), own, own, own)));
    }
  }
  for_pairs([&](std::size_t atom, std::size_t pair) {
    auto const other = static_cast<std::size_t>(neighbors_.atom[pair]);
    auto const place = grid_.place(neighbors_.distance[pair]);
    alignas(64) float w[TensorTable::width], slope[TensorTable::width];
    read_table(model_.embedding, place, place.value, w);
    read_table(model_.embedding, place, place.slope, slope);
    Eigen::Vector3f const n = (-neighbors_.vector[pair] / neighbors_.distance[pair]).cast<float>();
    auto const q = quadrupole(n);
    float const factors[9] = {1.0f, n.x(), n.y(), n.z(), q[0], q[1], q[2], q[3], q[4]};
    float const *const a = model_.as_neighbour.row(species_[other]).data(), *const b = model_.as_centre.row(species_[atom]).data();
    double by_distance = 0.0;
    float by[9];  // by each factor
    for (int part = 0; part < 9; ++part) {
      float const* const from = by_sums.row(atom, part);
      float const *const weight = w + part_kind[part] * channels, *const steep = slope + part_kind[part] * channels;
      float value = 0.0f, along = 0.0f;
      for (Eigen::Index c = 0; c < channels; ++c) {
        float const pull = from[c] * (a[c] + b[c]);
        value += pull * weight[c];
        along += pull * steep[c];
      }
      by[part] = value;
      by_distance += factors[part] * along;
    }
    Eigen::Vector3f const by_unit(by[1] + 2.0f * n.x() * by[4] + n.y() * by[5] + n.z() * by[6],
                                  by[2] + n.x() * by[5] + 2.0f * n.y() * by[7] + n.z() * by[8], by[3] + n.x() * by[6] + n.y() * by[8]);
    add_gradient(pair, by_distance, by_unit);
  });
}

/// Four layers of one of the two networks at the end, and the way back through them.
struct Tower {
  std::array<TensorLinear, 4> const& layers;
  std::array<FloatRows, 3> slopes{};
  Eigen::VectorXf run(FloatRows const& x) {
    FloatRows now = x;
    for (std::size_t k = 0; k < 3; ++k) {
      FloatRows const before = affine(now, layers[k]);
      slopes[k] = before.unaryExpr(&silu_slope);
      now = before.unaryExpr(&silu);
    }
    return affine(now, layers[3]).col(0);
  }
  FloatRows back(Eigen::VectorXf const& g) const {
    FloatRows now = g * layers[3].weight.transpose();
    for (std::size_t k = 3; k-- > 0;) now = (now.cwiseProduct(slopes[k]) * layers[k].weight.transpose()).eval();
    return now;
  }
};

FloatRows TensorNet::read_out(Parts const& x, TensorNetResult& result, bool derivatives) {
  auto const rows = static_cast<Eigen::Index>(atoms_);
  FloatRows by_squares(derivatives ? rows : 0, 3 * channels);
  result.features.resize(channels, rows);
  for_blocks(atoms_, threads_, [&](std::size_t begin, std::size_t end) {
    auto const first = static_cast<Eigen::Index>(begin), count = static_cast<Eigen::Index>(end - begin);
    FloatRows parts(count, 3 * channels);
    for (auto atom = begin; atom < end; ++atom)
      for (Eigen::Index c = 0; c < channels; ++c)
        for (int kind = 0; kind < 3; ++kind)
          parts(static_cast<Eigen::Index>(atom - begin), kind * channels + c) = squares(x.get(atom, c))[static_cast<std::size_t>(kind)];
    Normed const normed(parts, model_.readout_norm);
    FloatRows const features = affine(normed.value, model_.readout);
    result.features.middleCols(first, count) = features.transpose();
    Tower value{model_.value}, gate{model_.gate};
    Eigen::VectorXf const energy = value.run(features), open = (1.0f + (-gate.run(features).array()).exp()).inverse();
    for (Eigen::Index k = 0; k < count; ++k) {
      auto const atom = static_cast<std::size_t>(first + k);
      result.atom_energies[atom] = model_.scale * static_cast<double>(energy[k]) * static_cast<double>(open[k]) +
                                   model_.atom_energies[static_cast<std::size_t>(species_[atom])];
    }
    if (!derivatives) return;
    auto const scale = static_cast<float>(model_.scale);
    Eigen::VectorXf const by_energy = scale * open, by_gate = scale * (energy.array() * open.array() * (1.0f - open.array()));
    FloatRows const by_features = value.back(by_energy) + gate.back(by_gate);
    by_squares.middleRows(first, count) = normed.back(by_features * model_.readout.weight.transpose(), model_.readout_norm);
  });
  return by_squares;
}

TensorNetResult TensorNet::run(bool derivatives) {
  TensorNetResult result;
  result.atom_energies.resize(atoms_);
  if (atoms_ == 0) return result;
  std::vector<Parts> x{embed()};
  for (auto const& layer : model_.layers) x.push_back(pass(layer, x.back()));
  auto const by_squares = read_out(x.back(), result, derivatives);
  if (!derivatives) return result;
  gradient_.setZero(3, static_cast<Eigen::Index>(neighbors_.atom.size()));
  Parts g(atoms_);
  for (std::size_t atom = 0; atom < atoms_; ++atom) {
    float const* const row = by_squares.row(static_cast<Eigen::Index>(atom)).data();
    for (Eigen::Index c = 0; c < channels; ++c)
      g.put(atom, c, squares_back(x.back().get(atom, c), row[c], row[channels + c], row[2 * channels + c]));
  }
  for (std::size_t k = model_.layers.size(); k-- > 0;) g = pass_back(model_.layers[k], traces_[k], x[k], g);
  embed_back(g);
  result.gradient = std::move(gradient_);
  return result;
}

}  // namespace

TensorNetResult run_tensornet(TensorNetModel const& model, std::vector<int> const& species, NeighborTable const& neighbors,
                              bool derivatives, int threads) {
  return TensorNet(model, species, neighbors, threads).run(derivatives);
}

}  // namespace nacre::detail
