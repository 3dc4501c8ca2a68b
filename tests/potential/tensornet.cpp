#include "nacre/potential/tensornet.hpp"

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/batch.hpp"
#include "support/nequix_weights.hpp"
#include "support/potential_conformance.hpp"
#include "support/reference_frames.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Arrays = std::map<std::string, test::TensorData>;

/// Random weights of O, Mg and Ti, cutoff 4.5 A.
struct Weights {
  Arrays arrays;
  std::map<std::string, std::string> metadata{{"format", "tensornet-neutral-1"}, {"cutoff", "4.5"},  {"units_hidden", "128"}, {"nblocks", "2"},
                                              {"max_n", "3"},                    {"group", "O(3)"}, {"atomic_numbers", "[8, 12, 22]"}};

  Weights() {
    Rng rng(5, "tensornet", 0);
    auto const add = [&](std::string const& name, std::vector<long> const& shape, double size, double mean = 0.0) {
      auto& array = arrays[name];
      array = {"F32", shape, {}};
      long count = 1;
      for (long const n : shape) count *= n;
      for (long k = 0; k < count; ++k) array.values.push_back(mean + size * rng.uniform(-1.0, 1.0));
    };
    auto const linear = [&](std::string const& name, long out, long in) {
      add(name + ".weight", {out, in}, 1.7 / std::sqrt(static_cast<double>(in)));
      add(name + ".bias", {out}, 0.1);
    };
    add("data_mean", {1}, 0.0), add("data_std", {1}, 0.0, 1.3);
    add("element_refs.property_offset", {3}, 5.0);
    std::string const embedding = "model.tensor_embedding.";
    for (auto const* k : {"1", "2", "3"}) linear(embedding + "distance_proj" + k, 128, 3);
    add(embedding + "emb.weight", {3, 128}, 1.0);
    linear(embedding + "emb2", 128, 256);
    for (auto const* k : {"0", "1", "2"}) add(embedding + "linears_tensor." + k + ".weight", {128, 128}, 0.15);
    linear(embedding + "linears_scalar.0", 256, 128), linear(embedding + "linears_scalar.1", 384, 256);
    for (auto const* norm : {"model.tensor_embedding.init_norm", "model.out_norm"}) {
      long const size = norm[6] == 'o' ? 384 : 128;
      add(norm + std::string(".weight"), {size}, 0.3, 1.0), add(norm + std::string(".bias"), {size}, 0.1);
    }
    for (auto const* k : {"0", "1"}) {
      auto const layer = std::string("model.layers.") + k;
      linear(layer + ".linears_scalar.0", 128, 3), linear(layer + ".linears_scalar.1", 256, 128), linear(layer + ".linears_scalar.2", 384, 256);
      for (auto const* t : {"0", "1", "2", "3", "4", "5"}) add(layer + ".linears_tensor." + t + ".weight", {128, 128}, 0.15);
    }
    linear("model.linear", 128, 384);
    for (auto const* tower : {"layers", "gates"}) {
      for (auto const* k : {"0", "2", "4", "6"}) linear(std::string("model.final_layer.gated.") + tower + "." + k, k[0] == '6' ? 1 : 128, 128);
    }
  }
  void write(std::filesystem::path const& path) const { write_file(path, test::to_safetensors(arrays, metadata)); }
};

class TensorNet : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<test::TemporaryFolder>();
    Weights().write(file());
    model = make_tensornet(file(), "tensornet:test");
  }
  static void TearDownTestSuite() {
    model.reset();
    folder.reset();
  }
  static std::filesystem::path file() { return folder->path() / "model.safetensors"; }
  static std::unique_ptr<test::TemporaryFolder> folder;
  static std::shared_ptr<Potential const> model;
};
std::unique_ptr<test::TemporaryFolder> TensorNet::folder;
std::shared_ptr<Potential const> TensorNet::model;

/// Energies of single precision carry 1e-6 eV, so steps are large; the truncation error is then near 1e-4 eV/A.
test::PotentialTolerances const single{5e-3, 1e-3, 1e-4, 2e-5};

/// Five atoms without symmetry, some outside the cell.
Crystal skewed() {
  Crystal crystal;
  crystal.lattice << 4.1, 0.7, -0.3, 0.0, 3.9, 0.5, 0.2, 0.0, 5.2;
  crystal.positions.resize(3, 5);
  crystal.positions << 0.1, 2.2, -3.0, 1.9, 0.3, 0.2, 1.7, 9.1, 0.2, 2.2, 0.0, 2.9, 1.3, 4.6, 3.1;
  crystal.numbers = {12, 8, 8, 22, 8};
  return crystal;
}

TEST_F(TensorNet, conforms) {
  test::expect_forces_are_derivatives(*model, skewed(), single);
  test::expect_stress_is_derivative(*model, skewed(), single);
  test::expect_symmetries(*model, skewed(), single);
  test::expect_extensive(*model, skewed(), {2, 1, 1}, single);
  test::expect_bookkeeping(*model, skewed());
}

