#include <gmock/gmock.h>

#include <cstdlib>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/child.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::run_command;

std::string program(std::string const& mode) { return test::build_folder().string() + "/tests/farm_program " + mode; }

TEST(FarmProcesses, all_end_when_the_coordinator_throws) {
  auto const result = run_command("mpirun -n 3 " + program("throw"));

  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_THAT(result.err, testing::HasSubstr("rank 0: the disk is gone"));
}

TEST(FarmProcesses, all_end_when_a_broadcast_throws) {
  for (std::string const ranks : {"1", "3"}) {
    auto const result = run_command("mpirun -n " + ranks + " " + program("broadcast"));

    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_THAT(result.err, testing::HasSubstr(": the model is not here"));
  }
}

TEST(FarmProcesses, stop_in_order_at_a_signal_to_mpirun) {
  test::TemporaryFolder const folder;
  auto const out = (folder.path() / "out").string();

  auto const result = run_command("mpirun -n 2 " + program("stop") + " >" + out + " & pid=$!; until grep -q ready " +
                                  out + " || ! kill -0 $pid" + "; do sleep 0.02; done; kill -USR1 $pid; wait $pid");

  EXPECT_EQ(result.status, 3) << result.err;
  EXPECT_THAT(read_file(out), testing::HasSubstr("stopped"));
}

TEST(FarmProcesses, stop_in_order_without_mpirun) {
  test::TemporaryFolder const folder;
  auto const out = (folder.path() / "out").string();

  auto const result = run_command(program("stop") + " >" + out + " & pid=$!; until grep -q ready " + out +
                                  " || ! kill -0 $pid" + "; do sleep 0.02; done; kill -TERM $pid; wait $pid");

  EXPECT_EQ(result.status, 3) << result.err;
  EXPECT_THAT(read_file(out), testing::HasSubstr("stopped"));
}

TEST(FarmProcesses, go_on_without_a_dead_worker_where_mpirun_allows_it) {
  if (run_command("mpirun --version").out.find("(Open MPI) 4.") == std::string::npos) {
    GTEST_SKIP() << "needs mpirun --enable-recovery of Open MPI 4";
  }

  auto const result = run_command("mpirun --enable-recovery -n 4 " + program("die"));

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "lost 1 workers 3 done 9\n");
}

TEST(ChildProgram, sees_no_variables_of_our_job) {
  test::TemporaryFolder const folder;
  setenv("OMPI_COMM_WORLD_RANK", "3", 1);
  setenv("PMIX_RANK", "3", 1);
  setenv("SLURM_STEP_ID", "0", 1);
  setenv("SLURM_JOB_ID", "17", 1);

  int const pid = start_child({"sh", "-c", "pwd; env; exit 7"}, folder.path(), folder.path() / "log");

  EXPECT_EQ(wait_child(pid), 7);
  auto const log = read_file(folder.path() / "log");
  EXPECT_THAT(log, testing::StartsWith(std::filesystem::canonical(folder.path()).string() + "\n"));
  EXPECT_THAT(log, testing::HasSubstr("SLURM_JOB_ID=17"));
  for (auto const* name : {"OMPI_COMM", "PMIX_", "SLURM_STEP"})
    EXPECT_THAT(log, testing::Not(testing::HasSubstr(name)));
}

TEST(ChildProgram, that_does_not_exist_is_named) {
  test::TemporaryFolder const folder;

  EXPECT_THROW(start_child({"no-such-program-of-ours"}, folder.path(), folder.path() / "log"), Error);
  EXPECT_THROW(start_child({}, folder.path(), folder.path() / "log"), InputError);
}

}  // namespace
}  // namespace nacre
