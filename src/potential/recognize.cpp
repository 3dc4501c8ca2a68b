#include "nacre/potential/recognize.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "layer_energy.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr double slack = 0.8;            // how far a relaxed ion may be from where the crystal has it [Å]
constexpr double symmetry_slack = 0.01;  // of a relaxed bulk [Å]

/// The shortest image of a displacement under the lattice's first `periods` vectors.
Eigen::Vector3d shortest(Eigen::Matrix3d const& lattice, Eigen::Vector3d const& d, int periods) {
  Eigen::Vector3d f = lattice.inverse() * d;
  for (int k = 0; k < periods; ++k) f[k] -= std::round(f[k]);
  Eigen::Vector3d const folded = lattice * f;
  Eigen::Vector3d best = folded;
  for (int i = -1; i <= 1; ++i) {
    for (int j = -1; j <= 1; ++j) {
      Eigen::Vector3d const v = folded + i * lattice.col(0) + j * lattice.col(1);
      if (v.squaredNorm() < best.squaredNorm() - 1e-12) best = v;
    }
  }
  return best;
}

Crystal select(Crystal const& crystal, std::vector<Eigen::Index> const& atoms) {
  Crystal part = crystal;
  part.numbers.clear();
  part.oxidation.clear();
  part.positions.resize(3, std::ssize(atoms));
  Eigen::Index next = 0;
  for (auto const a : atoms) {
    part.positions.col(next++) = crystal.positions.col(a);
    part.numbers.push_back(crystal.numbers[static_cast<std::size_t>(a)]);
    if (!crystal.oxidation.empty()) part.oxidation.push_back(crystal.oxidation[static_cast<std::size_t>(a)]);
  }
  return part;
}

/// Atoms of the element with the fewest of them.
std::vector<Eigen::Index> rarest(Crystal const& crystal) {
  std::map<int, std::vector<Eigen::Index>> by_element;
  for (std::size_t i = 0; i < crystal.size(); ++i)
    by_element[crystal.numbers[i]].push_back(static_cast<Eigen::Index>(i));
  return std::ranges::min_element(by_element, {}, [](auto const& entry) { return entry.second.size(); })->second;
}

/// The atom of the same element nearest to where a translation carries `from`, or -1.
Eigen::Index image_of(Crystal const& crystal, Eigen::Index from, Eigen::Vector3d const& t, int periods) {
  Eigen::Index best = -1;
  double least = slack;
  for (Eigen::Index j = 0; j < crystal.positions.cols(); ++j) {
    if (crystal.numbers[static_cast<std::size_t>(j)] != crystal.numbers[static_cast<std::size_t>(from)]) continue;
    Eigen::Vector3d const d = crystal.positions.col(j) - crystal.positions.col(from) - t;
    double const distance = shortest(crystal.lattice, d, periods).norm();
    if (distance < least) {
      least = distance;
      best = j;
    }
  }
  return best;
}

/// Where a translation carries each atom, -1 above the layer; nothing if it is none of the layer.
std::optional<std::vector<Eigen::Index>> images(Crystal const& layer, Eigen::Vector3d const& t) {
  double const top = layer.positions.row(2).maxCoeff();
  std::vector<Eigen::Index> next(layer.size(), -1);
  std::vector<bool> taken(layer.size(), false);
  for (std::size_t i = 0; i < layer.size(); ++i) {
    auto const from = static_cast<Eigen::Index>(i);
    auto const to = image_of(layer, from, t, 2);
    if (to < 0 && layer.positions(2, from) + t.z() < top - slack) return {};
    if (to < 0) continue;
    if (to == from || taken[static_cast<std::size_t>(to)]) return {};
    taken[static_cast<std::size_t>(to)] = true;
    next[i] = to;
  }
  return next;
}

/// One repeat from the middle of a layer, and the height that the crystal would have every atom at.
struct Repeat {
  Crystal crystal;
  std::vector<double> height;  ///< per atom of the layer [Å]
};

