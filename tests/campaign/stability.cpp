// Reaction energies, margins and distortions of a campaign's materials.
#include <algorithm>

#include "nacre/campaign/domain.hpp"
#include "nacre/campaign/evaluate.hpp"
#include "nacre/core/text.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr char const* zirconia =
    "ZrO2\n1\n5.09 0 0\n0 5.09 0\n0 0 5.09\nZr O\n4 8\nDirect\n0 0 0\n0 .5 .5\n.5 0 .5\n.5 .5 0\n"
    ".25 .25 .25\n.75 .25 .25\n.25 .75 .25\n.25 .25 .75\n.75 .75 .25\n.75 .25 .75\n.25 .75 .75\n.75 .75 .75\n";
constexpr char const* titanate =
    "SrTiO3\n1\n3.905 0 0\n0 3.905 0\n0 0 3.905\nSr Ti O\n1 1 3\nDirect\n0 0 0\n.5 .5 .5\n.5 .5 0\n.5 0 .5\n0 .5 .5\n";

std::unique_ptr<Domain> zirconia_on_titanate(std::filesystem::path const& folder) {
  write_file(folder / "ZrO2.vasp", zirconia);
  write_file(folder / "SrTiO3.vasp", titanate);
  write_file(folder / "campaign.toml",
             "[stacks]\nmax_area = 120\nmax_strain = 0.09\nmax_atoms = 300\nthickness_test = false\n"
             "[[material]]\nname = \"SrTiO3\"\nfile = \"SrTiO3.vasp\"\nplanes = [[0, 0, 1]]\nrepeats = 2\n"
             "[[material]]\nname = \"ZrO2\"\nfile = \"ZrO2.vasp\"\nplanes = [[1, 1, 1]]\nrepeats = 3\n"
             "[potential]\nmodel = \"rigid-ion:grimes\"\ncutoff = 8.0\n"
             "[[objective]]\nname = \"work_of_adhesion\"\n[[constraint]]\nquantity = \"reaction_energy\"\nlower = -0.03\n");
  auto domain = make_domain(read_campaign(folder));
  for (auto tasks = domain->setup_tasks(); !tasks.empty(); tasks = domain->setup_tasks()) {
    for (auto const& task : tasks) domain->absorb(task, domain->run_setup(task));
  }
  return domain;
}

Design some_design(Space const& space) {
  Design design;
  while (auto const node = space.next(design.values)) {
    for (int i = 0; i < node->width(); ++i) design.values.push_back(0);
  }
  return design;
}

TEST(Stability, names_titanate_on_zirconia_as_reacting) {  // definitions.md 3
  test::TemporaryFolder const folder;
  auto const domain = zirconia_on_titanate(folder.path());
  auto const candidate = domain->describe(some_design(*domain->space()));
  auto const notes = domain->notes();

  EXPECT_LT(candidate.descriptor("reaction_energy_eV_per_atom"), -0.03);
  EXPECT_GE(candidate.descriptor("hull_distance_eV_per_atom"), 0.0);
  EXPECT_EQ(candidate.descriptor("membrane_elastic_energy_J_per_m2"), 0.0);  // no cell on cell: incoherent
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](std::string const& note) {
    return note.starts_with("SrTiO3|ZrO2: ") && note.find("SrZrO3") != std::string::npos;
  }));
}

TEST(Stability, flags_layers_that_distort_at_the_strain_limit) {
  test::TemporaryFolder const folder;
  auto const domain = zirconia_on_titanate(folder.path());
  auto const notes = domain->notes();
  auto const candidate = domain->describe(some_design(*domain->space()));
  double const strontium = candidate.descriptor("strain_bottom_1") + candidate.descriptor("strain_bottom_2");
  double const zirconium = candidate.descriptor("strain_top_1") + candidate.descriptor("strain_top_2");

  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](std::string const& note) {
    return note.starts_with("distortion/ZrO2/111: distorts_under_strain");
  }));
  EXPECT_EQ(candidate.descriptor("distorts_under_strain"), strontium < 0.0 || zirconium > 0.0 ? 1.0 : 0.0);  // where they do
}

}  // namespace
}  // namespace nacre
