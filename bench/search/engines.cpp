// Our engines, through the session that answers ask and tell.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "nacre/core/error.hpp"
#include "optimiser.hpp"
#include "session.hpp"

namespace nacre::bench {
namespace {

detail::SpaceFile box(std::string const& engine, int dimensions, std::uint64_t seed) {
  auto const path =
      std::filesystem::temp_directory_path() / concat("nacre_bench_", ::getpid(), "_", seed, "_", dimensions, ".toml");
  {
    std::ofstream file(path);
    file << "seed = " << seed << "\nengine = \"" << engine << "\"\n[[objective]]\nname = \"f\"\n";
    for (int i = 0; i < dimensions; ++i) {
      file << "[[variable]]\nname = \"x" << i << "\"\nkind = \"real\"\nrange = [-5, 5]\n";
    }
  }
  auto result = detail::read_space_file(path);
  std::filesystem::remove(path);
  return result;
}

void run_engine(std::string const& engine, int dimensions, std::uint64_t seed, Function const& function) {
  detail::Session session(box(engine, dimensions, seed));
  while (auto const asked = session.ask()) {
    Eigen::VectorXd x(dimensions);
    Eigen::Index i = 0;
    for (auto const& [name, value] : asked->point.as_object()) x[i++] = value.as_number();
    session.tell(asked->id, {Estimate(function(x), 0.0, 1.0, "")}, {});
  }
}

}  // namespace

std::vector<Optimiser> own_engines() {
  std::vector<Optimiser> engines;
  for (std::string const name : {"auto", "pso", "cmaes", "random"}) {
    engines.push_back({"nacre " + name, [name](int dimensions, std::uint64_t seed, Function const& function) {
                         run_engine(name, dimensions, seed, function);
                       }});
  }
  return engines;
}

}  // namespace nacre::bench
