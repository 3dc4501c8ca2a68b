#include "nacre/search/ask_tell.hpp"

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr char mixed[] = R"(
seed = 7
budget = 40
engine = "pso"
[[variable]]
name = "x"
kind = "real"
range = [0.1, 10]
log = true
[[variable]]
name = "phase"
kind = "categorical"
choices = ["rutile", "fluorite"]
[[variable]]
name = "shift"
kind = "torus"
when = "phase == 'rutile'"
[[variable]]
name = "mix"
kind = "composition"
species = ["Y", "Zr"]
total = 8
[[objective]]
name = "f"
direction = "minimize"
[[constraint]]
name = "strain"
kind = "observed"
)";

class AskTell : public testing::Test {
 protected:
  std::filesystem::path file(std::string const& name, std::string const& content) {
    auto const path = folder_.path() / name;
    write_file(path, content);
    return path;
  }
  /// The answers to the lines, one string per line.
  std::vector<std::string> talk(std::string const& space, std::vector<std::string> const& lines,
                                std::filesystem::path const& resume = {}) {
    std::istringstream in(join(lines, "\n"));
    std::ostringstream out;
    ask_tell(file("SPACE.toml", space), resume, in, out);
    auto answers = split(out.str(), '\n');
    answers.pop_back();
    return answers;
  }
  std::string state_path() const { return (folder_.path() / "state").string(); }
  test::TemporaryFolder folder_;
};

TEST_F(AskTell, gives_points_of_the_space_one_per_line) {
  auto const answers = talk(mixed, {R"({"ask": 30})"});

  ASSERT_EQ(answers.size(), 30u);
  int rutile = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto const answer = Value::parse_json(answers[i], "answer");
    EXPECT_EQ(answer.at("id").as_integer(), static_cast<std::int64_t>(i));
    EXPECT_EQ(answer.at("tier").as_integer(), 0);
    auto const& point = answer.at("point");
    EXPECT_GE(point.at("x").as_number(), 0.1);
    EXPECT_LE(point.at("x").as_number(), 10.0);
    EXPECT_EQ(point.at("mix").at("Y").as_integer() + point.at("mix").at("Zr").as_integer(), 8);
    bool const is_rutile = point.at("phase").as_string() == "rutile";
    rutile += is_rutile;
    ASSERT_EQ(point.find("shift") != nullptr, is_rutile);
    if (!is_rutile) continue;
    EXPECT_LT(point.at("shift").as_array()[1].as_number(), 1.0);
  }
  EXPECT_GT(rutile, 5);
  EXPECT_LT(rutile, 25);
}

TEST_F(AskTell, ends_with_the_budget) {
  auto const answers = talk(mixed, {R"({"ask": 39})", R"({"ask": 3})", R"({"ask": 1})"});

  ASSERT_EQ(answers.size(), 42u);
  EXPECT_EQ(Value::parse_json(answers[39], "").at("id").as_integer(), 39);
  EXPECT_EQ(answers[40], R"({"done": true, "reason": "budget"})");
  EXPECT_EQ(answers[41], answers[40]);
}

TEST_F(AskTell, ends_when_everything_was_asked_for) {
  auto const answers =
      talk("[[variable]]\nname='n'\nkind='ordered'\nvalues=[1, 2, 4]\n[[objective]]\nname='f'\n", {R"({"ask": 5})"});

  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[3], R"({"done": true, "reason": "exhausted"})");
}

// A thousandth of the square is allowed: uniform draws alone would soon find no more.
TEST_F(AskTell, finds_points_where_constraints_leave_a_sliver) {
  for (std::string const engine : {"auto", "random", "pso", "bo"}) {
    auto const answers = talk("engine = '" + engine + R"('
[[variable]]
name = "x"
kind = "real"
range = [0, 1]
[[variable]]
name = "y"
kind = "real"
range = [0, 1]
[[objective]]
name = "f"
[[constraint]]
name = "sliver"
kind = "known"
expression = "abs(x - y) - 0.0005"
)",
                              {R"({"ask": 40})"});

    ASSERT_EQ(answers.size(), 40u) << engine;
    for (auto const& line : answers) {
      auto const answer = Value::parse_json(line, "");
      auto const& point = answer.at("point");
      EXPECT_LE(std::abs(point.at("x").as_number() - point.at("y").as_number()), 0.0005) << engine;
    }
  }
}

