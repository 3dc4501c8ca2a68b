#include "support/nequix_weights.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"

namespace nacre::test {
namespace {

using Component = std::function<double(double, double, double)>;

/// Real harmonics on the unit sphere, not normalised, polar axis y, the orders that the engine uses.
std::vector<Component> const& harmonics(int l) {
  static std::vector<std::vector<Component>> const all{
      {[](double, double, double) { return 1.0; }},
      {[](double x, double, double) { return x; }, [](double, double y, double) { return y; },
       [](double, double, double z) { return z; }},
      {[](double x, double, double z) { return x * z; }, [](double x, double y, double) { return x * y; },
       [](double x, double y, double z) { return (2 * y * y - x * x - z * z) / std::sqrt(12.0); },
       [](double, double y, double z) { return y * z; }, [](double x, double, double z) { return (z * z - x * x) / 2; }},
      {[](double x, double, double z) { return x * (3 * z * z - x * x) / std::sqrt(24.0); },
       [](double x, double y, double z) { return x * y * z; },
       [](double x, double y, double z) { return x * (4 * y * y - x * x - z * z) / std::sqrt(40.0); },
       [](double x, double y, double z) { return y * (2 * y * y - 3 * x * x - 3 * z * z) / std::sqrt(60.0); },
       [](double x, double y, double z) { return z * (4 * y * y - x * x - z * z) / std::sqrt(40.0); },
       [](double x, double y, double z) { return y * (z * z - x * x) / 2; },
       [](double x, double, double z) { return z * (z * z - 3 * x * x) / std::sqrt(24.0); }}};
  return all[static_cast<std::size_t>(l)];
}

/// Integrals of three harmonics over the sphere, scaled to unit norm: the 3j symbols up to a sign, for an even sum of
/// degrees. The quadrature is exact to degree 9 (six Gauss points, twelve equal angles).
TensorData wigner(int a, int b, int c) {
  std::array<double, 3> const node{0.2386191860831969, 0.6612093864662645, 0.9324695142031521};
  std::array<double, 3> const weight{0.4679139345726910, 0.3607615730481386, 0.1713244923791704};
  TensorData tensor{"F64", {2 * a + 1, 2 * b + 1, 2 * c + 1}, {}};
  double norm = 0.0;
  for (auto const& f : harmonics(a)) {
    for (auto const& g : harmonics(b)) {
      for (auto const& h : harmonics(c)) {
        double sum = 0.0;
        for (int k = 0; k < 6 * 12; ++k) {
          auto const i = static_cast<std::size_t>(k / 12 % 3);
          double const y = k < 36 ? node[i] : -node[i], s = std::sqrt(1 - y * y), phi = (k % 12 + 0.5) * std::acos(-1.0) / 6;
          double const x = s * std::cos(phi), z = s * std::sin(phi);
          sum += weight[i] * f(x, y, z) * g(x, y, z) * h(x, y, z);
        }
        tensor.values.push_back(std::abs(sum) < 1e-13 ? 0.0 : sum);
        norm += sum * sum;
      }
    }
  }
  for (auto& x : tensor.values) x /= std::sqrt(norm);
  return tensor;
}

std::string list(std::vector<std::string> const& items) {
  std::string text = "[";
  for (auto const& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

/// Arrays of one layer, its paths and the order of their slots: by degree of the message.
void add_layer(NequixWeights& model, Rng& rng, int index, std::array<int, 4> const& in, std::array<int, 4> const& out,
               std::string& paths, std::string& order) {
  auto const name = [&](char const* part, int k) { return concat("layers.", index, ".", part, ".", k); };
  auto const random = [&](std::vector<long> shape) {
    TensorData tensor{"F32", std::move(shape), {}};
    std::size_t size = 1;
    for (auto const n : tensor.shape) size *= static_cast<std::size_t>(n);
    for (std::size_t k = 0; k < size; ++k) tensor.values.push_back(rng.uniform(-1.5, 1.5));
    return tensor;
  };
  std::vector<std::string> path_list, slots;
  std::array<int, 4> fan_in{};
  int columns = 0;
  for (int c = 0; c < 4; ++c) {
    for (int a = 0; a < 4; ++a) {
      for (int b = 0; b < 4; ++b) {
        bool const allowed = (a + b + c) % 2 == 0 && b >= std::abs(a - c) && b <= a + c;
        if (!allowed || in[static_cast<std::size_t>(a)] == 0 || out[static_cast<std::size_t>(c)] == 0) continue;
        model.arrays.emplace(concat("w3j.", a, ".", b, ".", c), wigner(a, b, c));
        int const channels = in[static_cast<std::size_t>(a)];
        path_list.push_back(concat("[", a, ", ", b, ", ", c, ", ", channels, ", ", slots.size(), "]"));
        slots.push_back(std::to_string(slots.size()));
        columns += channels;
        fan_in[static_cast<std::size_t>(c)] += channels;
      }
    }
  }
  paths = list(path_list);
  order = list(slots);
  model.arrays[name("radial", 0)] = random({6, 12});
  model.arrays[name("radial", 1)] = random({12, 12});
  model.arrays[name("radial", 2)] = random({12, columns});
  for (int l = 0; l < 4; ++l) {
    auto const k = static_cast<std::size_t>(l);
    int const before = l == 0 ? out[0] + out[1] + out[2] + out[3] : out[k];
    if (in[k] > 0) model.arrays[name("linear_1", l)] = random({in[k], in[k]});
    if (before == 0) continue;
    model.arrays[name("linear_2", l)] = random({fan_in[k], before});
    if (in[k] > 0) model.arrays[name("skip", l)] = random({in[k], before});
    model.arrays[name("norm", l)] = random({before});
  }
}

std::uint64_t bits_of(double value, std::string const& type) {
  return type == "F64" ? std::bit_cast<std::uint64_t>(value) : std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

}  // namespace

NequixWeights random_nequix(unsigned seed) {
  NequixWeights model;
  Rng rng(seed, "random nequix", 0);
  model.metadata = {{"format", "nequix-neutral-1"}, {"cutoff", "4.5"}, {"avg_n_neighbors", "20.5"}, {"scale", "0.7"},
                    {"shift", "-1.25"}, {"hidden_irreps", "8x0e + 5x1o + 3x2e + 2x3o"}, {"n_layers", "3"},
                    {"radial_basis_size", "6"}, {"radial_mlp_size", "12"}, {"radial_mlp_layers", "2"},
                    {"radial_polynomial_p", "6.0"}, {"layer_norm", "true"}, {"index_weights", "false"},
                    {"atomic_numbers", "[8, 12, 22]"}, {"silu_norm", "1.6765"}};
  std::array<int, 4> const hidden{8, 5, 3, 2};
  std::array<int, 4> in{3, 0, 0, 0};
  std::vector<std::string> paths(3), orders(3);
  for (int k = 0; k < 3; ++k) {
    auto const out = k < 2 ? hidden : std::array<int, 4>{hidden[0], 0, 0, 0};
    add_layer(model, rng, k, in, out, paths[static_cast<std::size_t>(k)], orders[static_cast<std::size_t>(k)]);
    in = out;
  }
  model.metadata["tp_paths"] = list(paths);
  model.metadata["tp_sorted_slots"] = list(orders);
  model.arrays["atom_energies"] = {"F32", {3}, {-1.0, -2.0, -3.0}};
  model.arrays["readout.0"] = {"F32", {8, 1}, {0.5, -0.3, 0.8, 0.1, -0.9, 0.4, 0.2, 0.7}};
  return model;
}

std::string to_safetensors(std::map<std::string, TensorData> const& arrays, std::map<std::string, std::string> const& metadata) {
  std::vector<std::string> entries;
  std::string data;
  for (auto const& [name, tensor] : arrays) {
    std::vector<std::string> shape;
    for (auto const n : tensor.shape) shape.push_back(std::to_string(n));
    auto const begin = data.size();
    for (auto const value : tensor.values) {
      auto const bits = bits_of(value, tensor.type);
      for (int k = 0; k < (tensor.type == "F64" ? 8 : 4); ++k) data += static_cast<char>(bits >> (8 * k) & 255);
    }
    entries.push_back(concat("\"", name, "\": {\"dtype\": \"", tensor.type, "\", \"shape\": ", list(shape),
                             ", \"data_offsets\": [", begin, ", ", data.size(), "]}"));
  }
  std::vector<std::string> texts;
  for (auto const& [key, text] : metadata) texts.push_back(concat("\"", key, "\": \"", text, "\""));
  auto joined = list(texts), all = list(entries);
  auto const inner = [](std::string const& text) { return text.substr(1, text.size() - 2); };
  auto const header = "{\"__metadata__\": {" + inner(joined) + "}, " + inner(all) + "}";
  std::string file;
  for (int k = 0; k < 8; ++k) file += static_cast<char>(header.size() >> (8 * k) & 255);
  return file + header + data;
}

void write_nequix(std::filesystem::path const& path, NequixWeights const& weights) {
  std::ofstream(path, std::ios::binary) << to_safetensors(weights.arrays, weights.metadata);
}

}  // namespace nacre::test
