// Number by number: barriers and energies of vacancies that the reference data and the guide state, at their settings.
#include <gtest/gtest.h>

#include <cmath>

#include "hop_crystals.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/transport/hop_analysis.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr double asked = 5e-3;  // of every number [eV]

struct Case {
  std::string model = "rigid-ion:grimes";
  Crystal crystal;
  int species = 8;
  int cells = 3;
  double cutoff = 9.0;
  HopMethod method = HopMethod::automatic;
  double band_fmax = BandOptions{}.fmax;
};

class Computed {
 public:
  explicit Computed(Case const& which) {
    PotentialOptions options;
    options.cutoff = which.cutoff;
    options.taper = false;
    options.background = true;
    model_ = make_potential(which.model, options);
    HopSearch search;
    HopSettings settings;
    search.supercell = settings.supercell = Eigen::Vector3i::Constant(which.cells);
    settings.method = which.method;
    settings.band.fmax = which.band_fmax;
    network_ = find_hops(which.crystal, which.species, search);
    energies_ = std::make_unique<HopEnergies>(which.crystal, network_, which.species, *model_, settings);
  }
  HopEnergy const& hop() { return energies_->hop(0); }
  Band const* band() { return energies_->band(0); }
  std::size_t kinds() const { return network_.hop_orbits.size(); }

 private:
  std::shared_ptr<Potential const> model_;
  HopNetwork network_;
  std::unique_ptr<HopEnergies> energies_;
};

Crystal fluorite_of(std::string const& name, double a) { return test::fluorite(name == "CeO2" ? 58 : 40, 8, a); }

class HopReferences : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto const path = test::shared_file("reference/physics2/hops.json");
    NACRE_NEEDS_SHARED(path);
    document_ = Value::parse_json(read_file(path), path.string());
  }
  /// "CeO2|3x3x3|rc9"
  Case named(std::string const& key) const {
    auto const parts = split(key, '|');
    auto const& entry = document_.at("entries").at(key);
    Case which;
    which.cells = parts[1][0] - '0';
    which.cutoff = entry.at("rc_short_A").as_number();
    which.crystal = fluorite_of(parts[0], entry.at("cell").as_array()[0].as_number() / which.cells);
    return which;
  }
  Value document_;
};

TEST_P(HopReferences, are_met_in_barrier_and_energies) {
  auto which = named(GetParam());
  auto const& entry = document_.at("entries").at(GetParam());
  auto const& start = entry.at("starts").as_array()[0];

  Computed computed(which);
  auto const& hop = computed.hop();

  ASSERT_EQ(hop.status, Status::ok) << hop.reason;
  EXPECT_EQ(computed.kinds(), 1u);
  EXPECT_NEAR(hop.forward(), entry.at("E_mig_eV").as_number(), asked);
  EXPECT_NEAR(hop.from, start.at("E_vacancy_eV").as_number(), asked);
  EXPECT_NEAR(hop.saddle, start.at("E_saddle_eV").as_number(), asked);
}

// 4x4x4 cells and 12 Å: scripts/hop_table, which asks the program for all of them
INSTANTIATE_TEST_SUITE_P(All, HopReferences,
                         testing::Values("CeO2|2x2x2|rc9", "CeO2|3x3x3|rc9", "ZrO2|2x2x2|rc9", "ZrO2|3x3x3|rc9"));

class BandReferences : public HopReferences {};

TEST_P(BandReferences, are_met_image_by_image) {
  auto const& reference = document_.at("neb_check").at(GetParam());
  auto which = named(split(GetParam(), '|')[0] + "|3x3x3|rc9");
  which.method = HopMethod::neb;
  which.band_fmax = reference.at("fmax").as_number();  // images slide along a band until it rests

  Computed computed(which);
  auto const& hop = computed.hop();

  ASSERT_EQ(hop.status, Status::ok) << hop.reason;
  EXPECT_NEAR(hop.forward(), reference.at("E_mig_forward_eV").as_number(), asked);
  EXPECT_NEAR(hop.to - hop.from, reference.at("E_end_difference_eV").as_number(), asked);
  auto const& profile = reference.at("profile_eV").as_array();
  auto const& energies = computed.band()->energies;
  ASSERT_EQ(energies.size(), profile.size());
  for (std::size_t k = 0; k < profile.size(); ++k) EXPECT_NEAR(energies[k] - energies[0], profile[k].as_number(), asked) << k;
}

INSTANTIATE_TEST_SUITE_P(All, BandReferences, testing::Values("CeO2|3", "ZrO2|3"));

// potentials.md 3, 3x3x3 cells at 9 Å, plain truncation, lattice constants of its table
struct Stated {
  std::string model;
  int cation;
  double a, barrier;
};

class StatedBarriers : public testing::TestWithParam<Stated> {};

TEST_P(StatedBarriers, are_met) {
  auto const& [model, cation, a, barrier] = GetParam();
  Case which;
  which.model = "rigid-ion:" + model;
  which.crystal = test::fluorite(cation, 8, a);
  if (cation == 3) {  // antifluorite
    which.species = 3;
    which.crystal = test::fluorite(8, 3, a);
    for (double& charge : which.crystal.oxidation) charge = charge > 0.0 ? -2.0 : 1.0;
  }

  Computed computed(which);

  ASSERT_EQ(computed.hop().status, Status::ok) << computed.hop().reason;
  EXPECT_NEAR(computed.hop().forward(), barrier, asked);
}

INSTANTIATE_TEST_SUITE_P(All, StatedBarriers,
                         testing::Values(Stated{"grimes", 58, 5.4102, 0.536},
                                         Stated{"sayle_balducci_ceria", 58, 5.4294, 0.674},
                                         Stated{"pedone2006", 3, 4.6233, 0.3272},
                                         Stated{"pedone2006", 40, 5.0929, 0.3842}));

}  // namespace
}  // namespace nacre
