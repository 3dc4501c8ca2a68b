#include "nacre/campaign/store.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "campaign/outcomes.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;
using test::full_outcome;
using test::full_proposal;
using test::TemporaryFolder;
using Counts = std::vector<std::pair<std::string, std::int64_t>>;

TEST(Store, gives_back_what_was_put_to_the_bit) {
  TemporaryFolder const folder;
  {
    Store store(folder.path(), Store::Mode::write);
    store.put_proposal(full_proposal(0));
    store.put_outcome(0, full_outcome());
    store.put_reference(full_outcome(8));
    store.put_reference(full_outcome(9));
  }
  Store const store(folder.path(), Store::Mode::write);

  auto const proposal = store.proposal(0).value();
  EXPECT_EQ(proposal.designs, full_proposal(0).designs);
  EXPECT_EQ(proposal.tier, Tier::potential);
  EXPECT_EQ(proposal.now, 0.0);
  EXPECT_EQ(proposal.expected_work, 1.0 / 3.0);
  EXPECT_EQ(proposal.reason, "swarm");
  test::expect_same(store.outcome(0).value(), full_outcome());
  test::expect_same(store.reference().value(), full_outcome(9));
  auto without_atoms = full_outcome();
  without_atoms.designs[0].structure.clear();
  without_atoms.designs[0].hops.clear();
  test::expect_same(store.outcome(0, Store::Detail::without_structures).value(), without_atoms);
  EXPECT_FALSE(store.proposal(1));
  EXPECT_FALSE(store.outcome(1));
}

TEST(Store, keeps_every_other_table) {
  TemporaryFolder const folder;
  std::string const bytes("\0\1\xff bytes", 9);
  QueueRequest request{"00aa", "00ff", "scf", "qe", "pbe", "words", 0.5};
  StoredLabel const label{"00aa", 2, "00ff", "scf", "qe", "pbe", "qe pbe 40 Ry", -12.5, true, "2\n", "{}"};
  {
    Store store(folder.path(), Store::Mode::write);
    store.begin();
    store.put_meta("seed", "7");
    store.put_meta("seed", "8");
    store.put_setup("bulk/CeO2", bytes, 12.0);
    store.put_fit(16, 16, bytes);
    store.put_event({0, 5, "budget", "{\"budget\":7}", "one.budget"});
    store.put_event({1, 5, "label", "{}", ""});
    store.put_event({2, 6, "label", "{}", ""});
    store.put_attempt({3, 1, 2, 0.25, "lost"});
    store.put_attempt({3, 0, 1, 0.5, "lost"});
    store.put_snapshot(2, "old");
    store.put_snapshot(9, bytes);
    store.put_ranking("{}");
    store.put_request(request);
    request.priority = 0.75;
    store.put_request(request);
    store.put_label(label);
    store.put_label(label);
    store.commit();
  }
  Store const store(folder.path(), Store::Mode::write);

  EXPECT_EQ(store.meta("seed"), "8");
  EXPECT_EQ(store.meta("schema_version"), "5");
  EXPECT_FALSE(store.meta("nothing"));
  EXPECT_EQ(store.setup("bulk/CeO2"), bytes);
  EXPECT_EQ(store.fit(16), bytes);
  EXPECT_FALSE(store.fit(17));
  ASSERT_EQ(store.events().size(), 3u);
  EXPECT_EQ(store.events()[0].source, "one.budget");
  EXPECT_EQ(store.events()[0].at_proposal, 5);
  EXPECT_EQ(store.events()[2].number, 2);
  EXPECT_TRUE(store.took("one.budget"));
  EXPECT_FALSE(store.took("two.budget"));
  ASSERT_EQ(store.attempts().size(), 2u);
  EXPECT_EQ(store.attempts()[0].attempt, 0);
  EXPECT_EQ(store.attempts()[1].seconds, 0.25);
  EXPECT_EQ(store.snapshot(), std::pair(std::int64_t{9}, bytes));
  EXPECT_EQ(store.ranking(), "{}");
  ASSERT_EQ(store.requests().size(), 1u);
  EXPECT_EQ(store.requests()[0].priority, 0.75);
  ASSERT_EQ(store.labels().size(), 1u);
  EXPECT_EQ(store.labels()[0].energy_eV, -12.5);
  EXPECT_EQ(store.labels()[0].comparable, label.comparable);
  EXPECT_TRUE(store.labels()[0].changes_physics);
}

TEST(Store, counts_every_design_once_in_the_ledger) {
  TemporaryFolder const folder;
  Store store(folder.path(), Store::Mode::write);
  store.put_proposal(full_proposal(0));
  store.put_outcome(0, full_outcome());      // not_bonded, refused
  store.put_proposal(full_proposal(1, 10));  // two pending
  store.put_proposal(full_proposal(2, 20));
  store.put_outcome(2, {Status::crashed, "", 0.0, {}});
  store.put_reference(full_outcome(8));  // in no ledger

  EXPECT_EQ(store.ledger(Tier::potential), (Counts{{"crashed", 2}, {"not_bonded", 1}, {"pending", 2}, {"refused", 1}}));
  EXPECT_EQ(store.ledger(Tier::dft), Counts());
  EXPECT_EQ(store.proposal_count(), 3);
}

TEST(Store, finds_the_proposal_of_a_design_on_its_tier) {
  TemporaryFolder const folder;
  Store store(folder.path(), Store::Mode::write);
  store.put_proposal(full_proposal(0));
  store.put_outcome(0, full_outcome());
  store.put_reference(full_outcome(8));

  EXPECT_EQ(store.find_design(full_outcome().designs[1].design.id(), Tier::potential), 0);
  EXPECT_FALSE(store.find_design(full_outcome().designs[1].design.id(), Tier::descriptor));
  EXPECT_FALSE(store.find_design(full_outcome(8).designs[0].design.id(), Tier::potential));
}

