#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "campaign/outcomes.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;
using test::full_outcome;
using test::full_proposal;
using test::TemporaryFolder;

/// Runs `work` in a child process; its return value is the exit status, 99 for an exception.
pid_t in_child(std::function<int()> const& work) {
  pid_t const pid = ::fork();
  if (pid != 0) return pid;
  try {
    ::_exit(work());
  } catch (std::exception const& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    ::_exit(99);
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class StoreAfterAKill : public testing::TestWithParam<char const*> {};

TEST_P(StoreAfterAKill, has_everything_committed_and_nothing_else) {
  TemporaryFolder const folder;
  auto const child = in_child([&] {
    Store store(folder.path(), Store::Mode::write, GetParam());
    for (int i = 0; i < 3; ++i) {
      store.begin();
      store.put_proposal(full_proposal(i, 10 * i));
      store.put_outcome(i, full_outcome(10 * i));
      store.commit();
    }
    store.begin();
    for (int i = 3; i < 500; ++i) {  // more than fits in memory pages that wait for the commit
      store.put_proposal(full_proposal(i, 10 * i));
      store.put_outcome(i, full_outcome(10 * i));
    }
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(wait_for(child), 128 + SIGKILL);

  Store store(folder.path(), Store::Mode::write, GetParam());

  EXPECT_EQ(store.proposal_count(), 3);
  for (int i = 0; i < 3; ++i) test::expect_same(store.outcome(i).value(), full_outcome(10 * i));
  EXPECT_FALSE(store.outcome(3));
  store.put_proposal(full_proposal(3, 30));
  store.publish();
  EXPECT_EQ(Store(folder.path(), Store::Mode::read).proposal_count(), 4);
}

INSTANTIATE_TEST_SUITE_P(Journals, StoreAfterAKill, testing::Values("wal", "delete"));

TEST(Store, stops_when_the_disk_is_full_and_keeps_what_was_acknowledged) {
  TemporaryFolder const folder;
  fs::permissions(folder.path(), fs::perms::all);
  int stored[2];
  ASSERT_EQ(::pipe(stored), 0);
  auto const child = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{1 << 20, 1 << 20};  // stands for a full disk: no file may grow beyond 1 MiB
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Store store(folder.path(), Store::Mode::write);
    for (unsigned char i = 0; i < 200; ++i) {
      auto outcome = full_outcome(10 * i);
      outcome.designs[0].structure.assign(50'000, 'x');
      try {
        store.put_outcome(i, outcome);
      } catch (Stopped const& error) {
        return std::string_view(error.what()).find("free space") == std::string_view::npos ? 5 : 7;
      }
      if (::write(stored[1], &i, 1) != 1) return 4;
    }
    return 0;
  });
  ::close(stored[1]);
  ASSERT_EQ(wait_for(child), 7);
  std::int64_t acknowledged = 0;
  for (unsigned char i = 0; ::read(stored[0], &i, 1) == 1;) acknowledged = i + 1;
  ::close(stored[0]);

  Store store(folder.path(), Store::Mode::write);  // with space again

  EXPECT_GT(acknowledged, 5);
  for (std::int64_t i = 0; i < acknowledged; ++i) ASSERT_TRUE(store.outcome(i)) << i;
  EXPECT_FALSE(store.outcome(acknowledged));
  store.put_outcome(acknowledged, full_outcome());
}

TEST(Store, is_read_from_a_folder_without_write_permission) {
  TemporaryFolder const folder;
  {
    Store store(folder.path(), Store::Mode::write);
    store.put_proposal(full_proposal(0));
    store.put_outcome(0, full_outcome());
    store.publish();
  }
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(folder.path() / "published", fs::perms(0555));
  fs::permissions(folder.path() / "published/campaign.db", fs::perms(0444));

  auto const child = in_child([&] {
    if (::getuid() == 0 && ::setuid(65534) != 0) return 3;  // root may write anywhere
    if (::access((folder.path() / "published").c_str(), W_OK) == 0) return 4;
    Store const reader(folder.path(), Store::Mode::read);
    return reader.outcome(0)->designs.size() == 2 && !reader.ledger(Tier::potential).empty() ? 0 : 5;
  });
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "published"), {}), 1);
}

std::string refusal(fs::path const& folder, bool take_over = false) {
  try {
    CampaignLock const lock(folder, take_over);
  } catch (Error const& error) {
    return error.what();
  }
  return "";
}

