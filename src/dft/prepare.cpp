// What is checked before any deck is written, and what the codes share: slabs, meshes, spins.
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre::dft {
namespace {

using detail::DeckInput;
using detail::Gap;
using detail::Species;

constexpr double least_vacuum_A = 10.0;

void check_choice(std::string const& what, std::string const& value, std::vector<std::string> const& known) {
  require(std::find(known.begin(), known.end(), value) != known.end(), "unknown ", what, " '", value, "'",
          did_you_mean(value, known));
}

void check_settings(Settings const& settings) {
  check_choice("smearing", settings.smearing, {"gaussian", "fixed", "fermi", "cold"});
  check_choice("spin", settings.spin, {"auto", "on", "off"});
  check_choice("kpoint_origin", settings.kpoint_origin, {"gamma", "shifted"});
  check_choice("dispersion", settings.dispersion, {"d3bj", "d3zero"});
  check_choice("hubbard_form", settings.hubbard_form, {"namelist", "card"});
  auto const positive = [](char const* name, double value) {
    require(std::isfinite(value) && value > 0.0, "invalid ", name, "=", value, " (must be positive)");
  };
  positive("kpoint_density", settings.kpoint_density);
  positive("static_kpoint_density", settings.static_kpoint_density);
  positive("ecutwfc_Ry", *settings.ecutwfc_Ry);
  positive("encut_eV", *settings.encut_eV);
  positive("cp2k_cutoff_Ry", *settings.cp2k_cutoff_Ry);
  positive("cp2k_rel_cutoff_Ry", *settings.cp2k_rel_cutoff_Ry);
  positive("smearing_eV", settings.smearing_eV);
  positive("scf_threshold_eV", settings.scf_threshold_eV);
  positive("force_threshold", settings.force_threshold);
  positive("max_scf_steps", settings.max_scf_steps);
  positive("max_ionic_steps", settings.max_ionic_steps);
  require(settings.mixing > 0.0 && settings.mixing <= 1.0, "invalid mixing=", settings.mixing, " (must be in (0, 1])");
  require(settings.stop_fraction > 0.0 && settings.stop_fraction <= 1.0, "invalid stop_fraction=",
          settings.stop_fraction, " (must be in (0, 1])");
  require(!settings.ecutrho_ratio || *settings.ecutrho_ratio >= 4.0, "invalid ecutrho_ratio=",
          settings.ecutrho_ratio.value_or(0.0), " (the density needs at least 4 times the cutoff of the wave functions)");
}

void check_job(Job const& job) {
  auto const& crystal = job.structure;
  require(job.frozen.empty() || job.frozen.size() == crystal.size(), "found ", job.frozen.size(), " frozen flags for ",
          crystal.size(), " atoms");
  require(crystal.lattice.determinant() > 0.0, "left-handed cell of ", formula(crystal),
          " (VASP stops at it); exchange two lattice vectors");
  require(std::isfinite(job.charge), "invalid charge=", job.charge);
  require(job.time_limit_s >= 0.0, "invalid time limit ", job.time_limit_s, " s (must not be negative)");
  require(job.charge == 0.0 || !job.vacuum, "charge ", shortest(job.charge),
          " in a cell with vacuum (the compensating background fills the vacuum and the energy means nothing); use a ",
          "superlattice or a compensated cell");
  require(job.kind == Kind::neb || job.images.empty(), "images in a job of kind '", to_string(job.kind),
          "' (only 'neb' has any)");
  if (job.kind != Kind::neb) return;
  require(!job.images.empty(), "no final image in a job of kind 'neb'");
  for (auto const& image : job.images) {
    require(image.numbers == crystal.numbers, "an image of other atoms than the first (", formula(image), " and ",
            formula(crystal), "; the order counts)");
    require((image.lattice - crystal.lattice).cwiseAbs().maxCoeff() < 1e-6, "an image in another cell than the first");
  }
}

/// Smallest distance that is no overlap: 0.7 x the sum of the crystal radii (definitions.md 11), or half the sum of the
/// covalent radii where no charges are known.
double closest_allowed(Crystal const& crystal, std::size_t a, std::size_t b) {
  auto const covalent = 0.5 * (covalent_radius(crystal.numbers[a]).value_or(1.0) +
                               covalent_radius(crystal.numbers[b]).value_or(1.0));
  if (crystal.oxidation.empty() || crystal.oxidation[a] * crystal.oxidation[b] >= 0.0) return std::max(covalent, 0.5);
  try {
    return 0.7 * (shannon_radius(crystal.numbers[a], crystal.oxidation[a]) +
                  shannon_radius(crystal.numbers[b], crystal.oxidation[b]));
  } catch (InputError const&) {  // an ion that nobody measured
    return covalent;
  }
}

/// Shortest distance between an atom and the images of another, itself excluded.
double image_distance(Crystal const& crystal, Eigen::Matrix3d const& inverse, Eigen::Index a, Eigen::Index b,
                      Eigen::Vector3i const& reach) {
  Eigen::Vector3d fractional = inverse * (crystal.positions.col(b) - crystal.positions.col(a));
  fractional.array() -= fractional.array().round();
  double best = std::numeric_limits<double>::infinity();
  for (int i = -reach.x(); i <= reach.x(); ++i)
    for (int j = -reach.y(); j <= reach.y(); ++j)
      for (int k = -reach.z(); k <= reach.z(); ++k) {
        if (a == b && i == 0 && j == 0 && k == 0) continue;
        best = std::min(best, (crystal.lattice * (fractional + Eigen::Vector3d(i, j, k))).norm());
      }
  return best;
}

void check_distances(Crystal const& crystal) {
  if (shortest_distance(crystal).distance > 3.0) return;  // no two ions have radii that large
  constexpr double largest_A = 3.0;
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Vector3i reach;  // + 1: the wrapped difference may be half a cell from the nearest image
  for (int i = 0; i < 3; ++i) reach[i] = 1 + static_cast<int>(largest_A * inverse.row(i).norm());
  for (std::size_t a = 0; a < crystal.size(); ++a)
    for (std::size_t b = a; b < crystal.size(); ++b) {
      double const distance =
          image_distance(crystal, inverse, static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b), reach);
      double const allowed = closest_allowed(crystal, a, b);
      require(distance >= allowed, "atoms ", a + 1, " (", symbol(crystal.numbers[a]), ") and ", b + 1, " (",
              symbol(crystal.numbers[b]), ") are ", significant(distance, 4), " A apart (less than ",
              significant(allowed, 4), " A is an overlap); no deck is written");
    }
}

/// The widest stretch of the third vector without atoms.
Gap widest_gap(Crystal const& crystal) {
  Eigen::RowVectorXd const z = crystal.lattice.inverse().row(2) * crystal.positions;
  std::vector<double> heights(z.data(), z.data() + z.size());
  for (auto& height : heights) height -= std::floor(height);
  std::sort(heights.begin(), heights.end());
  Gap gap;
  for (std::size_t i = 0; i < heights.size(); ++i) {
    double const next = i + 1 < heights.size() ? heights[i + 1] : heights.front() + 1.0;
    if (next - heights[i] <= gap.fraction) continue;
    gap.fraction = next - heights[i];
    gap.centre = heights[i] + 0.5 * gap.fraction;
  }
  gap.centre -= std::floor(gap.centre);
  return gap;
}

/// Height of the cell over its first two vectors.
double height(Crystal const& crystal) { return 1.0 / crystal.lattice.inverse().row(2).norm(); }

Gap check_vacuum(Job const& job) {
  auto const& crystal = job.structure;
  auto const gap = widest_gap(crystal);
  double const width = gap.fraction * height(crystal);
  if (!job.vacuum) {
    require(!has_vacuum(crystal), "vacuum of ", significant(width, 4), " A in a job that says it has none (k-points ",
            "and the dipole correction depend on it); say that it has");
    return {};
  }
  auto const& c = crystal.lattice.col(2);
  double const tilt = std::max(std::abs(c.dot(crystal.lattice.col(0))), std::abs(c.dot(crystal.lattice.col(1))));
  require(tilt < 1e-6 * c.squaredNorm(), "tilted third vector in a slab with vacuum (the codes need it normal to the ",
          "surface); build the slab with a normal one");
  require(width >= least_vacuum_A, "vacuum of ", significant(width, 4), " A (at least ", least_vacuum_A,
          " A are needed); widen the cell");
  return gap;
}

std::optional<double> oxidation_of(Crystal const& crystal, std::size_t atom) {
  if (crystal.oxidation.empty()) return std::nullopt;
  return crystal.oxidation[atom];
}

/// Whether a VASP label like Gd_3 keeps the f electrons in its core, where they polarise nothing.
bool keeps_f_in_core(Job const& job, int number) {
  if (job.code != Code::vasp || number < 58 || number > 71) return false;
  auto const found = detail::find_pseudopotentials(job, job.settings);
  return std::any_of(found.begin(), found.end(), [&](Pseudopotential const& one) {
    return one.element == symbol(number) && (one.file.ends_with("_3") || one.file.ends_with("_2"));
  });
}

double start_moment(Job const& job, std::size_t atom) {
  auto const& crystal = job.structure;
  auto const given = job.settings.moments.find(std::string(symbol(crystal.numbers[atom])));
  if (given != job.settings.moments.end()) return given->second;
  if (keeps_f_in_core(job, crystal.numbers[atom])) return 0.0;
  return detail::hund_moment(crystal.numbers[atom], oxidation_of(crystal, atom));
}

/// Atoms by element and moment; where nothing brings a moment but spin is on, all share what is unpaired.
void find_species(DeckInput& input, double shared_moment) {
  auto const& crystal = input.crystal();
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    double const moment = !input.spin ? 0.0 : shared_moment != 0.0 ? shared_moment : start_moment(input.job, i);
    auto const same = [&](Species const& one) { return one.number == crystal.numbers[i] && one.moment == moment; };
    auto const found = std::find_if(input.species.begin(), input.species.end(), same);
    input.kind.push_back(static_cast<std::size_t>(found - input.species.begin()));
    if (found != input.species.end()) continue;
    Species one{crystal.numbers[i], moment, std::string(symbol(crystal.numbers[i])),
                detail::hubbard_u(crystal.numbers[i], input.job), 0};
    while (input.pseudos[one.pseudo].element != one.name) ++one.pseudo;
    input.species.push_back(std::move(one));
  }
  for (auto& one : input.species) {
    auto const same = [&](Species const& other) { return other.number == one.number; };
    if (std::count_if(input.species.begin(), input.species.end(), same) == 1) continue;
    auto const first = std::find_if(input.species.begin(), input.species.end(), same);
    one.name += std::to_string(1 + std::count_if(first, input.species.begin() + (&one - input.species.data()), same));
  }
}

