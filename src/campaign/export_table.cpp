#include <algorithm>
#include <set>

#include "nacre/campaign/export.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

std::string quoted(std::string const& text) { return Value(text).dump(); }

std::string csv_cell(std::string const& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  return '"' + join(split(text, '"'), "\"\"") + '"';
}

std::string csv_cell(Value const& value) {
  if (value.is_null()) return {};
  return csv_cell(value.is_string() ? value.as_string() : value.dump());
}

std::string csv_line(std::vector<std::string> const& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i > 0 ? "," : "") + cells[i];
  return line + "\n";
}

std::vector<std::string> objective_names(ExportTable const& table) {
  std::vector<std::string> names;
  for (auto const& objective : table.head.at("objectives").as_array())
    names.push_back(objective.at("name").as_string());
  return names;
}

/// Descriptors that say how far the layers are from their own lattices, in the order of the first row that has them.
std::vector<std::string> strain_descriptors(ExportTable const& table) {
  std::vector<std::string> names;
  for (auto const& row : table.rows) {
    if (!row.design) continue;
    for (auto const& [name, value] : row.design->descriptors) {
      bool const strain = name.find("strain") != std::string::npos || name.find("mismatch") != std::string::npos;
      if (strain && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

/// Empty if there is no such descriptor or it has no value.
Value descriptor_of(ExportRow const& row, std::string const& name) {
  if (!row.design) return {};
  for (auto const& [known, value] : row.design->descriptors) {
    if (known == name) return std::isfinite(value) ? Value(value) : Value();
  }
  return {};
}

/// The file, or under which id the other formats have the atoms; empty without atoms.
std::string structure_of(ExportRow const& row) {
  if (!row.file.empty()) return row.file;
  bool const atoms = row.design && !row.design->structure.empty();
  return atoms ? row.entry.at("id").as_string() : std::string();
}

std::string joined(Value const& words) {
  std::vector<std::string> parts;
  for (auto const& word : words.as_array()) parts.push_back(word.as_string());
  return join(parts, " ");
}

std::string csv_row(ExportRow const& row, std::vector<std::string> const& objectives,
                    std::vector<std::string> const& strains) {
  std::vector<std::string> cells;
  for (auto const* key : {"rank", "front", "id", "words"}) cells.push_back(csv_cell(row.entry.at(key)));
  for (auto const& name : objectives) {
    auto const& estimate = row.entry.at("objectives").at(name);
    cells.push_back(csv_cell(estimate.at("value")));
    cells.push_back(csv_cell(estimate.at("stderr")));
  }
  for (auto const* key : {"tier", "status"}) cells.push_back(csv_cell(row.entry.at(key)));
  for (auto const* key : {"name", "hash"}) cells.push_back(csv_cell(row.entry.at("model").at(key)));
  cells.push_back(csv_cell(structure_of(row)));
  cells.push_back(csv_cell(joined(row.entry.at("members"))));
  for (auto const& name : strains) cells.push_back(csv_cell(descriptor_of(row, name)));
  cells.push_back(csv_cell(row.entry.at("why")));
  auto const* dft = row.entry.find("dft");
  cells.push_back(dft ? csv_cell(*dft) : std::string());
  return csv_line(cells);
}

std::string csv_head(ExportTable const& table) {
  std::string out = "# schema = \"nacre.csv/1\"\n";
  auto const line = [&](std::string const& key, Value const& value) {
    out += "# " + key + " = " + value.dump() + "\n";
  };
  if (auto const* provenance = table.head.find("provenance")) {
    for (auto const& [key, value] : provenance->as_object()) line(key, value);
  }
  for (auto const& objective : table.head.at("objectives").as_array()) {
    line("unit." + quoted(objective.at("name").as_string()), objective.at("unit"));
  }
  for (auto const& objective : table.head.at("objectives").as_array()) {
    line("direction." + quoted(objective.at("name").as_string()), objective.at("direction"));
  }
  for (auto const& objective : table.head.at("objectives").as_array()) {
    if (auto const* level = objective.find("level")) line("level." + quoted(objective.at("name").as_string()), *level);
  }
  for (auto const& row : table.references) {
    for (auto const& [name, estimate] : row.entry.at("objectives").as_object()) {
      auto const& value = estimate.at("value");
      auto const* reason = estimate.find("reason");
      line("reference." + quoted(row.entry.at("words").as_string()) + "." + quoted(name),
           value.is_null() ? (reason ? *reason : Value("no value")) : value);
    }
  }
  return out;
}

Value estimate_document(Estimate const& estimate) {
  Value entry;
  entry["value"] = estimate.value;
  entry["stderr"] = estimate.standard_error;
  if (!estimate.ok()) {
    entry["status"] = to_string(estimate.status);
    entry["reason"] = estimate.reason;
  }
  entry["work"] = estimate.work;
  entry["model"] = estimate.model.empty() ? Value() : Value(estimate.model);
  return entry;
}

/// The entry of the ranking with what the store adds to it.
Value row_document(ExportTable const& table, ExportRow const& row) {
  auto entry = row.entry;
  entry["descriptors"] = Value::object();
  entry["extras"] = Value::object();
  if (!row.design) return entry;
  auto const& design = *row.design;
  auto const names = objective_names(table);
  for (std::size_t i = 0; i < std::min(names.size(), design.objectives.size()); ++i) {
    auto const computed = estimate_document(design.objectives[i]);
    auto& shown = entry["objectives"][names[i]];  // at the level of the list, which labels may have corrected
    for (auto const* key : {"work", "model"}) shown[key] = computed.at(key);
  }
  for (auto const& [name, value] : design.descriptors) entry["descriptors"][name] = value;
  for (auto const& [name, estimate] : design.extras) entry["extras"][name] = estimate_document(estimate);
  if (!design.structure.empty()) entry["structure"] = design.structure;
  return entry;
}

}  // namespace

std::string to_csv(ExportTable const& table) {
  auto const objectives = objective_names(table);
  auto const strains = strain_descriptors(table);
  std::vector<std::string> header{"rank", "front", "id", "words"};
  for (auto const& name : objectives) {
    header.push_back(csv_cell(name));
    header.push_back(csv_cell(name + "_stderr"));
  }
  for (auto const* name : {"tier", "status", "model", "model_hash", "structure", "members"}) header.emplace_back(name);
  for (auto const& name : strains) header.push_back(csv_cell(name));
  header.emplace_back("why");
  header.emplace_back("dft");
  auto out = csv_head(table) + csv_line(header);
  for (auto const& row : table.rows) out += csv_row(row, objectives, strains);
  return out;
}

Value export_document(ExportTable const& table) {
  auto document = table.head;
  document["schema"] = "nacre.export/1";
  document["candidates"] = Value::array();
  for (auto const& row : table.rows) document["candidates"].push_back(row_document(table, row));
  document["references"] = Value::array();
  for (auto const& row : table.references) document["references"].push_back(row_document(table, row));
  return document;
}

}  // namespace nacre
