/// Small Nequix models with random weights, so that the engine is tested where no published weights are at hand.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace nacre::test {

/// An array of a safetensors file.
struct TensorData {
  std::string type;  ///< F32 or F64
  std::vector<long> shape;
  std::vector<double> values;
};

/// The bytes of a safetensors file.
std::string to_safetensors(std::map<std::string, TensorData> const& arrays, std::map<std::string, std::string> const& metadata);

/// Elements O, Mg, Ti; cutoff 4.5 A; three layers of 8x0e + 5x1o + 3x2e + 2x3o.
struct NequixWeights {
  std::map<std::string, TensorData> arrays;
  std::map<std::string, std::string> metadata;
};
NequixWeights random_nequix(unsigned seed);

void write_nequix(std::filesystem::path const& path, NequixWeights const& weights);

}  // namespace nacre::test
