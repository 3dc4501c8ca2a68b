// CIF through gemmi, which is seen only here; what the file says is made a crystal in cif_expand.cpp.
#include <cctype>
#include <cmath>
#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>
#include <gemmi/symmetry.hpp>

#include "cif_cell.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

namespace cif = gemmi::cif;
using detail::CifStructure;

struct File {
  cif::Block block;
  std::string origin;

  std::string place(int line) const { return concat("'", origin, "' line ", line); }
  std::string place(cif::Item const* item) const { return place(item ? item->line_number : 0); }

  cif::Column column(std::initializer_list<char const*> tags) {
    for (auto const* tag : tags)
      if (auto found = block.find_values(tag); found.item()) return found;
    return {};
  }
  /// Text of the first of `tags` that has a value.
  std::string text(std::initializer_list<char const*> tags) {
    for (auto const* tag : tags) {
      auto found = block.find_values(tag);
      if (found.item() && found.length() > 0 && !cif::is_null(found[0])) return trim(cif::as_string(found[0]));
    }
    return {};
  }
};

cif::Document parse(std::string_view text, std::string const& origin) {
  try {
    return cif::read_memory(text.data(), text.size(), origin.c_str());
  } catch (tao::pegtl::parse_error const& error) {
    auto const line = error.positions().empty() ? 0 : error.positions().front().line;
    input_error("no valid CIF in '", origin, "' line ", line, " (", error.message(),
                "); the file is truncated or wrong");
  } catch (std::exception const& error) {
    input_error("no valid CIF in '", origin, "' (", error.what(), "); the file is truncated or wrong");
  }
}

File structure_block(cif::Document& document, std::string const& origin) {
  cif::Block* found = nullptr;
  for (auto& block : document.blocks) {
    if (!block.find_values("_atom_site_fract_x").item()) continue;
    require(!found, "two structures ('", found ? found->name : "", "' and '", block.name, "') in '", origin,
            "'; keep one in the file");
    found = &block;
  }
  require(found, "no atoms in '", origin, "' (no _atom_site_fract_x in any data block); the file is truncated or no ",
          "structure");
  return {std::move(*found), origin};
}

double read_number(std::string const& text, std::string_view what, std::string const& place) {
  double const value = cif::as_number(text);
  require(std::isfinite(value), "unreadable ", what, " '", text, "' in ", place, " (number expected)");
  return value;
}

void read_cell(File& file, CifStructure& structure) {
  constexpr char const* lengths[] = {"_cell_length_a", "_cell_length_b", "_cell_length_c"};
  constexpr char const* angles[] = {"_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
  auto const read = [&](char const* tag, double most) {
    auto column = file.column({tag});
    require(column.item() && column.length() == 1, "no ", tag, " in '", file.origin,
            "'; the file is truncated or incomplete");
    auto const place = file.place(column.item());
    double const value = read_number(column[0], tag, place);
    require(value > 0.0 && value < most, "invalid ", tag, "=", value, " in ", place, " (must be above 0 and below ",
            most, ")");
    return value;
  };
  for (std::size_t i = 0; i < 3; ++i) structure.lengths[i] = read(lengths[i], 1e6);
  for (std::size_t i = 0; i < 3; ++i) structure.angles_deg[i] = read(angles[i], 180.0);
}

std::vector<SymmetryOperation> operations_of(gemmi::GroupOps const& group) {
  std::vector<SymmetryOperation> operations;
  for (gemmi::Op const& op : group) {
    SymmetryOperation operation;
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) operation.rotation(i, j) = op.rot[i][j] / gemmi::Op::DEN;
      operation.translation[i] = static_cast<double>(op.tran[i]) / gemmi::Op::DEN;
    }
    operations.push_back(operation);
  }
  return operations;
}

/// "F m 3 m" of files from before 1983 means "F m -3 m".
std::string modern_name(std::string const& name) {
  std::string packed;
  for (char const c : name)
    if (c != ' ') packed += c;
  bool const old =
      packed.size() >= 3 && packed[2] == '3' && std::string_view("mnadMNAD").find(packed[1]) != std::string_view::npos;
  return old ? packed.insert(2, "-") : name;
}

/// From the name of the group, where the file lists no operations.
std::vector<SymmetryOperation> named_operations(File& file, CifStructure const& structure) {
  if (auto const hall = file.text({"_space_group_name_Hall", "_symmetry_space_group_name_Hall"}); !hall.empty()) try {
      return operations_of(gemmi::symops_from_hall(hall.c_str()));
    } catch (std::exception const&) {  // not a Hall symbol: the other names may do
    }
  auto const name = file.text({"_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M", "_space_group_name_H-M",
                               "_space_group_IT_number", "_symmetry_Int_Tables_number"});
  require(!name.empty(), "no symmetry in '", file.origin,
          "' (neither operations nor a space group); add the operations, ", "or 'x, y, z' alone for P 1");
  gemmi::SpaceGroup const* group = nullptr;
  try {
    group = gemmi::find_spacegroup_by_name(modern_name(name), structure.angles_deg[0], structure.angles_deg[2]);
  } catch (std::exception const&) {  // a number that is no group
  }
  require(group, "unknown space group '", name, "' in '", file.origin, "'; list the symmetry operations");
  bool const two_origins = group->ext == '1' || group->ext == '2';
  require(!two_origins || name.find(':') != std::string::npos, "space group '", name, "' in '", file.origin,
          "' has two choices of origin and the file lists no operations; add ':1' or ':2' or the operations");
  return operations_of(group->operations());
}

