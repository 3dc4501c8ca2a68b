#include "nacre/dft/deck.hpp"

#include <algorithm>
#include <cmath>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;
using detail::DeckInput;

constexpr char const* job_file = "job.json";

std::string hash_of(Deck const& deck) {
  Sha256 hash;
  for (auto const& [name, content] : deck.files)
    hash.update(name).update(std::uint64_t{content.size()}).update(content);
  for (auto const& one : deck.pseudopotentials) hash.update(one.element).update(one.file).update(one.sha256);
  return hash.hex();
}

}  // namespace

Deck make_deck(Job const& job) {
  DeckInput const input = detail::prepare(job);
  Deck deck;
  deck.pseudopotentials = input.pseudos;
  deck.atom_order.resize(job.structure.size());
  for (std::size_t i = 0; i < deck.atom_order.size(); ++i) deck.atom_order[i] = i;
  switch (job.code) {
    case Code::qe: job.kind == Kind::neb ? detail::write_qe_neb(input, deck) : detail::write_qe(input, deck); break;
    case Code::vasp: detail::write_vasp(input, deck); break;
    case Code::cp2k: detail::write_cp2k(input, deck); break;
    case Code::abinit: detail::write_abinit(input, deck); break;
  }
  deck.sha256 = hash_of(deck);
  return deck;
}

Deck write_deck(Job const& job, fs::path const& folder) {
  auto const deck = make_deck(job);
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed || !fs::is_directory(folder))
    throw Error(concat("cannot make folder '", folder.string(), "': ", failed.message()));
  if (!fs::is_empty(folder, failed) || failed)
    throw Error(concat("folder '", folder.string(), "' is not empty (every attempt has one of its own); name a new one"));
  for (auto const& [name, content] : deck.files) {
    if (auto const parent = (folder / name).parent_path(); parent != folder) fs::create_directories(parent);
    write_file(folder / name, content);
  }
  write_file(folder / job_file, to_value(job).dump(2) + "\n");
  return deck;
}

Job read_job(fs::path const& folder) {
  auto const path = folder / job_file;
  require(fs::exists(path), "no '", job_file, "' in '", folder.string(), "' (nacre deck writes it with the input)");
  auto const value = Value::parse_json(read_file(path), path.string());
  try {
    return job_from(value);
  } catch (InputError const& error) {
    throw InputError(concat("in '", path.string(), "': ", error.what()));
  }
}

namespace detail {

std::string row(Eigen::Vector3d const& v) {
  return concat(shortest(v.x()), " ", shortest(v.y()), " ", shortest(v.z()));
}

std::string program(DeckInput const& input, std::string const& fallback) {
  auto const found = input.settings.programs.find(std::string(to_string(input.job.code)));
  return found == input.settings.programs.end() ? fallback : found->second;
}

std::string fill_template(std::string const& text, std::map<std::string, std::string> const& parts,
                          std::string const& origin) {
  std::vector<std::string> known;
  for (auto const& [name, part] : parts) known.push_back(name);
  std::string filled;
  std::size_t at = 0;
  while (true) {
    auto const open = text.find("{{", at);
    if (open == std::string::npos) return filled + text.substr(at);
    auto const close = text.find("}}", open);
    require(close != std::string::npos, "'{{' without '}}' in template '", origin, "'");
    auto const name = trim(text.substr(open + 2, close - open - 2));
    auto const part = parts.find(name);
    require(part != parts.end(), "unknown part '", name, "' in template '", origin, "'", did_you_mean(name, known));
    filled += text.substr(at, open - at) + part->second;
    at = close + 2;
  }
}

std::string assemble(DeckInput const& input, std::string const& file,
                     std::vector<std::pair<std::string, std::string>> const& parts) {
  auto const& templates = input.settings.templates;
  auto const found = templates.find(concat(to_string(input.job.code), "/", file));
  auto const chosen = found != templates.end() ? found : templates.find(std::string(to_string(input.job.code)));
  if (chosen != templates.end())
    return fill_template(read_file(chosen->second), {parts.begin(), parts.end()}, chosen->second);
  std::string text;
  for (auto const& [name, part] : parts) text += part;
  return text;
}

}  // namespace detail
}  // namespace nacre::dft
