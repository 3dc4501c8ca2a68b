// Order reversal of three membranes in a rigid-ion model (SPEC F09).
#include "nacre/potential/potential.hpp"
#include "nacre/stack/identity.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Slab make(Crystal const& crystal, std::size_t cut, int repeats) {
  auto const plane = make_plane(crystal, {0, 0, 1});
  return make_slab(plane, find_terminations(plane).at(cut), repeats);
}

std::vector<Coincidence> matches(Slab const& top, Slab const& bottom) {
  return find_coincidences(top.plane.basis, bottom.plane.basis, layer_point_group(top.plane),
                           layer_point_group(bottom.plane), {90.0, 0.09});
}

double energy_per_atom(Stack const& stack) {
  auto const model = make_potential("rigid-ion:grimes", {.cutoff = 8.0});
  return model->evaluate(stack.crystal).energy / static_cast<double>(stack.crystal.size());
}

TEST(ThreeLayers, have_the_same_energy_from_below) {
  auto const a = make(test::strontium_titanate(), 0, 1), b = make(test::magnesia(), 0, 1),
             c = make(test::strontium_titanate(), 1, 1);
  SlabList const slabs{a, b, c};
  for (std::size_t twist : {0u, 1u}) {
    std::vector<ContactDesign> const contacts{{matches(b, a).at(0), {0.17, 0.32}, 2.3},
                                              {matches(c, b).at(twist), {0.05, 0.81}, 2.5}};
    auto const stack = build_stack(slabs, contacts);

    auto const turned = turned_over(slabs, contacts);
    ASSERT_TRUE(turned);
    auto const reversed = build_stack(turned->list(), turned->contacts);
    auto order_alone = turned->contacts;
    for (std::size_t k : {0u, 1u}) order_alone[k].shift = contacts[1 - k].shift;

    EXPECT_EQ(turned->slabs[0].termination.lower, c.termination.upper);
    EXPECT_EQ(stack.crystal.size(), reversed.crystal.size());
    EXPECT_NEAR(energy_per_atom(stack), energy_per_atom(reversed), 1e-8) << "twist " << twist;
    EXPECT_GT(std::abs(energy_per_atom(stack) - energy_per_atom(build_stack(turned->list(), order_alone))), 1e-6)
        << "the shifts matter";
    EXPECT_EQ(canonical_stack(slabs, contacts).id, canonical_stack(turned->list(), turned->contacts).id);
  }
}

}  // namespace
}  // namespace nacre
