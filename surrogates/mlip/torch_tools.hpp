/// What the adapters share: loading a module with clear refusals, and numbers to and from tensors.
#pragma once

#include <torch/csrc/autograd/autograd.h>
#include <torch/script.h>

#include <Eigen/Core>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "edges.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre::mlip {

using torch::jit::Module;

/// A module with the texts that stand beside it in the archive.
struct Loaded {
  std::string path;
  Module module;
  std::map<std::string, std::string> extra;  ///< those of `known_extra_files` that are there
};

/// @throws InputError in words that say what to do: no module, weights without code, saved by a newer LibTorch
Loaded load_module(std::string const& path);

/// LibTorch's messages carry backtraces; what the user can act on is one line of them.
std::string essence(std::exception const& error);

/// A number or tensor of the module; nothing if it has no such attribute.
std::optional<at::Tensor> find_tensor(Module const& module, std::string const& name);
/// The attribute `r_max`. @throws InputError if it is absent or out of range
double read_cutoff(Loaded const& loaded);
/// @throws InputError unless `text` is a number in the range of cutoffs
double cutoff_from(std::string const& text, std::string const& path);
/// Type of the weights; double for a module without any.
at::ScalarType read_type(Module const& module);

at::Tensor tensor_of(Eigen::Matrix3Xd const& columns);  ///< N x 3 in double precision
at::Tensor tensor_of(std::vector<std::int64_t> const& values);
Eigen::Matrix3Xd columns_of(at::Tensor const& rows);
Eigen::VectorXd vector_of(at::Tensor const& values);
Eigen::Matrix3d matrix_of(at::Tensor const& values);  ///< of nine numbers, by rows

}  // namespace nacre::mlip
