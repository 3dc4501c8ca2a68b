#include "nequix_model.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

constexpr char const* format_name = "nequix-neutral-1";

/// Reads one file; every message names it.
class Reader {
 public:
  explicit Reader(Safetensors const& file) : file_(file) {}

  Value value(std::string const& key) const { return Value::parse_json(file_.text(key), file_.path() + ": " + key); }

  double number(std::string const& key, double lowest, double highest) const {
    double const x = value(key).as_number();
    require(x >= lowest && x <= highest, "cannot use '", file_.path(), "' (", key, "=", x, " is out of range ", lowest,
            "..", highest, ")");
    return x;
  }

  int integer(std::string const& key, int lowest, int highest) const {
    auto const x = number(key, lowest, highest);
    require(x == std::floor(x), "cannot use '", file_.path(), "' (", key, "=", x, " is no whole number)");
    return static_cast<int>(x);
  }

  RowMatrix matrix(std::string const& name, Eigen::Index rows, Eigen::Index columns) const {
    auto const values = file_.numbers(name, {rows, columns});
    return Eigen::Map<RowMatrix const>(values.data(), rows, columns);
  }

  Eigen::VectorXd vector(std::string const& name, Eigen::Index size) const {
    auto const values = file_.numbers(name, {size});
    return Eigen::Map<Eigen::VectorXd const>(values.data(), size);
  }

  std::array<int, degrees> irreps() const;
  std::vector<NequixPath> paths(int layer, std::array<int, degrees> const& in) const;
  [[noreturn]] void refuse(std::string const& reason) const { input_error("cannot use '", file_.path(), "' (", reason, ")"); }

  Safetensors const& file() const { return file_; }

 private:
  std::vector<double> wigner(int in, int sh, int out) const;
  Safetensors const& file_;
};

/// "128x0e + 64x1o + 32x2e + 32x3o"
std::array<int, degrees> Reader::irreps() const {
  std::array<int, degrees> channels{};
  auto const text = file_.text("hidden_irreps");
  int last = -1;
  for (auto const& part : split(text, '+')) {
    auto const word = trim(part);
    auto const cross = word.find('x');
    bool const shaped = cross != std::string::npos && word.size() == cross + 3 && word[cross + 1] >= '0' && word[cross + 1] <= '3';
    int const l = shaped ? word[cross + 1] - '0' : -1;
    auto const count = shaped ? parse_double(word.substr(0, cross)) : std::nullopt;
    if (!count || *count < 1 || *count > 4096 || *count != std::floor(*count) || l != last + 1 || word[cross + 2] != (l % 2 ? 'o' : 'e'))
      refuse("hidden_irreps '" + text + "' are not of the form '128x0e + 64x1o + 32x2e', degrees 0 to 3");
    channels[static_cast<std::size_t>(l)] = static_cast<int>(*count);
    last = l;
  }
  return channels;
}

std::vector<double> Reader::wigner(int in, int sh, int out) const {
  auto values = file_.numbers(concat("w3j.", in, ".", sh, ".", out), {2 * in + 1, 2 * sh + 1, 2 * out + 1});
  for (auto& x : values) x *= std::sqrt(2.0 * out + 1.0);
  return values;
}

/// The lists of the file: [in, sh, out, channels, slot] in the order of the radial columns, and the order of the slots
/// in the rows of linear_2.
std::vector<NequixPath> Reader::paths(int layer, std::array<int, degrees> const& in) const {
  auto const lists = value("tp_paths"), orders = value("tp_sorted_slots");
  auto const index = static_cast<std::size_t>(layer);
  if (lists.size() <= index || orders.size() <= index) refuse("tp_paths or tp_sorted_slots are shorter than n_layers");
  std::vector<NequixPath> paths;
  std::vector<std::int64_t> slots;
  int column = 0;
  for (auto const& item : lists.as_array()[index].as_array()) {
    std::array<int, 4> x{};
    for (std::size_t k = 0; k < 4; ++k) {
      auto const number = item.size() == 5 ? item.as_array()[k].as_integer() : -1;
      x[k] = number >= 0 && number <= 4096 ? static_cast<int>(number) : -1;
    }
    bool const fits = x[0] >= 0 && x[0] < degrees && x[1] >= 0 && x[1] < degrees && x[2] >= 0 && x[2] < degrees &&
                      x[3] > 0 && x[3] == in[static_cast<std::size_t>(std::max(x[0], 0))];
    if (!fits) refuse(concat("tp_paths of layer ", layer, " do not fit its irreps"));
    paths.push_back({x[0], x[1], x[2], x[3], column, 0, wigner(x[0], x[1], x[2])});
    slots.push_back(item.as_array()[4].as_integer());
    column += x[3];
  }
  std::array<int, degrees> rows{};
  auto const& order = orders.as_array()[index].as_array();
  if (order.size() != paths.size() || paths.empty()) refuse(concat("tp_sorted_slots of layer ", layer, " do not fit tp_paths"));
  std::vector<bool> met(paths.size(), false);
  for (auto const& slot : order) {
    auto const found = std::ranges::find(slots, slot.as_integer());
    auto const p = static_cast<std::size_t>(found - slots.begin());
    if (found == slots.end() || met[p]) refuse(concat("tp_sorted_slots of layer ", layer, " do not fit tp_paths"));
    met[p] = true;
    auto& row = rows[static_cast<std::size_t>(paths[p].out)];
    paths[p].row = row;
    row += paths[p].channels;
  }
  return paths;
}

