#include "nacre/core/safetensors.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "nacre/core/error.hpp"
#include "support/nequix_weights.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using testing::HasSubstr;

class SafetensorsFile : public testing::Test {
 protected:
  std::filesystem::path write(std::string const& bytes) {
    auto const path = folder_.path() / "x.safetensors";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  /// A file with this header and as many zero bytes of data.
  std::filesystem::path with_header(std::string const& header, std::size_t data) {
    std::string file;
    for (int k = 0; k < 8; ++k) file += static_cast<char>(header.size() >> (8 * k) & 255);
    return write(file + header + std::string(data, '\0'));
  }
  std::string refusal(std::filesystem::path const& path) {
    try {
      Safetensors const file(path);
    } catch (InputError const& error) {
      return error.what();
    }
    return "read";
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(SafetensorsFile, gives_back_what_was_written) {
  auto const path = write(test::to_safetensors({{"a", {"F32", {2, 3}, {1, -2, 3.5, 0, 1e-30, 7}}}, {"b", {"F64", {}, {0.1}}}},
                                               {{"format", "x"}, {"n", "3"}}));
  Safetensors const file(path);

  EXPECT_EQ(file.text("format"), "x");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.numbers("a", {2, 3}), (std::vector<double>{1, -2, 3.5, 0, static_cast<double>(1e-30f), 7}));
  EXPECT_EQ(file.numbers("b", {}), std::vector<double>{0.1});
  EXPECT_THROW(file.numbers("a", {3, 2}), InputError);
  EXPECT_THROW(file.numbers("c", {1}), InputError);
  EXPECT_THROW(file.text("absent"), InputError);
}

TEST_F(SafetensorsFile, reads_half_precision) {
  std::string const header = R"({"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[6,8]}})";
  auto const path = with_header(header, 0);
  std::ofstream(path, std::ios::binary | std::ios::app) << std::string("\x00\x3c\x00\xc1\x01\x00\xc0\x3f", 8);
  Safetensors const file(path);

  EXPECT_EQ(file.numbers("h", {3}), (std::vector<double>{1.0, -2.5, 0x1p-24}));
  EXPECT_EQ(file.numbers("b", {1}), std::vector<double>{1.5});
}

TEST_F(SafetensorsFile, refuses_what_does_not_fit_together) {
  auto const entry = [](char const* type, char const* shape, char const* offsets) {
    return concat(R"({"a":{"dtype":")", type, R"(","shape":)", shape, R"(,"data_offsets":)", offsets, "}}");
  };
  EXPECT_THAT(refusal("/nonexistent"), HasSubstr("no such file"));
  EXPECT_THAT(refusal(write("")), HasSubstr("no safetensors file"));
  EXPECT_THAT(refusal(write("a text that is long enough")), HasSubstr("no safetensors file"));
  EXPECT_THAT(refusal(write(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10))), HasSubstr("does not fit"));
  EXPECT_THAT(refusal(with_header(R"({"a":)", 0)), HasSubstr("x.safetensors"));
  EXPECT_THAT(refusal(with_header(R"({"a":)" + std::string(100000, '['), 0)), HasSubstr("nested too deeply"));
  EXPECT_THAT(refusal(with_header(entry("F32", "[2]", "[0,8]"), 7)), HasSubstr("cut short"));
  EXPECT_THAT(refusal(with_header(entry("F32", "[2]", "[0,4]"), 8)), HasSubstr("cut short"));
  EXPECT_THAT(refusal(with_header(entry("F32", "[2]", "[-8,0]"), 8)), HasSubstr("cut short"));
  EXPECT_THAT(refusal(with_header(entry("F32", "[4294967296,4294967296,4294967296]", "[0,8]"), 8)),
              HasSubstr("impossible shape"));
  EXPECT_THAT(refusal(with_header(entry("F32", "[-2]", "[0,8]"), 8)), HasSubstr("impossible shape"));
  EXPECT_THAT(refusal(with_header(entry("F12", "[2]", "[0,8]"), 8)), HasSubstr("unknown type 'F12'"));
  EXPECT_THAT(refusal(with_header(entry("F32", "[2]", "[0]"), 8)), HasSubstr("two data_offsets"));
  EXPECT_THAT(refusal(with_header(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                                  R"("b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}})", 8)),
              HasSubstr("share the same bytes"));
  EXPECT_THAT(refusal(with_header(R"({"a":[1,2]})", 8)), HasSubstr("missing key 'dtype'"));
}

TEST_F(SafetensorsFile, refuses_numbers_that_are_not_finite_when_they_are_asked_for) {
  Safetensors const file(write(test::to_safetensors({{"a", {"F32", {1}, {std::numeric_limits<double>::infinity()}}}}, {})));

  EXPECT_THROW(file.numbers("a", {1}), InputError);
}

TEST_F(SafetensorsFile, is_known_by_its_first_bytes) {
  auto const bytes = test::to_safetensors({}, {{"format", "x"}});

  EXPECT_TRUE(Safetensors::looks_like_one(bytes));
  EXPECT_FALSE(Safetensors::looks_like_one("PK\x03\x04 and more"));
  EXPECT_FALSE(Safetensors::looks_like_one("short"));
}

}  // namespace
}  // namespace nacre
