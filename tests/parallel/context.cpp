#include "nacre/parallel/context.hpp"

#include "nacre/core/error.hpp"
#include "support/mpi.hpp"

namespace nacre {
namespace {

TEST(ParallelContext, is_one_per_process) {
  EXPECT_THROW(ParallelContext(), Error);
  EXPECT_GE(test::parallel_context().local_rank(), 0);
  EXPECT_LT(test::parallel_context().local_rank(), test::parallel_context().size());
}

TEST(MpiCommunicator, gathers_texts_of_any_length_in_rank_order) {
  auto& world = test::parallel_context().world();
  auto const text_of = [](int rank) {
    return std::string(static_cast<std::size_t>(rank) * 70'000, 'a') + std::to_string(rank);
  };

  auto const texts = world.gather(text_of(world.rank()));

  ASSERT_EQ(texts.size(), static_cast<std::size_t>(world.size()));
  for (int rank = 0; rank < world.size(); ++rank) EXPECT_EQ(texts[static_cast<std::size_t>(rank)], text_of(rank));
}

TEST(MpiCommunicator, sums_in_rank_order) {
  auto& world = test::parallel_context().world();
  auto const part = [](int rank, std::size_t i) {
    return std::pow(-0.1, rank) * (1.0 + 1e-16 * static_cast<double>(i)) + 1e16 * (rank == 1) - 1e16 * (rank == 2);
  };
  std::vector<double> values(150'000);  // more than two blocks
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = part(world.rank(), i);

  world.sum(values);

  for (std::size_t i = 0; i < values.size(); ++i) {
    double expected = part(0, i);
    for (int rank = 1; rank < world.size(); ++rank) expected += part(rank, i);
    ASSERT_EQ(values[i], expected) << i;
  }
  world.sum({});
  world.barrier();
}

}  // namespace
}  // namespace nacre