TEST_F(AskTell, ranks_what_was_told) {
  auto const answers =
      talk(mixed,
           {
               R"({"ask": 4})",
               R"({"tell": 2, "values": {"f": 1.5, "strain": 0}})",
               R"({"tell": 0, "values": {"f": -1, "strain": 0.1}})",  // infeasible
               R"({"tell": 1, "status": "failed", "reason": "not_converged"})",
               R"({"tell": 3, "values": {"f": 0.5, "strain": -2}, "stderr": {"f": 0.1}, "work": 3.0, "status": "ok"})",
               R"({"best": 5})",
           });

  ASSERT_EQ(answers.size(), 5u);
  auto const best = Value::parse_json(answers[4], "");
  ASSERT_EQ(best.at("best").size(), 2u);
  EXPECT_EQ(best.at("best").as_array()[0].at("id").as_integer(), 3);
  EXPECT_EQ(best.at("best").as_array()[1].at("id").as_integer(), 2);
  EXPECT_EQ(best.at("best").as_array()[1].at("values").dump(), R"({"f": 1.5, "strain": 0})");
  EXPECT_EQ(best.at("best").as_array()[0].at("point").dump(), Value::parse_json(answers[3], "").at("point").dump());
  EXPECT_TRUE(best.at("hypervolume").is_null());
}

TEST_F(AskTell, gives_front_and_hypervolume_of_several_objectives) {
  std::string const space =
      "[[variable]]\nname='x'\nkind='real'\nrange=[0, 1]\n"
      "[[objective]]\nname='a'\nreference=3\n[[objective]]\nname='b'\ndirection='maximize'\nreference=0\n";
  auto const answers = talk(space, {R"({"ask": 3})", R"({"tell": 0, "values": {"a": 1, "b": 1}})",
                                    R"({"tell": 1, "values": {"a": 2, "b": 2}})",
                                    R"({"tell": 2, "values": {"a": 2, "b": 1}})", R"({"best": 9})", R"({"best": 1})"});

  ASSERT_EQ(answers.size(), 5u);
  auto const best = Value::parse_json(answers[3], "");
  EXPECT_EQ(best.at("best").size(), 2u);               // the third is dominated
  EXPECT_EQ(best.at("hypervolume").as_number(), 3.0);  // 2 x 1 + 1 x 1
  EXPECT_EQ(Value::parse_json(answers[4], "").at("hypervolume").as_number(), 3.0);
}

TEST_F(AskTell, answers_one_error_and_changes_nothing) {
  std::vector<std::pair<std::string, std::string>> const wrong{
      {"", "invalid JSON"},
      {"{", "invalid JSON"},
      {"[1]", "invalid request"},
      {"{}", "unknown request"},
      {std::string(100'000, '['), "nested deeper"},
      {"{\"ask\": \"\xff\"}", "invalid JSON"},
      {R"({"ask": 1.5})", "invalid ask=1.5"},
      {R"({"ask": -1})", "invalid ask=-1"},
      {R"({"ask": 1, "tel": 2})", "unknown key 'tel'"},
      {R"({"tell": 5, "values": {"f": 1, "strain": 0}})", "unknown id 5"},
      {R"({"tell": -1, "values": {"f": 1, "strain": 0}})", "unknown id -1"},
      {R"({"tell": "0", "values": {"f": 1, "strain": 0}})", "invalid tell"},
      {R"({"tell": 0, "values": {"f": 1}})", "missing value of 'strain'"},
      {R"({"tell": 0})", "missing value of 'f'"},
      {R"({"tell": 0, "values": {"f": null, "strain": 0}})", "invalid value of 'f'=null"},
      {R"({"tell": 0, "values": {"f": 1, "strain": 0, "g": 2}})", "unknown name 'g'"},
      {R"({"tell": 0, "values": {"f": 1, "strain": 0}, "stderr": {"f": -1}})", "must not be negative"},
      {R"({"tell": 0, "values": {"f": 1, "strain": 0}, "work": -1})", "invalid work=-1"},
      {R"({"tell": 0, "values": {"f": 1, "strain": 0}, "status": "okay"})",
       "unknown status 'okay'; did you mean 'ok'?"},
      {R"({"state": "/no/such/folder/state"})", "cannot write"},
      {R"({"best": "all"})", "invalid best"},
  };
  std::vector<std::string> lines{R"({"ask": 1})"}, plain{R"({"ask": 1})"};
  for (auto const& [line, message] : wrong) lines.push_back(line);
  for (auto* script : {&lines, &plain}) {
    script->push_back(R"({"tell": 0, "values": {"f": 1, "strain": 0}})");
    script->push_back(R"({"ask": 3})");
    script->push_back(R"({"best": 1})");
  }
  auto const answers = talk(mixed, lines), expected = talk(mixed, plain);

  ASSERT_EQ(answers.size(), wrong.size() + expected.size());
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    auto const answer = Value::parse_json(answers[1 + i], "answer");
    EXPECT_EQ(answer.at("line").as_integer(), static_cast<std::int64_t>(i) + 2);
    EXPECT_NE(answer.at("error").as_string().find(wrong[i].second), std::string::npos) << answers[1 + i];
  }
  for (std::size_t i = 1; i < expected.size(); ++i) EXPECT_EQ(answers[wrong.size() + i], expected[i]);
}

TEST_F(AskTell, refuses_a_repeated_id) {
  std::string const tell = R"({"tell": 0, "values": {"f": 1, "strain": 0}})";
  auto const answers = talk(mixed, {R"({"ask": 1})", tell, tell});

  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[1], R"j({"error": "repeated id 0 (its result was told before)", "line": 3})j");
}

/// Asks for points and tells of every second one, later than it was asked for.
std::vector<std::string> script(int begin, int end) {
  std::vector<std::string> lines;
  for (int i = begin; i < end; ++i) {
    lines.push_back(R"({"ask": 1})");
    if (i >= 3 && i % 2 == 0) {
      lines.push_back(concat(R"({"tell": )", i - 3, R"(, "values": {"f": )", (i * 37) % 11, R"(, "strain": -1}})"));
    }
  }
  return lines;
}

TEST_F(AskTell, continues_from_a_state_as_if_never_stopped) {
  for (std::string const tiers : {"tiers = 1\n", "tiers = 2\n", "tiers = 3\n"}) {
    std::string const space = tiers + mixed;
    auto all = script(0, 40);
    auto const before = script(0, 17), after = script(17, 40);
    auto const whole = talk(space, all);

    auto lines = before;
    lines.push_back(concat(R"({"state": ")", state_path(), "\"}"));
    auto answers = talk(space, lines);
    EXPECT_EQ(answers.back(), R"({"state": "saved"})");
    answers.pop_back();
    for (auto const& answer : talk(space, after, state_path())) answers.push_back(answer);

    EXPECT_EQ(answers, whole) << tiers;
  }
}

