#include "torch_tools.hpp"

#include <torch/version.h>

#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre::mlip {
namespace {

/// Of NequIP and SevenNet.
constexpr char const* known_extra_files[] = {"r_max", "type_names", "n_species", "num_types", "nequip_version",
                                             "cutoff", "chemical_symbols_to_index", "model_type", "num_species", "dtype"};

std::string essence_of(std::string const& message) {
  auto const lines = split(message, '\n');
  auto const filled = [](std::string const& line) { return !trim(line).empty(); };
  if (message.find("Traceback of TorchScript") != std::string::npos) {
    auto const last = std::find_if(lines.rbegin(), lines.rend(), filled);
    return trim(*last);
  }
  auto const first = std::find_if(lines.begin(), lines.end(), filled);
  return first == lines.end() ? "no reason given" : trim(*first);
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

}  // namespace

std::string essence(std::exception const& error) {
  if (auto const* ours = dynamic_cast<c10::Error const*>(&error))
    return essence_of(std::string(ours->what_without_backtrace()));
  return essence_of(std::string(error.what()));
}

Loaded load_module(std::string const& path) {
  torch::jit::ExtraFilesMap extra;
  for (auto const* name : known_extra_files) extra[name] = "";
  try {
    Loaded loaded{path, torch::jit::load(path, c10::Device(c10::kCPU), extra), {}};
    loaded.module.eval();
    for (auto parameter : loaded.module.parameters()) parameter.set_requires_grad(false);
    for (auto const* name : known_extra_files) {
      if (!extra[name].empty()) loaded.extra[name] = extra[name];
    }
    return loaded;
  } catch (std::exception const& error) {
    explain_load_failure(path, error);
  }
}

std::optional<at::Tensor> find_tensor(Module const& module, std::string const& name) {
  if (!module.hasattr(name)) return std::nullopt;
  auto const value = module.attr(name);
  if (value.isTensor()) return value.toTensor().detach().to(c10::kCPU);
  if (value.isDouble()) return at::scalar_tensor(value.toDouble(), at::kDouble);
  if (value.isInt()) return at::scalar_tensor(value.toInt(), at::kLong);
  return std::nullopt;
}

namespace {

double checked_cutoff(double cutoff, std::string const& path) {
  require(cutoff > 0.0 && cutoff < 100.0, "cannot use model '", path, "' (its cutoff r_max=", cutoff,
          " A is out of range 0..100)");
  return cutoff;
}

}  // namespace

double read_cutoff(Loaded const& loaded) {
  auto const value = find_tensor(loaded.module, "r_max");
  require(value && value->numel() == 1, "cannot use model '", loaded.path,
          "' (it has no number 'r_max', the cutoff); see docs/models.md for the interface");
  return checked_cutoff(value->to(at::kDouble).item<double>(), loaded.path);
}

double cutoff_from(std::string const& text, std::string const& path) {
  auto const cutoff = parse_double(trim(text));
  require(cutoff.has_value(), "cannot use model '", path, "' (its cutoff '", text, "' is no number)");
  return checked_cutoff(*cutoff, path);
}

at::ScalarType read_type(Module const& module) {
  for (auto const& parameter : module.parameters()) {
    if (parameter.is_floating_point()) return parameter.scalar_type();
  }
  return at::kDouble;
}

at::Tensor tensor_of(Eigen::Matrix3Xd const& columns) {
  auto* const data = const_cast<double*>(columns.data());
  return at::from_blob(data, {columns.cols(), 3}, at::kDouble).clone();  // the same bytes, N x 3 by rows
}

at::Tensor tensor_of(std::vector<std::int64_t> const& values) {
  auto* const data = const_cast<std::int64_t*>(values.data());
  return at::from_blob(data, {static_cast<std::int64_t>(values.size())}, at::kLong).clone();
}

Eigen::Matrix3Xd columns_of(at::Tensor const& rows) {
  auto const tensor = rows.detach().to(c10::kCPU, at::kDouble).contiguous();
  return Eigen::Map<Eigen::Matrix3Xd const>(tensor.data_ptr<double>(), 3, tensor.numel() / 3);
}

Eigen::VectorXd vector_of(at::Tensor const& values) {
  auto const tensor = values.detach().to(c10::kCPU, at::kDouble).contiguous();
  return Eigen::Map<Eigen::VectorXd const>(tensor.data_ptr<double>(), tensor.numel());
}

Eigen::Matrix3d matrix_of(at::Tensor const& values) { return columns_of(values.reshape({3, 3})).transpose(); }

}  // namespace nacre::mlip
