#include "stack_plan.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/stack/contact.hpp"
#include "plane_options.hpp"

namespace nacre {
namespace {

/// Refuses keys that nobody reads: a misspelt one would be ignored in silence.
void require_keys(Value const& table, std::vector<std::string> const& known, std::string const& place) {
  for (auto const& [key, value] : table.as_object()) {
    require(std::ranges::find(known, key) != known.end(), "unknown key '", key, "' in ", place,
            value.line > 0 ? concat(" (line ", value.line, ")") : "", did_you_mean(key, known));
  }
}

double number_or(Value const& table, char const* key, double otherwise) {
  auto const* value = table.find(key);
  return value ? value->as_number() : otherwise;
}

template <int Rows, int Columns>
Eigen::Matrix<double, Rows, Columns> matrix_of(Value const& rows, std::string const& what) {
  auto const malformed = [&] { input_error("malformed ", what, " (needs ", Rows, " rows of ", Columns, " numbers)"); };
  Eigen::Matrix<double, Rows, Columns> m;
  if (!rows.is_array() || rows.size() != Rows) malformed();
  for (int r = 0; r < Rows; ++r) {
    auto const& row = rows.as_array()[static_cast<std::size_t>(r)];
    if (!row.is_array() || row.size() != Columns) malformed();
    for (int c = 0; c < Columns; ++c) {
      m(r, c) = row.as_array()[static_cast<std::size_t>(c)].as_number();
      require(std::isfinite(m(r, c)), what, " holds a number that is not finite");
    }
  }
  return m;
}

Eigen::Matrix2i integers_of(Value const& rows, std::string const& what) {
  constexpr double largest = 1000.0;
  Eigen::Matrix2d const m = matrix_of<2, 2>(rows, what);
  require(m == m.array().round().matrix() && m.cwiseAbs().maxCoeff() <= largest, "malformed ", what,
          " (needs integers up to ", largest, ")");
  return m.cast<int>();
}

constexpr double longest = 1000.0;  ///< of gaps and vacuum [Å], and of shifts in cells

Eigen::Vector2d shift_of(Value const& list, std::string const& what) {
  Value rows = Value::array();
  rows.push_back(list);
  Eigen::Vector2d const shift = matrix_of<1, 2>(rows, what).transpose();
  require(shift.cwiseAbs().maxCoeff() <= longest, "invalid ", what, " (more than ", longest,
          " cells); shifts repeat with 1");
  return shift;
}

double length_of(Value const& value, std::string const& what) {
  double const length = value.as_number();
  require(length > 0.0 && length <= longest, "invalid ", what, " ", length, " A (must be positive, at most ", longest, ")");
  return length;
}

/// With the charges of a stack file's table, else as every command reads a crystal that is cut.
Crystal read_charged(std::filesystem::path const& path, Value const* charges) {
  CrystalOptions options;
  options.file = path.string();
  if (!charges) return options.read_with_charges();
  std::map<std::string, double> table;
  for (auto const& [element, charge] : charges->as_object()) table[element] = charge.as_number();
  auto crystal = options.read();
  set_oxidation(crystal, table);
  return crystal;
}

/// The cut of a face: its index as `nacre slab --list` counts, the label that the face shows, or both labels
/// ("SrO-TiO2": of a slab of whole repeats, lower and upper).
int find_cut(std::vector<Termination> const& all, Value const& wanted, bool upper, std::string const& place) {
  auto const text = wanted.is_string() ? wanted.as_string() : std::to_string(wanted.as_integer());
  for (auto const& t : all) {
    if (text == std::to_string(t.index) || text == t.lower + "-" + t.upper) return t.index;
  }
  for (auto const& t : all) {
    if (text == (upper ? t.upper : t.lower)) return t.index;
  }
  std::vector<std::string> names;
  for (auto const& t : all) names.push_back(concat(t.index, " = ", t.lower, "-", t.upper));
  input_error("unknown termination '", text, "' of ", place, "; known: ", join(names, ", "));
}

PlannedLayer read_layer(Value const& table, std::filesystem::path const& folder, std::string const& place) {
  require_keys(table,
               {"file", "plane", "termination", "top", "repeats", "oxidation", "strain_weight", "stiffness_eV_A3"},
               place);
  PlannedLayer layer;
  layer.file = table.at("file").as_string();
  auto const crystal = read_charged(folder / layer.file, table.find("oxidation"));
  Eigen::Vector3d miller(0.0, 0.0, 1.0);
  if (auto const* plane = table.find("plane")) {
    Value rows = Value::array();
    rows.push_back(*plane);
    miller = matrix_of<1, 3>(rows, "plane of " + place).transpose();
  }
  require(miller == miller.array().round().matrix() && miller.cwiseAbs().maxCoeff() <= 1000.0, "malformed plane of ",
          place, " (needs three integers up to 1000)");
  auto const plane = make_plane(crystal, miller.cast<int>());
  auto const cuts = find_terminations(plane, ChargeRule::if_known);
  SlabRequest request;
  if (auto const* bottom = table.find("termination")) request.bottom = find_cut(cuts, *bottom, false, place);
  request.top = request.bottom;
  if (auto const* top = table.find("top")) request.top = find_cut(cuts, *top, true, place);
  auto const* repeats = table.find("repeats");
  auto const count = repeats ? repeats->as_integer() : 1;
  require(count >= 1 && count <= 1000, "invalid repeats=", count, " of ", place, " (from 1 to 1000)");
  request.repeats = static_cast<int>(count);
  layer.slab = cut_slab(plane, cuts, request);
  layer.label = layer.slab.termination.lower + "-" + layer.slab.upper.upper;
  return layer;
}

struct Matching {
  CoincidenceOptions limits;
  /// By area, or the one that a twist asked for snaps to.
  std::vector<Coincidence> list(PlaneLattice const& top, PlaneLattice const& bottom,
                                std::optional<TwistRequest> const& twist) const {
    auto wanted = limits;
    wanted.twist = twist;
    if (twist) wanted.most = 1;
    return find_coincidences(top.basis, bottom.basis, layer_point_group(top), layer_point_group(bottom), wanted);
  }
};

Coincidence nth_match(std::vector<Coincidence> const& list, std::int64_t n, CoincidenceOptions const& limits,
                      std::string const& place) {
  require(!list.empty(), place, " has no match within max_area ", limits.max_area, " A^2 and max_strain ",
          limits.max_strain, "; raise a limit");
  require(n >= 0 && n < static_cast<std::int64_t>(list.size()), "no match ", n, " of ", place, " (", list.size(),
          " within the limits, counted from 0); see nacre match");
  return list[static_cast<std::size_t>(n)];
}

void choose_coincidence(Value const& table, PlaneLattice const& top, PlaneLattice const& bottom,
                        Matching const& matching, std::string const& place, ContactDesign& design,
                        PlannedContact& asked) {
  auto const *match = table.find("match"), *twist = table.find("twist_deg"), *film = table.find("film"),
             *substrate = table.find("substrate");
  require(!film == !substrate, place, " has only one of film and substrate; give both supercells");
  require((match ? 1 : 0) + (twist ? 1 : 0) + (film ? 1 : 0) <= 1, place,
          " asks for its match in two ways; give one of match, twist_deg, film with substrate");
  if (film) {
    design.coincidence = make_coincidence(top.basis, bottom.basis, integers_of(*film, "film of " + place),
                                          integers_of(*substrate, "substrate of " + place));
    return;
  }
  std::optional<TwistRequest> request;
  if (twist) {
    request = TwistRequest{.angle = twist->as_number() / units::degrees};
    require(std::isfinite(request->angle), "invalid twist_deg of ", place, " (not finite)");
  }
  auto const list = matching.list(top, bottom, request);
  design.coincidence = nth_match(list, match ? match->as_integer() : 0, matching.limits, place);
  if (!request) return;
  asked.requested_twist = request->angle;
  asked.twist_off = std::remainder(design.coincidence.twist - request->angle, 2.0 * units::pi);
}

bool is_radii(Value const* gap) { return !gap || (gap->is_string() && gap->as_string() == "radii"); }

void read_contact(Value const& table, std::size_t k, Matching const& matching, StackPlan& plan) {
  auto const place = concat("contact ", k + 1);
  require_keys(table, {"match", "twist_deg", "film", "substrate", "shift", "gap"}, place);
  ContactDesign design;
  PlannedContact asked;
  choose_coincidence(table, plan.layers[k + 1].slab.plane, plan.layers[k].slab.plane, matching, place, design, asked);
  if (auto const* shift = table.find("shift")) design.shift = shift_of(*shift, "shift of " + place);
  asked.gap_from_radii = is_radii(table.find("gap"));
  if (!asked.gap_from_radii) design.gap = length_of(table.at("gap"), "gap of " + place);
  plan.contacts.push_back(design);
  plan.asked.push_back(asked);
}

/// Stiffness of every bulk in a model, each crystal once.
void add_stiffness(std::string const& name, StackPlan& plan) {
  auto const model = make_potential(name);
  std::map<std::string, BulkState> bulks;
  for (auto const& layer : plan.layers) {
    auto const& plane = layer.slab.plane;
    auto const [entry, is_new] = bulks.try_emplace(layer.file);
    if (is_new) entry->second = relax_bulk(plane.primitive, *model, 0, false);
    require(entry->second.status == Status::ok, "no stiffness of '", layer.file, "' in '", name, "' (",
            entry->second.reason, "); give stiffness_eV_A3 or strain weights");
    plan.options.stiffness.push_back(plane_stiffness(entry->second.stiffness, plane.frame));
  }
}

void read_sharing(std::vector<Value> const& layers, Value const* elastic, StackPlan& plan) {
  auto const with = [&](char const* key) {
    return static_cast<std::size_t>(std::ranges::count_if(layers, [&](auto const& l) { return l.find(key) != nullptr; }));
  };
  for (auto const* key : {"strain_weight", "stiffness_eV_A3"}) {
    require(with(key) == 0 || with(key) == layers.size(), "'", key, "' is given for ", with(key), " of ", layers.size(),
            " layers (sharing strain needs all); give it for every layer or none");
  }
  int const ways = (with("strain_weight") > 0) + (with("stiffness_eV_A3") > 0) + (elastic != nullptr);
  require(ways <= 1, "strain_weight, stiffness_eV_A3 and elastic exclude each other (each says how strain is shared); "
          "give one");
  if (elastic) add_stiffness(elastic->as_string(), plan);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (auto const* weight = layers[i].find("strain_weight")) plan.options.strain_weights.push_back(weight->as_number());
    if (auto const* c = layers[i].find("stiffness_eV_A3")) {
      plan.options.stiffness.push_back(
          plane_stiffness(matrix_of<6, 6>(*c, "stiffness_eV_A3"), plan.layers[i].slab.plane.frame));
    }
  }
}

void read_closing(Value const& document, StackPlan& plan) {
  PlannedContact closing;
  closing.gap_from_radii = true;
  if (auto const* table = document.find("closing")) {
    require(plan.options.geometry == StackGeometry::superlattice,
            "a closing contact is given for a slab (it has none); set geometry = \"superlattice\"");
    require_keys(*table, {"shift", "gap"}, "closing");
    if (auto const* shift = table->find("shift")) plan.options.closing_shift = shift_of(*shift, "shift of closing");
    closing.gap_from_radii = is_radii(table->find("gap"));
    if (!closing.gap_from_radii) plan.options.closing_gap = length_of(table->at("gap"), "gap of closing");
  }
  if (plan.options.geometry == StackGeometry::superlattice) plan.asked.push_back(closing);
}

void fill_gaps(StackPlan& plan) {
  if (std::ranges::none_of(plan.asked, &PlannedContact::gap_from_radii)) return;
  auto const gaps = gaps_from_radii(plan.slabs(), plan.contacts, plan.options);
  for (std::size_t k = 0; k < gaps.size(); ++k) {
    if (!plan.asked[k].gap_from_radii) continue;
    double const rounded = std::round(gaps[k] * 1e4) / 1e4;  // the grid of designs
    (k < plan.contacts.size() ? plan.contacts[k].gap : plan.options.closing_gap.emplace()) = rounded;
  }
}

}  // namespace

