#include <iostream>
#include <memory>

#include "nacre/campaign/dft_queue.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "published.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string folder, level, code;
  std::int64_t top = 10;
  bool json = false;
};

/// The list cut to its first candidates, each with its atoms.
Value first_candidates(Published const& published, std::int64_t top) {
  auto ranking = published.ranking();
  auto candidates = Value::array();
  for (auto entry : ranking.at("candidates").as_array()) {
    if (static_cast<std::int64_t>(candidates.size()) == top) break;
    auto const design =
        published.find(Hash128::from_hex(entry.at("id").as_string()), tier_from(entry.at("tier").as_string()));
    if (design && !design->structure.empty()) entry["structure"] = design->structure;
    candidates.push_back(entry);
  }
  ranking["candidates"] = candidates;
  return ranking;
}

std::vector<std::string> values_of(Value const& ranking, Value const& entry) {
  std::vector<std::string> cells;
  for (auto const& objective : ranking.at("objectives").as_array()) {
    cells.push_back(with_error(entry.at("objectives").at(objective.at("name").as_string())));
  }
  return cells;
}

/// A line of the table; `front` is left out where there is one objective, whose fronts are the ranks.
std::vector<std::string> cells_of(Value const& ranking, std::vector<std::string> const& head,
                                  std::vector<std::string> const& middle, std::vector<std::string> const& tail) {
  auto cells = head;
  if (ranking.at("objectives").size() == 1) cells.erase(cells.begin() + 1);
  cells.insert(cells.end(), middle.begin(), middle.end());
  cells.insert(cells.end(), tail.begin(), tail.end());
  return cells;
}

bool has_dft(Value const& entry) {
  auto const* dft = entry.find("dft");
  return dft && dft->is_string();
}

/// What became of a candidate at the dft tier has a column once it was asked for anything.
std::vector<std::string> tail_of(Value const& ranking, std::string const& copies, std::string const& dft,
                                 std::string const& words) {
  auto const& list = ranking.at("candidates").as_array();
  if (std::ranges::any_of(list, has_dft)) return {copies, dft, words};
  return {copies, words};
}

/// " at pbe" where labels correct the values.
std::string level_of(Value const& objective) {
  auto const* level = objective.find("level");
  return !level || level->as_string() == "potential" ? std::string() : " at " + level->as_string();
}

std::vector<std::string> header_of(Value const& ranking) {
  std::vector<std::string> names;
  for (auto const& objective : ranking.at("objectives").as_array()) {
    bool const up = objective.at("direction").as_string() == "maximize";
    names.push_back(concat(objective.at("name").as_string(), in_brackets(objective.at("unit").as_string()),
                           level_of(objective), up ? " ↑" : " ↓"));
  }
  return cells_of(ranking, {"rank", "front", "id"}, names, tail_of(ranking, "copies", "dft", "design"));
}

/// What the objectives say of the candidates, under their ranks.
void print_why(Value const& ranking, std::int64_t top) {
  auto const say = [](std::string const& rank, Value const& entry) {
    auto const* why = entry.find("why");
    if (!why || why->as_string().empty()) return;
    std::string lead = std::string(6 - std::min<std::size_t>(6, display_width(rank)), ' ') + rank + "  ";
    for (auto const& text : wrap(why->as_string(), 112)) {
      std::cout << lead << text << '\n';
      lead = std::string(8, ' ');
    }
  };
  std::int64_t printed = 0;
  for (auto const& entry : ranking.at("candidates").as_array()) {
    if (printed++ == top) break;
    say(entry.at("rank").dump(), entry);
  }
  for (auto const& entry : ranking.at("references").as_array()) say("-", entry);
}

void print(Value const& ranking, std::int64_t top) {
  TextTable table(header_of(ranking));
  auto const row = [&](Value const& entry, std::string const& rank, std::string const& front,
                       std::string const& copies) {
    table.row(cells_of(
        ranking, {rank, front, entry.at("id").as_string().substr(0, 12)}, values_of(ranking, entry),
        tail_of(ranking, copies, has_dft(entry) ? entry.at("dft").as_string() : "-", entry.at("words").as_string())));
  };
  std::int64_t printed = 0;
  for (auto const& entry : ranking.at("candidates").as_array()) {
    if (printed++ == top) break;
    row(entry, entry.at("rank").dump(), entry.at("front").dump(), std::to_string(entry.at("members").size()));
  }
  for (auto const& entry : ranking.at("references").as_array()) row(entry, "-", "-", "-");
  std::cout << table.str();

  print_why(ranking, top);
  for (auto const& objective : ranking.at("objectives").as_array()) {
    if (level_of(objective).empty()) continue;
    std::cout << '\n'
              << objective.at("name").as_string() << ": all values corrected" << level_of(objective) << " by "
              << objective.at("labels").as_integer() << " labels (" << objective.at("comparable").as_string()
              << "); reference rows are of the potential tier\n";
  }

  std::vector<std::string> reasons;
  for (auto const& [reason, number] : ranking.at("left_out").as_object())
    reasons.push_back(concat(number.as_integer(), " ", reason));
  std::cout << '\n' << ranking.at("ranked").as_integer() << " ranked";
  if (!reasons.empty()) std::cout << "; not ranked: " << join(reasons, ", ");
  std::cout << '\n';
}