Repeat make_repeat(Crystal const& layer, Eigen::Vector3d const& t, std::vector<Eigen::Index> const& next) {
  double const middle = 0.5 * (layer.positions.row(2).minCoeff() + layer.positions.row(2).maxCoeff());
  std::vector<bool> is_image(layer.size(), false);
  for (auto const j : next) {
    if (j >= 0) is_image[static_cast<std::size_t>(j)] = true;
  }
  Repeat repeat;
  repeat.height.resize(layer.size());
  std::vector<Eigen::Index> chosen;
  for (std::size_t i = 0; i < layer.size(); ++i) {
    if (is_image[i]) continue;
    std::vector<Eigen::Index> chain;
    for (auto a = static_cast<Eigen::Index>(i); a >= 0; a = next[static_cast<std::size_t>(a)]) chain.push_back(a);
    auto const nearest =
        std::ranges::min_element(chain, {}, [&](Eigen::Index a) { return std::abs(layer.positions(2, a) - middle); });
    double const level = static_cast<double>(nearest - chain.begin());
    for (std::size_t k = 0; k < chain.size(); ++k) {
      repeat.height[static_cast<std::size_t>(chain[k])] =
          layer.positions(2, *nearest) + (static_cast<double>(k) - level) * t.z();
    }
    chosen.push_back(*nearest);
  }
  repeat.crystal = select(layer, chosen);
  repeat.crystal.lattice.col(2) = t;
  return repeat;
}

/// By the lowest translation upward, from an atom of the rarest element below the middle.
std::optional<Repeat> find_repeat(Crystal const& layer) {
  auto const atoms = rarest(layer);
  double const middle = 0.5 * (layer.positions.row(2).minCoeff() + layer.positions.row(2).maxCoeff());
  auto const depth = [&](Eigen::Index a) {
    double const z = layer.positions(2, a);
    return z <= middle ? middle - z : 1e3 + z;
  };
  auto const from = *std::ranges::min_element(atoms, {}, depth);
  std::vector<Eigen::Vector3d> candidates;
  for (auto const a : atoms) {
    Eigen::Vector3d const t = shortest(layer.lattice, layer.positions.col(a) - layer.positions.col(from), 2);
    if (t.z() > slack) candidates.push_back(t);
  }
  std::ranges::stable_sort(candidates, {}, [](auto const& t) { return t.z(); });
  for (auto const& t : candidates) {
    if (auto const next = images(layer, t)) return make_repeat(layer, t, *next);
  }
  return {};
}

/// Whether a translation carries a crystal into itself.
bool is_translation(Crystal const& crystal, Eigen::Vector3d const& t) {
  for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i) {
    if (image_of(crystal, i, t, 3) < 0) return false;
  }
  return true;
}

/// The in-plane vectors of the primitive cell, as columns: the shortest one, and the shortest that completes it.
Eigen::Matrix2d primitive_vectors(Crystal const& bulk) {
  auto const atoms = rarest(bulk);
  std::vector<Eigen::Vector2d> inside{Eigen::Vector2d::Zero()};
  for (auto const a : atoms) {
    Eigen::Vector3d const t = shortest(bulk.lattice, bulk.positions.col(a) - bulk.positions.col(atoms[0]), 3);
    if (a != atoms[0] && std::abs(t.z()) < slack && is_translation(bulk, t)) inside.push_back(t.head<2>());
  }
  Eigen::Matrix2d const cell = bulk.lattice.topLeftCorner<2, 2>();
  double const count = static_cast<double>(inside.size()), area = std::abs(cell.determinant()) / count;
  std::vector<Eigen::Vector2d> vectors;
  for (auto const& s : inside) {
    Eigen::Vector2d const exact = cell * ((cell.inverse() * s * count).array().round().matrix() / count);
    for (int i = -2; i <= 2; ++i) {
      for (int j = -2; j <= 2; ++j) vectors.push_back(exact + cell * Eigen::Vector2d(i, j));
    }
  }
  std::ranges::stable_sort(vectors, {}, [](auto const& v) { return std::round(v.norm() * 1e6); });
  Eigen::Matrix2d basis = cell;
  auto const first = std::ranges::find_if(vectors, [](auto const& v) { return v.norm() > 1e-3; });
  basis.col(0) = *first;
  for (auto const& v : vectors) {
    basis.col(1) = v;
    if (std::abs(basis.determinant() - area) < 1e-3 * area) return basis;
  }
  return cell;
}

