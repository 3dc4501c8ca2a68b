/// `nacre run`: the virtual clock over the farm, everything stored, resumable after any death.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "nacre/core/api.hpp"
#include "nacre/parallel/context.hpp"

namespace nacre {

struct RunOptions {
  std::optional<std::int64_t> until_proposals;   ///< stop (exit 3) when so many are proposed
  bool take_over = false;                        ///< the lock of a holder on another host that is known to be dead
  bool progress = true;                          ///< the live line on standard error
};

enum class RunEnd { finished, stopped };

/// Runs or resumes the campaign; the same call on every rank, after `catch_stop_signals`.
/// @throws InputError, Error as documented in config.hpp, domain.hpp, store.hpp; on rank 0 only after the others were told
NACRE_API RunEnd run_campaign(std::filesystem::path const& folder, ParallelContext& context, RunOptions const& options);

}  // namespace nacre
