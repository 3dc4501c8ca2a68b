#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/serialize.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

TEST(Sha256, gives_the_published_digests) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, sees_one_zero_and_one_nan) {
  EXPECT_EQ(Sha256().update(0.0).hex(), Sha256().update(-0.0).hex());
  EXPECT_EQ(Sha256().update(std::nan("1")).hex(), Sha256().update(-std::nan("2")).hex());
  EXPECT_NE(Sha256().update(1.0).hex(), Sha256().update(2.0).hex());
}

TEST(Hash128, survives_text) {
  auto const hash = Hash128::of("nacre");

  EXPECT_EQ(Hash128::from_hex(hash.hex()), hash);
  EXPECT_THROW(Hash128::from_hex("12"), InputError);
}

TEST(Crc32c, gives_the_check_value) { EXPECT_EQ(crc32c("123456789"), 0xE3069283u); }  // RFC 3720

TEST(Envelope, refuses_what_was_changed) {
  Envelope const envelope{0x4e414352, 3};
  auto const bytes = seal(envelope, "payload");

  EXPECT_EQ(open_envelope(envelope, bytes), "payload");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i >= 28 && i < 32) continue;  // reserved
    auto broken = bytes;
    broken[i] ^= 1;
    EXPECT_THROW(open_envelope(envelope, broken), Error) << "byte " << i;
  }
  EXPECT_THROW(open_envelope(envelope, bytes.substr(0, bytes.size() - 1)), Error);
  EXPECT_THROW(open_envelope(envelope, ""), Error);
}

TEST(Philox, gives_the_published_vectors) {  // Random123 1.09 known-answer tests, philox4x32 10 rounds
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(Rng::philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Rng::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Rng::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, is_keyed_by_seed_purpose_and_index) {
  EXPECT_EQ(Rng(1, "a", 2).bits(), Rng(1, "a", 2).bits());
  EXPECT_NE(Rng(1, "a", 2).bits(), Rng(2, "a", 2).bits());
  EXPECT_NE(Rng(1, "a", 2).bits(), Rng(1, "b", 2).bits());
  EXPECT_NE(Rng(1, "a", 2).bits(), Rng(1, "a", 3).bits());
}

TEST(Rng, has_the_moments_of_its_distributions) {
  Rng rng(7, "moments", 0);
  int const n = 100'000;
  double uniform = 0.0, normal = 0.0, square = 0.0;
  std::array<int, 5> counts{};
  for (int i = 0; i < n; ++i) {
    uniform += rng.uniform();
    auto const x = rng.normal();
    normal += x;
    square += x * x;
    ++counts[rng.below(5)];
  }

  // five standard errors each
  EXPECT_NEAR(uniform / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(normal / n, 0.0, 5 / std::sqrt(n));
  EXPECT_NEAR(square / n, 1.0, 5 * std::sqrt(2.0 / n));
  for (auto const count : counts) EXPECT_NEAR(count, n / 5.0, 5 * std::sqrt(n * 0.16));
}

TEST(Text, writes_numbers_that_read_back) {
  for (double const x : {0.1, 1.0 / 3.0, 1e300, -5e-324, 123456789.0}) EXPECT_EQ(parse_double(shortest(x)), x);
  EXPECT_EQ(shortest(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(parse_double("1.0x"), std::nullopt);
  EXPECT_EQ(parse_double(""), std::nullopt);
}

TEST(Text, suggests_the_nearest_name) {
  std::vector<std::string> const known{"elastic_energy", "work_of_adhesion"};

  EXPECT_EQ(did_you_mean("elastic_enrgy", known), "; did you mean 'elastic_energy'?");
  EXPECT_EQ(did_you_mean("work", known), "; did you mean 'work_of_adhesion'?");
  EXPECT_EQ(did_you_mean("zzz", known), "; known: elastic_energy, work_of_adhesion");
}

TEST(Text, replaces_a_file_whole) {
  test::TemporaryFolder const folder;
  write_file(folder.path() / "a", "one");
  write_file(folder.path() / "a", "two");

  EXPECT_EQ(read_file(folder.path() / "a"), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  EXPECT_THROW(read_file(folder.path() / "b"), InputError);
  EXPECT_THROW(write_file(folder.path() / "no" / "b", "x"), Error);
}

TEST(Value, reads_back_what_it_writes) {
  Value value;
  value["text"] = "a \"quoted\"\nline\x01";
  value["number"] = 0.1;
  value["integer"] = 12345678901234;
  value["missing"] = std::nan("");
  value["list"].push_back(1);
  value["list"].push_back(true);

  auto const copy = Value::parse_json(value.dump(2), "test");

  EXPECT_EQ(copy.dump(), value.dump());
  EXPECT_EQ(copy.at("text").as_string(), value.at("text").as_string());
  EXPECT_TRUE(copy.at("missing").is_null());
  EXPECT_THROW(copy.at("text").as_number(), InputError);
  EXPECT_THROW(Value::parse_json("{\"a\": ", "test"), InputError);
}

TEST(Value, knows_the_lines_of_toml) {
  auto const value = Value::parse_toml("a = 1\n[b]\nc = [1.5, 2]\n", "test.toml");

  EXPECT_EQ(value.at("a").line, 1);
  EXPECT_EQ(value.at("b").at("c").line, 3);
  EXPECT_EQ(value.at("b").at("c").as_array()[1].as_number(), 2.0);
  try {
    Value::parse_toml("a = 1\nb = = 2\n", "test.toml");
    FAIL() << "no error";
  } catch (InputError const& error) {
    EXPECT_NE(std::string(error.what()).find("'test.toml', line 2"), std::string::npos) << error.what();
  }
}

TEST(Text, bytes_of_a_binary_file_are_shown_and_letters_kept) {
  EXPECT_EQ(printable("gap 2 \u00c5\tof 'x'\n"), "gap 2 \u00c5\tof 'x'\n");
  EXPECT_EQ(printable("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
  EXPECT_EQ(printable(std::string_view("\0\xff\xc3", 3)), "\\x00\\xff\\xc3");
}

TEST(Estimate, has_no_value_without_success) {
  auto const estimate = Estimate::without_value(Status::refused, "polar: Q = 0.5 e");

  EXPECT_FALSE(estimate.ok());
  EXPECT_TRUE(std::isnan(estimate.value));
  EXPECT_EQ(status_from(to_string(Status::reacted)), Status::reacted);
  EXPECT_THROW(status_from("okay"), InputError);
}

}  // namespace
}  // namespace nacre
