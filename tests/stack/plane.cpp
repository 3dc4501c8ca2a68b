#include "nacre/stack/plane.hpp"

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Value reference_cases() {
  auto const path = test::shared_file("reference/interface/cases.json");
  return path.empty() ? Value() : Value::parse_json(read_file(path), path.string());
}

Crystal reference_crystal(std::string const& poscar) {
  return read_crystal(test::shared_file("reference/interface/" + poscar));
}

Eigen::Vector3i indices(Value const& list) {
  auto const& v = list.as_array();
  return {static_cast<int>(v[0].as_integer()), static_cast<int>(v[1].as_integer()),
          static_cast<int>(v[2].as_integer())};
}

/// Squared lengths and angle of a reduced cell, the same for every choice of its vectors.
Eigen::Vector3d shape(Eigen::Matrix2d const& basis) {
  Eigen::Matrix2d const metric = basis.transpose() * basis;
  return {metric(0, 0), metric(1, 1), std::abs(metric(0, 1))};
}

std::vector<Crystal> examples() {
  return {test::strontium_titanate(), test::magnesia(), test::ceria(), test::rutile(), test::wurtzite()};
}
std::vector<Eigen::Vector3i> example_planes() {
  return {{0, 0, 1}, {1, 1, 0}, {1, 1, 1}, {2, 1, 0}, {0, 0, -1}, {-1, 2, 3}, {1, 0, -2}};
}

TEST(Plane, finds_the_primitive_cells_of_the_reference_cases) {
  NACRE_NEEDS_SHARED(test::shared_file("reference/interface/cases.json"));
  auto const cases = reference_cases();
  for (Value const& c : cases.at("cases").as_array()) {
    for (char const* side : {"film", "substrate"}) {
      Value const& s = c.at(side);
      SCOPED_TRACE(s.at("poscar").as_string());
      Eigen::Matrix2d expected;
      for (int k : {0, 1}) {
        auto const& row = s.at("primitive_inplane_lattice_rows").as_array()[static_cast<std::size_t>(k)].as_array();
        expected.col(k) << row[0].as_number(), row[1].as_number();
      }

      auto const plane = make_plane(reference_crystal(s.at("poscar").as_string()), indices(s.at("miller")));

      EXPECT_LT((shape(plane.basis) - shape(expected)).norm(), 1e-8 * shape(expected).norm()) << plane.basis;
      EXPECT_EQ(lattice_holohedry(plane.basis).size(), s.at("inplane_lattice_holohedry_order").as_integer());
    }
  }
}

TEST(Plane, has_a_right_handed_reduced_cell_that_tiles_the_crystal) {
  for (auto const& crystal : examples()) {
    for (auto const& miller : example_planes()) {
      auto const plane = make_plane(crystal, miller);
      Eigen::Matrix3d const vectors = plane.frame * plane.primitive.lattice * plane.cell.cast<double>();

      EXPECT_EQ(std::abs(plane.cell.cast<double>().determinant()), 1.0);
      EXPECT_NEAR(plane.area() * plane.spacing, plane.primitive.volume(), 1e-9);  // rounding of volumes up to 150
      EXPECT_LT(vectors.block(2, 0, 1, 2).norm(), 1e-12) << "in the plane";
      EXPECT_LE(plane.basis.col(0).norm(), plane.basis.col(1).norm() * (1.0 + 1e-6));
      EXPECT_LE(std::abs(plane.basis.col(0).dot(plane.basis.col(1))), plane.basis.col(0).squaredNorm() * (0.5 + 1e-6));
      EXPECT_GT(plane.basis(0, 0), 0.0);
      EXPECT_GT(plane.basis(1, 1), 0.0);
      Eigen::Vector3d const normal = crystal.lattice.inverse().transpose() * miller.cast<double>();
      EXPECT_NEAR(plane.frame.row(2).dot(normal.normalized()), 1.0, 1e-12) << "z along +hkl";
    }
  }
}

TEST(Plane, does_not_depend_on_the_cell_that_the_file_has) {
  auto const conventional = test::ceria();
  Crystal primitive = primitive_cell(conventional);
  Eigen::Matrix3d const to_primitive = conventional.lattice.inverse() * primitive.lattice;
  Eigen::RowVector3d const h = Eigen::RowVector3d(2, 0, 0) * to_primitive;  // (100), twice, in the primitive cell

  auto const a = make_plane(conventional, {1, 0, 0});
  auto const b = make_plane(primitive, h.array().round().matrix().transpose().cast<int>());

  EXPECT_LT((shape(a.basis) - shape(b.basis)).norm(), 1e-9);
  EXPECT_NEAR(a.spacing, b.spacing, 1e-12);
  EXPECT_NEAR(a.spacing, 5.411 / 2.0, 1e-12);
}

TEST(Plane, refuses_zero_indices_and_divides_by_their_common_factor) {
  EXPECT_THROW(make_plane(test::magnesia(), {0, 0, 0}), InputError);
  EXPECT_EQ(make_plane(test::magnesia(), {0, 0, -2}).miller, Eigen::Vector3i(0, 0, -1));
  EXPECT_EQ(plane_name({0, 0, 1}), "(001)");
  EXPECT_EQ(plane_name({1, 0, -2}), "(1 0 -2)");
}

TEST(Planes, are_counted_by_the_point_group) {
  NACRE_NEEDS_SHARED(test::shared_file("reference/interface/cases.json"));
  auto const cases = reference_cases();
  for (auto const& [name, counts] : cases.at("unique_miller_planes").at("oracle").as_object()) {
    auto const crystal = reference_crystal("poscar/" + name + ".vasp");
    for (auto const& [limit, count] : counts.as_object()) {
      auto const families = find_plane_families(crystal, static_cast<int>(*parse_integer(limit)));
      EXPECT_EQ(families.size(), count.at("pointgroup").as_integer()) << name << " up to " << limit;
      EXPECT_EQ(count_laue_families(families), count.at("laue").as_integer()) << name << " up to " << limit;
    }
  }
}

