/// Interatomic potentials as TorchScript modules with a dictionary interface (docs/models.md), evaluated on the CPU.
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>
#include <torch/version.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <optional>

#include "edges.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/model_plugin.hpp"

namespace nacre::mlip {
namespace {

using torch::jit::Module;

/// Version of this adapter: part of the identity, raised when the same module would give other numbers.
constexpr char const* adapter = "torchscript adapter 1";

/// LibTorch's messages carry backtraces; what the user can act on is one line of them.
std::string essence(std::string const& message) {
  auto const lines = split(message, '\n');
  auto const filled = [](std::string const& line) { return !trim(line).empty(); };
  if (message.find("Traceback of TorchScript") != std::string::npos) {
    auto const last = std::find_if(lines.rbegin(), lines.rend(), filled);
    return trim(*last);
  }
  auto const first = std::find_if(lines.begin(), lines.end(), filled);
  return first == lines.end() ? "no reason given" : trim(*first);
}

std::string essence(std::exception const& error) {
  if (auto const* ours = dynamic_cast<c10::Error const*>(&error))
    return essence(std::string(ours->what_without_backtrace()));
  return essence(std::string(error.what()));
}

std::string libtorch_version() { return concat("LibTorch ", TORCH_VERSION_MAJOR, '.', TORCH_VERSION_MINOR); }

/// Why `torch::jit::load` refused a file, in words that say what to do.
[[noreturn]] void explain_load_failure(std::string const& path, std::exception const& error) {
  std::string const message = error.what();
  auto const says = [&](char const* part) { return message.find(part) != std::string::npos; };
  auto const reason = essence(error);
  if (says("maximum supported version") || says("Unknown builtin op") || says("Unknown type name") ||
      says("Unknown keyword") || says("expects at most") || says("Keyword argument")) {
    input_error("cannot load model '", path, "' (", reason, "); it seems to be saved by a LibTorch newer than the ",
                libtorch_version(), " that this Nacre was built with: export it again with that version or older");
  }
  if (says("constants.pkl") || says("file not found")) {
    input_error("cannot load model '", path, "' (weights without code: a state dictionary, no TorchScript module); ",
                "export the model with torch.jit.script or torch.jit.trace and save that");
  }
  input_error("cannot load model '", path, "' (no TorchScript module: ", reason, ")");
}

Module load_module(std::string const& path) {
  try {
    auto module = torch::jit::load(path, c10::Device(c10::kCPU));
    module.eval();
    for (auto parameter : module.parameters()) parameter.set_requires_grad(false);
    return module;
  } catch (std::exception const& error) {
    explain_load_failure(path, error);
  }
}

/// A number or tensor of the module; nothing if it has no such attribute.
std::optional<at::Tensor> find_tensor(Module const& module, std::string const& name) {
  if (!module.hasattr(name)) return std::nullopt;
  auto const value = module.attr(name);
  if (value.isTensor()) return value.toTensor().detach().to(c10::kCPU);
  if (value.isDouble()) return at::scalar_tensor(value.toDouble(), at::kDouble);
  if (value.isInt()) return at::scalar_tensor(value.toInt(), at::kLong);
  return std::nullopt;
}

double read_cutoff(Module const& module, std::string const& path) {
  auto const value = find_tensor(module, "r_max");
  require(value && value->numel() == 1, "cannot use model '", path,
          "' (it has no number 'r_max', the cutoff); see docs/models.md for the interface");
  double const cutoff = value->to(at::kDouble).item<double>();
  require(cutoff > 0.0 && cutoff < 100.0, "cannot use model '", path, "' (its cutoff r_max=", cutoff,
          " A is out of range 0..100)");
  return cutoff;
}

/// Elements that the module's tables name, increasing.
std::vector<int> read_elements(Module const& module, std::string const& path) {
  std::vector<int> elements;
  if (auto const table = find_tensor(module, "z_table"); table && table->dim() == 1) {
    auto const species = table->to(at::kLong).contiguous();
    for (std::int64_t z = 1; z < species.numel(); ++z) {
      if (species[z].item<std::int64_t>() >= 0) elements.push_back(static_cast<int>(z));
    }
  } else if (auto const list = find_tensor(module, "atomic_numbers"); list && list->dim() == 1) {
    auto const numbers = list->to(at::kLong).contiguous();
    for (std::int64_t i = 0; i < numbers.numel(); ++i)
      elements.push_back(static_cast<int>(numbers[i].item<std::int64_t>()));
    std::ranges::sort(elements);
  }
  require(
      !elements.empty(), "cannot use model '", path,
      "' (no table 'z_table' or 'atomic_numbers' says which elements it knows); see docs/models.md for the interface");
  return elements;
}

/// Type of the weights; double for a module without any.
at::ScalarType read_type(Module const& module) {
  for (auto const& parameter : module.parameters()) {
    if (parameter.is_floating_point()) return parameter.scalar_type();
  }
  return at::kDouble;
}

/// OpenBLAS splits sums by its own number of threads; LibTorch does not set it. Absent in other builds of LibTorch.
void use_one_thread() {
  at::set_num_threads(1);
  if (auto* const symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<void (*)(int)>(symbol)(1);
  }
}

at::Tensor tensor_of(Eigen::Matrix3Xd const& columns) {
  auto* const data = const_cast<double*>(columns.data());
  return at::from_blob(data, {columns.cols(), 3}, at::kDouble).clone();  // the same bytes, N x 3 by rows
}

Eigen::Matrix3Xd columns_of(at::Tensor const& rows) {
  auto const tensor = rows.detach().to(at::kDouble).contiguous();
  return Eigen::Map<Eigen::Matrix3Xd const>(tensor.data_ptr<double>(), 3, tensor.size(0));
}

Eigen::VectorXd vector_of(at::Tensor const& values) {
  auto const tensor = values.detach().to(at::kDouble).contiguous();
  return Eigen::Map<Eigen::VectorXd const>(tensor.data_ptr<double>(), tensor.numel());
}

double serial_sum(Eigen::VectorXd const& values) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < values.size(); ++i) sum += values[i];
  return sum;
}

