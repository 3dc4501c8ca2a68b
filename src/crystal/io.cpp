#include "nacre/crystal/io.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cctype>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

bool is_poscar(std::string const& name, std::string const& extension) {
  return name.starts_with("poscar") || name.starts_with("contcar") || extension == ".vasp" || extension == ".poscar";
}

bool is_extxyz(std::string const& extension) { return extension == ".xyz" || extension == ".extxyz"; }

bool is_lammps(std::string const& extension) {
  return extension == ".lammps-data" || extension == ".data" || extension == ".lmp";
}

std::string type_symbol(Crystal const& crystal, std::size_t i, bool with_charge) {
  std::string type(symbol(crystal.numbers[i]));
  if (!with_charge) return type;
  return concat(type, shortest(std::abs(crystal.oxidation[i])), crystal.oxidation[i] < 0.0 ? "-" : "+");
}

/// Whether an element occurs with two charges, so that the element alone does not name the ion.
bool has_mixed_charges(Crystal const& crystal) {
  std::map<int, double> charge;
  for (std::size_t i = 0; i < crystal.oxidation.size(); ++i)
    if (charge.emplace(crystal.numbers[i], crystal.oxidation[i]).first->second != crystal.oxidation[i]) return true;
  return false;
}

std::string data_name(std::string name) {
  for (auto& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.') c = '_';
  return name;
}

double angle_deg(Eigen::Vector3d const& a, Eigen::Vector3d const& b) {
  return std::acos(std::clamp(a.dot(b) / (a.norm() * b.norm()), -1.0, 1.0)) * units::degrees;
}

std::string cif_header(Crystal const& crystal, Eigen::Matrix3d const& lattice) {
  std::map<std::string, int> counts;
  for (int const number : crystal.numbers) ++counts[std::string(symbol(number))];
  std::string sum;
  for (auto const& [name, count] : counts) sum += concat(sum.empty() ? "" : " ", name, count);
  auto text = concat("data_", data_name(crystal.name.empty() ? formula(crystal) : crystal.name),
                     "\n_chemical_formula_sum '", sum, "'\n");
  constexpr char axis[] = "abc";
  constexpr char const* angle[] = {"alpha", "beta", "gamma"};
  for (int i = 0; i < 3; ++i) text += concat("_cell_length_", axis[i], " ", shortest(lattice.col(i).norm()), "\n");
  for (int i = 0; i < 3; ++i)
    text += concat("_cell_angle_", angle[i], " ",
                   shortest(angle_deg(lattice.col((i + 1) % 3), lattice.col((i + 2) % 3))), "\n");
  return text +
         "_space_group_name_H-M_alt 'P 1'\n_space_group_IT_number 1\nloop_\n_space_group_symop_operation_xyz\n'x, y, "
         "z'\n";
}

}  // namespace

Crystal read_crystal(std::filesystem::path const& path) {
  auto const name = lower_case(path.filename().string()), extension = lower_case(path.extension().string());
  bool const known = extension == ".cif" || is_extxyz(extension) || is_poscar(name, extension) || is_lammps(extension);
  require(known, "unknown kind of structure file '", path.string(),
          "' (known: *.cif, *.xyz, *.extxyz, POSCAR*, CONTCAR*, *.vasp, *.poscar, *.lammps-data, *.data, *.lmp)");
  if (is_extxyz(extension)) return read_extxyz(path).back().crystal;
  auto const text = read_file(path);
  auto crystal = extension == ".cif"    ? parse_cif(text, path.string())
                 : is_lammps(extension) ? parse_lammps_data(text, path.string())
                                        : parse_poscar(text, path.string());
  if (crystal.name.empty()) crystal.name = path.stem().string();
  return crystal;
}

std::vector<Frame> read_extxyz(std::filesystem::path const& path) {
  return parse_extxyz(read_file(path), path.string());
}

std::string to_cif(Crystal const& crystal) {
  // Lengths and angles stand for a right-handed cell: (-a, -b, -c) is the same lattice with the other hand.
  Eigen::Matrix3d const lattice =
      crystal.lattice.determinant() < 0.0 ? Eigen::Matrix3d(-crystal.lattice) : crystal.lattice;
  bool const mixed = has_mixed_charges(crystal);
  auto text = cif_header(crystal, lattice);
  std::map<std::string, double> charges;
  for (std::size_t i = 0; i < crystal.oxidation.size(); ++i)
    charges[type_symbol(crystal, i, mixed)] = crystal.oxidation[i];
  if (!charges.empty()) text += "loop_\n_atom_type_symbol\n_atom_type_oxidation_number\n";
  for (auto const& [type, charge] : charges) text += concat(type, " ", shortest(charge), "\n");
  text +=
      "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
      "_atom_site_occupancy\n";
  Eigen::Matrix3Xd const fractional = lattice.inverse() * crystal.positions;
  std::map<int, int> counts;
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    Eigen::Vector3d const x = fractional.col(static_cast<Eigen::Index>(i));
    text += concat(symbol(crystal.numbers[i]), ++counts[crystal.numbers[i]], " ", type_symbol(crystal, i, mixed), " ",
                   shortest(x[0]), " ", shortest(x[1]), " ", shortest(x[2]), " 1\n");
  }
  return text;
}

}  // namespace nacre