/// The repeat on its primitive in-plane cell; ions that are images of each other are averaged.
Crystal primitive_repeat(Crystal const& repeat) {
  Crystal bulk = repeat;
  bulk.lattice.topLeftCorner<2, 2>() = primitive_vectors(repeat);
  std::vector<Eigen::Index> first;
  std::vector<Eigen::Vector3d> offset;
  std::vector<int> count;
  for (Eigen::Index i = 0; i < repeat.positions.cols(); ++i) {
    bool found = false;
    for (std::size_t k = 0; k < first.size() && !found; ++k) {
      if (repeat.numbers[static_cast<std::size_t>(i)] != repeat.numbers[static_cast<std::size_t>(first[k])]) continue;
      Eigen::Vector3d const d = shortest(bulk.lattice, repeat.positions.col(i) - repeat.positions.col(first[k]), 3);
      if (d.norm() > slack) continue;
      offset[k] += d;
      ++count[k];
      found = true;
    }
    if (found) continue;
    first.push_back(i);
    offset.emplace_back(Eigen::Vector3d::Zero());
    count.push_back(1);
  }
  bulk = select(bulk, first);
  for (std::size_t k = 0; k < first.size(); ++k) {
    bulk.positions.col(static_cast<Eigen::Index>(k)) += offset[k] / static_cast<double>(count[k]);
  }
  return bulk;
}

/// Formal charges: those of the file, zero for an element, else the one neutral choice; none where there is no such.
void find_charges(Crystal& bulk) {
  if (!bulk.oxidation.empty()) return;
  if (std::ranges::all_of(bulk.numbers, [&](int z) { return z == bulk.numbers.front(); })) {
    bulk.oxidation.assign(bulk.size(), 0.0);
    return;
  }
  try {
    assign_oxidation(bulk);
  } catch (InputError const&) {
    bulk.oxidation.clear();
  }
}

/// Atoms of a layer from the bottom, as the crystal has them.
std::vector<std::size_t> order_by_height(std::vector<double> const& height) {
  std::vector<std::size_t> order(height.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t a) { return height[a]; });
  return order;
}

/// The plane of every atom of a layer if it is `copies` times this slab; else nothing.
std::optional<std::vector<int>> planes_as(Slab const& slab, int copies, Crystal const& layer,
                                          std::vector<double> const& height) {
  if (slab.crystal.size() * static_cast<std::size_t>(copies) != layer.size()) return {};
  auto const order = order_by_height(height);
  double const base = height[order.front()];
  std::vector<int> plane(layer.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < slab.crystal.size();) {
    int const p = slab.atom_plane[i];
    std::map<int, int> expected;
    std::size_t atoms = 0;
    double z = 0.0;
    for (; i < slab.crystal.size() && slab.atom_plane[i] == p; ++i, ++atoms) {
      expected[slab.crystal.numbers[i]] += copies;
      z = slab.crystal.positions(2, static_cast<Eigen::Index>(i));
    }
    for (std::size_t k = 0; k < atoms * static_cast<std::size_t>(copies); ++k, ++next) {
      auto const a = order[next];
      if (--expected[layer.numbers[a]] < 0 || std::abs(height[a] - base - z) > slack) return {};
      plane[a] = p;
    }
  }
  return plane;
}

struct Found {
  Slab slab;
  StackLayer place;
  std::vector<int> plane;  ///< per atom of the layer
};

/// Where the point that the slab is built around stands in the plane: the place at which its atoms come nearest to the
/// layer's, modulo the slab's own lattice.
Eigen::Vector2d origin_of(Found const& found, Crystal const& layer) {
  auto const& slab = found.slab;
  Eigen::Matrix3d lattice = Eigen::Matrix3d::Identity();
  lattice.topLeftCorner<2, 2>() = found.place.deformation * slab.plane.basis;
  Eigen::Matrix2Xd const ideal = found.place.deformation * slab.crystal.positions.topRows<2>();
  auto const alike = [&](std::size_t a, std::size_t i) {
    return found.plane[a] == slab.atom_plane[i] && layer.numbers[a] == slab.crystal.numbers[i];
  };
  double least = std::numeric_limits<double>::infinity();
  Eigen::Vector2d best = Eigen::Vector2d::Zero();
  for (std::size_t first = 0; first < layer.size(); ++first) {
    if (!alike(first, 0)) continue;
    Eigen::Vector2d const start = layer.positions.col(static_cast<Eigen::Index>(first)).head<2>() - ideal.col(0);
    Eigen::Vector2d mean = Eigen::Vector2d::Zero();
    double squares = 0.0;
    for (std::size_t a = 0; a < layer.size(); ++a) {
      Eigen::Vector3d nearest = Eigen::Vector3d::Constant(1e3);
      for (std::size_t i = 0; i < slab.crystal.size(); ++i) {
        if (!alike(a, i)) continue;
        Eigen::Vector3d miss = Eigen::Vector3d::Zero();
        miss.head<2>() = layer.positions.col(static_cast<Eigen::Index>(a)).head<2>() -
                         ideal.col(static_cast<Eigen::Index>(i)) - start;
        miss = shortest(lattice, miss, 2);
        if (miss.squaredNorm() < nearest.squaredNorm()) nearest = miss;
      }
      squares += nearest.squaredNorm();
      mean += nearest.head<2>() / static_cast<double>(layer.size());
    }
    if (squares < least - 1e-9) {
      least = squares;
      best = start + mean;
    }
  }
  return best;
}

