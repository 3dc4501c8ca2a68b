/// The models of the plug-in as Potentials: a file, the adapter that its contents ask for, and batches.
#include <dlfcn.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/cuda.h>

#include <algorithm>
#include <cstdlib>

#include "adapters.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/model_plugin.hpp"

namespace nacre::mlip {
namespace {

/// What an edge takes while it is evaluated with derivatives [bytes]. Measured: 0.15 MB (Nequix).
constexpr double bytes_of_edge = 0.15e6;
/// Edges that are evaluated together on a processor, 1.2 GB: a fixed number, because sums of a batch are rounded
/// together and results may not depend on the memory that is free.
constexpr std::int64_t edges_on_processor = 8000;

/// On a device, whose results are outside the promise of equal bits: what fits into three quarters of its free memory
/// (asked of the CUDA library that LibTorch loaded; 60 GB where it does not say). Halved where a batch does not fit.
std::int64_t edges_on_device() {
  using MemoryInfo = int (*)(std::size_t*, std::size_t*);
  std::size_t free = 80'000'000'000, total = 0;
  if (auto* const symbol = dlsym(RTLD_DEFAULT, "cudaMemGetInfo")) reinterpret_cast<MemoryInfo>(symbol)(&free, &total);
  return std::max<std::int64_t>(edges_on_processor,
                                static_cast<std::int64_t>(0.75 * static_cast<double>(free) / bytes_of_edge));
}

/// The number of this process on its computer, as launchers of MPI and Slurm say it; 0 without one.
int local_rank() {
  for (auto const* name :
       {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "MV2_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"}) {
    auto const* const text = std::getenv(name);
    if (auto const rank = text ? parse_integer(text) : std::nullopt; rank && *rank >= 0) return static_cast<int>(*rank);
  }
  return 0;
}

at::Device device_from(std::string const& name) {
  bool const cuda = name == "cuda" || name.starts_with("cuda:");
  require(name == "cpu" || cuda, "unknown device '", name, "'; known: cpu, cuda, cuda:N");
  require(!cuda || at::hasCUDA(), "cannot use device '", name, "' (this LibTorch sees no CUDA device); write cpu");
  try {
    // ranks share the devices out among themselves
    if (name == "cuda")
      return {at::kCUDA,
              static_cast<at::DeviceIndex>(local_rank() % std::max(1, static_cast<int>(torch::cuda::device_count())))};
    return at::Device(name);
  } catch (std::exception const&) {
    input_error("unknown device '", name, "'; known: cpu, cuda, cuda:N");
  }
}

std::string sha256_of_file(std::string const& path) {
  std::error_code ignored;
  require(std::filesystem::is_regular_file(path, ignored), "no such file '", path,
          "' (the TorchScript module of a model)");
  return sha256_file(path);
}

std::unique_ptr<Adapter> make_adapter(std::string const& kind, std::string const& path, at::Device device) {
  auto loaded = load_module(path);
  auto const found = kind_of(loaded);
  auto const wanted = kind.empty() ? found : kind == "tensornet" ? "torchscript" : kind;
  // A bare dictionary may be anything that lacks the marks of the others: its adapter says what is missing.
  require(wanted == found || found == "torchscript" || wanted == "torchscript", "cannot use '", path, "' as a ", kind,
          " model (its contents are those of ", found, "); write ", found, ":", path);
  if (wanted == "mace") return make_mace(std::move(loaded), device);
  if (wanted == "nequip") return make_nequip(std::move(loaded), device);
  if (wanted == "sevennet") return make_sevennet(std::move(loaded), device);
  return make_dictionary(std::move(loaded), device);
}

bool out_of_memory(std::exception const& error) {
  std::string const message = error.what();
  return message.find("out of memory") != std::string::npos ||
         message.find("can't allocate memory") != std::string::npos;
}

void append(Joined& joined, Crystal const& crystal, Edges const& edges) {
  auto const shift = joined.first_atom.back();
  auto const stack = [](Eigen::Matrix3Xd& to, Eigen::Matrix3Xd const& more) {
    Eigen::Matrix3Xd both(3, to.cols() + more.cols());
    both << to, more;
    to = std::move(both);
  };
  joined.crystals.push_back(&crystal);
  joined.numbers.insert(joined.numbers.end(), crystal.numbers.begin(), crystal.numbers.end());
  for (auto const i : edges.centre) joined.edges.centre.push_back(i + shift);
  for (auto const j : edges.neighbour) joined.edges.neighbour.push_back(j + shift);
  stack(joined.edges.positions, edges.positions);
  stack(joined.edges.shifts, edges.shifts);
  stack(joined.edges.vectors, edges.vectors);
  joined.first_atom.push_back(shift + static_cast<std::int64_t>(crystal.size()));
  joined.first_edge.push_back(joined.first_edge.back() + edges.size());
}

class TorchPotential final : public Potential, public TakesCore {
 public:
  TorchPotential(std::string const& kind, std::string const& path, PotentialOptions const& options)
      : name_(kind.empty() ? path : kind + ":" + path),
        path_(path),
        identity_(sha256_of_file(path)),
        device_(std::make_shared<Device>(device_from(options.device))),
        adapter_(make_adapter(kind, path, device_->place())) {
    Sha256 sum;
    sum.update(identity_).update(std::string_view(c10::toString(adapter_->type))).update(adapter_->cutoff);
    sum.update(std::string_view(adapter_->version()));
    if (!device_->is_cpu()) sum.update(std::string_view("cuda"));  // its sums have no fixed order
    identity_ = sum.hex();
  }

