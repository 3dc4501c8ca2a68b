#include "nacre/campaign/check.hpp"

#include <cmath>
#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "schema.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string folder;
  bool schema = false, json = false, markdown = false;
};

int print_schema(Options const& options) {
  std::cout << (options.json ? schema_json() : options.markdown ? schema_markdown() : schema_text());
  return 0;
}

/// A reference row, one crystal with all of its symmetry, takes about a third of a stack.
double total_work(CampaignCheck const& check) {
  constexpr double reference_share = 1.0 / 3.0;
  double const rows = static_cast<double>(check.evaluations) + reference_share * static_cast<double>(check.references);
  return check.work.mean * rows;
}

/// Of one core; nothing where no speed is known.
std::optional<double> total_seconds(CampaignCheck const& check) {
  if (!check.seconds_per_work || check.work.mean <= 0.0) return std::nullopt;
  return total_work(check) * *check.seconds_per_work;
}

/// Ranks beyond these have nothing to do.
std::int64_t useful_ranks(CampaignCheck const& check) {
  return static_cast<std::int64_t>(static_cast<double>(check.config.run.slots) * (1.0 + check.config.run.slack));
}

Value to_value(SampledRange const& range) {
  Value entry;
  entry["lowest"] = range.lowest;
  entry["mean"] = range.mean;
  entry["highest"] = range.highest;
  return entry;
}

Value to_value(CampaignCheck const& check) {
  Value document;
  document["schema"] = "nacre.check/1";
  document["name"] = check.config.name;
  document["space"] = check.config.space;
  document["leaves"] = check.leaves > most_leaves ? Value() : Value(check.leaves);
  document["continuous"] = Value::array();
  for (auto const& name : check.continuous) document["continuous"].push_back(name);
  document["budget"] = check.config.run.budget;
  document["evaluations"] = check.evaluations;
  document["work_per_evaluation"] = to_value(check.work);
  document["work"] = total_work(check);
  auto const seconds = total_seconds(check);
  document["core_seconds"] = seconds ? Value(*seconds) : Value();
  document["memory_MB_per_rank"] = check.memory_MB;
  document["atoms"] = check.atoms ? to_value(*check.atoms) : Value();
  document["useful_ranks"] = useful_ranks(check);
  document["setup_tasks"] = check.setup_tasks;
  document["notes"] = Value::array();
  for (auto const& note : check.notes) document["notes"].push_back(note);
  return document;
}

std::string in_words(double seconds) {
  if (seconds < 120.0) return significant(seconds, 2) + " s";
  if (seconds < 7200.0) return significant(seconds / 60.0, 2) + " min";
  return significant(seconds / 3600.0, 2) + " h";
}

std::string objectives_in_words(CampaignCheck const& check) {
  std::vector<std::string> parts;
  for (auto const& objective : check.problem.objectives) {
    parts.push_back(concat(to_string(objective.direction), " ", objective.name, in_brackets(objective.unit)));
  }
  for (auto const& constraint : check.problem.constraints) {
    parts.push_back(concat("keep ", constraint.lower ? shortest(*constraint.lower) + " <= " : "", constraint.name,
                           constraint.upper ? " <= " + shortest(*constraint.upper) : ""));
  }
  return join(parts, "; ");
}

std::string space_in_words(CampaignCheck const& check) {
  auto const leaves = check.leaves > most_leaves ? concat("more than ", most_leaves) : std::to_string(check.leaves);
  auto const count = concat(leaves, check.leaves == 1 ? " discrete leaf" : " discrete leaves");
  return check.continuous.empty() ? count : concat(count, ", each with ", join(check.continuous, ", "), " to choose");
}

std::string work_in_words(CampaignCheck const& check) {
  if (check.work.mean <= 0.0) return "not known before a run";
  return concat(significant(check.work.mean, 2), " for one (", significant(check.work.lowest, 2), " to ",
                significant(check.work.highest, 2), " in ", check.sampled, " designs drawn at random), ",
                significant(total_work(check), 2), " in all");
}

std::string time_in_words(CampaignCheck const& check) {
  auto const seconds = total_seconds(check);
  if (!seconds) return "not known before a run";
  auto const ranks = std::min<std::int64_t>(useful_ranks(check), 4);
  return concat("about ", in_words(*seconds), " of one core, ", in_words(*seconds / static_cast<double>(ranks)), " on ",
                ranks, ranks == 1 ? " rank" : " ranks");
}

void print(CampaignCheck const& check) {
  auto const line = [](std::string const& name, std::string const& text) {
    std::cout << name << std::string(12 - std::min<std::size_t>(12, name.size()), ' ') << text << '\n';
  };
  auto const& config = check.config;
  line("campaign", concat(config.name, ", seed ", config.seed));
  line("goal", objectives_in_words(check));
  line("space", space_in_words(check));
  if (check.atoms) {
    line("stacks", concat(significant(check.atoms->lowest, 6), " to ", significant(check.atoms->highest, 6),
                          " atoms, model ", config.potential.model));
  }
  line("budget", concat(config.run.budget, " proposals, about ", check.evaluations, " of them on the potential tier"));
  line("work", work_in_words(check));
  line("time", time_in_words(check));
  line("memory", concat("about ", significant(check.memory_MB, 2), " MB per rank and what MPI takes"));
  line("ranks", concat("at most ", useful_ranks(check), " have something to do (slots x (1 + slack))"));
  if (check.setup_tasks > 0) {
    line("set-up",
         concat(check.setup_tasks, " tasks before the first proposal, ", in_words(check.setup_seconds), " here"));
  }
  for (auto const& note : check.notes) line("note", note);
}

int run(Options const& options) {
  if (options.schema) return print_schema(options);
  require(!options.folder.empty(), "missing DIR (name a campaign folder, or --schema)");
  auto const check =
      check_campaign(options.folder, [](std::string const& task) { print_message("set-up: " + task); });
  if (options.json) {
    std::cout << to_value(check).dump() << '\n';
  } else {
    print(check);
  }
  return 0;
}

}  // namespace

Command check_command() {
  return {"check", "Validate a campaign; print its size, work, memory and time", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("DIR", options->folder, "the campaign folder", false);
            line.flag("--schema", options->schema,
                      "print every key of campaign.toml with type, unit, default and meaning");
            line.flag("--json", options->json, "print JSON");
            line.flag("--markdown", options->markdown, "with --schema: print the page docs/campaign.md");
            line.example("nacre check runs/quickstart");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
