#include <gtest/gtest.h>


#include "nacre/core/log.hpp"
#include "support/mpi.hpp"

namespace nacre::test {
namespace {

ParallelContext* context = nullptr;

/// Of the ranks above 0 only failures are printed.
class FailurePrinter final : public testing::EmptyTestEventListener {
  void OnTestPartResult(testing::TestPartResult const& result) override {
    if (!result.failed()) return;
    print_message(concat("rank ", context->rank(), ": ", result.file_name() ? result.file_name() : "", ':',
                         result.line_number(), ": ", result.message()));
  }
};

}  // namespace

ParallelContext& parallel_context() { return *context; }

}  // namespace nacre::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  nacre::ParallelContext context;
  nacre::test::context = &context;
  if (context.rank() > 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new nacre::test::FailurePrinter);
  }
  return RUN_ALL_TESTS();
}