TEST_F(TensorNet, does_not_tell_an_arrangement_from_its_mirror_image) {
  auto mirrored = skewed();
  mirrored.lattice = -mirrored.lattice.eval();
  mirrored.positions = -mirrored.positions.eval();

  EXPECT_NEAR(model->evaluate(mirrored).energy, model->evaluate(skewed()).energy, 1e-4);
}

TEST_F(TensorNet, has_smooth_energies_up_to_the_cutoff) {
  Crystal pair;
  pair.periodic = {false, false, false};
  pair.numbers = {12, 8};
  pair.positions = Eigen::Matrix3Xd::Zero(3, 2);
  auto const at = [&](double r) {
    pair.positions(0, 1) = r;
    return model->evaluate(pair);
  };
  EXPECT_NEAR(at(4.4999).energy, at(4.5001).energy, 1e-6);
  EXPECT_LT(at(4.499).forces.norm(), 1e-4);
  EXPECT_EQ(at(4.5001).forces.norm(), 0.0);
  EXPECT_EQ(at(4.5001).edges, 0);
  EXPECT_EQ(at(4.4999).edges, 2);
}

TEST_F(TensorNet, has_the_same_bits_for_any_number_of_threads) {
  auto const crystal = supercell(skewed(), {3, 2, 2});
  auto const one = model->evaluate(crystal), four = make_tensornet(file(), "x", 4)->evaluate(crystal);
  std::vector<Crystal> const crystals{skewed(), crystal, skewed()};

  EXPECT_EQ(one.energy, four.energy);
  EXPECT_EQ(one.forces, four.forces);
  EXPECT_EQ(*one.stress, *four.stress);
  for (auto const& result : evaluate_batch(*model, crystals, 2)) EXPECT_TRUE(result.refusal.empty());
  EXPECT_EQ(evaluate_batch(*model, crystals, 2)[1].evaluation.forces, one.forces);
  EXPECT_EQ(model->features(crystal), make_tensornet(file(), "x", 3)->features(crystal));
  EXPECT_EQ(model->features(crystal).rows(), 128);
}

TEST_F(TensorNet, is_found_by_kind_and_by_contents) {
  auto const by_kind = make_potential("tensornet:" + file().string()), by_contents = make_potential(file().string());

  EXPECT_EQ(by_kind->identity(), model->identity());
  EXPECT_EQ(by_contents->evaluate(skewed()).energy, model->evaluate(skewed()).energy);
  EXPECT_EQ(by_kind->elements(), (std::vector<int>{8, 12, 22}));
  EXPECT_TRUE(by_kind->contents().learned);
}

TEST_F(TensorNet, names_what_is_wrong_with_a_file) {
  auto const refusal = [&](std::function<void(Weights&)> const& change) -> std::string {
    Weights weights;
    change(weights);
    weights.write(folder->path() / "changed.safetensors");
    try {
      make_tensornet(folder->path() / "changed.safetensors", "changed");
    } catch (InputError const& error) {
      return error.what();
    }
    return "accepted";
  };
  auto const expect = [&](std::function<void(Weights&)> const& change, char const* part) {
    auto const message = refusal(change);
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(message.find("changed.safetensors"), std::string::npos) << message;
  };
  expect([](Weights& w) { w.metadata["format"] = "x"; }, "no file of TensorNet weights");
  expect([](Weights& w) { w.metadata["nblocks"] = "3"; }, "nblocks=3");
  expect([](Weights& w) { w.metadata["cutoff"] = "0"; }, "'0' for cutoff");
  expect([](Weights& w) { w.metadata["cutoff"] = "500"; }, "at most 20");
  expect([](Weights& w) { w.metadata["atomic_numbers"] = "[8, 8, 22]"; }, "each once");
  expect([](Weights& w) { w.arrays.erase("model.out_norm.bias"); }, "model.out_norm.bias");
  expect([](Weights& w) { w.arrays["model.linear.weight"].shape = {384, 128}; }, "model.linear.weight");
  auto crystal = skewed();
  crystal.numbers[2] = 92;
  EXPECT_THROW(model->evaluate(crystal), InputError);
  EXPECT_THROW(make_tensornet(file(), "x", 0), InputError);
  EXPECT_THROW(make_tensornet("/nowhere", "x"), InputError);
}

class PublishedTensorNet : public testing::TestWithParam<std::string> {};

TEST_P(PublishedTensorNet, gives_all_reference_energies_forces_and_stresses) {
  auto const reference = test::shared_file("reference/mlip/reference.extxyz");
  auto const weights = test::shared_file("models/" + GetParam() + "/" + GetParam() + ".safetensors");
  NACRE_NEEDS_SHARED(reference);
  NACRE_NEEDS_SHARED(weights);

  EXPECT_GE(test::expect_reference_frames(*make_tensornet(weights, GetParam()), GetParam(), 2e-5), 2);
}

INSTANTIATE_TEST_SUITE_P(Shared, PublishedTensorNet, testing::Values("TensorNet-MatPES-PBE-v2025.1-PES", "TensorNet-MatPES-r2SCAN-v2025.1-PES"),
                         [](auto const& entry) { return std::string(entry.param.find("PBE") != std::string::npos ? "PBE" : "r2SCAN"); });

}  // namespace
}  // namespace nacre