TEST_F(AskTell, lets_the_budget_be_raised_and_nothing_else) {
  talk(mixed, {R"({"ask": 40})", concat(R"({"state": ")", state_path(), "\"}")});
  std::string raised = mixed, other = mixed;
  raised.replace(raised.find("budget = 40"), 11, "budget = 41");
  other.replace(other.find("seed = 7"), 8, "seed = 8");

  auto const answers = talk(raised, {R"({"ask": 2})"}, state_path());
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(Value::parse_json(answers[0], "").at("id").as_integer(), 40);
  EXPECT_EQ(answers[1], R"({"done": true, "reason": "budget"})");
  EXPECT_THROW(talk(other, {}, state_path()), InputError);
  EXPECT_THROW(talk(mixed, {}, file("damaged", "no state")), InputError);
}

TEST_F(AskTell, keeps_its_engine_when_a_small_budget_is_raised) {
  std::string const rest = "[[variable]]\nname='x'\nkind='real'\nrange=[0, 1]\n[[objective]]\nname='f'\n";
  talk("budget = 20\n" + rest,
       {R"({"ask": 3})", R"({"tell": 0, "values": {"f": 1}})", concat(R"({"state": ")", state_path(), "\"}")});

  auto const answers =
      talk("budget = 500\n" + rest, {R"({"tell": 1, "values": {"f": 2}})", R"({"ask": 40})"}, state_path());

  EXPECT_EQ(answers.size(), 40u);
}

TEST_F(AskTell, climbs_the_tiers) {
  auto const space = std::string("tiers = 2\n") + mixed;
  auto answers = talk(space, {R"({"ask": 8})"});
  for (auto const& answer : answers) EXPECT_EQ(Value::parse_json(answer, "").at("tier").as_integer(), 0);

  std::vector<std::string> lines{R"({"ask": 8})"};
  for (int i = 0; i < 8; ++i) {
    lines.push_back(concat(R"({"tell": )", i, R"(, "values": {"f": )", i == 5 ? 0 : i + 1, R"(, "strain": -1}})"));
  }
  lines.push_back(R"({"ask": 1})");
  answers = talk(space, lines);

  ASSERT_EQ(answers.size(), 9u);
  auto const promoted = Value::parse_json(answers[8], "");
  EXPECT_EQ(promoted.at("tier").as_integer(), 1);
  EXPECT_EQ(promoted.at("point").dump(), Value::parse_json(answers[5], "").at("point").dump());
}

