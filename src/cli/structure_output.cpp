#include "structure_output.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {

void write_structure(std::filesystem::path const& path, Frame const& frame) {
  auto const extension = lower_case(path.extension().string());
  auto const name = path.filename().string();
  if (extension == ".xyz" || extension == ".extxyz") return write_file(path, to_extxyz(frame));
  if (extension == ".cif") return write_file(path, to_cif(frame.crystal));
  bool const poscar =
      extension == ".vasp" || extension == ".poscar" || name.starts_with("POSCAR") || name.starts_with("CONTCAR");
  require(poscar, "unknown format of '", path.string(), "'; known: .extxyz, .xyz, .cif, .vasp, POSCAR");
  write_file(path, to_poscar(frame.crystal));
}

}  // namespace nacre
