/// Tests that run on several ranks: nacre_test(... RANKS 1 2 4). Every rank runs every test, in the same order.
#pragma once

#include "nacre/parallel/context.hpp"

namespace nacre::test {

/// The one context of the process, made by main.
ParallelContext& parallel_context();

}  // namespace nacre::test