std::optional<double> count_electrons(DeckInput const& input) {
  double sum = -input.job.charge;
  for (int const number : input.crystal().numbers) {
    auto const same = [&](Pseudopotential const& one) { return one.element == symbol(number); };
    double const valence = std::find_if(input.pseudos.begin(), input.pseudos.end(), same)->valence;
    if (valence == 0.0) return std::nullopt;
    sum += valence;
  }
  return sum;
}

void set_spin(DeckInput& input) {
  auto const& job = input.job;
  bool const odd = input.electrons && std::abs(std::remainder(*input.electrons, 2.0)) > 1e-6;
  bool any_moment = false;
  for (std::size_t i = 0; i < job.structure.size(); ++i) any_moment |= start_moment(job, i) != 0.0;
  auto const& wish = input.settings.spin;
  input.spin = wish == "on" || (wish == "auto" && (any_moment || odd || job.unpaired_electrons > 0));
  require(input.spin || !odd || input.settings.smearing != "fixed", "odd number of electrons, ",
          shortest(input.electrons.value_or(0.0)), ", with smearing 'fixed' and spin 'off'; allow one of them");
  double const unpaired = std::max(1, job.unpaired_electrons);
  find_species(input, input.spin && !any_moment ? unpaired / static_cast<double>(job.structure.size()) : 0.0);
}

}  // namespace