SlabList StackPlan::slabs() const {
  SlabList list;
  for (auto const& layer : layers) list.emplace_back(layer.slab);
  return list;
}

StackPlan read_stack_plan(Value const& document, std::filesystem::path const& folder, std::string const& origin,
                          std::int64_t max_atoms) {
  require_keys(document,
               {"layer", "contact", "closing", "geometry", "vacuum", "supercell", "max_area", "max_strain", "elastic"},
               origin);
  require(document.find("layer") && document.at("layer").is_array(), "no layers in '", origin,
          "' (a stack is a list of [[layer]] tables); see docs/stacks.md");
  StackPlan plan;
  auto const& layers = document.at("layer").as_array();
  require(layers.size() >= 2, "'", origin, "' has ", layers.size(), " layers (a stack has two or more)");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    plan.layers.push_back(read_layer(layers[i], folder, concat("layer ", i + 1)));
  }
  if (auto const* geometry = document.find("geometry")) {
    auto const& name = geometry->as_string();
    require(name == "slab" || name == "superlattice", "unknown geometry '", name, "'; known: slab, superlattice");
    if (name == "superlattice") plan.options.geometry = StackGeometry::superlattice;
  }
  if (auto const* vacuum = document.find("vacuum")) plan.options.vacuum = length_of(*vacuum, "vacuum");
  if (auto const* rows = document.find("supercell")) plan.options.supercell = integers_of(*rows, "supercell");
  Matching matching;
  matching.limits.max_area = number_or(document, "max_area", matching.limits.max_area);
  matching.limits.max_strain = number_or(document, "max_strain", matching.limits.max_strain);
  auto const* contacts = document.find("contact");
  require(!contacts || contacts->as_array().size() + 1 == layers.size(), "'", origin, "' has ",
          contacts ? contacts->size() : 0, " contacts for ", layers.size(), " layers (one between each two)");
  for (std::size_t k = 0; k + 1 < layers.size(); ++k) {
    read_contact(contacts ? contacts->as_array()[k] : Value::object(), k, matching, plan);
  }
  read_sharing(layers, document.find("elastic"), plan);
  read_closing(document, plan);
  auto const atoms = atom_count(make_frame(plan.slabs(), plan.contacts, plan.options), plan.slabs());
  require(atoms <= max_atoms, "the stack would have ", atoms, " atoms (--max-atoms is ", max_atoms,
          "); choose smaller matches or raise the limit");
  fill_gaps(plan);
  return plan;
}

