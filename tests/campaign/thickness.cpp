// What one more repeat of each layer changes: measured once per pair of planes, stated in every error bar.
#include <algorithm>

#include "nacre/campaign/domain.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Two-repeat layers of silicon and germanium, one contact, cut so that they hold far fewer layers than bulk.
void write_campaign(std::filesystem::path const& folder, std::string const& stacks) {
  auto const structures = (test::source_folder() / "runs/group_iv/structures").string();
  write_file(folder / "campaign.toml",
             "[campaign]\nseed = 5\n[run]\nbudget = 8\n[search]\nengine = \"swarm\"\nparticles = 2\nscreen = 0\n"
             "[stacks]\nmax_area = 20\nmax_strain = 0.05\n" + stacks +
                 "[[material]]\nname = \"Si\"\nfile = \"" + structures + "/Si.cif\"\nplanes = [[1, 1, 1]]\nrepeats = 1\n"
                 "[[material]]\nname = \"Ge\"\nfile = \"" + structures + "/Ge.cif\"\nplanes = [[1, 1, 1]]\nrepeats = 1\n"
                 "[potential]\nmodel = \"tersoff:tersoff1989\"\nstart_shifts = 1\nstart_gaps = 1\nrattle = 0.0\n"
                 "[[objective]]\nname = \"work_of_adhesion\"\n");
}

std::unique_ptr<Domain> domain_of(std::filesystem::path const& folder) {
  auto domain = make_domain(read_campaign(folder));
  for (auto tasks = domain->setup_tasks(); !tasks.empty(); tasks = domain->setup_tasks()) {
    for (auto const& task : tasks) domain->absorb(task, domain->run_setup(task));
  }
  return domain;
}

Design first_design(Space const& space) {
  Design design;
  while (auto const node = space.next(design.values)) design.values.resize(design.values.size() + static_cast<std::size_t>(node->width()));
  return design;
}

TEST(Thickness, is_the_difference_of_two_contacts) {
  test::TemporaryFolder const folder;
  write_campaign(folder.path(), "");
  auto const domain = domain_of(folder.path());
  std::string reason;
  auto const candidate = domain->build(first_design(*domain->space()), reason);
  auto const &bottom = candidate.parts->bottom, &top = candidate.parts->top;
  auto const& coincidence = candidate.parts->coincidence;
  ContactOptions options;
  options.relaxation.fmax = 0.02;  // as campaigns do
  options.relaxation.max_steps = read_campaign(folder.path()).potential.max_steps;
  options.shifts = options.gaps = 1;
  options.rattle = 0.0;
  auto const adhesion = [&](int more) {
    auto const lower = make_slab(bottom.plane, bottom.termination, 1 + more), upper = make_slab(top.plane, top.termination, 1 + more);
    Eigen::Vector2d const unshifted = Eigen::Vector2d::Zero();
    double const gap = 0.9;  // the middle of the gaps that are searched where radii ask for none: from 0.3, 0.6 to either side
    ContactCache cache;
    auto const stack = build_stack(lower, upper, coincidence, unshifted, gap, {});
    return contact_energies(stack, lower, upper, *domain->potential(), options, cache).work_of_adhesion;
  };
  auto const thin = adhesion(0), thick = adhesion(1);

  ASSERT_TRUE(thin.ok() && thick.ok()) << thin.reason << thick.reason;
  EXPECT_NEAR(candidate.descriptor("thickness_change_J_per_m2"), std::abs(thick.value - thin.value), 2e-3);
}

TEST(Thickness, is_part_of_every_standard_error_unless_it_is_not_tested) {
  auto const error_of = [](std::string const& stacks) {
    test::TemporaryFolder const folder;
    write_campaign(folder.path(), stacks);
    auto const program = test::nacre_program(), place = folder.path().string();
    auto const run = test::run_command(program + " run --quiet " + place);
    EXPECT_EQ(run.status, 0) << run.err;
    auto const list = Value::parse_json(test::run_command(program + " top --json " + place).out, "the list");
    auto const& best = list.at("candidates").as_array().at(0);
    auto const known = domain_of(folder.path());
    auto const first = known->describe(first_design(*known->space()));
    return std::tuple(best.at("objectives").at("work_of_adhesion").at("stderr").as_number(),
                      first.descriptor("thickness_change_J_per_m2"), first.descriptor("strain_error_J_per_m2"));
  };
  auto const [tested, change, strain] = error_of("");
  auto const [untested, none, same_strain] = error_of("thickness_test = false\n");

  EXPECT_TRUE(std::isnan(none));
  EXPECT_GT(change, 0.0);
  EXPECT_GE(untested, strain);
  EXPECT_EQ(strain, same_strain);
  EXPECT_GE(tested, change);
  EXPECT_NEAR(tested, std::hypot(untested, change), 0.1 * tested);
}

TEST(Thickness, too_small_a_layer_is_named) {
  test::TemporaryFolder const folder;
  write_campaign(folder.path(), "");
  auto const domain = domain_of(folder.path());
  double const change = domain->describe(first_design(*domain->space())).descriptor("thickness_change_J_per_m2");
  auto const notes = domain->notes();
  bool const named = std::any_of(notes.begin(), notes.end(), [](std::string const& note) {
    return note.starts_with("thickness/Si/111/Ge/111: not_converged_in_thickness");
  });

  EXPECT_EQ(named, change > 0.02) << change;
}

}  // namespace
}  // namespace nacre