TEST(Store, takes_one_result_for_a_proposal_and_one_event_from_a_file) {
  TemporaryFolder const folder;
  Store store(folder.path(), Store::Mode::write);
  store.put_outcome(0, {});
  store.put_event({0, 0, "budget", "{}", "file"});

  EXPECT_THROW(store.put_outcome(0, {}), Error);
  EXPECT_THROW(store.put_event({1, 0, "budget", "{}", "file"}), Error);
  EXPECT_THROW(store.put_meta("schema_version", "4"), InputError);
}

TEST(Store, forgets_an_open_group_that_is_not_committed) {
  TemporaryFolder const folder;
  {
    Store store(folder.path(), Store::Mode::write);
    store.put_proposal(full_proposal(0));
    store.begin();
    store.put_outcome(0, full_outcome());
    EXPECT_TRUE(store.in_group());
  }
  Store store(folder.path(), Store::Mode::write);
  EXPECT_EQ(store.proposal_count(), 1);
  EXPECT_FALSE(store.outcome(0));

  store.begin();
  store.put_outcome(0, full_outcome());
  EXPECT_THROW(store.put_outcome(0, full_outcome()), Error);  // takes the group with it
  EXPECT_FALSE(store.in_group());
  EXPECT_FALSE(store.outcome(0));
  store.put_outcome(0, full_outcome());  // names made in the lost group are made again
  test::expect_same(store.outcome(0).value(), full_outcome());
}

TEST(Store, publishes_a_copy_that_stays_while_the_writer_goes_on) {
  TemporaryFolder const folder;
  Store store(folder.path(), Store::Mode::write);
  EXPECT_THROW(Store(folder.path(), Store::Mode::read), InputError) << "nothing is published yet";
  store.put_proposal(full_proposal(0));
  store.begin();
  store.put_outcome(0, full_outcome());
  store.publish();  // commits
  EXPECT_FALSE(store.in_group());

  Store const reader(folder.path(), Store::Mode::read);
  store.put_proposal(full_proposal(1));
  store.publish();
  auto const time = fs::last_write_time(folder.path() / "published/campaign.db");
  store.publish();  // nothing changed

  EXPECT_EQ(fs::last_write_time(folder.path() / "published/campaign.db"), time);
  EXPECT_EQ(reader.proposal_count(), 1) << "an open reader keeps its file";
  test::expect_same(reader.outcome(0).value(), full_outcome());
  EXPECT_EQ(Store(folder.path(), Store::Mode::read).proposal_count(), 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "published"), {}), 1) << "no temporary files";
}

TEST(Store, reader_never_writes) {
  TemporaryFolder const folder;
  Store(folder.path(), Store::Mode::write).publish();
  Store reader(folder.path(), Store::Mode::read);

  EXPECT_THROW(reader.put_meta("a", "b"), Error);
}

TEST(Store, uses_the_journal_that_it_is_told) {
  TemporaryFolder const folder;
  {
    Store store(folder.path(), Store::Mode::write, "wal");
    EXPECT_EQ(store.journal(), "wal");
    store.put_proposal(full_proposal(0));
  }
  Store store(folder.path(), Store::Mode::write, "delete");
  EXPECT_EQ(store.journal(), "delete");
  store.put_proposal(full_proposal(1));
  EXPECT_FALSE(fs::exists(folder.path() / "campaign.db-wal"));
  store.publish();
  EXPECT_EQ(Store(folder.path(), Store::Mode::read).proposal_count(), 2);
  EXPECT_THROW(Store(folder.path(), Store::Mode::write, "wall"), InputError);
}

std::string message_of(fs::path const& folder) {
  try {
    Store const store(folder, Store::Mode::write);
    for (std::int64_t i = 0; i < store.proposal_count(); ++i) store.outcome(i);
  } catch (Error const& error) {
    return error.what();
  }
  return "";
}

TEST(Store, says_what_is_wrong_with_a_file) {
  using testing::HasSubstr;
  TemporaryFolder const folder;
  auto const file = folder.path() / "campaign.db";
  EXPECT_THAT(message_of(folder.path() / "absent"), HasSubstr("no such folder"));

  write_file(file, std::string(5000, 'x'));
  EXPECT_THAT(message_of(folder.path()), HasSubstr("is damaged"));
  fs::remove(file);

  {
    Store store(folder.path(), Store::Mode::write, "delete");
    store.begin();
    for (int i = 0; i < 50; ++i) {
      store.put_proposal(full_proposal(i, 10 * i));
      store.put_outcome(i, full_outcome(10 * i));
    }
    store.commit();
  }
  auto const size = fs::file_size(file);
  fs::copy(file, folder.path() / "whole");
  fs::resize_file(file, size / 2);
  EXPECT_THAT(message_of(folder.path()), HasSubstr("is damaged"));

  fs::copy(folder.path() / "whole", file, fs::copy_options::overwrite_existing);
  ASSERT_EQ(message_of(folder.path()), "");
  auto const sqlite = "sqlite3 " + file.string() + " ";
  if (test::run_command("sqlite3 --version").status != 0) GTEST_SKIP() << "needs the program sqlite3 for the rest";
  test::run_command(sqlite + "\"UPDATE meta SET value = '99' WHERE key = 'schema_version'\"");
  EXPECT_THAT(message_of(folder.path()), HasSubstr("has schema version 99, newer than 5"));
  test::run_command(sqlite + "'PRAGMA application_id = 1'");
  EXPECT_THAT(message_of(folder.path()), HasSubstr("of another program"));
}

}  // namespace
}  // namespace nacre