TEST(CampaignLock, admits_one_writer_and_names_it) {
  TemporaryFolder const folder;
  {
    CampaignLock lock(folder.path(), false);
    lock.heartbeat();
    auto const message = refusal(folder.path());
    EXPECT_THAT(message, testing::HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_THAT(message, testing::HasSubstr("nacre stop"));
    EXPECT_NE(refusal(folder.path(), true), "") << "a living process is never taken over";
  }
  EXPECT_EQ(refusal(folder.path()), "");
  EXPECT_TRUE(fs::is_empty(folder.path())) << "no files are left";
}

TEST(CampaignLock, takes_over_a_dead_holder_on_this_host_at_once) {
  TemporaryFolder const folder;
  auto const child = in_child([&] {
    CampaignLock const lock(folder.path(), false);
    ::raise(SIGKILL);
    return 0;
  });
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);  // a zombie still
  ASSERT_TRUE(fs::exists(folder.path() / "campaign.lock"));

  EXPECT_EQ(refusal(folder.path()), "");
  EXPECT_FALSE(fs::exists(folder.path() / "campaign.lock"));
  EXPECT_EQ(wait_for(child), 128 + SIGKILL);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

void write_foreign_lock(fs::path const& folder, std::chrono::seconds age) {
  write_file(folder / "campaign.lock", R"({"host":"elsewhere","pid":12,"uuid":"u","boot":"b","machine":"m",)"
                                       R"("processes":"p","start":"1"})");
  fs::last_write_time(folder / "campaign.lock", fs::file_time_type::clock::now() - age);
}

TEST(CampaignLock, takes_over_another_host_after_ten_minutes_or_when_told) {
  TemporaryFolder const folder;
  write_foreign_lock(folder.path(), std::chrono::seconds(540));
  auto const message = refusal(folder.path());
  EXPECT_THAT(message, testing::HasSubstr("process 12 on host 'elsewhere'"));
  EXPECT_THAT(message, testing::HasSubstr("540 s ago"));
  EXPECT_THAT(message, testing::HasSubstr("--take-over"));
  EXPECT_EQ(refusal(folder.path(), true), "");

  write_foreign_lock(folder.path(), std::chrono::seconds(660));
  EXPECT_EQ(refusal(folder.path()), "");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(CampaignLock, tells_a_holder_that_was_taken_over) {
  TemporaryFolder const folder;
  CampaignLock lock(folder.path(), false);
  write_foreign_lock(folder.path(), std::chrono::seconds(0));

  EXPECT_THROW(lock.heartbeat(), Error);
}

TEST(CampaignLock, of_a_dead_holder_goes_to_one_of_many) {
  TemporaryFolder const folder;
  auto const dead = in_child([&] {
    CampaignLock const lock(folder.path(), false);
    ::raise(SIGKILL);
    return 0;
  });
  wait_for(dead);
  std::vector<pid_t> heirs;
  for (int i = 0; i < 6; ++i) {
    heirs.push_back(in_child([&] {
      try {
        CampaignLock const lock(folder.path(), false);
        ::pause();  // holds it until killed
        return 0;
      } catch (Error const&) {
        return 1;
      }
    }));
  }

  int refused = 0;
  for (int i = 0; i < 5; ++i) {  // all but one give up
    int status = 0;
    ::waitpid(-1, &status, 0);
    refused += WIFEXITED(status) && WEXITSTATUS(status) == 1;
  }
  EXPECT_EQ(refused, 5);
  EXPECT_NE(refusal(folder.path()), "");
  for (pid_t const pid : heirs) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(-1, &status, 0);
}

TEST(Inbox, gives_messages_in_the_order_of_their_names) {
  TemporaryFolder const folder;
  EXPECT_TRUE(read_inbox(folder.path()).empty());
  for (int i = 0; i < 5; ++i) drop_into_inbox(folder.path(), i % 2 ? "stop" : "budget", std::to_string(i));
  write_file(folder.path() / "inbox/.half-written.stop", "x");

  auto const messages = read_inbox(folder.path());

  ASSERT_EQ(messages.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    auto const& message = messages[static_cast<std::size_t>(i)];
    EXPECT_EQ(message.payload, std::to_string(i));
    EXPECT_EQ(message.kind, i % 2 ? "stop" : "budget");
    fs::remove(message.path);
  }
  EXPECT_TRUE(read_inbox(folder.path()).empty());
  EXPECT_THROW(drop_into_inbox(folder.path(), "../x", ""), InputError);
  EXPECT_THROW(drop_into_inbox(folder.path() / "absent", "stop", ""), InputError);
}

}  // namespace
}  // namespace nacre