TEST_F(AskTell, has_no_best_of_two_objectives_before_a_result) {
  auto const answers = talk(
      "[[variable]]\nname='x'\nkind='real'\nrange=[0, 1]\n[[objective]]\nname='f'\ndirection='minimize'\n"
      "reference=1.0\n[[objective]]\nname='g'\ndirection='minimize'\nreference=1.0\n",
      {R"({"ask": 1})", R"({"best": 3})", R"({"tell": 0, "status": "failed", "reason": "x"})", R"({"best": 3})"});

  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(Value::parse_json(answers[1], "answer").at("best").size(), 0u);
  EXPECT_EQ(Value::parse_json(answers[2], "answer").at("best").size(), 0u);
}

TEST_F(AskTell, refuses_a_wrong_space) {
  auto const refusal = [&](std::string const& space) -> std::string {
    try {
      talk(space, {});
    } catch (InputError const& error) {
      return error.what();
    }
    return "accepted";
  };
  std::string const variable = "[[variable]]\nname='x'\nkind='real'\nrange=[0, 1]\n",
                    objective = "[[objective]]\nname='f'\n";

  EXPECT_NE(refusal(variable).find("has no objective"), std::string::npos);
  EXPECT_NE(refusal(objective).find("has no variables"), std::string::npos);
  EXPECT_NE(refusal("engin = 'pso'\n" + variable + objective).find("did you mean 'engine'?"), std::string::npos);
  EXPECT_NE(refusal("engine = 'annealing'\n" + variable + objective)
                .find("known: auto, bo, cmaes, cusps, pso, random, swarm, swarm+bo"),
            std::string::npos);
  EXPECT_NE(refusal("tiers = 4\n" + variable + objective).find("invalid tiers=4"), std::string::npos);
  EXPECT_NE(refusal("budget = -1\n" + variable + objective).find("invalid budget=-1"), std::string::npos);
  EXPECT_NE(refusal(variable + objective + objective).find("stands there twice"), std::string::npos);
  EXPECT_NE(refusal(variable + "[[objective]]\nname='f'\ndirection='up'\n").find("unknown direction 'up'"),
            std::string::npos);
  EXPECT_NE(refusal(variable + objective + "[[constraint]]\nname='c'\n").find("needs kind"), std::string::npos);
  EXPECT_NE(refusal(variable + objective + "[[constraint]]\nname='f'\nkind='observed'\n").find("name of an objective"),
            std::string::npos);
}

TEST_F(AskTell, speaks_through_the_program) {
  auto const space = file("SPACE.toml", mixed);
  auto const lines =
      file("lines", "{\"ask\": 2}\n{\"tell\": 0, \"values\": {\"f\": 1, \"strain\": 0}}\nnonsense\n{\"best\": 1}");

  auto const result = test::run_command(test::nacre_program() + " optimize " + space.string() + " < " + lines.string());

  EXPECT_EQ(result.status, 0) << result.err;
  auto const answers = split(result.out, '\n');
  ASSERT_EQ(answers.size(), 5u);  // two points, an error, the best, and nothing behind the last line feed
  EXPECT_EQ(Value::parse_json(answers[2], "").at("line").as_integer(), 3);
  EXPECT_EQ(Value::parse_json(answers[3], "").at("best").size(), 1u);
  EXPECT_EQ(test::run_command(test::nacre_program() + " optimize /no/such/file").status, 2);
}

/// The first block of the documentation that is fenced with ```language.
std::string block_of(std::string const& page, std::string const& language) {
  auto const fence = "```" + language + "\n";
  auto const begin = page.find(fence) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

TEST_F(AskTell, runs_the_example_of_its_page) {
  if (test::run_command("python3 -c 'import sys; assert sys.version_info >= (3, 8)'").status != 0) {
    GTEST_SKIP() << "needs python3";
  }
  auto const page = read_file(test::source_folder() / "docs/ask_tell.md");
  file("SPACE.toml", block_of(page, "toml"));
  file("example.py", block_of(page, "python"));
  auto const program = std::filesystem::path(test::nacre_program()).parent_path().string();

  auto const result =
      test::run_command("cd " + folder_.path().string() + " && PATH=" + program + ":$PATH python3 example.py");

  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("'phase': 'fluorite'"), std::string::npos) << result.out;
  auto const value = result.out.find("'f': ");
  ASSERT_NE(value, std::string::npos) << result.out;
  EXPECT_LT(std::stod(result.out.substr(value + 5)), 0.01) << result.out;  // the minimum is 0
}

}  // namespace
}  // namespace nacre
