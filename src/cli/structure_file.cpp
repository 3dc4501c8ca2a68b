#include "structure_file.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {

namespace {

enum class Format { extxyz, cif, poscar };

Format format_of(std::filesystem::path const& path) {
  auto const extension = lower_case(path.extension().string());
  auto const name = path.filename().string();
  if (extension == ".xyz" || extension == ".extxyz") return Format::extxyz;
  if (extension == ".cif") return Format::cif;
  bool const poscar = extension == ".vasp" || extension == ".poscar" || name.starts_with("POSCAR") ||
                      name.starts_with("CONTCAR");
  require(poscar, "unknown format of '", path.string(), "'; known: .extxyz, .xyz, .cif, .vasp, POSCAR");
  return Format::poscar;
}

}  // namespace

void require_structure_name(std::filesystem::path const& path) { format_of(path); }

std::string structure_text(std::filesystem::path const& path, Frame const& frame) {
  switch (format_of(path)) {
    case Format::extxyz: return to_extxyz(frame);
    case Format::cif: return to_cif(frame.crystal);
    case Format::poscar: break;
  }
  return to_poscar(frame.crystal);
}

}  // namespace nacre