namespace {

/// The entries of an option that holds one for each layer or contact, or one for all, parted by '/'.
std::vector<std::string> entries(std::string const& option, std::string const& text, std::size_t count) {
  auto parts = split(text, '/');
  if (parts.size() == 1) parts.resize(count, parts.front());
  require(parts.size() == count, option, " '", text, "' has ", parts.size(), " entries (needs one, or ", count,
          " parted by '/')");
  for (auto& part : parts) part = trim(part);
  return parts;
}

Value number_list(std::string const& option, std::string const& text, std::size_t count) {
  auto const parts = split(text, ',');
  Value list = Value::array();
  for (auto const& part : parts) {
    auto const value = parse_double(trim(part));
    require(value.has_value(), "malformed number '", part, "' in ", option, " '", text, "'");
    list.push_back(*value);
  }
  require(list.size() == count, option, " '", text, "' has ", list.size(), " numbers (needs ", count,
          " parted by commas)");
  return list;
}

Value square(std::string const& option, std::string const& text) {
  auto const list = number_list(option, text, 4);
  auto const& n = list.as_array();
  return Value::Array{Value::Array{n[0], n[1]}, Value::Array{n[2], n[3]}};
}

/// A number, else the word itself.
Value number_or_word(std::string const& text) {
  if (auto const n = parse_integer(text)) return *n;
  if (auto const x = parse_double(text)) return *x;
  return text;
}

Value number(std::string const& option, std::string const& text) {
  auto const value = number_or_word(text);
  require(value.is_number(), "malformed number '", text, "' of ", option);
  return value;
}

Value integer(std::string const& option, std::string const& text) {
  auto const value = parse_integer(text);
  require(value.has_value(), "malformed integer '", text, "' of ", option);
  return *value;
}

Value gap_entry(std::string const& option, std::string const& text) {
  return text == "radii" ? Value(text) : number(option, text);
}

}  // namespace

