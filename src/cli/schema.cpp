#include "schema.hpp"

#include "nacre/campaign/config.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr std::string_view introduction = R"(# campaign.toml

A campaign is a folder with this file, the structures it names and, once it has run, `campaign.db`.
The file is TOML. Sections in single brackets stand once, those in double brackets once for each material, objective,
constraint or variable. What is left out has the default; a key that is not listed here is an error. `nacre check DIR`
reads the file, says what is wrong with it and where, and writes nothing.

This page is the output of `nacre check --schema --markdown`.

```toml
[campaign]
seed = 1

[run]
budget = 200                    # proposals

[[material]]
name = "CeO2"
file = "structures/CeO2.cif"    # relative to the folder of this file
planes = [[1, 1, 1], [1, 1, 0]]

[material.carrier]              # of the material above
dopant = "Gd"
site = "Ce"
fraction = 0.1

[[material]]
name = "MgO"
file = "structures/MgO.cif"
planes = [[0, 0, 1]]

[[objective]]
name = "work_of_adhesion"

[[constraint]]
quantity = "max_principal_strain"
upper = 0.02
```
)";

/// A bar would end the cell of a table.
std::string in_cell(std::string const& text) { return join(split(text, '|'), "\\|"); }

std::string default_in_words(std::string const& value) {
  if (value == "(required)") return "required";
  return value == "(none)" ? "no default" : "default " + value;
}

}  // namespace

std::string schema_text() {
  std::string out, section;
  std::size_t key_width = 0;
  for (auto const& key : config_schema()) key_width = std::max(key_width, key.key.size());
  for (auto const& key : config_schema()) {
    if (key.section != section) out += concat(out.empty() ? "" : "\n", key.section, "\n");
    section = key.section;
    auto const unit = key.unit.empty() ? "" : concat(", in ", key.unit);
    out += concat("  ", key.key, std::string(key_width + 2 - key.key.size(), ' '), key.type, unit, "; ",
                  default_in_words(key.default_value), "\n");
    for (auto const& line : wrap(key.meaning, 90)) out += concat(std::string(key_width + 4, ' '), line, "\n");
  }
  return out;
}

std::string schema_json() {
  Value page;
  page["schema"] = "nacre.config/1";
  page["keys"] = Value::array();
  for (auto const& key : config_schema()) {
    Value entry;
    entry["section"] = key.section;
    entry["key"] = key.key;
    entry["type"] = key.type;
    entry["unit"] = key.unit;
    entry["default"] = key.default_value;
    entry["meaning"] = key.meaning;
    page["keys"].push_back(entry);
  }
  return page.dump() + "\n";
}

std::string schema_markdown() {
  std::string out(introduction), section;
  for (auto const& key : config_schema()) {
    if (key.section != section) {
      out += concat("\n## ", key.section, "\n\n| key | type | unit | default | meaning |\n|---|---|---|---|---|\n");
    }
    section = key.section;
    out += concat("| `", key.key, "` | ", in_cell(key.type), " | ", key.unit, " | ", in_cell(key.default_value), " | ",
                  in_cell(key.meaning), " |\n");
  }
  return out;
}

}  // namespace nacre