/// The same crystal in a cell that is longer along a.
Crystal doubled(Crystal const& crystal) { return supercell(crystal, {2, 1, 1}); }

TEST(Planes, have_the_symmetry_of_the_crystal_not_of_the_cell) {
  auto const families = find_plane_families(doubled(test::strontium_titanate()), 2);
  auto const family_of = [&](Eigen::Vector3i const& miller) {
    return std::ranges::find(families, miller, &PlaneFamily::miller);
  };

  ASSERT_NE(family_of({0, 0, 1}), families.end());
  EXPECT_EQ(family_of({0, 0, 1})->multiplicity, 6);
  EXPECT_EQ(family_of({0, 1, 0}), families.end()) << "(100), (010) and (001) are one family";
  EXPECT_EQ(family_of({1, 0, 0}), families.end());
  EXPECT_EQ(family_of({0, 1, 1})->multiplicity, 12);
  for (auto const& f : families) {
    auto const plane = make_plane(test::strontium_titanate(), f.miller.cwiseProduct(Eigen::Vector3i(1, 2, 2)));
    EXPECT_NEAR(f.spacing, plane.spacing, 1e-9);
    EXPECT_NEAR(f.area, plane.area(), 1e-9);
  }
}

TEST(Planes, have_familiar_representatives) {
  EXPECT_EQ(find_planes(test::magnesia(), 2),
            (std::vector<Eigen::Vector3i>{{0, 0, 1}, {1, 1, 0}, {1, 1, 1}, {2, 1, 0}, {2, 1, 1}, {2, 2, 1}}));
}

/// Sorted in-plane coordinates, element and height of all atoms of one repeat: equal for equal half-crystals.
std::vector<std::array<long, 4>> half_crystal(PlaneLattice const& plane, LayerOperation const& s) {
  Eigen::Matrix3Xd const x = plane.coordinates();
  Eigen::Vector2d const offset = plane.basis.inverse() * plane.stacking_offset();
  std::vector<std::array<long, 4>> atoms;
  for (Eigen::Index i = 0; i < x.cols(); ++i) {
    double const level = std::floor(x(2, i) + 1e-4);
    Eigen::Vector2d r = x.col(i).head<2>() + offset * (x(2, i) - level);
    r = s.matrix.cast<double>() * r + 0.5 * s.half_shift.cast<double>();
    auto const key = [](double t) { return std::lround((t - std::floor(t + 1e-4)) * 1e3); };
    atoms.push_back({key(r.x()), key(r.y()), std::lround((x(2, i) - level) * 1e3),
                     plane.primitive.numbers[static_cast<std::size_t>(i)]});
  }
  std::ranges::sort(atoms);
  return atoms;
}

TEST(LayerOperations, leave_the_half_crystal_as_it_is) {
  for (auto const& crystal : examples()) {
    for (auto const& miller : example_planes()) {
      auto const plane = make_plane(test::moved(crystal, {0.31, -0.17, 0.45}), miller);
      auto const plain = half_crystal(plane, {Eigen::Matrix2i::Identity(), Eigen::Vector2i::Zero()});
      for (auto const& s : layer_operations(plane)) {
        EXPECT_EQ(half_crystal(plane, s), plain) << crystal.name << plane_name(miller) << "\n" << s.matrix;
      }
    }
  }
}

TEST(MakePlane, refuses_two_atoms_on_one_site) {
  auto crystal = test::strontium_titanate();
  crystal.numbers.push_back(8);
  crystal.oxidation.clear();
  crystal.positions.conservativeResize(3, crystal.positions.cols() + 1);
  crystal.positions.rightCols<1>() = crystal.positions.col(0);

  EXPECT_THROW(make_plane(crystal, {0, 0, 1}), InputError);
}

TEST(LayerOperations, form_the_layer_group_of_known_surfaces) {
  auto const order = [](Crystal const& crystal, Eigen::Vector3i const& miller) {
    auto const group = layer_point_group(make_plane(crystal, miller));
    auto const mirrors = std::ranges::count_if(group, [](auto const& g) { return g.determinant() < 0; });
    return std::pair(group.size(), static_cast<std::size_t>(mirrors));
  };
  using Orders = std::pair<std::size_t, std::size_t>;

  EXPECT_EQ(order(test::strontium_titanate(), {0, 0, 1}), Orders(8, 4));  // p4mm
  EXPECT_EQ(order(test::strontium_titanate(), {1, 1, 0}), Orders(4, 2));  // p2mm
  EXPECT_EQ(order(test::strontium_titanate(), {1, 1, 1}), Orders(6, 3));  // p3m1
  EXPECT_EQ(order(test::ceria(), {0, 0, 1}), Orders(8, 4));               // p4mm: oxygen lies on a simple square net
  EXPECT_EQ(order(test::ceria(), {1, 1, 1}), Orders(6, 3));
  EXPECT_EQ(order(test::rutile(), {0, 0, 1}), Orders(4, 2));  // the fourfold axis is a screw
  EXPECT_EQ(order(test::rutile(), {1, 1, 0}), Orders(4, 2));
  EXPECT_EQ(order(test::wurtzite(), {0, 0, 1}), Orders(6, 3));  // p3m1 about one of the threefold axes
  EXPECT_EQ(order(test::wurtzite(), {1, 0, 0}), Orders(2, 1));  // pm
}

}  // namespace
}  // namespace nacre
