/// bench_mlip MODEL N1,N2,N3 ROUNDS [FILE]   one model on one displaced SrTiO3 supercell, one thread: prints processor time
/// per evaluation (the least of the rounds), atoms per second, peak memory, energy and a force as one line of JSON. With
/// FILE the structure is written there as extxyz and nothing is evaluated.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <iostream>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/potential.hpp"

namespace {

using namespace nacre;

Crystal displaced_perovskite(Eigen::Vector3i const& repeats) {
  double const a = 3.945, h = 0.5 * a;
  Crystal cell;
  cell.lattice = a * Eigen::Matrix3d::Identity();
  cell.positions.resize(3, 5);
  cell.positions << 0, h, h, h, 0, 0, h, h, 0, h, 0, h, 0, h, h;
  cell.numbers = {38, 22, 8, 8, 8};
  auto crystal = supercell(cell, repeats);
  Rng rng(1, "bench mlip", 0);
  for (auto& x : crystal.positions.reshaped()) x += rng.uniform(-0.1, 0.1);
  return crystal;
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

int run(int argc, char** argv) {
  require(argc == 4 || argc == 5, "usage: bench_mlip MODEL N1,N2,N3 ROUNDS [FILE]");
  auto const words = split(argv[2], ',');
  require(words.size() == 3, "three numbers of cells are needed");
  Eigen::Vector3i repeats;
  for (int k = 0; k < 3; ++k) repeats[k] = static_cast<int>(parse_integer(words[static_cast<std::size_t>(k)]).value_or(1));
  Frame frame;
  frame.crystal = displaced_perovskite(repeats);
  if (argc == 5) {
    std::ofstream(argv[4]) << to_extxyz(frame);
    return 0;
  }
  auto const model = make_potential(argv[1]);
  double least = 1e300;
  Evaluation evaluation;
  for (auto round = parse_integer(argv[3]).value_or(1); round > 0; --round) {
    double const start = processor_seconds();
    evaluation = model->evaluate(frame.crystal);
    least = std::min(least, processor_seconds() - start);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto line = Value::object();
  line["atoms"] = static_cast<std::int64_t>(frame.crystal.size());
  line["edges"] = evaluation.edges;
  line["seconds"] = least;
  line["atoms_per_second"] = static_cast<double>(frame.crystal.size()) / least;
  line["peak_MB"] = static_cast<double>(usage.ru_maxrss) / 1024.0;
  line["energy_eV"] = evaluation.energy;
  line["first_force_eV_per_A"] = evaluation.forces(0, 0);
  std::cout << line.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (std::exception const& error) {
    std::cerr << "bench_mlip: " << error.what() << '\n';
    return 1;
  }
}