std::optional<Found> as_slab(Crystal const& layer, Repeat const& repeat, Crystal const& bulk) {
  Found found;
  auto const lattice = make_plane(bulk, {0, 0, 1}, symmetry_slack);
  Eigen::Matrix2d const cell = layer.lattice.topLeftCorner<2, 2>();
  Eigen::Matrix2d const turn = lattice.frame.topLeftCorner<2, 2>().transpose();
  Eigen::Matrix2d const rows = ((turn * lattice.basis).inverse() * cell).transpose();
  found.place.supercell = rows.array().round().matrix().cast<int>();
  if ((rows - found.place.supercell.cast<double>()).cwiseAbs().maxCoeff() > 1e-3) return {};
  int const copies = std::abs(found.place.cells());
  if (copies == 0 || layer.size() % static_cast<std::size_t>(copies) != 0) return {};
  found.place.deformation = cell * (lattice.basis * found.place.supercell.transpose().cast<double>()).inverse();
  found.place.strain.setZero();
  found.place.origin.setZero();
  int const repeats = static_cast<int>(layer.size()) / copies / static_cast<int>(bulk.size());
  int const planes = static_cast<int>(atomic_planes(lattice).size());
  for (auto const& cut : find_terminations(lattice, ChargeRule::if_known)) {
    for (int extra = 0; extra < planes; ++extra) {
      if (repeats + extra == 0) continue;
      found.slab = make_slab(lattice, cut, repeats, extra);
      if (auto plane = planes_as(found.slab, copies, layer, repeat.height)) {
        found.plane = std::move(*plane);
        found.place.origin = origin_of(found, layer);
        return found;
      }
    }
  }
  return {};
}

/// Moves atoms by whole third vectors until layer 1 lies below layer 2 in one piece; where ions of both are mixed in
/// height, atoms stay as they are.
void unwrap(Crystal& crystal, std::vector<int> const& layer) {
  Eigen::RowVectorXd const f = (crystal.lattice.inverse() * crystal.positions).row(2);
  std::vector<std::size_t> order(layer.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto const wrapped = [&](std::size_t i) {
    double const x = f[static_cast<Eigen::Index>(i)];
    return x - std::floor(x);
  };
  std::ranges::stable_sort(order, {}, wrapped);
  std::vector<std::size_t> begins;
  for (std::size_t k = 0; k < order.size(); ++k) {
    auto const before = order[(k + order.size() - 1) % order.size()];
    if (layer[before] == 2 && layer[order[k]] == 1) begins.push_back(k);
  }
  if (begins.size() != 1) return;
  for (std::size_t k = 0; k < order.size(); ++k) {
    auto const i = static_cast<Eigen::Index>(order[k]);
    double const goal = wrapped(order[k]) + (k < begins[0] ? 1.0 : 0.0);
    crystal.positions.col(i) += std::round(goal - f[i]) * crystal.lattice.col(2);
  }
}

std::vector<Eigen::Index> atoms_of(std::vector<int> const& layer, int number) {
  std::vector<Eigen::Index> atoms;
  for (std::size_t i = 0; i < layer.size(); ++i) {
    if (layer[i] == number) atoms.push_back(static_cast<Eigen::Index>(i));
  }
  return atoms;
}

void require_layers(Crystal const& crystal, std::vector<int> const& layer) {
  for (int const k : layer) require(k == 1 || k == 2, "layer ", k, " (the layers of a contact are 1 and 2)");
  require(!atoms_of(layer, 1).empty() && !atoms_of(layer, 2).empty(), "all atoms are in layer ",
          layer.empty() ? 0 : layer.front(), " (a contact has two layers, 1 below 2)");
  double const tilt = crystal.lattice.row(2).head<2>().cwiseAbs().maxCoeff();
  require(tilt < 1e-6 && crystal.lattice(2, 2) > 0.0, "the first two lattice vectors leave the xy plane by ", tilt,
          " A (layers lie in it, the third vector points up); turn the cell");
}

double mean_height(Stack const& stack, int plane) {
  double sum = 0.0, count = 0.0;
  for (std::size_t i = 0; i < stack.plane.size(); ++i) {
    if (stack.plane[i] != plane) continue;
    sum += stack.crystal.positions(2, static_cast<Eigen::Index>(i));
    ++count;
  }
  return sum / count;
}

/// Numbers the planes through both layers, and says where the layers touch.
void add_contact(Stack& stack, std::array<Found, 2> const& found) {
  stack.plane.assign(stack.layer.size(), 0);
  int const above = found[0].slab.atom_plane.back() + 1;
  for (int k = 0; k < 2; ++k) {
    auto const atoms = atoms_of(stack.layer, k + 1);
    auto const& part = found[static_cast<std::size_t>(k)];
    for (std::size_t i = 0; i < atoms.size(); ++i) {
      stack.plane[static_cast<std::size_t>(atoms[i])] = part.plane[i] + (k == 1 ? above : 0);
    }
    stack.layers.push_back(part.place);
  }
  StackContact contact;
  auto const &bottom = found[0], &top = found[1];
  contact.coincidence =
      make_coincidence(top.slab.plane.basis, bottom.slab.plane.basis, top.place.supercell, bottom.place.supercell);
  contact.shift.setZero();
  contact.shift_cell = top.place.deformation * top.slab.plane.basis;  // every distinct shift is inside
  contact.gap = mean_height(stack, above) - mean_height(stack, above - 1);
  stack.contacts.push_back(contact);
}

}  // namespace