  Evaluation evaluate(Crystal const& crystal) const override {
    check_elements(crystal);
    Joined joined{{}, {}, {}, {0}, {0}, core_.get()};
    append(joined, crystal, find_edges(crystal, adapter_->cutoff));
    return run(joined).front();
  }

  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const override {
    if (!adapter_->joins()) return Potential::evaluate_many(crystals, threads);
    std::vector<BatchResult> results(crystals.size());
    auto limit = device_->is_cpu() ? edges_on_processor : edges_on_device();
    for (std::size_t begin = 0; begin < crystals.size();) {
      Joined joined{{}, {}, {}, {0}, {0}, core_.get()};
      std::vector<std::size_t> members;
      auto end = begin;
      for (; end < crystals.size(); ++end) {
        try {
          check_elements(crystals[end]);
        } catch (InputError const& error) {
          results[end].refusal = error.what();
          continue;
        }
        auto const edges = find_edges(crystals[end], adapter_->cutoff);
        if (!members.empty() && joined.first_edge.back() + edges.size() > limit) break;
        append(joined, crystals[end], edges);
        members.push_back(end);
      }
      if (!members.empty()) {
        try {
          auto evaluations = run(joined);
          for (std::size_t k = 0; k < members.size(); ++k) results[members[k]].evaluation = std::move(evaluations[k]);
        } catch (std::bad_alloc const&) {
          if (members.size() == 1)
            throw Error(concat("model '", path_, "' has too little memory for ", joined.numbers.size(), " atoms"));
          limit = joined.first_edge.back() / 2;
          continue;
        }
      }
      begin = end;
    }
    return results;
  }

  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }
  double batch_edges() const override {
    if (!adapter_->joins()) return 0.0;
    return static_cast<double>(device_->is_cpu() ? edges_on_processor : edges_on_device());
  }
  std::optional<double> device_seconds() const override { return device_->seconds(); }
  std::shared_ptr<Potential const> with_core(CoreBlend const& blend) const override {
    if (!adapter_->takes_edges()) return nullptr;
    auto other = std::make_shared<TorchPotential>(*this);
    other->core_ = std::make_shared<CoreBlend>(blend);
    other->identity_ = identity_with_core(identity_, blend);
    return other;
  }
  bool concurrent() const override { return false; }  // LibTorch and OpenBLAS set their threads for one caller
  Contents contents() const override { return {.learned = true}; }
  double cutoff() const override { return adapter_->cutoff; }
  std::vector<int> elements() const override { return adapter_->elements; }
  Value about() const override {
    auto value = Potential::about();
    value["kind"] = adapter_->kind();
    value["dtype"] = std::string(c10::toString(adapter_->type));
    value["engine"] = adapter_->version();
    value["device"] = device_->place().str();
    if (core_) value["core"] = core_->about();
    return value;
  }

 private:
  void check_elements(Crystal const& crystal) const {
    for (auto const z : crystal.numbers) {
      require(std::ranges::binary_search(adapter_->elements, z), "model '", path_, "' does not know the element '",
              symbol(z), "' (it knows ", adapter_->elements.size(), " elements); take a model that was trained on it");
    }
  }

  /// @throws std::bad_alloc where memory ran out
  std::vector<Evaluation> run(Joined const& joined) const {
    torch::jit::GraphOptimizerEnabledGuard const no_optimizer(false);  // it would compile anew for every edge count
    at::AutoGradMode const gradients(true);
    try {
      auto evaluations = adapter_->evaluate(joined, *device_);
      for (std::size_t s = 0; s < evaluations.size(); ++s) {
        auto const& periodic = joined.crystals[s]->periodic;
        evaluations[s].edges = joined.first_edge[s + 1] - joined.first_edge[s];
        if (!(periodic[0] && periodic[1] && periodic[2])) evaluations[s].stress.reset();
      }
      return evaluations;
    } catch (Error const&) {
      throw;
    } catch (std::exception const& error) {
      if (out_of_memory(error) && joined.crystals.size() > 1) throw std::bad_alloc();
      throw Error(
          concat("model '", path_, "' broke on a cell of ", joined.numbers.size(), " atoms (", essence(error), ")"));
    }
  }

  std::string name_, path_;
  std::string identity_;
  std::shared_ptr<Device const> device_;
  std::shared_ptr<Adapter const> adapter_;
  std::shared_ptr<CoreBlend const> core_;  ///< null: none
};

}  // namespace
}  // namespace nacre::mlip

extern "C" NACRE_API int nacre_potential_devices() {
  return at::hasCUDA() ? static_cast<int>(torch::cuda::device_count()) : 0;
}

NACRE_POTENTIAL(nacre::mlip::TorchPotential)
