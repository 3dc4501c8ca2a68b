#include "nacre/campaign/export.hpp"

#include <algorithm>
#include <regex>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

ExportRow make_row(Value const& entry, DesignLookup const& lookup) {
  auto const id = Hash128::from_hex(entry.at("id").as_string());
  return {entry, lookup(id, tier_from(entry.at("tier").as_string())), {}};
}

/// The last frame of what is stored; @throws InputError for a candidate without atoms.
Frame frame_of(ExportRow const& row) {
  auto const& id = row.entry.at("id").as_string();
  require(row.design && !row.design->structure.empty(), "candidate '", id,
          "' has no atoms (its campaign searches plain variables); export it as csv or json");
  return parse_extxyz(row.design->structure, concat("the structure of candidate '", id, "'")).back();
}

Frame labelled_frame(ExportRow const& row) {
  auto frame = frame_of(row);
  frame.info["rank"] = std::to_string(row.entry.at("rank").as_integer());
  frame.info["id"] = row.entry.at("id").as_string();
  frame.info["words"] = row.entry.at("words").as_string();
  if (auto const* why = row.entry.find("why"); why && !why->as_string().empty()) frame.info["why"] = why->as_string();
  frame.info["tier"] = row.entry.at("tier").as_string();
  if (auto const* dft = row.entry.find("dft"); dft && dft->is_string()) frame.info["dft"] = dft->as_string();
  for (auto const* key : {"name", "hash"}) {
    auto const& value = row.entry.at("model").at(key);
    if (value.is_string()) frame.info[concat("model_", key)] = value.as_string();
  }
  for (auto const& [name, estimate] : row.entry.at("objectives").as_object()) {
    frame.info[name] = estimate.at("value").dump();
    frame.info[name + "_stderr"] = estimate.at("stderr").dump();
    if (auto const* level = estimate.find("level")) frame.info[name + "_level"] = level->as_string();
  }
  return frame;
}

/// "003_1a2b...": sorts as the ranks do up to the largest of the table.
std::string file_stem(ExportRow const& row, std::size_t digits) {
  auto const rank = std::to_string(row.entry.at("rank").as_integer());
  return concat(std::string(digits - std::min(digits, rank.size()), '0'), rank, "_", row.entry.at("id").as_string());
}

bool is_of_an_export(fs::path const& path) {
  static std::regex const structure("[0-9]{3,}_[0-9a-f]{32}\\.(vasp|cif)");
  auto const name = path.filename().string();
  return name == "index.csv" || std::regex_match(name, structure);
}

}  // namespace

ExportTable make_export(Value const& ranking, ExportSelection const& selection, DesignLookup const& lookup) {
  ExportTable table;
  for (auto const& [key, value] : ranking.as_object()) {
    if (key != "candidates" && key != "references") table.head[key] = value;
  }
  for (auto const& entry : ranking.at("candidates").as_array()) {
    if (table.rows.size() == selection.top) break;
    if (!selection.pareto || entry.at("front").as_integer() == 1) table.rows.push_back(make_row(entry, lookup));
  }
  if (auto const* references = ranking.find("references")) {
    for (auto const& entry : references->as_array()) table.references.push_back(make_row(entry, lookup));
  }
  return table;
}

std::string to_extxyz(ExportTable const& table) {
  std::string out;
  for (auto const& row : table.rows) out += nacre::to_extxyz(labelled_frame(row));
  return out;
}

std::map<std::string, std::string> export_files(ExportTable table, std::string const& format) {
  std::vector<std::string> const formats{"poscar", "cif"};
  require(std::find(formats.begin(), formats.end(), format) != formats.end(), "unknown format '", format, "'",
          did_you_mean(format, formats));
  auto const last = table.rows.empty() ? 0 : table.rows.back().entry.at("rank").as_integer();
  auto const digits = std::max<std::size_t>(3, std::to_string(last).size());
  std::map<std::string, std::string> files;
  for (auto& row : table.rows) {
    auto const crystal = frame_of(row).crystal;
    row.file = file_stem(row, digits) + (format == "poscar" ? ".vasp" : ".cif");
    files[row.file] = format == "poscar" ? to_poscar(crystal) : to_cif(crystal);
  }
  files["index.csv"] = to_csv(table);
  return files;
}

void write_export_folder(fs::path const& folder, std::map<std::string, std::string> const& files) {
  std::error_code error;
  require(!fs::exists(folder, error) || fs::is_directory(folder, error), "cannot export to '", folder.string(),
          "' (it is no folder)");
  std::vector<fs::path> earlier;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    require(is_of_an_export(entry->path()), "cannot export to '", folder.string(), "' (it holds '",
            entry->path().filename().string(), "', which no export wrote); name another folder");
    earlier.push_back(entry->path());
  }
  for (auto const& path : earlier) fs::remove(path, error);
  fs::create_directories(folder, error);
  if (error) throw Error(concat("cannot make the folder '", folder.string(), "' (", error.message(), ")"));
  for (auto const& [name, content] : files) write_file(folder / name, content);
}

}  // namespace nacre
