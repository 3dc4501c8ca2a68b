// Two layers of one material: a design and the same stack turned over are one design.
#include <map>
#include <set>

#include "nacre/campaign/domain.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::unique_ptr<Domain> domain_of(std::filesystem::path const& folder, std::string const& planes) {
  auto const structure = test::source_folder() / "runs/oxide_membranes/structures/SrTiO3.cif";
  write_file(folder / "campaign.toml",
             "[stacks]\nlattice = \"experiment\"\nmax_area = 80\nmax_strain = 0.001\nmin_thickness = 3.0\nsame_material = true\nthickness_test = false\n"
             "[[material]]\nname = \"SrTiO3\"\nfile = \"" + structure.string() + "\"\nplanes = " + planes +
                 "\nrepeats = 1\n[potential]\nmodel = \"rigid-ion:grimes\"\ncutoff = 8.0\n"
                 "[[objective]]\nname = \"work_of_adhesion\"\n");
  auto domain = make_domain(read_campaign(folder));
  for (auto tasks = domain->setup_tasks(); !tasks.empty(); tasks = domain->setup_tasks()) {
    for (auto const& task : tasks) domain->absorb(task, domain->run_setup(task));
  }
  return domain;
}

TEST(SameMaterial, counts_a_turned_design_once) {
  test::TemporaryFolder const folder;
  auto const domain = domain_of(folder.path(), "[[0, 0, 1]]");
  auto const space = domain->space();
  auto const model = domain->potential()->with_slab_correction(true);
  Rng rng(71, "turned designs", 0);
  std::set<Hash128> leaves, canonical_leaves;
  for (int k = 0; k < 60; ++k) {
    Design design;
    while (auto const node = space->next(design.values)) {
      for (int i = 0; i < node->width(); ++i) {
        auto const count = static_cast<std::uint64_t>(node->count());
        design.values.push_back(static_cast<std::int64_t>(rng.below(count)));
      }
    }
    auto const canonical = space->canonical(design);
    leaves.insert(domain->leaf(design));
    canonical_leaves.insert(domain->leaf(canonical));

    EXPECT_EQ(space->canonical(canonical), canonical);
    if (k >= 12) continue;
    std::string reason, other;
    auto const stack = domain->build(design, reason).stack, same = domain->build(canonical, other).stack;
    ASSERT_EQ(reason.empty(), other.empty()) << reason << " / " << other;
    if (!reason.empty()) continue;
    double const atoms = static_cast<double>(stack->crystal.size());
    EXPECT_NEAR(stack->contacts[0].gap, same->contacts[0].gap, 1e-9);
    EXPECT_NEAR(model->evaluate(stack->crystal).energy / atoms, model->evaluate(same->crystal).energy / atoms, 1e-8);
  }
  EXPECT_LT(canonical_leaves.size(), leaves.size()) << "TiO2 on SrO is SrO under TiO2";
}

}  // namespace
}  // namespace nacre
