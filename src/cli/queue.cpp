#include <iostream>
#include <map>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "published.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string action, folder, id;
  bool json = false;
};

Value to_value(QueueEntry const& entry) {
  Value value;
  value["number"] = entry.number;
  value["design"] = entry.design;
  value["code"] = entry.code;
  value["level"] = entry.level;
  value["state"] = entry.state;
  value["words"] = entry.words;
  return value;
}

int list(std::vector<QueueEntry> const& queue, bool json) {
  std::map<std::string, std::int64_t> states;
  for (auto const& entry : queue) ++states[entry.state];
  if (json) {
    Value document;
    document["schema"] = "nacre.queue/1";
    document["states"] = Value::object();
    for (auto const& [state, number] : states) document["states"][state] = number;
    document["entries"] = Value::array();
    for (auto const& entry : queue) document["entries"].push_back(to_value(entry));
    std::cout << document.dump() << '\n';
    return 0;
  }
  TextTable table({"number", "state", "code", "level", "id", "design"});
  for (auto const& entry : queue) {
    table.row(
        {std::to_string(entry.number), entry.state, entry.code, entry.level, entry.design.substr(0, 12), entry.words});
  }
  if (!table.empty()) std::cout << table.str() << '\n';
  std::vector<std::string> parts;
  for (auto const& [state, number] : states) parts.push_back(concat(number, " ", state));
  std::cout << queue.size() << " calculations" << (parts.empty() ? "" : ": " + join(parts, ", ")) << '\n';
  return 0;
}

int show(QueueEntry const& entry, bool json) {
  if (json) {
    auto document = to_value(entry);
    document["structure"] = entry.structure;
    document["files"] = Value::object();
    for (auto const& [name, content] : entry.files) document["files"][name] = content;
    std::cout << document.dump() << '\n';
    return 0;
  }
  std::cout << "number  " << entry.number << "\nstate   " << entry.state << "\ncode    " << entry.code << "\nlevel   "
            << entry.level << "\nid      " << entry.design << "\ndesign  " << entry.words << '\n';
  for (auto const& [name, content] : entry.files) std::cout << "\n--- " << name << "\n" << content;
  return 0;
}

QueueEntry const& find_entry(std::vector<QueueEntry> const& queue, std::string const& id) {
  auto const number = parse_integer(id);
  for (auto const& entry : queue) {
    if (number && entry.number == *number) return entry;
  }
  input_error("no calculation '", id, "' in the queue (nacre queue list prints their numbers)");
}

int run(Options const& options) {
  std::vector<std::string> const actions{"list", "show"};
  require(options.action == "list" || options.action == "show", "unknown action '", options.action, "'",
          did_you_mean(options.action, actions));
  require(options.action == "list" || !options.id.empty(), "missing ID (the number that nacre queue list prints)");
  auto const queue = Published(options.folder).store().queue();
  return options.action == "list" ? list(queue, options.json) : show(find_entry(queue, options.id), options.json);
}

}  // namespace

Command queue_command() {
  return {"queue", "Show the DFT-validation queue", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("ACTION", options->action, "list, or show one with its input files");
            line.positional("DIR", options->folder, "the campaign folder");
            line.positional("ID", options->id, "for show: the number of the calculation", false);
            line.flag("--json", options->json, "print JSON");
            line.example("nacre queue show runs/quickstart 0");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