at::Tensor index_tensor(Edges const& edges) {
  auto const row = [](std::vector<std::int64_t> const& atoms) {
    return at::from_blob(const_cast<std::int64_t*>(atoms.data()), {static_cast<std::int64_t>(atoms.size())}, at::kLong);
  };
  return at::stack({row(edges.neighbour), row(edges.centre)}).clone();
}

at::Tensor number_tensor(Crystal const& crystal) {
  auto tensor = at::empty({static_cast<std::int64_t>(crystal.size())}, at::kLong);
  std::copy(crystal.numbers.begin(), crystal.numbers.end(), tensor.data_ptr<std::int64_t>());
  return tensor;
}

class TorchScriptPotential final : public Potential {
 public:
  TorchScriptPotential(std::string const& path, PotentialOptions const&)
      : path_(path),
        identity_(sha256_of_file(path)),
        module_(load_module(path)),
        cutoff_(read_cutoff(module_, path)),
        elements_(read_elements(module_, path)),
        type_(read_type(module_)),
        edge_energies_(module_.find_method("energy_from_edges")) {
    require(edge_energies_ || module_.find_method("forward"), "cannot use model '", path,
            "' (it has neither 'forward' nor 'energy_from_edges'); see docs/models.md for the interface");
    identity_ = Sha256()
                    .update(identity_)
                    .update(std::string_view(c10::toString(type_)))
                    .update(cutoff_)
                    .update(std::string_view(adapter))
                    .hex();
  }

  Evaluation evaluate(Crystal const& crystal) const override {
    check_elements(crystal);
    auto const edges = find_edges(crystal, cutoff_);
    torch::jit::GraphOptimizerEnabledGuard const no_optimizer(false);  // it would compile anew for every edge count
    at::AutoGradMode const gradients(true);
    use_one_thread();
    try {
      auto evaluation = edge_energies_ ? evaluate_edges(crystal, edges) : evaluate_forward(crystal, edges);
      evaluation.edges = edges.size();
      if (!(crystal.periodic[0] && crystal.periodic[1] && crystal.periodic[2])) evaluation.stress.reset();
      return evaluation;
    } catch (Error const&) {
      throw;
    } catch (std::exception const& error) {
      throw Error(concat("model '", path_, "' broke on a cell of ", crystal.size(), " atoms (", essence(error), ")"));
    }
  }

  std::string name() const override { return "torchscript:" + path_; }
  std::string identity() const override { return identity_; }
  bool concurrent() const override { return false; }  // LibTorch and OpenBLAS set their threads for one caller
  double cutoff() const override { return cutoff_; }
  std::vector<int> elements() const override { return elements_; }

