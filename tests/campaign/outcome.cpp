#include "nacre/campaign/outcome.hpp"

#include <cmath>

#include "campaign/outcomes.hpp"
#include "nacre/campaign/journal.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

using test::full_outcome;
using test::full_proposal;

TEST(PackedOutcome, comes_back_to_the_bit) {
  test::expect_same(unpack_outcome(pack(full_outcome())), full_outcome());
  test::expect_same(unpack_outcome(pack(Outcome())), Outcome());
}

TEST(PackedOutcome, keeps_the_studies_that_wait_for_jobs) {
  auto outcome = full_outcome();
  OpenStudy open{0, 1, {}};
  open.study.results.push_back({Estimate(1.5, 0.25, 3.0, "m"), {{"x", std::nan("")}}, {}, "words", {{"crystal", "text"}}});
  open.study.open.push_back({1, "part", 4.0, {{"y", -0.0}}, {{"crystal", "more"}}, true});
  outcome.open.push_back(open);

  auto const back = unpack_outcome(pack(outcome));

  ASSERT_EQ(back.open.size(), 1u);
  EXPECT_EQ(back.open[0].objective, 1);
  auto const& result = back.open[0].study.results.at(0);
  EXPECT_EQ(result.estimate.standard_error, 0.25);
  EXPECT_TRUE(std::isnan(result.values.at("x")));
  EXPECT_EQ(result.texts.at("crystal"), "text");
  auto const job = unpack_job(pack(back.open[0].study.open.at(0)));
  EXPECT_EQ(job.key, "part");
  EXPECT_TRUE(std::signbit(job.parameters.at("y")));
  EXPECT_EQ(job.texts.at("crystal"), "more");
  EXPECT_TRUE(job.separate);
}

TEST(PackedOutcome, is_refused_when_damaged) {
  auto const bytes = pack(full_outcome());

  for (std::size_t i = 32; i < bytes.size(); i += 7) {
    auto broken = bytes;
    broken[i] ^= 4;
    EXPECT_THROW(unpack_outcome(broken), Error) << "byte " << i;
  }
  EXPECT_THROW(unpack_outcome(bytes.substr(0, bytes.size() / 2)), Error);
}

std::string hash_of(StoredProposal const& proposal, Outcome const& outcome) {
  JournalHash hash;
  hash.add(proposal, outcome);
  return hash.hex();
}

TEST(JournalHash, is_the_sha_256_of_the_documented_bytes) {
  JournalHash hash;
  StoredProposal const proposal{0, Tier::potential, {Design{{1, 2}}}, 1.5, 2.0, "not hashed"};
  Outcome outcome{Status::ok, "not hashed", 9.0, {EvaluatedDesign()}, {}};
  outcome.designs[0].objectives = {Estimate(-0.0, 0.5, 1.0, "not hashed")};
  hash.add({0, 0, "budget", "{}", "not hashed"});
  hash.add(proposal, outcome);

  auto const number = [](std::uint64_t value) { return std::string(reinterpret_cast<char const*>(&value), 8); };
  auto const real = [](double value) { return std::string(reinterpret_cast<char const*>(&value), 8); };
  auto const id = Design{{1, 2}}.id();
  auto const bytes = number(2) + number(0) + number(0) + number(6) + "budget" + number(2) + "{}" +  //
                     number(1) + number(0) + number(1) + number(id.high) + number(id.low) + number(9) + "potential" +
                     real(1.5) + real(2.0) + number(2) + "ok" + number(1) + number(1) + number(2) + "ok" + real(0.0) +
                     real(0.5);
  EXPECT_EQ(hash.hex(), sha256_hex(bytes));
  EXPECT_EQ(hash.proposals(), 1);
}

TEST(JournalHash, depends_on_what_happened_and_on_nothing_else) {
  auto const proposal = full_proposal(0);
  auto const outcome = full_outcome();
  auto const expected = hash_of(proposal, outcome);

  auto other = outcome;
  other.work = 99.0;
  other.designs[0].words = "other words";
  other.designs[0].objectives[0].model = "other";
  EXPECT_EQ(hash_of(proposal, other), expected);

  other = outcome;
  other.designs[0].objectives[0].value = std::nextafter(other.designs[0].objectives[0].value, 0.0);
  EXPECT_NE(hash_of(proposal, other), expected);
  other = outcome;
  other.designs[0].objectives[1].status = Status::reacted;
  EXPECT_NE(hash_of(proposal, other), expected);
  other = outcome;
  other.status = Status::timeout;
  EXPECT_NE(hash_of(proposal, other), expected);
  auto moved = proposal;
  moved.now += 1e-12;
  EXPECT_NE(hash_of(moved, outcome), expected);
}

TEST(JournalHash, takes_proposals_in_order_only) {
  JournalHash hash;

  EXPECT_THROW(hash.add(full_proposal(1), full_outcome()), Error);
  hash.add(full_proposal(0), full_outcome());
  EXPECT_THROW(hash.add(full_proposal(0), full_outcome()), Error);
}

}  // namespace
}  // namespace nacre
