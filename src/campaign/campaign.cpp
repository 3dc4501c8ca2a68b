#include "nacre/campaign/campaign.hpp"

#include <chrono>
#include <exception>
#include <optional>
#include <thread>

#include "coordinator.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

/// Config, objectives and model as this rank sees them, or what is wrong with them.
struct Preparation {
  std::optional<CampaignConfig> config;
  std::unique_ptr<Evaluator> evaluator;
  std::string failure;
};

Preparation prepare(std::filesystem::path const& folder) {
  Preparation preparation;
  try {
    preparation.config = read_campaign(folder);
    preparation.evaluator = std::make_unique<Evaluator>(*preparation.config);
  } catch (std::exception const& error) {
    preparation.failure = error.what();
  }
  return preparation;
}

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

RunEnd coordinate(std::filesystem::path const& folder, CampaignConfig const& config, Farm& farm, RunOptions const& options) {
  auto const lock_held = take_lock(folder, options.take_over);
  auto& lock = *lock_held;
  require(std::filesystem::exists(folder / "campaign.db") || !std::filesystem::exists(folder / "published/campaign.db"),
          "'", (folder / "campaign.db").string(), "' is gone, but its published copy is there; copy published/campaign.db ",
          "back to go on from it, or delete published/ to start anew");
  Store store(folder, Store::Mode::write, config.journal);
  detail::Coordinator coordinator(config, store, lock, farm, options);
  try {
    return coordinator.run();
  } catch (...) {
    coordinator.abandon();
    throw;
  }
}

}  // namespace

RunEnd run_campaign(std::filesystem::path const& folder, ParallelContext& context, RunOptions const& options) {
  auto preparation = prepare(folder);
  compare_ranks(context, preparation);
  FarmWork const work = [&](FarmTask const& task, std::atomic<bool> const& cancelled) {
    return (*preparation.evaluator)(task, cancelled);
  };
  if (context.rank() != 0) {
    serve(context, work);
    return RunEnd::finished;
  }
  std::exception_ptr failure;
  {
    Farm farm(context, work);  // its end tells the other ranks to go
    try {
      return coordinate(folder, *preparation.config, farm, options);
    } catch (...) {
      failure = std::current_exception();
      farm.cancel_all();
    }
  }
  std::rethrow_exception(failure);
}

}  // namespace nacre