void StackOptionsOnLine::declare(CommandLine& line) {
  line.positionals("FILES", files, "crystals of the layers from the bottom (POSCAR, CIF, extxyz), or one stack file (.toml, .json)");
  line.option("--planes", planes, "h,k,l of every layer, parted by '/', or one for all; so are all lists below");
  line.option("--terminations", terminations, "index, or lower face (SrO), or both of whole repeats (SrO-TiO2)");
  line.option("--tops", tops, "upper face, if it is of another termination: index or face");
  line.option("--repeats", repeats, "repeats of the plane in each layer");
  line.option("--matches", matches, "per contact: index in the list of `nacre match`, from 0");
  line.option("--twists", twists, "per contact: the match that this twist snaps to [deg]");
  line.option("--matrices", matrices, "per contact: film a,b,c,d : substrate a,b,c,d, rows of the supercells");
  line.option("--max-area", max_area, "limit on a contact's cell [A^2]");
  line.option("--max-strain", max_strain, "limit on a contact's principal strains (fraction)");
  line.option("--shifts", shifts, "per contact: u,v in its shift cell");
  line.option("--gaps", gaps, "per contact: between the facing planes [A], or radii");
  line.option("--strain-weights", weights, "per layer: the common cell is the mean of the layers' own by these weights");
  line.option("--elastic", elastic, "share strain by least elastic energy, with the stiffness of the bulks in this model");
  line.option("--supercell", supercell, "a,b,c,d: rows of the cell built, in the smallest common one");
  line.option("--vacuum", vacuum, "between the outermost planes of a slab [A]");
  line.flag("--superlattice", superlattice, "periodic along z, no vacuum");
  line.option("--closing-gap", closing_gap, "of a superlattice: between the last layer and the next first one [A]");
  line.option("--closing-shift", closing_shift, "u,v there");
  line.option("--max-atoms", max_atoms, "refuse larger stacks");
}