 private:
  static std::string sha256_of_file(std::string const& path) {
    std::error_code ignored;
    require(std::filesystem::is_regular_file(path, ignored), "no such file '", path,
            "' (the TorchScript module of a model)");
    return sha256_file(path);
  }

  void check_elements(Crystal const& crystal) const {
    for (auto const z : crystal.numbers) {
      require(std::ranges::binary_search(elements_, z), "model '", path_, "' does not know the element '", symbol(z),
              "' (it knows ", elements_.size(), " elements); take a model that was trained on it");
    }
  }

  /// Through energies as a function of the edge vectors: these are exact to double precision before they are rounded to
  /// the type of the weights, wherever the atoms lie.
  Evaluation evaluate_edges(Crystal const& crystal, Edges const& edges) const {
    auto const vectors = tensor_of(edges.vectors).to(type_).set_requires_grad(true);
    auto const energies = (*edge_energies_)({number_tensor(crystal), index_tensor(edges), vectors}).toTensor();
    Evaluation evaluation;
    evaluation.atom_energies = vector_of(energies);
    evaluation.energy = serial_sum(evaluation.atom_energies);
    evaluation.forces = Eigen::Matrix3Xd::Zero(3, static_cast<Eigen::Index>(crystal.size()));
    evaluation.stress = Eigen::Matrix3d::Zero();
    if (edges.size() == 0) return evaluation;
    auto const gradient = columns_of(torch::autograd::grad({energies.sum()}, {vectors}).at(0));
    Eigen::Matrix3d virial = Eigen::Matrix3d::Zero();
    for (Eigen::Index e = 0; e < gradient.cols(); ++e) {
      auto const i = static_cast<std::size_t>(e);
      evaluation.forces.col(edges.centre[i]) += gradient.col(e);
      evaluation.forces.col(edges.neighbour[i]) -= gradient.col(e);
      virial += gradient.col(e) * edges.vectors.col(e).transpose();
    }
    evaluation.stress = 0.5 * (virial + virial.transpose()) / crystal.volume();
    return evaluation;
  }

  /// Through the module's own derivatives.
  Evaluation evaluate_forward(Crystal const& crystal, Edges const& edges) const {
    c10::Dict<std::string, at::Tensor> input;
    input.insert("positions", tensor_of(edges.positions).to(type_));
    input.insert("cell", tensor_of(crystal.lattice).to(type_));  // columns of ours are rows of theirs
    input.insert("edge_index", index_tensor(edges));
    input.insert("unit_shifts", tensor_of(edges.shifts).to(type_));
    input.insert("atomic_numbers", number_tensor(crystal));
    auto module = module_;  // shares the weights; forward is not const
    auto const output = module.forward({input}).toGenericDict();
    auto const find = [&](char const* key) -> std::optional<at::Tensor> {
      auto const entry = output.find(key);
      if (entry == output.end() || !entry->value().isTensor()) return std::nullopt;
      return entry->value().toTensor();
    };
    auto const energy = find("energy"), forces = find("forces"), stress = find("stress"), atoms = find("node_energy");
    require(
        energy && energy->numel() == 1 && forces && forces->numel() == 3 * static_cast<std::int64_t>(crystal.size()),
        "cannot use model '", path_, "' (it gives no 'energy' or no 'forces'); see docs/models.md for the interface");
    Evaluation evaluation;
    evaluation.energy = vector_of(*energy)[0];
    evaluation.forces = columns_of(forces->reshape({-1, 3}));
    if (atoms && atoms->numel() == static_cast<std::int64_t>(crystal.size()))
      evaluation.atom_energies = vector_of(*atoms);
    if (stress && stress->numel() == 9)
      evaluation.stress = Eigen::Matrix3d(columns_of(stress->reshape({3, 3})).transpose());
    return evaluation;
  }

  std::string path_;
  std::string identity_;
  Module module_;
  double cutoff_;
  std::vector<int> elements_;
  at::ScalarType type_;
  decltype(module_.find_method("")) edge_energies_;  ///< an optional Method: c10's or std's, by the version
};

}  // namespace
}  // namespace nacre::mlip

NACRE_POTENTIAL(nacre::mlip::TorchScriptPotential)