void read_symmetry(File& file, CifStructure& structure) {
  auto column = file.column(
      {"_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz", "_space_group_symop.operation_xyz"});
  if (!column.item() || column.length() == 0) {
    structure.operations = named_operations(file, structure);
    return;
  }
  auto const place = file.place(column.item());
  for (auto const& value : column)
    structure.operations.push_back(detail::parse_operation(cif::as_string(value), place));
  require(structure.operations.size() <= 10'000, "found ", structure.operations.size(), " symmetry operations in ",
          place);
}

/// "Ti4+", "TI1", "O2-", "Ow3" -> element: two letters if they are one, else the first.
int read_element(std::string const& text, std::string const& place) {
  std::string letters;
  for (char const c : text) {
    if (!std::isalpha(static_cast<unsigned char>(c)) || letters.size() == 2) break;
    letters += static_cast<char>(letters.empty() ? std::toupper(c) : std::tolower(c));
  }
  if (auto const number = atomic_number(letters)) return *number;
  if (letters.substr(0, 1) == "D") return 1;  // deuterium
  if (auto const number = atomic_number(letters.substr(0, 1))) return *number;
  return require_atomic_number(letters.empty() ? text : letters, place);
}

void refuse_partial(File& file, cif::Column& labels) {
  auto occupancies = file.column({"_atom_site_occupancy"});
  if (!occupancies.item()) return;
  auto const place = file.place(occupancies.item());
  for (int i = 0; i < occupancies.length(); ++i) {
    if (cif::is_null(occupancies[i])) continue;
    auto const site = i < labels.length() ? cif::as_string(labels[i]) : std::to_string(i + 1);
    double const value = read_number(cif::as_string(occupancies[i]), "occupancy of site '" + site + "'", place);
    require(std::abs(value - 1.0) < 1e-3, "site '", site, "' is partly occupied (", value, ") in the loop at ", place,
            "; give an ordered cell: nacre does not choose the arrangement");
  }
}

struct SiteTable {
  cif::Column labels, types;
  std::array<cif::Column, 3> coordinates;
};

SiteTable site_table(File& file) {
  SiteTable table{file.column({"_atom_site_label"}), file.column({"_atom_site_type_symbol"}), {}};
  constexpr char const* tags[] = {"_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"};
  for (std::size_t i = 0; i < 3; ++i) {
    table.coordinates[i] = file.column({tags[i]});
    require(table.coordinates[i].item(), "no ", tags[i], " in '", file.origin,
            "'; the file is truncated or incomplete");
    require(table.coordinates[i].length() > 0, "no atoms in the loop at ", file.place(table.coordinates[i].item()),
            "; the file is truncated");
  }
  require(table.labels.item() || table.types.item(), "no _atom_site_label in '", file.origin, "'");
  if (!table.labels.item()) table.labels = table.types;
  return table;
}

/// Type of each site that is an atom, for the oxidation numbers.
std::vector<std::string> read_sites(File& file, CifStructure& structure) {
  auto table = site_table(file);
  refuse_partial(file, table.labels);
  std::vector<std::string> types;
  auto const place = file.place(table.coordinates[0].item());
  for (int i = 0; i < table.coordinates[0].length(); ++i) {
    detail::CifSite site;
    site.label = cif::as_string(table.labels[i]);
    auto type = table.types.item() && !cif::is_null(table.types[i]) ? cif::as_string(table.types[i]) : site.label;
    site.number = read_element(type, concat("site '", site.label, "', loop at ", place));
    for (std::size_t k = 0; k < 3; ++k)
      site.fractional[static_cast<Eigen::Index>(k)] =
          read_number(cif::as_string(table.coordinates[k][i]), "coordinate of site '" + site.label + "'", place);
    structure.sites.push_back(std::move(site));
    types.push_back(std::move(type));
  }
  return types;
}

/// By type symbol, or by element where a type of the sites is not in the table.
void read_oxidation(File& file, std::vector<std::string> const& types, CifStructure& structure) {
  auto symbols = file.column({"_atom_type_symbol"}), numbers = file.column({"_atom_type_oxidation_number"});
  if (!symbols.item() || !numbers.item() || symbols.length() != numbers.length()) return;
  auto const place = file.place(numbers.item());
  std::map<std::string, double> by_type;
  std::map<int, std::vector<double>> by_element;
  for (int i = 0; i < symbols.length(); ++i) {
    if (cif::is_null(numbers[i])) continue;
    auto const type = cif::as_string(symbols[i]);
    double const value = read_number(cif::as_string(numbers[i]), "oxidation number of '" + type + "'", place);
    by_type[type] = value;
    by_element[read_element(type, place)].push_back(value);
  }
  std::vector<double> oxidation;
  for (std::size_t i = 0; i < types.size(); ++i) {
    auto const exact = by_type.find(types[i]);
    auto const& element = by_element[structure.sites[i].number];
    if (exact == by_type.end() && element.size() != 1) return;
    oxidation.push_back(exact != by_type.end() ? exact->second : element.front());
  }
  structure.oxidation = std::move(oxidation);
}

}  // namespace

Crystal parse_cif(std::string_view text, std::string const& origin) {
  auto document = parse(text, origin);
  auto file = structure_block(document, origin);
  CifStructure structure;
  structure.name = file.block.name;
  read_cell(file, structure);
  read_symmetry(file, structure);
  auto const types = read_sites(file, structure);
  read_oxidation(file, types, structure);
  structure.formula_sum = file.text({"_chemical_formula_sum"});
  return detail::expand(structure, concat("'", origin, "'"));
}

}  // namespace nacre
