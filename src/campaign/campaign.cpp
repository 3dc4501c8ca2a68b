#include "nacre/campaign/campaign.hpp"

#include <chrono>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "coordinator.hpp"
#include "device_share.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

/// Config, objectives and model as this rank sees them, or what is wrong with them.
struct Preparation {
  std::optional<CampaignConfig> config;
  std::shared_ptr<detail::DeviceShare const> device;
  std::shared_ptr<Evaluator> evaluator;
  std::string failure;

  template <class Action>
  void attempt(Action const& action) {
    if (!failure.empty()) return;
    try {
      action();
    } catch (std::exception const& error) {
      failure = error.what();
    }
  }
};

Preparation prepare(std::filesystem::path const& folder, ParallelContext& context) {
  Preparation ready;
  ready.attempt([&] { ready.config = read_campaign(folder); });
  ready.device = std::make_shared<detail::DeviceShare>(ready.config ? &*ready.config : nullptr, context.world(),
                                                       context.local_rank());
  if (ready.failure.empty()) ready.failure = ready.device->failure();
  ready.attempt([&] { ready.evaluator = std::make_shared<Evaluator>(*ready.config, ready.device->model()); });
  return ready;
}

/// Makes the work of this rank's threads. One that takes the place of a thread that hangs has an evaluator of its own,
/// which is told what the first one was told.
class Workshop {
 public:
  explicit Workshop(Preparation& ready)
      : config_(*ready.config), device_(ready.device), first_(std::move(ready.evaluator)) {}

  FarmWork operator()() {
    std::scoped_lock const lock(mutex_);
    auto const evaluator = first_ ? std::exchange(first_, nullptr) : told();
    return [this, evaluator](FarmTask const& task, std::atomic<bool> const& cancelled) {
      remember(task);
      return (*evaluator)(task, cancelled);
    };
  }

 private:
  static constexpr std::size_t kept_models = 8;  // as an evaluator keeps

  std::shared_ptr<Evaluator> told() const {
    auto evaluator = std::make_shared<Evaluator>(config_, device_->model());
    for (auto const& task : shared_) (*evaluator)(task, false);
    for (auto const& task : models_) (*evaluator)(task, false);
    return evaluator;
  }
  void remember(FarmTask const& task) {
    auto const kind = static_cast<TaskKind>(task.kind);
    if (kind != TaskKind::absorb && kind != TaskKind::model) return;
    std::scoped_lock const lock(mutex_);
    if (kind == TaskKind::absorb) shared_.push_back(task);
    if (kind == TaskKind::model) models_.push_back(task);
    if (models_.size() > kept_models) models_.pop_front();
  }

  CampaignConfig config_;
  std::shared_ptr<detail::DeviceShare const> device_;
  std::shared_ptr<Evaluator> first_;
  std::mutex mutex_;
  std::vector<FarmTask> shared_;
  std::deque<FarmTask> models_;
};

/// One hash over everything that has to be equal on all ranks.
std::string inputs_hash(CampaignConfig const& config) {
  Sha256 hash;
  hash.update(config.text);
  for (auto const& objective : LoadedProblem::load(config).objectives) hash.update(objective.sha256);
  return hash.hex();
}

/// @throws InputError on every rank if one could not prepare or sees other inputs
void compare_ranks(ParallelContext& context, Preparation const& preparation) {
  auto const mine = preparation.failure.empty() ? "ok " + inputs_hash(*preparation.config) : preparation.failure;
  auto const all = context.world().gather(mine);
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    require(all[rank].starts_with("ok "), all[rank]);
    require(all[rank] == all[0], "rank ", rank, " sees another campaign.toml or other plug-ins than rank 0 (the files ",
            "differ between the nodes); make them equal");
  }
}

/// The worker of the DFT queue holds a campaign for moments, while it stores labels.
std::unique_ptr<CampaignLock> take_lock(std::filesystem::path const& folder, bool take_over) {
  for (int tries = 0;; ++tries) {
    try {
      return std::make_unique<CampaignLock>(folder, take_over);
    } catch (InputError const&) {
      throw;
    } catch (Error const&) {
      if (tries == 50 || queue_is_worked(folder) != true) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

RunEnd coordinate(std::filesystem::path const& folder, Preparation const& ready, Farm& farm, RunOptions const& options) {
  auto const& config = *ready.config;
  auto const lock_held = take_lock(folder, options.take_over);
  auto& lock = *lock_held;
  require(std::filesystem::exists(folder / "campaign.db") || !std::filesystem::exists(folder / "published/campaign.db"),
          "'", (folder / "campaign.db").string(), "' is gone, but its published copy is there; copy published/campaign.db ",
          "back to go on from it, or delete published/ to start anew");
  Store store(folder, Store::Mode::write, config.journal);
  detail::Coordinator coordinator(config, store, lock, farm, options, ready.device->model());
  try {
    return coordinator.run();
  } catch (...) {
    coordinator.abandon();
    throw;
  }
}

}  // namespace

RunEnd run_campaign(std::filesystem::path const& folder, ParallelContext& context, RunOptions const& options) {
  auto preparation = prepare(folder, context);
  compare_ranks(context, preparation);
  // shared with the threads: one that hangs outlives this function
  auto const workshop = [made = std::make_shared<Workshop>(preparation)] {
    auto work = (*made)();
    return FarmWork([made, work](FarmTask const& task, std::atomic<bool> const& cancelled) { return work(task, cancelled); });
  };
  if (context.rank() != 0) {
    serve(context, workshop);
    return RunEnd::finished;
  }
  std::exception_ptr failure;
  {
    Farm farm(context, workshop);  // its end tells the other ranks to go
    try {
      return coordinate(folder, preparation, farm, options);
    } catch (...) {
      failure = std::current_exception();
      farm.cancel_all();
    }
  }
  std::rethrow_exception(failure);
}

}  // namespace nacre