bool is_asymmetric_slab(Crystal const& crystal) {
  for (auto const& operation : find_space_group(crystal, 1e-3).operations)
    if (operation.rotation.row(2) == Eigen::RowVector3i(0, 0, -1)) return false;
  return true;
}

bool has_vacuum(Crystal const& crystal) { return widest_gap(crystal).fraction * height(crystal) >= least_vacuum_A; }

std::array<int, 3> kpoint_mesh(Job const& job) {
  std::array<int, 3> mesh{};
  for (int i = 0; i < 3; ++i) {
    double const wanted = job.settings.kpoint_density / job.structure.lattice.col(i).norm();
    require(wanted < 1000.0, "kpoint_density ", shortest(job.settings.kpoint_density), " A asks for ",
            significant(wanted, 4), " k-points along vector ", i + 1, " (at most 1000)");
    mesh[static_cast<std::size_t>(i)] = std::max(1, static_cast<int>(std::ceil(wanted - 1e-9)));  // 30/3 is 10
  }
  if (job.vacuum) mesh[2] = 1;
  return mesh;
}

namespace detail {

std::optional<HubbardU> hubbard_u(int atomic_number, Job const& job) {
  if (job.level != Level::pbe_u) return std::nullopt;
  static Value const table = [] {
    auto const path = data_file("hubbard_u.json");
    return Value::parse_json(read_file(path), path.string()).at("u_eV");
  }();
  auto const name = std::string(symbol(atomic_number));
  auto const* entry = table.find(name);
  auto const own = job.settings.hubbard_u_eV.find(name);
  if (!entry && own == job.settings.hubbard_u_eV.end()) return std::nullopt;
  HubbardU u;
  u.manifold = entry ? entry->at("manifold").as_string() : outer_shell(atomic_number);
  u.shell = u.manifold.back() == 'f' ? 3 : u.manifold.back() == 'd' ? 2 : 1;
  u.u_eV = own != job.settings.hubbard_u_eV.end() ? own->second : entry->at("u_eV").as_number();
  return u.u_eV == 0.0 ? std::nullopt : std::optional(u);
}

std::string outer_shell(int z) {
  if ((z >= 57 && z <= 71) || (z >= 89 && z <= 103)) return z < 89 ? "4f" : "5f";
  if (z >= 21 && z <= 30) return "3d";
  if (z >= 39 && z <= 48) return "4d";
  if (z >= 72 && z <= 80) return "5d";
  return z <= 10 ? "2p" : z <= 18 ? "3p" : z <= 36 ? "4p" : z <= 54 ? "5p" : "6p";
}

double hund_moment(int z, std::optional<double> oxidation) {
  auto const shell = outer_shell(z).back();
  if (shell == 'p') return 0.0;
  if (!oxidation) return z >= 23 && z <= 29 ? 5.0 : 0.0;
  int const noble = z >= 72 ? 68 : z >= 57 ? 54 : z >= 39 ? 36 : 18;  // 68: xenon and the full 4f shell
  int const places = shell == 'f' ? 14 : 10;
  int const electrons = z - noble - static_cast<int>(std::lround(*oxidation));
  if (electrons <= 0 || electrons >= places) return 0.0;
  return electrons <= places / 2 ? electrons : places - electrons;
}

DeckInput prepare(Job const& job) {
  check(job.structure, job.structure.name.empty() ? std::string("deck") : concat("deck of '", job.structure.name, "'"));
  auto settings = with_defaults(job.settings, job.code, job.level);
  check_settings(settings);
  check_job(job);
  check_distances(job.structure);
  for (auto const& image : job.images) check_distances(image);
  settings.mixing *= job.adjustments.mixing_factor;
  settings.max_scf_steps *= job.adjustments.scf_steps_factor;
  settings.smearing_eV *= job.adjustments.smearing_factor;
  DeckInput input{job, settings, job.kind == Kind::relax, false, false, kpoint_mesh(job), check_vacuum(job), {}, {}, {},
                  {}, 0.0};
  input.dipole = job.vacuum && is_asymmetric_slab(job.structure);
  input.pseudos = find_pseudopotentials(job, settings);
  input.electrons = count_electrons(input);
  require(!input.electrons || *input.electrons > 0.0, "charge ", shortest(job.charge), " for ",
          shortest(input.electrons.value_or(0.0) + job.charge), " valence electrons (none would be left)");
  input.max_seconds = std::floor(settings.stop_fraction * job.time_limit_s);
  set_spin(input);
  return input;
}

}  // namespace detail
}  // namespace nacre::dft
