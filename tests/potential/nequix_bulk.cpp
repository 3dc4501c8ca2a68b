/// Lattice constants and bulk moduli of cubic crystals in published Nequix models, beside the values of the table in the
/// models' guide, which came from the TorchScript exports.
#include <array>

#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/nequix.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Atoms of a cubic cell of edge 1.
struct Prototype {
  std::vector<std::string> symbols;
  std::vector<std::array<double, 3>> sites;
};

Prototype perovskite(char const* a, char const* b) {
  return {{a, b, "O", "O", "O"}, {{0, 0, 0}, {.5, .5, .5}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}}};
}

Prototype face_centred(std::vector<std::string> const& motif, std::vector<double> const& diagonal) {
  Prototype prototype;
  for (auto const& corner : std::vector<std::array<double, 3>>{{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}) {
    for (std::size_t k = 0; k < motif.size(); ++k) {
      prototype.symbols.push_back(motif[k]);
      prototype.sites.push_back({corner[0] + diagonal[k], corner[1] + diagonal[k], corner[2] + diagonal[k]});
    }
  }
  return prototype;
}

Crystal at(Prototype const& prototype, double a) {
  Crystal crystal;
  crystal.lattice = a * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, static_cast<Eigen::Index>(prototype.sites.size()));
  for (std::size_t k = 0; k < prototype.sites.size(); ++k) {
    crystal.positions.col(static_cast<Eigen::Index>(k)) =
        a * Eigen::Vector3d(prototype.sites[k][0], prototype.sites[k][1], prototype.sites[k][2]);
    crystal.numbers.push_back(*atomic_number(prototype.symbols[k]));
  }
  return crystal;
}

struct Row {
  char const* name;
  Prototype prototype;
  double start;                      ///< [Å]
  double oam_a, oam_b, mp_a, mp_b;  ///< [Å], [GPa]
};

std::vector<Row> rows() {
  return {{"SrTiO3", perovskite("Sr", "Ti"), 3.93, 3.946, 169, 3.943, 169},
          {"LaAlO3", perovskite("La", "Al"), 3.80, 3.814, 193, 3.814, 193},
          {"BaTiO3", perovskite("Ba", "Ti"), 4.00, 4.034, 165, 4.033, 165},
          {"MgO", face_centred({"Mg", "O"}, {0.0, 0.5}), 4.22, 4.255, 149, 4.258, 152},
          {"CeO2", face_centred({"Ce", "O", "O"}, {0.0, 0.25, 0.75}), 5.44, 5.465, 178, 5.467, 177},
          {"ZrO2", face_centred({"Zr", "O", "O"}, {0.0, 0.25, 0.75}), 5.12, 5.145, 228, 5.156, 239},
          {"Si", face_centred({"Si", "Si"}, {0.0, 0.25}), 5.46, 5.487, 87, 5.504, 105},
          {"Ge", face_centred({"Ge", "Ge"}, {0.0, 0.25}), 5.75, 5.778, 58, 5.750, 63},
          {"SiGe", face_centred({"Si", "Ge"}, {0.0, 0.25}), 5.60, 5.612, 74, 5.570, 105}};
}

/// Newton's method on the mean stress. The modulus is the slope from the minimum to an edge 0.4 % longer, which is what
/// the table's numbers turn out to be: all eighteen agree to 1 %. At the minimum itself it is 1 to 4 % larger.
std::pair<double, double> lattice_and_bulk_modulus(Potential const& model, Prototype const& prototype, double a) {
  auto const tension = [&](double edge) { return model.evaluate(at(prototype, edge)).stress->trace() / 3.0; };
  for (int step = 0; step < 5; ++step) {
    double const h = 1e-3 * a;
    double const slope = (tension(a + h) - tension(a - h)) / (2.0 * h);
    a -= tension(a) / slope;
  }
  double const strain = 4e-3;
  return {a, (tension(a * (1.0 + strain)) - tension(a)) / (3.0 * strain) * units::GPa};
}

class PublishedBulk : public testing::TestWithParam<std::string> {};

TEST_P(PublishedBulk, has_the_lattice_constants_and_bulk_moduli_of_the_table) {
  auto const weights = test::shared_file("models/" + GetParam() + "/" + GetParam() + ".safetensors");
  NACRE_NEEDS_SHARED(weights);
  auto const model = make_nequix(weights, GetParam());
  bool const oam = GetParam() == "nequix-oam-1-pft";

  for (auto const& row : rows()) {
    auto const [a, b] = lattice_and_bulk_modulus(*model, row.prototype, row.start);
    double const expected = oam ? row.oam_a : row.mp_a, modulus = oam ? row.oam_b : row.mp_b;
    EXPECT_NEAR(a, expected, 2e-3 * expected) << row.name;
    EXPECT_NEAR(b, modulus, 3e-2 * modulus) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, PublishedBulk, testing::Values("nequix-oam-1-pft", "nequix-mp-1"), [](auto const& model) {
  auto name = model.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace nacre
