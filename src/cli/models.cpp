#include <iostream>
#include <memory>

#include "model_options.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string model;
  bool json = false;
};

int list_kinds(bool json) {
  auto const kinds = model_kinds();
  if (json) {
    auto document = Value::object();
    document["schema"] = "nacre.models/1";
    document["kinds"] = Value::array();
    for (auto const& kind : kinds) {
      auto entry = Value::object();
      entry["kind"] = kind.name;
      entry["form"] = kind.form;
      entry["summary"] = kind.summary;
      entry["available"] = kind.available;
      document["kinds"].push_back(std::move(entry));
    }
    std::cout << document.dump(2) << '\n';
    return 0;
  }
  TextTable table({"model", "what it is", ""});
  for (auto const& kind : kinds) table.row({kind.form, kind.summary, kind.available ? "" : "needs the plug-in mlip.so"});
  std::cout << table.str();
  return 0;
}

std::string in_words(Value const& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_array()) {
    std::vector<std::string> words;
    for (auto const& item : value.as_array()) words.push_back(in_words(item));
    return concat(value.size(), ": ", join(words, " "));
  }
  if (value.is_object()) {
    std::vector<std::string> words;
    for (auto const& [key, item] : value.as_object()) words.push_back(concat(key, ' ', in_words(item)));
    return join(words, ", ");
  }
  return value.dump();
}

int inspect(Options const& options) {
  auto const about = make_potential(options.model)->about();
  if (options.json) {
    auto document = Value::object();
    document["schema"] = "nacre.models/1";
    document["model"] = about;
    std::cout << document.dump(2) << '\n';
    return 0;
  }
  for (auto const& [key, value] : about.as_object()) std::cout << key << ": " << in_words(value) << '\n';
  return 0;
}

}  // namespace

Command models_command() {
  return {"models", "List the kinds of models, or say what a model file is", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("MODEL", options->model, "KIND:NAME, or the path of a model file; none: the kinds", false);
            line.flag("--json", options->json, "one JSON document");
            line.example("nacre models nequix-oam-1-pft.safetensors");
            return [options] { return options->model.empty() ? list_kinds(options->json) : inspect(*options); };
          }};
}

}  // namespace nacre
