#include "tensornet_model.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

constexpr char const* format = "tensornet-neutral-1";
constexpr Eigen::Index channels = tensor_channels;
constexpr int radials = 3;

double number_of(Safetensors const& file, std::string const& key) {
  auto const number = parse_double(file.text(key));
  require(number.has_value() && *number > 0.0, "'", file.path(), "' has '", file.text(key), "' for ", key, " (a positive number expected)");
  return *number;
}

RowMatrix matrix(Safetensors const& file, std::string const& name, Eigen::Index rows, Eigen::Index columns) {
  auto const numbers = file.numbers(name, {rows, columns});
  return Eigen::Map<RowMatrix const>(numbers.data(), rows, columns);
}

Eigen::RowVectorXd row(Safetensors const& file, std::string const& name, Eigen::Index size) {
  auto const numbers = file.numbers(name, {size});
  return Eigen::Map<Eigen::RowVectorXd const>(numbers.data(), size);
}

TensorLinear linear(Safetensors const& file, std::string const& name, Eigen::Index in, Eigen::Index out) {
  return {matrix(file, name + ".weight", out, in).transpose().cast<float>(), row(file, name + ".bias", out).cast<float>()};
}

TensorNorm norm(Safetensors const& file, std::string const& name, Eigen::Index size) {
  return {row(file, name + ".weight", size).cast<float>(), row(file, name + ".bias", size).cast<float>()};
}

TensorMix mix(Safetensors const& file, std::string const& name, int first) {
  TensorMix all;
  for (int part = 0; part < 3; ++part)
    all[static_cast<std::size_t>(part)] = matrix(file, concat(name, ".linears_tensor.", first + part, ".weight"), channels, channels).transpose().cast<float>();
  return all;
}

/// The smooth radial functions of E. Kocer et al., J. Chem. Phys. 150, 154102 (2019), doi:10.1063/1.5086167.
Eigen::RowVectorXd smooth_radials(double cutoff, double r) {
  using std::numbers::pi, std::numbers::sqrt2;
  auto const sinc = [](double x) { return x < 1e-4 ? 1.0 - x * x / 6.0 : std::sin(x) / x; };
  Eigen::RowVectorXd functions(radials);
  double previous = 1.0;  // the norm that the function before was orthogonalised to
  for (int n = 0; n < radials; ++n) {
    double const sign = n % 2 == 0 ? 1.0 : -1.0, x = pi * r / cutoff;
    double const plain = sign * sqrt2 * pi / std::pow(cutoff, 1.5) * (n + 1) * (n + 2) / std::sqrt(2.0 * n * n + 6.0 * n + 5.0) *
                         (sinc((n + 1) * x) + sinc((n + 2) * x));
    double const overlap = n * n * (n + 2.0) * (n + 2.0) / (4.0 * std::pow(n + 1.0, 4) + 1.0), own = n == 0 ? 1.0 : 1.0 - overlap / previous;
    functions[n] = n == 0 ? plain : (plain + std::sqrt(overlap / previous) * functions[n - 1]) / std::sqrt(own);
    previous = own;
  }
  return functions;
}

double envelope(double cutoff, double r) { return r < cutoff ? 0.5 * (std::cos(std::numbers::pi * r / cutoff) + 1.0) : 0.0; }

Eigen::RowVectorXd silu(Eigen::RowVectorXd const& x) { return x.array() / (1.0 + (-x.array()).exp()); }

/// The distance enters through three networks, one for each part.
TensorTable embedding_table(Safetensors const& file, double cutoff) {
  std::array<RowMatrix, 3> weight;
  std::array<Eigen::RowVectorXd, 3> bias;
  for (std::size_t part = 0; part < 3; ++part) {
    auto const name = concat("model.tensor_embedding.distance_proj", part + 1);
    weight[part] = matrix(file, name + ".weight", channels, radials).transpose();
    bias[part] = row(file, name + ".bias", channels);
  }
  return TensorTable(cutoff, [&](double r) {
    auto const radial = smooth_radials(cutoff, r);
    Eigen::RowVectorXd all(3 * channels);
    for (std::size_t part = 0; part < 3; ++part)
      all.segment(static_cast<Eigen::Index>(part) * channels, channels) = envelope(cutoff, r) * (radial * weight[part] + bias[part]);
    return all;
  });
}

TensorTable message_table(Safetensors const& file, std::string const& name, double cutoff) {
  std::array<Eigen::Index, 4> const sizes{radials, channels, 2 * channels, 3 * channels};
  std::array<RowMatrix, 3> weight;
  std::array<Eigen::RowVectorXd, 3> bias;
  for (std::size_t k = 0; k < 3; ++k) {
    weight[k] = matrix(file, concat(name, ".linears_scalar.", k, ".weight"), sizes[k + 1], sizes[k]).transpose();
    bias[k] = row(file, concat(name, ".linears_scalar.", k, ".bias"), sizes[k + 1]);
  }
  return TensorTable(cutoff, [&](double r) {
    Eigen::RowVectorXd x = smooth_radials(cutoff, r);
    for (std::size_t k = 0; k < 3; ++k) x = silu(x * weight[k] + bias[k]);
    Eigen::RowVectorXd all(3 * channels);  // the file has [channel][part]
    for (Eigen::Index c = 0; c < 3 * channels; ++c) all[(c % 3) * channels + c / 3] = envelope(cutoff, r) * x[c];
    return all;
  });
}

