#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/compensation.hpp"
#include "nacre/stack/face.hpp"
#include "nacre/stack/slab.hpp"
#include "plane_options.hpp"
#include "structure_output.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  CrystalOptions crystal;
  std::string plane = "0,0,1", output;
  std::int64_t bottom = -1, top = -1, repeats = 0;  // not given
  double thickness = 0.0;                           // not given
  double vacuum = 15.0;
  std::int64_t arrangement = 0;
  bool list = false, json = false, cut_bonds = false, allow_polar = false, compensate = false, whole_groups = false;
};

struct Listing {
  PlaneLattice plane;
  std::vector<AtomicPlane> planes;
  std::vector<Termination> terminations;

  bool charged() const { return !plane.primitive.oxidation.empty(); }
  /// Plane k of a repeat that begins above a cut.
  AtomicPlane const& above(Termination const& t, std::size_t k) const {
    return planes[(static_cast<std::size_t>(t.first) + k) % planes.size()];
  }
  AtomicPlane const& face(Termination const& t) const { return above(t, planes.size() - 1); }
};

Listing read_listing(Options const& options) {
  auto const miller = parse_plane("--plane", options.plane);
  Listing listing;
  listing.plane = make_plane(options.crystal.read_with_charges(), miller, options.crystal.tolerance);
  listing.plane.whole_groups = options.whole_groups;
  listing.planes = atomic_planes(listing.plane);
  listing.terminations = find_terminations(listing.plane, ChargeRule::if_known);
  return listing;
}

Value composition_of(AtomicPlane const& plane) {
  Value atoms = Value::object();
  for (auto const& [number, count] : plane.composition) atoms[symbol(number)] = count;
  return atoms;
}

/// A number that is unknown without oxidation states.
Value if_charged(Listing const& listing, Value value) { return listing.charged() ? value : Value(); }

/// The planes of one repeat, upward from the lower face.
Value planes_of(Listing const& listing, Termination const& t) {
  Value list = Value::array();
  double const bottom = listing.above(t, 0).z;
  for (std::size_t k = 0; k < listing.planes.size(); ++k) {
    auto const& plane = listing.above(t, k);
    double const z = plane.z - bottom + (plane.z < bottom ? listing.plane.spacing : 0.0);
    list.push_back(Value::Object{{"z_A", z},
                                 {"label", plane.label},
                                 {"atoms_per_prim2Dcell", composition_of(plane)},
                                 {"charge", if_charged(listing, plane.charge)}});
  }
  return list;
}

Value to_value(Listing const& listing, Termination const& t) {
  return Value::Object{{"index", t.index},
                       {"planes", planes_of(listing, t)},
                       {"charge_e", if_charged(listing, listing.face(t).charge)},
                       {"tasker", if_charged(listing, t.tasker)},
                       {"stoichiometric", t.stoichiometric},
                       {"lower", t.lower},
                       {"upper", t.upper},
                       {"gap_A", t.gap},
                       {"bound_charge_e_per_A2", if_charged(listing, t.bound_charge)},
                       {"dipole_e_per_A", if_charged(listing, t.dipole_per_area)},
                       {"turned_over", t.turned_over ? Value(*t.turned_over) : Value()},
                       {"parted_bonds", t.broken_bonds}};
}

void print_list_json(Listing const& listing) {
  auto const& plane = listing.plane;
  Value list = Value::array();
  for (auto const& t : listing.terminations) list.push_back(to_value(listing, t));
  Value const document = Value::Object{{"hkl", Value::Array{plane.miller.x(), plane.miller.y(), plane.miller.z()}},
                                       {"area_A2", plane.area()},
                                       {"spacing_A", plane.spacing},
                                       {"n_planes", static_cast<std::int64_t>(listing.planes.size())},
                                       {"n_unique_upper", static_cast<std::int64_t>(listing.terminations.size())},
                                       {"n_unique_updown_merged", count_turned_classes(listing.terminations)},
                                       {"terminations", list}};
  std::cout << document.dump() << '\n';
}

