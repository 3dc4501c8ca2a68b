#include <iostream>
#include <memory>

#include "nacre/campaign/dft_queue.hpp"
#include "nacre/campaign/ranking.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "published.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string id, folder;
  bool json = false, structure = false;
};

Value to_value(Estimate const& estimate, std::string const& unit) {
  Value entry;
  entry["value"] = estimate.value;
  entry["stderr"] = estimate.standard_error;
  entry["unit"] = unit;
  entry["status"] = to_string(estimate.status);
  entry["reason"] = estimate.reason;
  entry["work"] = estimate.work;
  entry["model"] = estimate.model.empty() ? Value() : Value(estimate.model);
  return entry;
}

Value to_value(EvaluatedDesign const& design, Value::Array const& objectives) {
  Value entry;
  entry["objectives"] = Value::object();
  for (std::size_t i = 0; i < std::min(objectives.size(), design.objectives.size()); ++i) {
    auto const& spec = objectives[i];
    entry["objectives"][spec.at("name").as_string()] = to_value(design.objectives[i], spec.at("unit").as_string());
  }
  entry["constraints"] = Value::array();
  for (auto const value : design.constraints) entry["constraints"].push_back(value);
  entry["descriptors"] = Value::object();
  for (auto const& [name, value] : design.descriptors) entry["descriptors"][name] = value;
  entry["extras"] = Value::object();
  for (auto const& [name, estimate] : design.extras) entry["extras"][name] = to_value(estimate, "");
  entry["structure"] = design.structure.empty() ? Value() : Value(design.structure);
  return entry;
}

/// Rank, front and members if it leads a group of the list; the id of the leader if it is a copy.
void add_rank(Value& document, Published const& published, std::string const& id) {
  document["rank"] = Value();
  if (!published.store().ranking()) return;
  auto const ranking = published.ranking();
  for (auto const& entry : ranking.at("candidates").as_array()) {
    for (auto const& member : entry.at("members").as_array()) {
      if (member.as_string() != id) continue;
      for (auto const* key : {"rank", "front", "members"}) document[key] = entry.at(key);
      return;
    }
  }
}

/// The candidate on every tier where it has a result.
Value candidate_document(Published const& published, std::filesystem::path const& folder, Hash128 const& id) {
  auto const objectives = published.objectives();
  Value document, tiers = Value::object();
  document["schema"] = "nacre.candidate/1";
  document["id"] = id.hex();
  for (auto const tier : {Tier::descriptor, Tier::potential, Tier::dft}) {
    auto const design = published.find(id, tier);
    if (!design) continue;
    document["words"] = design->words;
    document["why"] = design->why;
    document["design"] = choices_document(design->choices);
    tiers[to_string(tier)] = to_value(*design, objectives);
  }
  add_rank(document, published, id.hex());
  if (auto const config = readable_campaign(folder))
    document["dft"] = dft_of_candidate(*config, published.store(), id.hex());
  document["tiers"] = tiers;
  return document;
}

std::string plain(Value const& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_number()) return significant(value.as_number(), 7);
  std::vector<std::string> parts;
  for (auto const& part : value.as_array()) parts.push_back(plain(part));
  return "(" + join(parts, ", ") + ")";
}

void print_estimates(TextTable& table, Value const& estimates) {
  for (auto const& [name, estimate] : estimates.as_object()) {
    auto const& status = estimate.at("status").as_string();
    auto const& reason = estimate.at("reason").as_string();
    table.row(
        {name, with_error(estimate), estimate.at("unit").as_string(), status + (reason.empty() ? "" : ": " + reason)});
  }
}