Value StackOptionsOnLine::to_value() const {
  std::size_t const n = files.size();
  require(n >= 2, "one crystal is no stack; give two or more files, or a stack file (.toml, .json)");
  auto const plane = entries("--planes", planes, n), termination = entries("--terminations", terminations, n),
             repeat = entries("--repeats", repeats, n);
  Value layer_list = Value::array(), contact_list = Value::array();
  for (std::size_t i = 0; i < n; ++i) {
    Value layer = Value::Object{{"file", files[i]},
                                {"plane", number_list("--planes", plane[i], 3)},
                                {"termination", number_or_word(termination[i])},
                                {"repeats", integer("--repeats", repeat[i])}};
    if (!tops.empty()) layer["top"] = number_or_word(entries("--tops", tops, n)[i]);
    if (!weights.empty()) layer["strain_weight"] = number("--strain-weights", entries("--strain-weights", weights, n)[i]);
    layer_list.push_back(layer);
  }
  for (std::size_t k = 0; k + 1 < n; ++k) {
    Value contact = Value::object();
    if (!matches.empty()) contact["match"] = integer("--matches", entries("--matches", matches, n - 1)[k]);
    if (!twists.empty()) contact["twist_deg"] = number("--twists", entries("--twists", twists, n - 1)[k]);
    if (!matrices.empty()) {
      auto const both = split(entries("--matrices", matrices, n - 1)[k], ':');
      require(both.size() == 2, "malformed --matrices '", matrices, "' (needs film : substrate)");
      contact["film"] = square("--matrices", both[0]);
      contact["substrate"] = square("--matrices", both[1]);
    }
    contact["shift"] = number_list("--shifts", entries("--shifts", shifts, n - 1)[k], 2);
    contact["gap"] = gap_entry("--gaps", entries("--gaps", gaps, n - 1)[k]);
    contact_list.push_back(contact);
  }
  Value document = Value::Object{{"layer", layer_list},
                                 {"contact", contact_list},
                                 {"geometry", superlattice ? "superlattice" : "slab"},
                                 {"vacuum", vacuum},
                                 {"max_area", max_area},
                                 {"max_strain", max_strain}};
  if (!supercell.empty()) document["supercell"] = square("--supercell", supercell);
  if (!elastic.empty()) document["elastic"] = elastic;
  require(superlattice || (closing_gap == "radii" && closing_shift == "0,0"),
          "--closing-gap or --closing-shift without --superlattice (a slab has no closing contact); leave it out");
  if (superlattice) {
    document["closing"] = Value::Object{{"shift", number_list("--closing-shift", closing_shift, 2)},
                                        {"gap", gap_entry("--closing-gap", closing_gap)}};
  }
  return document;
}

