/// Lattice constants and bulk moduli of cubic crystals in published models, beside the values of the table in the
/// models' guide, which came from the TorchScript exports.
#include "nacre/core/units.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/score/model_card.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Of the models' guide, from Newton steps on the stress.
struct Bulk {
  double lattice, modulus;  ///< [Å], [GPa]
};
struct Row {
  char const* name;
  Bulk oam, mp, pbe, r2scan;
};
constexpr Row rows[] = {{"SrTiO3", {3.946, 169}, {3.943, 169}, {3.940, 148}, {3.909, 166}},
                        {"LaAlO3", {3.814, 193}, {3.814, 193}, {3.814, 170}, {3.783, 205}},
                        {"BaTiO3", {4.034, 165}, {4.033, 165}, {4.023, 142}, {3.991, 163}},
                        {"MgO", {4.255, 149}, {4.258, 152}, {4.254, 115}, {4.196, 151}},
                        {"CeO2", {5.465, 178}, {5.467, 177}, {5.451, 170}, {5.441, 167}},
                        {"ZrO2", {5.145, 228}, {5.156, 239}, {5.120, 202}, {5.093, 227}},
                        {"Si", {5.487, 87}, {5.504, 105}, {5.475, 78}, {5.416, 78}},
                        {"Ge", {5.778, 58}, {5.750, 63}, {5.773, 46}, {5.670, 69}},
                        {"SiGe", {5.612, 74}, {5.570, 105}, {5.610, 61}, {5.533, 76}}};

struct Model {
  char const* kind;
  char const* name;
  Bulk Row::*column;
};
std::ostream& operator<<(std::ostream& out, Model const& model) { return out << model.name; }

class PublishedBulk : public testing::TestWithParam<Model> {};

TEST_P(PublishedBulk, has_the_lattice_constants_and_bulk_moduli_of_the_table) {
  std::string const name = GetParam().name;
  auto const weights = test::shared_file("models/" + name + "/" + name + ".safetensors");
  NACRE_NEEDS_SHARED(weights);
  auto const model = make_potential(std::string(GetParam().kind) + ":" + weights.string());

  auto const crystals = card_crystals();
  for (auto const& row : rows) {
    auto const state = cubic_state(*model, std::ranges::find(crystals, row.name, &CardCrystal::name)->crystal);
    auto const& [lattice, modulus] = row.*GetParam().column;
    EXPECT_NEAR(state.lattice, lattice, 2e-3 * lattice) << row.name;
    // The guide's moduli are secants to an edge 0.4 % longer: all 36 agree to 1 %, most within the digits printed.
    EXPECT_NEAR(state.outward_modulus * units::GPa, modulus, 1e-2 * modulus) << row.name;
    // At the minimum, by our slope as by a Birch-Murnaghan fit to energies, they are larger by half of 1.2 % times the
    // pressure derivative of 3 to 6.
    EXPECT_GT(state.modulus, 1.005 * state.outward_modulus) << row.name;
    EXPECT_LT(state.modulus, 1.045 * state.outward_modulus) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, PublishedBulk,
                         testing::Values(Model{"nequix", "nequix-oam-1-pft", &Row::oam},
                                         Model{"nequix", "nequix-mp-1", &Row::mp},
                                         Model{"tensornet", "TensorNet-MatPES-PBE-v2025.1-PES", &Row::pbe},
                                         Model{"tensornet", "TensorNet-MatPES-r2SCAN-v2025.1-PES", &Row::r2scan}),
                         [](auto const& model) {
                           std::string name = model.param.name;
                           std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
                           return name;
                         });

}  // namespace
}  // namespace nacre