void print_list_table(Listing const& listing) {
  auto const number = [&](double x, int digits) {
    return listing.charged() ? significant(x, digits) : std::string("-");
  };
  TextTable table({"index", "lower face", "upper face", "gap [A]", "charge [e/cell]", "Tasker", "Q [e/A^2]",
                   "equal faces", "turned over", "parted bonds"});
  for (auto const& t : listing.terminations) {
    table.row({std::to_string(t.index), t.lower, t.upper, significant(t.gap, 4), number(listing.face(t).charge, 4),
               number(t.tasker, 1), number(t.bound_charge, 4),
               t.stoichiometric ? "stoichiometric" : "not stoichiometric",
               t.turned_over ? std::to_string(*t.turned_over) : "-", std::to_string(t.broken_bonds)});
  }
  auto const& plane = listing.plane;
  std::cout << formula(plane.primitive) << plane_name(plane.miller) << ": " << listing.planes.size()
            << (listing.planes.size() == 1 ? " plane" : " planes") << " in a repeat of "
            << significant(plane.spacing, 6) << " A, cell " << significant(plane.area(), 6) << " A^2\n"
            << table.str() << listing.terminations.size()
            << (listing.terminations.size() == 1 ? " termination" : " terminations") << ", "
            << count_turned_classes(listing.terminations) << " where up and down count once\n";
}

Slab build(Listing const& listing, Options const& options) {
  require(options.repeats == 0 || options.thickness == 0.0,
          "--repeats and --thickness together (each says how thick the slab is); give one");
  require(options.repeats >= 0 && options.repeats <= 1'000'000, "invalid --repeats ", options.repeats,
          " (must be positive)");
  require(std::isfinite(options.thickness) && options.thickness >= 0.0, "invalid --thickness ", options.thickness,
          " A (must be positive)");
  require(options.vacuum > 0.0 && options.vacuum <= 1e4, "invalid --vacuum ", options.vacuum, " A (up to 10000)");
  auto const index = [](std::int64_t given, int otherwise) {
    return given == -1 ? otherwise : static_cast<int>(std::clamp<std::int64_t>(given, -2, 1'000'000));
  };
  SlabRequest request;
  request.bottom = index(options.bottom, index(options.top, usual_cut(listing.plane, listing.terminations)));
  request.top = index(options.top, request.bottom);
  if (options.repeats > 0) request.repeats = static_cast<int>(options.repeats);
  if (options.thickness > 0.0) request.thickness = options.thickness;
  return cut_slab(listing.plane, listing.terminations, request);
}

std::string bond_refusal(Listing const& listing, Slab const& slab) {
  for (auto const* t : {&slab.termination, &slab.upper}) {
    if (t->broken_bonds == 0) continue;
    std::string others;
    for (auto const& other : listing.terminations) {
      if (other.broken_bonds == 0) others += concat(others.empty() ? "" : ", ", other.index);
    }
    return concat(
        "termination ", t->index, " of ", slab.crystal.name, " parts ", t->broken_bonds,
        t->broken_bonds == 1 ? " bond" : " bonds", " per cell of a layer, molecule or covalent group; ",
        others.empty()
            ? "every termination of this plane does: choose another plane, or go around molecules and groups with "
              "--whole-groups"
            : "choose " + others,
        ", or give --cut-bonds");
  }
  return {};
}

std::string polar_refusal(Slab const& slab) {
  for (auto const* t : {&slab.termination, &slab.upper}) {
    if (!t->polar()) continue;
    double const charge = t == &slab.upper ? t->bound_charge : -t->bound_charge;
    return concat("polar ", t == &slab.upper ? "upper" : "lower", " face ", t == &slab.upper ? t->upper : t->lower,
                  " of ", slab.crystal.name, ": bound sheet charge Q = ", significant(charge, 6),
                  " e/A^2; choose another termination, or give --compensate or --allow-polar");
  }
  return {};
}

/// What is written: the slab, or one of its arrangements of vacancies.
struct Product {
  Slab slab;
  Compensation compensation;
  std::vector<VacancyArrangement> arrangements;
  std::optional<CompensatedSlab> compensated;
  std::string refusal;  ///< why there is none

  Crystal const& crystal() const { return compensated ? compensated->crystal : slab.crystal; }
  std::vector<int> const& atom_plane() const { return compensated ? compensated->atom_plane : slab.atom_plane; }
};

void compensate(Product& product, std::int64_t arrangement) {
  product.compensation = find_compensations(product.slab);
  product.refusal = product.compensation.refusal;
  if (!product.refusal.empty()) return;
  product.arrangements = order_by_ewald_energy(product.slab, product.compensation);
  require(arrangement >= 0 && arrangement < std::ssize(product.arrangements), "unknown arrangement ", arrangement,
          " (there are ", product.arrangements.size(), ", counted from 0)");
  auto const& chosen = product.arrangements[static_cast<std::size_t>(arrangement)];
  product.compensated = with_vacancies(product.slab, product.compensation.choices[chosen.choice], chosen.mask);
}