std::string cell(Value const& value, int digits) {
  return value.is_number() ? significant(value.as_number(), digits) : std::string("-");
}

std::string note_of(Value const& entry) {
  auto note = entry.at("reason").is_string() ? entry.at("reason").as_string() : std::string();
  if (entry.at("reduced").as_bool()) note += note.empty() ? "reduced" : ", reduced";
  return note;
}

void print_labels(Value const& rows, std::string const& heading, std::int64_t top) {
  TextTable table({"rank", "id", heading, "energy [eV/atom]", "kind", "note", "design"});
  std::int64_t printed = 0;
  for (auto const& entry : rows.as_array()) {
    if (printed++ == top) break;
    auto const& id = entry.at("id").as_string();
    table.row({entry.at("proxy").as_bool()  ? "proxy"
               : entry.at("rank").is_null() ? "-"
                                            : entry.at("rank").dump(),
               id.substr(0, 12) + (id.size() > 32 ? id.substr(32) : ""), cell(entry.at("value_J_per_m2"), 5),
               cell(entry.at("energy_eV_per_atom"), 9), entry.at("kind").as_string(), note_of(entry),
               entry.at("words").is_string() ? entry.at("words").as_string() : ""});
  }
  if (!table.empty()) std::cout << table.str() << '\n';
}

void print_hops(Value const& rows) {
  TextTable table({"id", "hop", "barrier [eV]", "back [eV]", "band [eV]", "potential tier", "back", "note"});
  for (auto const& entry : rows.as_array()) {
    table.row({entry.at("id").as_string().substr(0, 12),
               entry.at("hop").is_string() ? entry.at("hop").as_string() : "-", cell(entry.at("forward_eV"), 4),
               cell(entry.at("backward_eV"), 4), cell(entry.at("band_eV"), 4),
               cell(entry.at("potential_forward_eV"), 4), cell(entry.at("potential_backward_eV"), 4), note_of(entry)});
  }
  if (!table.empty()) std::cout << table.str() << '\n';
}

/// Each group of energies that may be compared is a table of its own; proxies and hops have theirs.
void print_level(Value const& ranking, std::int64_t top) {
  auto const heading = concat(ranking.at("quantity").as_string(), in_brackets(ranking.at("unit").as_string()));
  for (auto const& group : ranking.at("groups").as_array()) {
    std::cout << group.at("comparable").as_string() << '\n';
    print_labels(group.at("candidates"), heading, top);
    print_labels(group.at("proxies"), heading, top);
    print_hops(group.at("hops"));
  }
  for (auto const& [reason, number] : ranking.at("left_out").as_object())
    std::cout << "not ranked: " << number.as_integer() << " (" << reason << ")\n";
}

int run(Options const& options) {
  require(options.top >= 1, "invalid --top ", options.top, " (must be at least 1)");
  Published const published(options.folder);
  if (!options.level.empty()) {
    auto const ranking = dft_ranking(read_campaign(options.folder), published.store(), options.level, options.code);
    if (options.json) {
      std::cout << ranking.dump() << '\n';
    } else {
      print_level(ranking, options.top);
    }
    return 0;
  }
  if (options.json) {
    std::cout << first_candidates(published, options.top).dump() << '\n';
  } else {
    print(published.ranking(), options.top);
  }
  return 0;
}

}  // namespace

Command top_command() {
  return {"top", "List the best candidates so far", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("DIR", options->folder, "the campaign folder");
            line.option("--top", options->top, "how many");
            line.option("--level", options->level,
                        "rank the labels of this DFT level instead (schema nacre.dft_ranking/1)");
            line.option("--code", options->code, "with --level: of this code alone");
            line.flag("--json", options->json, "print JSON with the relaxed atoms (schema nacre.ranking/1)");
            line.example("nacre top runs/quickstart --top 5");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
