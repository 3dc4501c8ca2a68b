#include "nacre/dft/pseudopotentials.hpp"

#include <algorithm>
#include <cstdlib>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;

Value const& data_table(char const* file) {
  static std::map<std::string, Value> tables;
  auto const found = tables.find(file);
  if (found != tables.end()) return found->second;
  auto const path = data_file(file);
  return tables[file] = Value::parse_json(read_file(path), path.string());
}

std::vector<std::string> endings(Code code) {
  if (code == Code::qe) return {".upf", ".gth"};
  return {".psp8", ".gth", ".xml", ".upf"};
}

/// "Ti.upf", "ti_ONCV_PBE_sr.upf", "Ti.pbe-q12.gth": the element, then something that is no letter, then the ending.
bool names_element(std::string const& file, std::string const& element, std::vector<std::string> const& known) {
  auto const low = lower_case(file);
  auto const wanted = lower_case(element);
  if (low.rfind(wanted, 0) != 0 || low.size() <= wanted.size()) return false;
  char const next = low[wanted.size()];
  if (next >= 'a' && next <= 'z') return false;
  return std::any_of(known.begin(), known.end(), [&](std::string const& ending) { return low.ends_with(ending); });
}

std::string file_of(fs::path const& folder, std::string const& element, Code code) {
  std::vector<std::string> found;
  for (auto const& entry : fs::directory_iterator(folder)) {
    auto const name = entry.path().filename().string();
    if (names_element(name, element, endings(code))) found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  require(!found.empty(), "no pseudopotential of ", element, " in '", folder.string(), "' (a file ", element, ".* with ",
          join(endings(code), " or "), "); add one or name it in [dft.pseudopotentials]");
  require(found.size() == 1, "several pseudopotentials of ", element, " in '", folder.string(), "' (",
          join(found, ", "), "); name one in [dft.pseudopotentials]");
  return found.front();
}

/// The number behind the first `key` of a UPF or XML header, in quotes or bare.
std::optional<double> number_behind(std::string const& text, std::string const& key) {
  auto at = text.find(key);
  if (at == std::string::npos) return std::nullopt;
  at = text.find_first_not_of(" =\"\t", at + key.size());
  if (at == std::string::npos) return std::nullopt;
  return parse_double(trim(text.substr(at, text.find_first_of("\" \n/>", at) - at)));
}

double valence_of(std::string const& file, std::string const& text) {
  auto const low = lower_case(file);
  if (low.ends_with(".gth") || low.ends_with(".psp8")) {  // second line: zatom, zion, date
    auto const lines = split(text, '\n');
    if (lines.size() < 2) return 0.0;
    auto const words = split_words(lines[1]);
    return words.size() < 2 ? 0.0 : parse_double(words[1]).value_or(0.0);
  }
  if (low.ends_with(".xml")) return number_behind(text, "valence").value_or(0.0);
  if (auto const valence = number_behind(text, "z_valence")) return *valence;
  auto const line = text.find("Z valence");  // UPF 1: the number stands before its name
  if (line == std::string::npos) return 0.0;
  auto const start = text.rfind('\n', line);
  auto const words = split_words(text.substr(start + 1, line - start - 1));
  return words.empty() ? 0.0 : parse_double(words.front()).value_or(0.0);
}

bool is_norm_conserving(std::string const& file, std::string const& text) {
  auto const low = lower_case(file);
  if (low.ends_with(".gth") || low.ends_with(".psp8")) return true;
  return text.find("pseudo_type=\"NC\"") != std::string::npos || text.find("pseudo_type=\"SL\"") != std::string::npos;
}

Pseudopotential read_pseudopotential(fs::path const& folder, std::string const& element, std::string const& file) {
  require(fs::is_regular_file(folder / file), "no file '", (folder / file).string(), "' (pseudopotential of ", element,
          "); correct [dft.pseudopotentials]");
  auto const text = read_file(folder / file);
  return {element, file, sha256_hex(text), detail::md5_hex(text), valence_of(file, text),
          is_norm_conserving(file, text)};
}

Pseudopotential vasp_label(std::string const& element, std::string const* own) {
  auto const& table = data_table("vasp_potentials.json");
  if (own) return {element, *own, "", "", detail::label_valence(*own), false};
  auto const* label = table.at("labels").find(element);
  require(label, "no potential label of '", element, "' (data/vasp_potentials.json); name one in [dft.pseudopotentials]");
  return {element, label->as_string(), "", "", detail::label_valence(label->as_string()), false};
}

Pseudopotential cp2k_name(std::string const& element, std::string const* own) {
  auto const* valence = data_table("gth_potentials.json").at("valence").find(element);
  auto const name = own ? *own : [&] {
    require(valence, "no GTH-PBE potential of '", element, "' in CP2K; name one in [dft.pseudopotentials]");
    return concat("GTH-PBE-q", valence->as_integer());
  }();
  auto const q = name.rfind("-q");
  return {element, name, "", "", q == std::string::npos ? 0.0 : parse_double(name.substr(q + 2)).value_or(0.0), true};
}

Pseudopotential plane_wave_file(Code code, std::string const& folder, std::string const& element,
                                std::string const* own) {
  if (folder.empty()) return {element, own ? *own : concat(element, code == Code::qe ? ".upf" : ".psp8"), "", "", 0.0, false};
  require(fs::is_directory(folder), "no folder '", folder, "' of pseudopotentials; correct [dft] pseudo_dir");
  return read_pseudopotential(folder, element, own ? *own : file_of(folder, element, code));
}

}  // namespace

namespace detail {

double label_valence(std::string const& label) {
  auto const* valence = data_table("vasp_potentials.json").at("valence").find(label);
  return valence ? valence->as_number() : 0.0;
}

std::string pseudo_folder(Settings const& settings) {
  if (!settings.pseudo_dir.empty()) return settings.pseudo_dir;
  auto const* from_environment = std::getenv("NACRE_PSEUDO_DIR");
  return from_environment ? from_environment : "";
}

std::vector<Pseudopotential> find_pseudopotentials(Job const& job, Settings const& settings) {
  std::vector<Pseudopotential> list;
  for (int const number : job.structure.numbers) {
    std::string const element(symbol(number));
    if (std::any_of(list.begin(), list.end(), [&](auto const& one) { return one.element == element; })) continue;
    auto const found = settings.pseudopotentials.find(element);
    auto const* own = found == settings.pseudopotentials.end() ? nullptr : &found->second;
    switch (job.code) {
      case Code::vasp: list.push_back(vasp_label(element, own)); break;
      case Code::cp2k: list.push_back(cp2k_name(element, own)); break;
      case Code::qe:
      case Code::abinit: list.push_back(plane_wave_file(job.code, pseudo_folder(settings), element, own)); break;
    }
  }
  return list;
}

}  // namespace detail
}  // namespace nacre::dft