Product make_product(Listing const& listing, Options const& options) {
  Product product;
  product.slab = build(listing, options);
  if (!options.cut_bonds) product.refusal = bond_refusal(listing, product.slab);
  if (!product.refusal.empty() || !product.slab.polar()) return product;
  if (options.compensate)
    compensate(product, options.arrangement);
  else if (!options.allow_polar)
    product.refusal = polar_refusal(product.slab);
  return product;
}

/// As a file has it: the slab in the middle of its cell.
Frame to_frame(Product const& product, double vacuum) {
  Frame frame;
  Crystal& crystal = frame.crystal = product.crystal();
  double const bottom = crystal.positions.row(2).minCoeff(), top = crystal.positions.row(2).maxCoeff();
  crystal.lattice.col(2) << 0.0, 0.0, top - bottom + vacuum;
  crystal.positions.row(2).array() += 0.5 * vacuum - bottom;
  auto const atoms = static_cast<Eigen::Index>(crystal.size());
  Eigen::MatrixXd planes(1, atoms);
  for (Eigen::Index a = 0; a < atoms; ++a) planes(0, a) = product.atom_plane()[static_cast<std::size_t>(a)];
  frame.columns["plane"] = planes;
  frame.columns["layer"] = Eigen::MatrixXd::Ones(1, atoms);
  frame.info["slab"] = concat(crystal.name, " ", product.slab.termination.lower, "-", product.slab.upper.upper,
                              product.compensated ? ", vacant " + product.compensated->vacancies : std::string());
  return frame;
}

constexpr std::size_t most_listed = 1000;  ///< arrangements in a document

Value to_value(Product const& product, std::size_t index) {
  auto const& a = product.arrangements[index];
  auto const slab = with_vacancies(product.slab, product.compensation.choices[a.choice], a.mask);
  return Value::Object{{"index", static_cast<std::int64_t>(index)},
                       {"energy_eV_per_A2", a.energy_per_area},
                       {"vacancies", slab.vacancies},
                       {"cell", Value::Array{Value(Value::Array{slab.cell(0, 0), slab.cell(0, 1)}),
                                             Value(Value::Array{slab.cell(1, 0), slab.cell(1, 1)})}},
                       {"hash", slab.hash.hex()}};
}

Value arrangements_of(Product const& product) {
  Value list = Value::array();
  for (std::size_t i = 0; i < std::min(product.arrangements.size(), most_listed); ++i) {
    list.push_back(to_value(product, i));
  }
  return list;
}

double sum_of_charges(Crystal const& crystal) {
  return std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
}

double dipole_of(Crystal const& crystal) {
  auto const heights = crystal.positions.row(2);
  double const dipole = std::inner_product(crystal.oxidation.begin(), crystal.oxidation.end(), heights.begin(), 0.0);
  return std::abs(dipole) < 1e-9 ? 0.0 : dipole;  // what rounding leaves of none
}

Value to_value(Listing const& listing, Product const& product, Options const& options) {
  Slab const& slab = product.slab;
  Crystal const& crystal = product.crystal();
  std::string const& reason = product.refusal;
  auto const& miller = slab.plane.miller;
  Value composition = Value::object();
  for (int const number : crystal.numbers) {
    auto& count = composition[symbol(number)];
    count = count.is_null() ? 1 : static_cast<int>(count.as_integer()) + 1;
  }
  auto const charge = [&](double x) { return if_charged(listing, x); };
  return Value::Object{
      {"status", reason.empty() ? "ok" : "refused"},
      {"reason", reason},
      {"hkl", Value::Array{miller.x(), miller.y(), miller.z()}},
      {"bottom", slab.termination.index},
      {"top", slab.upper.index},
      {"lower_face", slab.termination.lower},
      {"upper_face", slab.upper.upper},
      {"repeats", slab.repeats},
      {"extra_planes", slab.extra_planes},
      {"n_planes", slab.atom_plane.back() + 1},
      {"n_atoms", static_cast<std::int64_t>(crystal.size())},
      {"composition", composition},
      {"stoichiometric", formula(crystal) == formula(slab.plane.primitive)},
      {"thickness_A", slab.thickness()},
      {"area_A2", std::abs(crystal.lattice.topLeftCorner<2, 2>().determinant())},
      {"charge_e", charge(sum_of_charges(crystal))},
      {"dipole_e_A", charge(dipole_of(crystal))},
      {"lower_sheet_charge_e_per_A2", charge(product.compensated ? 0.0 : -slab.termination.bound_charge)},
      {"upper_sheet_charge_e_per_A2", charge(product.compensated ? 0.0 : slab.upper.bound_charge)},
      {"tasker", charge(product.compensated ? 2 : std::max(slab.termination.tasker, slab.upper.tasker))},
      {"parted_bonds", slab.termination.broken_bonds + slab.upper.broken_bonds},
      {"vacancies", product.compensated ? Value(product.compensated->vacancies) : Value()},
      {"arrangement", product.compensated ? Value(options.arrangement) : Value()},
      {"n_arrangements", static_cast<std::int64_t>(product.arrangements.size())},
      {"arrangements", arrangements_of(product)},
      {"output", options.output.empty() || !reason.empty() ? Value() : Value(options.output)}};
}

