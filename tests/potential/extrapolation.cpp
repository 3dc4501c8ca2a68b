/// Outliers planted beside what a published model is known for.
#include "nacre/potential/extrapolation.hpp"

#include "nacre/core/rng.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/score/model_card.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Crystal card_crystal(std::string const& name) {
  auto const crystals = card_crystals();
  return std::ranges::find(crystals, name, &CardCrystal::name)->crystal;
}

Crystal scaled(Crystal crystal, double factor) {
  crystal.lattice *= factor;
  crystal.positions *= factor;
  return crystal;
}

Crystal rattled(Crystal crystal, double width, std::uint64_t seed) {
  Rng rng(seed, "extrapolation", 0);
  for (double& x : crystal.positions.reshaped()) x += width * rng.normal();
  return crystal;
}

class KnownOxides : public testing::TestWithParam<std::string> {
 protected:
  std::string weights() const {
    auto const path = test::shared_file("models/" + GetParam() + "/" + GetParam() + ".safetensors");
    return path.empty() ? "" : (GetParam().starts_with("Tensor") ? "tensornet:" : "nequix:") + path.string();
  }
};

// Known: SrTiO3 and MgO, rattled by 0.08 Å at 98 to 102 % of the edge.
TEST_P(KnownOxides, grade_held_out_bulk_low_and_planted_outliers_high) {
  NACRE_NEEDS_SHARED(weights());
  auto const model = make_potential(weights());
  std::vector<Crystal> known;
  for (std::uint64_t k = 0; k < 16; ++k) {
    double const factor = 0.98 + 0.04 * static_cast<double>(k) / 15.0;
    for (auto const* name : {"SrTiO3", "MgO"})
      known.push_back(rattled(supercell(scaled(card_crystal(name), factor), {2, 1, 1}), 0.08, k));
  }
  FeatureSet const set(*model, known, "SrTiO3 and MgO");
  auto const worst = [&](Crystal const& crystal) { return set.grades(*model, crystal).maxCoeff(); };

  for (std::uint64_t k = 50; k < 56; ++k)
    for (auto const* name : {"SrTiO3", "MgO"})
      EXPECT_LT(worst(rattled(supercell(card_crystal(name), {2, 1, 1}), 0.08, k)), 2.0) << name << k;
  EXPECT_GT(worst(scaled(card_crystal("SrTiO3"), 0.88)), 3.0);  // compressed
  EXPECT_GT(worst(rattled(card_crystal("MgO"), 0.5, 1)), 3.0);  // broken
  auto foreign = card_crystal("MgO");
  for (int& z : foreign.numbers) z = z == 12 ? 38 : 8;
  EXPECT_GT(worst(scaled(foreign, 5.2 / 4.22)), 3.0);  // SrO: known elements in an unknown crystal
  auto slab = card_crystal("SrTiO3");
  slab.lattice(2, 2) += 12.0;
  EXPECT_GT(worst(slab), 2.0);  // a surface
  EXPECT_TRUE(std::isinf(worst(card_crystal("CeO2"))));
}

INSTANTIATE_TEST_SUITE_P(Shared, KnownOxides, testing::Values("nequix-oam-1-pft", "TensorNet-MatPES-PBE-v2025.1-PES"),
                         [](auto const& model) {
                           auto name = model.param;
                           std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
                           return name;
                         });

}  // namespace
}  // namespace nacre