RecognizedStack recognize_stack(Crystal const& crystal, std::vector<int> const& layer, Potential const& potential) {
  require_layers(crystal, layer);
  RecognizedStack result;
  auto& stack = result.stack;
  stack.crystal = crystal;
  stack.crystal.periodic = {true, true, true};  // a slab is computed with vacuum between its images
  stack.layer = layer;
  stack.cell = crystal.lattice.topLeftCorner<2, 2>();
  stack.area = std::abs(stack.cell.determinant());
  unwrap(stack.crystal, layer);
  std::array<Found, 2> found;
  for (int k = 0; k < 2; ++k) {
    auto const alone = select(stack.crystal, atoms_of(layer, k + 1));
    auto const repeat = find_repeat(alone);
    if (!repeat) {
      result.failure = concat("no_bulk_repeat: layer ", k + 1, " shows no crystal (it needs two repeats or more)");
      return result;
    }
    auto const relaxed = detail::relax_third_vector(primitive_repeat(repeat->crystal), potential);
    if (!relaxed.layer.failure.empty()) {
      result.failure = concat(relaxed.layer.failure, ": strained bulk ", k + 1);
      return result;
    }
    auto bulk = relaxed.crystal;
    find_charges(bulk);
    auto slab = as_slab(alone, *repeat, bulk);
    if (!slab) {
      result.failure = concat("no_bulk_repeat: layer ", k + 1, " is no slab of the crystal in its middle");
      return result;
    }
    found[static_cast<std::size_t>(k)] = std::move(*slab);
  }
  add_contact(stack, found);
  // Charges by element, for distances of unlike ions.
  std::array<std::map<int, double>, 2> charges;
  for (std::size_t k = 0; k < 2; ++k) {
    auto const& bulk = found[k].slab.plane.primitive;
    for (std::size_t i = 0; i < bulk.oxidation.size(); ++i) charges[k][bulk.numbers[i]] = bulk.oxidation[i];
    result.slabs[k] = std::move(found[k].slab);
  }
  if (stack.crystal.oxidation.empty() && !charges[0].empty() && !charges[1].empty()) {
    for (std::size_t i = 0; i < layer.size(); ++i) {
      stack.crystal.oxidation.push_back(charges[static_cast<std::size_t>(layer[i] - 1)].at(stack.crystal.numbers[i]));
    }
  }
  return result;
}

std::optional<LayerCrystal> find_layer_crystal(Crystal const& layer) {
  if (layer.size() == 0) return {};
  auto repeat = find_repeat(layer);
  if (!repeat) return {};
  repeat->crystal.periodic = {true, true, true};
  return LayerCrystal{std::move(repeat->crystal), std::move(repeat->height)};
}

}  // namespace nacre
