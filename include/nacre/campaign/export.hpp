/// The best candidates as files for other programs: CSV, JSON, extxyz, and folders of POSCAR or CIF.
///
/// Pure functions of the ranked list and of what is stored of its candidates; the same list gives the same bytes.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nacre/campaign/outcome.hpp"
#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"

namespace nacre {

/// A candidate of the ranked list with all that is stored of it.
struct ExportRow {
  Value entry;                            ///< of the ranking document
  std::optional<EvaluatedDesign> design;  ///< nothing if the store does not have it
  std::string file;                       ///< of its structure, relative to the folder that is written; or empty
};

struct NACRE_API ExportTable {
  Value head;                             ///< the ranking document without candidates and references
  std::vector<ExportRow> rows;
  std::vector<ExportRow> references;
};

/// What is stored of a design on a tier.
using DesignLookup = std::function<std::optional<EvaluatedDesign>(Hash128 const& id, Tier tier)>;

struct ExportSelection {
  std::size_t top = 20;
  bool pareto = false;                    ///< front 1 only
};

/// @param ranking of schema nacre.ranking/1
NACRE_API ExportTable make_export(Value const& ranking, ExportSelection const& selection, DesignLookup const& lookup);

/// Comment lines "# key = value", which without their "# " are TOML (provenance, units, directions, reference rows); then
/// one line of names and one line per candidate, quoted as in RFC 4180. Every objective has its standard error beside it.
NACRE_API std::string to_csv(ExportTable const& table);
/// Schema nacre.export/1 (docs/schemas/export.schema.json): everything that is stored of each candidate.
NACRE_API Value export_document(ExportTable const& table);
/// One frame per candidate, with rank, id, words and objectives in its comment line.
/// @throws InputError if a candidate has no atoms
NACRE_API std::string to_extxyz(ExportTable const& table);

/// File name -> content: RANK_ID.vasp or RANK_ID.cif and index.csv, the table with the file names.
/// @param format "poscar" or "cif". @throws InputError if a candidate has no atoms
NACRE_API std::map<std::string, std::string> export_files(ExportTable table, std::string const& format);

/// Makes `folder`, or replaces what an earlier export left there.
/// @throws InputError if it holds anything else
NACRE_API void write_export_folder(std::filesystem::path const& folder, std::map<std::string, std::string> const& files);

}  // namespace nacre
