/// bench_mlip_alone MODEL [DEVICE] [ATOMS] [BATCH...]   atoms per second of a TorchScript model against the size of the
/// batch.
///
/// Displaced SrTiO3 cells of about ATOMS (40) atoms, BATCH (1 4 16 64) of them at once, energy, forces and stress, on
/// DEVICE (cpu, cuda, cuda:N). Prints one line of JSON for each size: atoms per second of elapsed time, the share of it
/// that is not spent in finding edges (what a device that is fed by one thread waits for), and the largest difference
/// of a force from the one that the processor gives for the first cell. A last line is that of a queue (device_queue.hpp)
/// that eight callers feed with the largest batch, an eighth each, three times: the share of the time that the device
/// computed.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "edges.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/device_queue.hpp"
#include "nacre/potential/model_plugin.hpp"

extern "C" nacre::PotentialEntry const* nacre_potential_entry();

namespace {

using namespace nacre;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// About `atoms` of them, every one displaced by up to 0.1 A along each axis.
Crystal displaced_perovskite(int atoms, std::uint64_t number) {
  double const a = 3.945, h = 0.5 * a;
  Crystal cell;
  cell.lattice = a * Eigen::Matrix3d::Identity();
  cell.positions.resize(3, 5);
  cell.positions << 0, h, h, h, 0, 0, h, h, 0, h, 0, h, 0, h, h;
  cell.numbers = {38, 22, 8, 8, 8};
  Eigen::Vector3i repeats = Eigen::Vector3i::Ones();
  for (int k = 0; 5 * repeats.prod() < atoms; k = (k + 1) % 3) ++repeats[k];
  auto crystal = supercell(cell, repeats);
  Rng rng(1, "bench mlip", number);
  for (auto& x : crystal.positions.reshaped()) x += rng.uniform(-0.1, 0.1);
  return crystal;
}

std::shared_ptr<Potential> load(std::string const& path, std::string const& device) {
  PotentialOptions options;
  options.device = device;
  return std::shared_ptr<Potential>(nacre_potential_entry()->create("", path, options));
}

std::int64_t number_of(std::string const& word) {
  auto const number = parse_integer(word);
  require(number && *number > 0 && *number <= 1'000'000, "invalid number '", word, "' (1 to 1000000)");
  return *number;
}

/// Seconds of one evaluation of all: the least of a few, or one where it takes long.
double least_seconds(Potential const& model, std::span<Crystal const> crystals) {
  double least = 1e300, total = 0.0;
  for (int round = 0; round < 5 && (round == 0 || total < 10.0); ++round) {
    auto const start = Clock::now();
    for (auto const& result : model.evaluate_many(crystals, 1)) require(result.refusal.empty(), result.refusal);
    least = std::min(least, seconds_since(start));
    total += seconds_since(start);
  }
  return least;
}

double seconds_of_edges(std::span<Crystal const> crystals, double cutoff) {
  auto const start = Clock::now();
  for (auto const& crystal : crystals) mlip::find_edges(crystal, cutoff);
  return seconds_since(start);
}

std::vector<Crystal> displaced_perovskites(int atoms, std::int64_t first, std::int64_t count) {
  std::vector<Crystal> crystals;
  for (std::int64_t k = first; k < first + count; ++k)
    crystals.push_back(displaced_perovskite(atoms, static_cast<std::uint64_t>(k)));
  return crystals;
}

/// Callers that hand in their structures again and again, as ranks that relax do.
Value feed(std::shared_ptr<Potential const> const& model, int atoms, std::int64_t structures) {
  constexpr int callers = 8, rounds = 3;
  auto const each = std::max<std::int64_t>(1, structures / callers);
  DeviceQueue queue(model);
  double const before = model->device_seconds().value_or(0.0);
  auto const start = Clock::now();
  parallel_for(callers, callers, [&](std::size_t caller) {
    auto const crystals = displaced_perovskites(atoms, static_cast<std::int64_t>(caller) * each, each);
    for (int round = 0; round < rounds; ++round) queue.evaluate(*model, crystals);
  });
  double const seconds = seconds_since(start);
  auto const use = queue.use();
  auto line = Value::object();
  line["device"] = model->about().at("device");
  line["callers"] = callers;
  line["structures"] = use.structures;
  line["batches"] = use.batches;
  line["seconds"] = seconds;
  line["structures_per_second"] = static_cast<double>(use.structures) / seconds;
  line["share_in_device"] = (model->device_seconds().value_or(0.0) - before) / seconds;
  return line;
}

int run(std::vector<std::string> const& words) {
  require(!words.empty(), "usage: bench_mlip_alone MODEL [DEVICE] [ATOMS] [BATCH...]");
  auto const device = words.size() > 1 ? words[1] : "cpu";
  auto const atoms = static_cast<int>(words.size() > 2 ? number_of(words[2]) : 40);
  std::vector<std::int64_t> batches;
  for (std::size_t k = 3; k < words.size(); ++k) batches.push_back(number_of(words[k]));
  if (batches.empty()) batches = {1, 4, 16, 64};
  auto const model = load(words[0], device);
  auto const first = displaced_perovskite(atoms, 0);
  auto const reference = load(words[0], "cpu")->evaluate(first), here = model->evaluate(first);
  double const difference = (reference.forces - here.forces).cwiseAbs().maxCoeff();
  for (auto const batch : batches) {
    auto const crystals = displaced_perovskites(atoms, 0, batch);
    double const seconds = least_seconds(*model, crystals);
    auto line = Value::object();
    line["device"] = model->about().at("device");
    line["batch"] = batch;
    line["atoms"] = batch * static_cast<std::int64_t>(first.size());
    line["edges"] = batch * here.edges;
    line["seconds"] = seconds;
    line["atoms_per_second"] = static_cast<double>(line.at("atoms").as_integer()) / seconds;
    line["share_in_model"] = 1.0 - seconds_of_edges(crystals, model->cutoff()) / seconds;
    line["largest_force_difference_eV_per_A"] = difference;
    std::cout << line.dump() << std::endl;
  }
  std::cout << feed(model, atoms, *std::ranges::max_element(batches)).dump() << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (std::exception const& error) {
    std::cerr << "bench_mlip_alone: " << error.what() << '\n';
    return 1;
  }
}