NequixLayer read_layer(Reader const& reader, int index, std::array<int, degrees> const& in,
                       std::array<int, degrees> const& out, double neighbours) {
  NequixLayer layer;
  layer.in = in;
  layer.after_gate = layer.before_gate = out;
  for (std::size_t l = 1; l < degrees; ++l) layer.before_gate[0] += out[l];
  layer.paths = reader.paths(index, in);
  auto const name = [&](char const* part, int k) { return concat("layers.", index, ".", part, ".", k); };
  auto const hidden = reader.integer("radial_mlp_size", 1, 4096);
  auto const columns = layer.paths.back().column + layer.paths.back().channels;
  layer.radial = {reader.matrix(name("radial", 0), reader.integer("radial_basis_size", 1, 256), hidden),
                  reader.matrix(name("radial", 1), hidden, hidden), reader.matrix(name("radial", 2), hidden, columns)};
  std::array<int, degrees> fan_in{};
  for (auto const& path : layer.paths) fan_in[static_cast<std::size_t>(path.out)] += path.channels;
  for (int l = 0; l < degrees; ++l) {
    auto const k = static_cast<std::size_t>(l);
    int const before = layer.before_gate[k];
    if (in[k] > 0) layer.linear_1[k] = reader.matrix(name("linear_1", l), in[k], in[k]) / std::sqrt(in[k]);
    if (before == 0) continue;
    if (fan_in[k] == 0) reader.refuse(concat("layer ", index, " has no path to degree ", l));
    layer.linear_2[k] = reader.matrix(name("linear_2", l), fan_in[k], before) / std::sqrt(fan_in[k] * neighbours);
    layer.norm[k] = reader.vector(name("norm", l), before);
    if (in[k] > 0) layer.skip[k] = reader.matrix(name("skip", l), in[k], before) / std::sqrt(in[k]);
  }
  for (auto const& path : layer.paths)
    if (out[static_cast<std::size_t>(path.out)] == 0) reader.refuse(concat("layer ", index, " has a path to an absent degree"));
  return layer;
}

void read_elements(Reader const& reader, NequixModel& model) {
  model.species.fill(-1);
  auto const list = reader.value("atomic_numbers");
  int index = 0;
  for (auto const& item : list.as_array()) {
    auto const z = item.as_integer();
    if (z < 1 || z > largest_atomic_number || model.species[static_cast<std::size_t>(z)] >= 0)
      reader.refuse(concat("atomic_numbers hold ", z, " wrongly or twice"));
    model.species[static_cast<std::size_t>(z)] = index++;
    model.elements.push_back(static_cast<int>(z));
  }
  if (index == 0) reader.refuse("atomic_numbers are empty");
  std::ranges::sort(model.elements);
  auto const energies = reader.vector("atom_energies", index);
  model.atom_energies.assign(energies.begin(), energies.end());
}

}  // namespace

bool is_nequix(Safetensors const& file) {
  auto const found = file.metadata().find("format");
  return found != file.metadata().end() && found->second == format_name;
}

NequixModel read_nequix(Safetensors const& file) {
  Reader const reader(file);
  if (!is_nequix(file)) reader.refuse(concat("its metadata do not say format=", format_name, ": these are not the weights of a Nequix model"));
  if (file.text("layer_norm") != "true" || file.text("index_weights") != "false")
    reader.refuse("models without layer_norm or with index_weights are not supported");
  if (reader.integer("radial_mlp_layers", 1, 9) != 2) reader.refuse("radial_mlp_layers other than 2 are not supported");
  NequixModel model;
  model.cutoff = reader.number("cutoff", 0.5, 30.0);
  model.envelope = reader.number("radial_polynomial_p", 2.0, 50.0);
  model.gate_scale = reader.number("silu_norm", 0.1, 10.0);
  model.scale = reader.number("scale", -1e6, 1e6);
  model.shift = reader.number("shift", -1e6, 1e6);
  double const neighbours = reader.number("avg_n_neighbors", 1e-3, 1e6);
  read_elements(reader, model);
  auto const hidden = reader.irreps();
  int const count = reader.integer("n_layers", 1, 32);
  std::array<int, degrees> in{static_cast<int>(model.elements.size()), 0, 0, 0};
  for (int k = 0; k < count; ++k) {
    auto const out = k + 1 < count ? hidden : std::array<int, degrees>{hidden[0], 0, 0, 0};
    model.layers.push_back(read_layer(reader, k, in, out, neighbours));
    in = out;
  }
  model.readout = reader.matrix("readout.0", hidden[0], 1).col(0) / std::sqrt(hidden[0]);
  return model;
}

}  // namespace nacre::detail
