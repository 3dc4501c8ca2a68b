#include "nacre/dft/job.hpp"

#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"

namespace nacre::dft {
namespace {

std::vector<std::string> const kind_words{"single_point", "relax", "neb"};

std::size_t index_of(std::string const& what, std::string_view word, std::vector<std::string> const& known) {
  auto const found = std::find(known.begin(), known.end(), word);
  require(found != known.end(), "unknown ", what, " '", word, "' (no deck can be written for it)",
          did_you_mean(word, known));
  return static_cast<std::size_t>(found - known.begin());
}

double default_plane_waves_Ry(Level level) { return level == Level::r2scan ? 100.0 : 80.0; }

}  // namespace

std::vector<std::string> const& code_words() {
  static std::vector<std::string> const words{"qe", "vasp", "cp2k", "abinit"};
  return words;
}

std::vector<std::string> const& level_words() {
  static std::vector<std::string> const words{"pbe", "pbe+u", "pbe+d3", "r2scan", "hse06"};
  return words;
}

std::string_view to_string(Code code) { return code_words()[static_cast<std::size_t>(code)]; }
std::string_view to_string(Level level) { return level_words()[static_cast<std::size_t>(level)]; }
std::string_view to_string(Kind kind) { return kind_words[static_cast<std::size_t>(kind)]; }
Code code_from(std::string_view word) { return static_cast<Code>(index_of("code", word, code_words())); }
Level level_from(std::string_view word) { return static_cast<Level>(index_of("level", word, level_words())); }
Kind kind_from(std::string_view word) { return static_cast<Kind>(index_of("kind", word, kind_words)); }

Settings with_defaults(Settings settings, Code code, Level level) {
  bool const meta = level == Level::r2scan;  // its kinetic-energy density needs finer grids
  if (!settings.ecutwfc_Ry) settings.ecutwfc_Ry = default_plane_waves_Ry(level);
  if (!settings.encut_eV) settings.encut_eV = meta ? 680.0 : 520.0;
  if (!settings.cp2k_cutoff_Ry) settings.cp2k_cutoff_Ry = meta ? 800.0 : 600.0;
  if (!settings.cp2k_rel_cutoff_Ry) settings.cp2k_rel_cutoff_Ry = meta ? 80.0 : 60.0;
  if (settings.static_kpoint_density == 0.0) settings.static_kpoint_density = settings.kpoint_density;
  if (settings.hubbard_form == "auto") settings.hubbard_form = "namelist";
  if (settings.smearing.empty()) settings.smearing = code == Code::cp2k ? "fermi" : "gaussian";
  return settings;
}

std::string identity(Job const& job) {
  auto same = job;
  same.label.clear();
  same.time_limit_s = 0.0;
  return sha256_hex(to_value(same).dump());
}

std::string comparable_level(Job const& job) {
  auto const s = with_defaults(job.settings, job.code, job.level);
  std::string words = concat(to_string(job.code), " ", to_string(job.level));
  switch (job.code) {
    case Code::qe:
      words += concat(" ecutwfc ", shortest(*s.ecutwfc_Ry), " Ry, ecutrho ",
                      s.ecutrho_ratio ? shortest(*s.ecutrho_ratio) : std::string("auto"), "x");
      break;
    case Code::abinit: words += concat(" ecut ", shortest(*s.ecutwfc_Ry), " Ry"); break;
    case Code::vasp: words += concat(" ENCUT ", shortest(*s.encut_eV), " eV"); break;
    case Code::cp2k:
      words += concat(" cutoff ", shortest(*s.cp2k_cutoff_Ry), "/", shortest(*s.cp2k_rel_cutoff_Ry), " Ry");
      break;
  }
  words += concat(", k ", shortest(s.kpoint_density), " A ", s.kpoint_origin, ", ", s.smearing, " ",
                  shortest(s.smearing_eV * job.adjustments.smearing_factor), " eV, spin ", s.spin);
  if (job.level == Level::pbe_d3) words += ", " + s.dispersion;
  for (auto const& [element, u] : s.hubbard_u_eV) words += concat(", U(", element, ") ", shortest(u));
  for (auto const& [element, file] : s.pseudopotentials) words += concat(", ", element, " ", file);
  for (auto const& [element, basis] : s.basis_sets) words += concat(", ", element, " ", basis);
  auto const extra = s.extra.find(std::string(to_string(job.code)));
  if (extra != s.extra.end()) words += ", extra " + sha256_hex(extra->second).substr(0, 16);
  auto const own = s.templates.find(std::string(to_string(job.code)));
  if (own != s.templates.end()) words += ", template " + sha256_file(own->second).substr(0, 16);
  return words;
}

}  // namespace nacre::dft