StackPlan StackOptionsOnLine::plan() const {
  auto const is_file = [](std::string const& name) {
    auto const extension = lower_case(std::filesystem::path(name).extension().string());
    return extension == ".toml" || extension == ".json";
  };
  if (files.size() != 1 || !is_file(files[0])) return read_stack_plan(to_value(), {}, "the options", max_atoms);
  auto const folder = std::filesystem::path(files[0]).parent_path();
  bool const json = lower_case(std::filesystem::path(files[0]).extension().string()) == ".json";
  auto const document = json ? Value::parse_json(read_file(files[0]), files[0]) : Value::read_toml(files[0]);
  return read_stack_plan(document, folder, files[0], max_atoms);
}

namespace {

template <class Matrix>
Value rows_of(Matrix const& m) {
  Value rows = Value::array();
  for (int r = 0; r < 2; ++r) rows.push_back(Value::Array{m(r, 0), m(r, 1)});
  return rows;
}

}  // namespace

Value layers_to_value(StackPlan const& plan, StackFrame const& frame) {
  Value list = Value::array();
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    auto const& [file, label, slab] = plan.layers[i];
    auto const& placed = frame.layers[i];
    auto const strains = principal_strains(placed.strain);
    auto const& hkl = slab.plane.miller;
    list.push_back(Value::Object{{"layer", static_cast<std::int64_t>(i) + 1},
                                 {"file", file},
                                 {"formula", formula(slab.plane.primitive)},
                                 {"plane", Value::Array{hkl[0], hkl[1], hkl[2]}},
                                 {"termination", label},
                                 {"repeats", slab.repeats},
                                 {"thickness_A", slab.thickness()},
                                 {"matrix", rows_of(placed.supercell)},
                                 {"n_cells", placed.cells()},
                                 {"n_atoms", placed.cells() * static_cast<std::int64_t>(slab.crystal.size())},
                                 {"twist_deg", placed.twist * units::degrees},
                                 {"principal_strains", Value::Array{strains[0], strains[1]}}});
  }
  return list;
}

Value contacts_to_value(StackPlan const& plan, StackFrame const& frame) {
  Value list = Value::array();
  for (std::size_t k = 0; k < frame.contacts.size(); ++k) {
    auto const& [c, shift, cell, gap] = frame.contacts[k];
    auto const& asked = plan.asked[k];
    auto const& lower = plan.layers[k].slab.upper;
    auto const& upper = plan.layers[(k + 1) % plan.layers.size()].slab.termination;
    Eigen::Matrix2d const rows = cell.transpose();
    Value contact = Value::Object{{"contact", static_cast<std::int64_t>(k) + 1},
                                  {"facing", lower.upper + "|" + upper.lower},
                                  {"film_index", c.film_index},
                                  {"substrate_index", c.substrate_index},
                                  {"film_matrix", rows_of(c.film)},
                                  {"substrate_matrix", rows_of(c.substrate)},
                                  {"twist_deg", c.twist * units::degrees},
                                  {"mismatch", Value::Array{c.strain_max, c.strain_min}},
                                  {"shift", Value::Array{shift[0], shift[1]}},
                                  {"shift_cell_A", rows_of(rows)},
                                  {"shift_cell_area_A2", std::abs(cell.determinant())},
                                  {"gap_A", gap},
                                  {"gap_from", asked.gap_from_radii ? "radii" : "given"},
                                  {"bound_charge_e_per_A2", lower.bound_charge - upper.bound_charge}};
    if (asked.requested_twist) {
      contact["requested_twist_deg"] = *asked.requested_twist * units::degrees;
      contact["twist_off_deg"] = *asked.twist_off * units::degrees;
    }
    list.push_back(contact);
  }
  return list;
}

}  // namespace nacre