void print_slab(Value const& v) {
  auto const number = [&](char const* key) {
    return v.at(key).is_null() ? "-" : significant(v.at(key).as_number(), 5);
  };
  TextTable table({"atoms", "planes", "repeats", "thickness [A]", "lower face", "upper face", "stoichiometric",
                   "charge [e]", "dipole [e A]", "Tasker"});
  table.row(
      {number("n_atoms"), number("n_planes"),
       number("repeats") + (v.at("extra_planes").as_integer() > 0 ? " + " + number("extra_planes") + " planes" : ""),
       number("thickness_A"), v.at("lower_face").as_string(), v.at("upper_face").as_string(),
       v.at("stoichiometric").as_bool() ? "yes" : "no", number("charge_e"), number("dipole_e_A"), number("tasker")});
  std::cout << table.str();
  if (!v.at("reason").as_string().empty()) std::cout << "refused: " << v.at("reason").as_string() << '\n';
}

void print_arrangements(Product const& product) {
  TextTable table({"arrangement", "energy [eV/A^2]", "vacant", "cell"});
  std::size_t const shown = std::min<std::size_t>(product.arrangements.size(), 10);
  for (std::size_t i = 0; i < shown; ++i) {
    auto const value = to_value(product, i);
    table.row({std::to_string(i), significant(product.arrangements[i].energy_per_area, 9),
               value.at("vacancies").as_string(), value.at("cell").dump()});
  }
  std::cout << table.str();
  if (shown < product.arrangements.size()) std::cout << product.arrangements.size() << " arrangements in all\n";
}

int make(Listing const& listing, Options const& options) {
  auto const product = make_product(listing, options);
  if (product.refusal.empty() && !options.output.empty()) {
    write_structure(options.output, to_frame(product, options.vacuum));
  }
  auto const value = to_value(listing, product, options);
  if (options.json) {
    std::cout << value.dump() << '\n';
    return 0;
  }
  print_slab(value);
  if (!product.arrangements.empty()) print_arrangements(product);
  return 0;
}

int slab(Options const& options) {
  auto const listing = read_listing(options);
  if (!options.list) return make(listing, options);
  if (options.json) {
    print_list_json(listing);
  } else {
    print_list_table(listing);
  }
  return 0;
}

}  // namespace

Command slab_command() {
  return {"slab", "terminations of a plane, and slabs that end in them", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            options->crystal.declare(line);
            options->crystal.declare_charges(line);
            line.option("--plane", options->plane, "h,k,l in the cell of the file");
            line.flag("--list", options->list, "list the terminations");
            line.option("--bottom", options->bottom,
                        "the slab lies above this termination (-1: that of the top, else "
                        "not polar, no bonds of layers or molecules and the fewest others parted)");
            line.option("--top", options->top, "and below this one (-1: that of the bottom)");
            line.option("--repeats", options->repeats, "whole repeats, and what is missing to the top (0: one)");
            line.option("--thickness", options->thickness, "instead: at least so thick [A]");
            line.option("--vacuum", options->vacuum, "in the cell of the file that is written [A]");
            line.flag("--whole-groups", options->whole_groups,
                      "molecules and covalent groups belong as a whole to the plane at their mean height");
            line.flag("--cut-bonds", options->cut_bonds, "also where bonds of layers, molecules or groups are parted");
            line.flag("--compensate", options->compensate, "take ions from polar faces until they carry no charge");
            line.option("--arrangement", options->arrangement, "which arrangement of the vacancies, by energy");
            line.flag("--allow-polar", options->allow_polar, "also with a bound charge on its faces");
            line.option("-o,--output", options->output, "write the slab here (.extxyz, .cif, .vasp, POSCAR)");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre slab SrTiO3.cif --plane 0,0,1 --bottom 0 --top 1 --thickness 12 -o slab.extxyz");
            return [options] { return slab(*options); };
          }};
}

}  // namespace nacre