void read_species(TensorNetModel& model, Safetensors const& file) {
  auto const list = Value::parse_json(file.text("atomic_numbers"), file.path());
  model.species.fill(-1);
  for (auto const& entry : list.as_array()) {
    auto const z = entry.as_integer();
    require(z >= 1 && z < static_cast<std::int64_t>(model.species.size()) && model.species[static_cast<std::size_t>(z)] < 0, "'", file.path(),
            "' lists the atomic number ", z, " (1 to 127, each once)");
    model.species[static_cast<std::size_t>(z)] = static_cast<int>(model.elements.size());
    model.elements.push_back(static_cast<int>(z));
  }
  auto const count = static_cast<Eigen::Index>(model.elements.size());
  require(count > 0, "'", file.path(), "' knows no elements");
  auto const offsets = file.numbers("data_mean", {1});
  for (double const energy : file.numbers("model.tensor_embedding.emb.weight", {count, channels})) require(std::isfinite(energy), "'", file.path(), "' has weights that are no numbers");
  auto const references = file.numbers("element_refs.property_offset", {count});
  for (double const energy : references) model.atom_energies.push_back(energy + offsets[0]);
  std::ranges::sort(model.elements);
  RowMatrix const embedding = matrix(file, "model.tensor_embedding.emb.weight", count, channels);
  RowMatrix const pair = matrix(file, "model.tensor_embedding.emb2.weight", channels, 2 * channels);
  model.as_neighbour = (embedding * pair.leftCols(channels).transpose()).cast<float>();
  model.as_centre = ((embedding * pair.rightCols(channels).transpose()).rowwise() + row(file, "model.tensor_embedding.emb2.bias", channels)).cast<float>();
}

}  // namespace

/// Slopes and curvatures by differences of fourth order in double precision: 1e-8 of the functions.
template <class Values>
TensorTable::TensorTable(double cutoff, Values const& values) {
  constexpr double h = 4e-3;  // [Å]
  RadialGrid const grid(cutoff);
  table_.resize(static_cast<std::size_t>(RadialGrid::knots()) * 3 * width);
  for (int k = 0; k < RadialGrid::knots(); ++k) {
    // differences stay on one side of the cutoff, beyond which the functions end with a kink in the curvature
    double const r = std::clamp(grid.knot(k), 2.0 * h, cutoff - 2.0 * h - 1e-9), shift = grid.knot(k) - r;
    Eigen::RowVectorXd const a = values(r - 2.0 * h), b = values(r - h), c = values(r), d = values(r + h), e = values(r + 2.0 * h);
    Eigen::RowVectorXd const first = (a - 8.0 * b + 8.0 * d - e) / (12.0 * h), second = (-a + 16.0 * b - 30.0 * c + 16.0 * d - e) / (12.0 * h * h);
    Eigen::RowVectorXd const third = (-a + 2.0 * b - 2.0 * d + e) / (2.0 * h * h * h), fourth = (a - 4.0 * b + 6.0 * c - 4.0 * d + e) / (h * h * h * h);
    double const s = shift;
    std::array<Eigen::RowVectorXd, 3> const rows{c + s * (first + s / 2.0 * (second + s / 3.0 * (third + s / 4.0 * fourth))),
                                                 first + s * (second + s / 2.0 * (third + s / 3.0 * fourth)),
                                                 second + s * (third + s / 2.0 * fourth)};
    for (std::size_t order = 0; order < 3; ++order)
      for (int column = 0; column < width; ++column)
        table_[(static_cast<std::size_t>(k) * 3 + order) * width + static_cast<std::size_t>(column)] = static_cast<float>(rows[order][column]);
  }
}

bool is_tensornet(Safetensors const& file) {
  auto const found = file.metadata().find("format");
  return found != file.metadata().end() && found->second == format;
}

TensorNetModel read_tensornet(Safetensors const& file) {
  require(is_tensornet(file), "'", file.path(), "' is no file of TensorNet weights (its metadata lack format=", format, ")");
  for (auto const& [key, expected] : {std::pair<char const*, char const*>{"units_hidden", "128"}, {"nblocks", "2"}, {"max_n", "3"}, {"group", "O(3)"}})
    require(file.text(key) == expected, "'", file.path(), "' has ", key, "=", file.text(key), " (only ", expected, " is evaluated)");
  TensorNetModel model;
  model.cutoff = number_of(file, "cutoff");
  require(model.cutoff <= 20.0, "'", file.path(), "' has a cutoff of ", model.cutoff, " Å (at most 20)");
  model.scale = file.numbers("data_std", {1})[0];
  read_species(model, file);
  std::string const embedding = "model.tensor_embedding";
  model.embedding = embedding_table(file, model.cutoff);
  model.embedding_norm = norm(file, embedding + ".init_norm", channels);
  model.embedding_scalars = {linear(file, embedding + ".linears_scalar.0", channels, 2 * channels),
                             linear(file, embedding + ".linears_scalar.1", 2 * channels, 3 * channels)};
  model.embedding_mix = mix(file, embedding, 0);
  for (std::size_t k = 0; k < 2; ++k) {
    auto const name = concat("model.layers.", k);
    model.layers[k] = {mix(file, name, 0), mix(file, name, 3), message_table(file, name, model.cutoff)};
  }
  model.readout_norm = norm(file, "model.out_norm", 3 * channels);
  model.readout = linear(file, "model.linear", 3 * channels, channels);
  for (std::size_t k = 0; k < 4; ++k) {
    Eigen::Index const out = k < 3 ? channels : 1;
    model.value[k] = linear(file, concat("model.final_layer.gated.layers.", 2 * k), channels, out);
    model.gate[k] = linear(file, concat("model.final_layer.gated.gates.", 2 * k), channels, out);
  }
  return model;
}

}  // namespace nacre::detail
