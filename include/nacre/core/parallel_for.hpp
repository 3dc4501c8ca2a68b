/// Independent tasks shared out among threads of this process.
#pragma once

#include <cstddef>
#include <functional>

#include "nacre/core/api.hpp"

namespace nacre {

/// Calls task(0) .. task(count - 1), each once, on up to `threads` threads (the caller is one). Which thread runs a task
/// is left to chance, so a task must not depend on it.
/// @throws what the task of lowest index threw, after all have ended
/// @throws InputError unless threads is between 1 and 1024
NACRE_API void parallel_for(std::size_t count, int threads, std::function<void(std::size_t)> const& task);

}  // namespace nacre
