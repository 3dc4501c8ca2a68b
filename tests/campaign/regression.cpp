// A small real campaign against its expected ranking: same stacks, same order, same values within what starts differ by.
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

struct Row {
  std::string stack;   // words up to the shift, which depends on the start
  std::vector<double> values;
};

/// Fields of a CSV line; quotes hold commas.
std::vector<std::string> fields_of(std::string const& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (char const c : line) {
    if (c == '"') quoted = !quoted;
    else if (c == ',' && !quoted) fields.emplace_back();
    else fields.back() += c;
  }
  return fields;
}

std::vector<Row> rows_of(std::string const& csv) {
  std::vector<Row> rows;
  std::vector<std::string> header;
  for (auto const& line : split(csv, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    auto const fields = fields_of(line);
    if (header.empty()) {
      header = fields;
      continue;
    }
    Row row;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (header[i] == "words") row.stack = fields[i].substr(0, fields[i].find(", shift"));
      if (header[i] == "work_of_adhesion" || header[i] == "interface_energy") {
        row.values.push_back(parse_double(fields[i]).value_or(std::nan("")));
      }
    }
    rows.push_back(row);
  }
  return rows;
}

TEST(Regression, membrane_pair_has_its_expected_ranking) {
  test::TemporaryFolder const folder;
  auto const campaign = (folder.path() / "pair").string(), program = test::nacre_program();
  auto const expected = rows_of(read_file(test::source_folder() / "runs/membrane_pair/expected.csv"));

  auto const init = test::run_command(program + " init " + campaign + " --template membrane_pair");
  auto const run = test::run_command("mpirun -n 2 " + program + " run --quiet " + campaign);
  auto const csv = test::run_command(program + " export --format csv --top 5 " + campaign);

  ASSERT_EQ(init.status, 0) << init.err;
  ASSERT_EQ(run.status, 0) << run.err;
  auto const rows = rows_of(csv.out);
  ASSERT_GE(expected.size(), 2u);
  ASSERT_GE(rows.size(), 2u) << csv.out;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(rows[i].stack, expected[i].stack);
    for (std::size_t v = 0; v < 2; ++v) EXPECT_NEAR(rows[i].values[v], expected[i].values[v], 0.005);
  }
}

TEST(Regression, membrane_pair_is_the_same_on_one_two_and_four_ranks) {
  test::TemporaryFolder const folder;
  std::vector<std::string> lists;
  for (auto const* launcher : {"", "mpirun -n 2 ", "mpirun -n 4 "}) {
    auto const campaign = (folder.path() / ("pair" + std::to_string(lists.size()))).string();
    test::run_command(test::nacre_program() + " init " + campaign + " --template membrane_pair");
    auto const run = test::run_command(launcher + test::nacre_program() + " run --quiet " + campaign);
    ASSERT_EQ(run.status, 0) << run.err;
    lists.push_back(test::run_command(test::nacre_program() + " export --format json " + campaign).out);
  }

  EXPECT_EQ(lists[0], lists[1]);
  EXPECT_EQ(lists[0], lists[2]);
  auto const range = Value::parse_json(lists[0], "export").at("provenance").at("twist_range_deg").as_array();
  EXPECT_LE(range.at(0).as_number(), range.at(1).as_number());
}

}  // namespace
}  // namespace nacre