void print(Value const& document) {
  if (auto const* words = document.find("words")) std::cout << words->as_string() << '\n';
  if (auto const* why = document.find("why"); why && !why->as_string().empty()) {
    for (auto const& text : wrap(why->as_string(), 120)) std::cout << text << '\n';
  }
  std::cout << "id    " << document.at("id").as_string() << '\n';
  if (auto const* members = document.find("members")) {
    std::cout << "rank  " << document.at("rank").as_integer() << ", front " << document.at("front").as_integer();
    if (members->size() > 1)
      std::cout << ", " << members->size() << " relaxed copies, first " << members->as_array()[0].as_string();
    std::cout << '\n';
  } else {
    std::cout << "rank  none\n";
  }
  if (auto const* design = document.find("design")) {
    TextTable choices({"choice", ""});
    for (auto const& [name, value] : design->as_object()) choices.row({name, plain(value)});
    std::cout << '\n' << choices.str();
  }
  for (auto const& [tier, entry] : document.at("tiers").as_object()) {
    std::cout << "\ntier " << tier << '\n';
    TextTable values({"quantity", "value", "unit", "status"});
    print_estimates(values, entry.at("objectives"));
    print_estimates(values, entry.at("extras"));
    std::cout << values.str("  ");
    TextTable descriptors({"descriptor", "value"});
    for (auto const& [name, value] : entry.at("descriptors").as_object()) {
      descriptors.row({name, value.is_null() ? "-" : significant(value.as_number(), 6)});
    }
    if (!descriptors.empty()) std::cout << '\n' << descriptors.str("  ");
  }
}

std::string number(Value const& value, int digits) {
  return value.is_number() ? significant(value.as_number(), digits) : std::string("-");
}

/// Values of labels, level by level; proxies and hops apart.
void print_dft(Value const& dft) {
  TextTable labels({"level", "kind", "", "[J/m^2]", "energy [eV]", "note"});
  for (auto const* key : {"labels", "proxies"}) {
    for (auto const& entry : dft.at(key).as_array()) {
      auto note = entry.at("proxy").as_bool() ? std::string("proxy") : std::string();
      if (entry.at("proxy").as_bool() && entry.at("words").is_string()) note = entry.at("words").as_string();
      if (entry.at("reduced").as_bool()) note += note.empty() ? "reduced" : ", reduced";
      if (entry.at("reason").is_string()) note += (note.empty() ? "" : ", ") + entry.at("reason").as_string();
      labels.row({entry.at("level").as_string(), entry.at("kind").as_string(), entry.at("quantity").as_string(),
                  number(entry.at("value_J_per_m2"), 5), number(entry.at("energy_eV"), 9), note});
    }
  }
  TextTable hops(
      {"level", "hop", "barrier [eV]", "back [eV]", "band [eV]", "potential tier [eV]", "back [eV]", "note"});
  for (auto const& entry : dft.at("hops").as_array()) {
    auto note = entry.at("reason").is_string() ? entry.at("reason").as_string() : std::string();
    if (entry.at("reduced").as_bool()) note += note.empty() ? "reduced" : ", reduced";
    hops.row({entry.at("level").as_string(), entry.at("hop").is_string() ? entry.at("hop").as_string() : "-",
              number(entry.at("forward_eV"), 4), number(entry.at("backward_eV"), 4), number(entry.at("band_eV"), 4),
              number(entry.at("potential_forward_eV"), 4), number(entry.at("potential_backward_eV"), 4), note});
  }
  if (labels.empty() && hops.empty()) return;
  std::cout << "\ntier dft\n" << labels.str("  ");
  if (!hops.empty()) std::cout << (labels.empty() ? "" : "\n") << hops.str("  ");
}

int run(Options const& options) {
  Published const published(options.folder);
  auto const id = published.resolve(options.id);
  if (options.structure) {
    auto const design = published.find(id, Tier::potential);
    require(design && !design->structure.empty(), "candidate '", id.hex(), "' has no relaxed atoms");
    std::cout << design->structure;
    return 0;
  }
  auto const document = candidate_document(published, options.folder, id);
  if (options.json) {
    std::cout << document.dump() << '\n';
  } else {
    print(document);
    if (auto const* dft = document.find("dft")) print_dft(*dft);
  }
  return 0;
}

}  // namespace

Command show_command() {
  return {"show", "Show one candidate in full", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("ID", options->id, "the first digits of its id, as nacre top prints them");
            line.positional("DIR", options->folder, "the campaign folder");
            line.flag("--structure", options->structure, "print its relaxed atoms as extxyz");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre show 4f1a runs/quickstart");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
