#include "md_start.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

constexpr std::size_t most_atoms = 1'000'000;

Eigen::Vector3i repeats_of(std::string const& text) {
  if (text.empty()) return Eigen::Vector3i::Ones();
  auto const parts = split(text, ',');
  Eigen::Vector3i n = Eigen::Vector3i::Zero();
  for (std::size_t k = 0; parts.size() == 3 && k < 3; ++k) {
    auto const value = parse_integer(trim(parts[k]));
    if (value && *value >= 1 && *value <= 100) n[static_cast<Eigen::Index>(k)] = static_cast<int>(*value);
  }
  require(n.minCoeff() >= 1, "malformed --supercell '", text,
          "' (needs three numbers from 1 to 100); write for example 3,3,3");
  return n;
}

Frame read_frame(std::string const& file, std::int64_t number) {
  auto const extension = lower_case(std::filesystem::path(file).extension().string());
  if (extension != ".xyz" && extension != ".extxyz") {
    require(number <= 0, "no frame ", number, " in '", file, "' (such a file holds one structure)");
    return {read_crystal(file), {}, {}};
  }
  auto frames = read_extxyz(file);
  require(!frames.empty(), "no structure in '", file, "'");
  auto const count = static_cast<std::int64_t>(frames.size());
  require(number < count, "no frame ", number, " in '", file, "' (it has ", count, ", counted from 0)");
  return std::move(frames[static_cast<std::size_t>(number < 0 ? count - 1 : number)]);
}

/// Layers of copies along the third vector are others, in order.
std::vector<int> layers_of(Frame const& frame, Eigen::Vector3i const& repeats) {
  auto const found = frame.columns.find("layer");
  if (found == frame.columns.end() || found->second.rows() != 1) return {};
  std::vector<int> one, all;
  for (double const value : found->second.row(0)) {
    require(std::abs(value) < 1e6, "unreadable layer ", value, " (a small whole number expected)");
    one.push_back(static_cast<int>(std::lround(value)));
  }
  if (one.empty()) return {};
  int const span = std::ranges::max(one) - std::ranges::min(one) + 1;
  for (int copy = 0; copy < repeats.prod(); ++copy)
    for (int const layer : one) all.push_back(layer + span * (copy % repeats[2]));
  return all;
}

}  // namespace

MdStart read_md_start(std::string const& file, std::string const& supercell_text, std::int64_t number) {
  auto const frame = read_frame(file, number);
  auto const repeats = repeats_of(supercell_text);
  auto const atoms = frame.crystal.size() * static_cast<std::size_t>(repeats.cast<std::int64_t>().prod());
  require(atoms <= most_atoms, "a cell of ", atoms, " atoms (at most ", most_atoms, "); give a smaller --supercell");
  check(frame.crystal, file);
  MdStart start{supercell(frame.crystal, repeats), layers_of(frame, repeats), std::nullopt};
  auto const found = frame.columns.find(velocity_column);
  if (found != frame.columns.end() && found->second.rows() == 3) start.velocities = found->second;
  return start;
}

}  // namespace nacre
