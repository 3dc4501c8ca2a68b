#include "nacre/stack/layering.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/stack/bonds.hpp"

namespace nacre {
namespace {

double wrapped(double x, double period) {
  double const r = x - period * std::floor(x / period);
  return r < period ? r : 0.0;
}

/// a along x, b in the xy plane.
Eigen::Matrix3d frame_of(Crystal const& crystal) {
  Eigen::Vector3d const a = crystal.lattice.col(0), b = crystal.lattice.col(1);
  Eigen::Vector3d normal = a.cross(b);
  double const area = normal.norm();
  require(area > 1e-6, "the first two lattice vectors span ", area, " A^2 (layers lie in their plane)");
  normal /= area;
  if (normal.dot(crystal.lattice.col(2)) < 0.0) normal = -normal;
  Eigen::Matrix3d frame;
  frame.row(0) = a.normalized().transpose();
  frame.row(2) = normal.transpose();
  frame.row(1) = normal.cross(a.normalized()).transpose();
  return frame;
}

using Members = std::map<int, std::vector<Eigen::Index>>;

Members members_of(std::vector<int> const& layer) {
  Members members;
  for (std::size_t i = 0; i < layer.size(); ++i) members[layer[i]].push_back(static_cast<Eigen::Index>(i));
  return members;
}

/// Brings atoms of a layer into one piece: the period is cut where it is empty for longest.
void join(Eigen::VectorXd& height, std::vector<Eigen::Index> atoms, double period) {
  for (auto const i : atoms) height[i] = wrapped(height[i], period);
  std::ranges::stable_sort(atoms, {}, [&](Eigen::Index i) { return height[i]; });
  std::size_t first = 0;
  double widest = height[atoms.front()] + period - height[atoms.back()];
  for (std::size_t k = 1; k < atoms.size(); ++k) {
    double const space = height[atoms[k]] - height[atoms[k - 1]];
    if (space > widest + 1e-9) {
      widest = space;
      first = k;
    }
  }
  for (std::size_t k = 0; k < first; ++k) height[atoms[k]] += period;
}

struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  double middle() const { return 0.5 * (low + high); }
};

Extent extent_of(Eigen::VectorXd const& height, std::vector<Eigen::Index> const& atoms) {
  Extent extent;
  for (auto const i : atoms) {
    extent.low = std::min(extent.low, height[i]);
    extent.high = std::max(extent.high, height[i]);
  }
  return extent;
}

/// Whether two layers share a height, or an image of it.
bool overlap(Extent const& a, Extent const& b, double period) {
  double const lift = period > 0.0 ? period * std::round((a.middle() - b.middle()) / period) : 0.0;
  return a.low <= b.high + lift && b.low + lift <= a.high;
}

void move(Layering& result, std::vector<Eigen::Index> const& atoms, Extent& extent, double by) {
  for (auto const i : atoms) result.height[i] += by;
  extent.low += by;
  extent.high += by;
}

/// Layers one above the other, from the one that the stack begins with.
void put_in_order(Layering& result, Members const& members) {
  std::vector<std::pair<int, Extent>> layers;
  for (auto const& [number, atoms] : members) layers.emplace_back(number, extent_of(result.height, atoms));
  double const period = result.period;
  auto const middle = [&](auto const& entry) {
    return period > 0.0 ? wrapped(entry.second.middle(), period) : entry.second.middle();
  };
  if (period > 0.0) {
    for (auto& [number, extent] : layers) {
      move(result, members.at(number), extent, middle(std::pair(number, extent)) - extent.middle());
    }
  }
  std::ranges::stable_sort(layers, {}, middle);
  std::size_t first = 0;
  if (period > 0.0) {
    auto const space_below = [&](std::size_t k) {
      auto const& below = layers[(k + layers.size() - 1) % layers.size()].second;
      return layers[k].second.low - below.high + (k == 0 ? period : 0.0);
    };
    double widest = -period;
    for (std::size_t k = 0; k < layers.size(); ++k) {
      if (space_below(k) > widest + 1e-9) {
        widest = space_below(k);
        first = k;
      }
    }
    if (widest < least_vacuum_A) {
      auto const lowest = std::ranges::min_element(layers, {}, [](auto const& entry) { return entry.first; });
      first = static_cast<std::size_t>(lowest - layers.begin());
    }
  }
  for (std::size_t k = 0; k < first; ++k) move(result, members.at(layers[k].first), layers[k].second, period);
  std::ranges::rotate(layers, layers.begin() + static_cast<std::ptrdiff_t>(first));
  for (auto const& entry : layers) result.order.push_back(entry.first);
  result.vacuum = period > 0.0 ? layers.front().second.low + period - layers.back().second.high
                               : std::numeric_limits<double>::infinity();
}

void require_apart(Layering const& result, Members const& members) {
  for (std::size_t k = 1; k < result.order.size(); ++k) {
    auto const lower = extent_of(result.height, members.at(result.order[k - 1]));
    auto const upper = extent_of(result.height, members.at(result.order[k]));
    // Corrugated layers may share heights; mixed ones share their middle.
    double const extent = std::max(upper.high - upper.low, lower.high - lower.low);
    require(upper.middle() - lower.middle() > 0.25 * extent, "layers ", result.order[k - 1], " and ", result.order[k],
            " lie in one another (", lower.low, " to ", lower.high, " A and ", upper.low, " to ", upper.high,
            " A); check the column layer");
  }
}

PlaneShape shape_of(Layering const& layering, std::vector<Eigen::Index> const& atoms) {
  PlaneShape shape;
  shape.atoms = static_cast<int>(atoms.size());
  for (auto const i : atoms) shape.height += layering.height[i] / static_cast<double>(atoms.size());
  double square = 0.0;
  for (auto const i : atoms) square += std::pow(layering.height[i] - shape.height, 2);
  shape.roughness = std::sqrt(square / static_cast<double>(atoms.size()));
  auto const extent = extent_of(layering.height, atoms);
  shape.corrugation = extent.high - extent.low;
  return shape;
}

}  // namespace

bool Layering::has_vacuum() const { return vacuum >= least_vacuum_A; }

Layering find_layering(Crystal const& crystal, std::vector<int> const& layer) {
  require(layer.size() == crystal.size(), layer.size(), " layer numbers for ", crystal.size(), " atoms (one for each)");
  require(!layer.empty(), "no atoms (a layer has some)");
  require(crystal.periodic[0] && crystal.periodic[1],
          "the structure is not periodic along its first two vectors (layers lie in their plane)");
  Layering result;
  result.frame = frame_of(crystal);
  result.area = crystal.lattice.col(0).cross(crystal.lattice.col(1)).norm();
  if (crystal.periodic[2]) result.period = result.frame.row(2).dot(crystal.lattice.col(2));
  result.layer = layer;
  result.height = (result.frame.row(2) * crystal.positions).transpose();
  auto const members = members_of(layer);
  if (result.period > 0.0) {
    for (auto const& entry : members) join(result.height, entry.second, result.period);
  }
  put_in_order(result, members);
  require_apart(result, members);
  return result;
}

std::vector<int> layers_by_bonds(Crystal const& crystal) {
  std::vector<int> part(crystal.size());
  std::iota(part.begin(), part.end(), 0);
  auto const root = [&](int i) {
    while (part[static_cast<std::size_t>(i)] != i) i = part[static_cast<std::size_t>(i)];
    return i;
  };
  auto const unite = [&](int i, int j) {
    int const a = root(i), b = root(j);
    part[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  };
  for (auto const& bond : find_bonds(crystal)) unite(bond.first, bond.second);
  auto whole = find_layering(crystal, std::vector<int>(crystal.size(), 1));
  for (bool merged = true; merged;) {  // pieces side by side are one layer
    for (std::size_t i = 0; i < part.size(); ++i) part[i] = root(static_cast<int>(i));
    std::vector<std::pair<int, Extent>> pieces;
    for (auto const& [number, atoms] : members_of(part)) {
      if (whole.period > 0.0) join(whole.height, atoms, whole.period);
      pieces.emplace_back(number, extent_of(whole.height, atoms));
    }
    merged = false;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!overlap(pieces[i].second, pieces[j].second, whole.period)) continue;
        unite(pieces[i].first, pieces[j].first);
        merged = true;
      }
    }
  }
  std::map<int, int> number;
  for (int const p : find_layering(crystal, part).order) number.emplace(p, static_cast<int>(number.size()) + 1);
  for (auto& p : part) p = number.at(p);
  return part;
}

std::vector<int> layers_by_height(Crystal const& crystal, std::vector<double> const& heights) {
  auto const whole = find_layering(crystal, std::vector<int>(crystal.size(), 1));
  for (std::size_t k = 0; k < heights.size(); ++k) {
    require(std::isfinite(heights[k]) && (k == 0 || heights[k] > heights[k - 1]), "heights that part layers are ",
            heights[k], " A after ", k == 0 ? 0.0 : heights[k - 1], " A (they must increase)");
  }
  require(heights.empty() || whole.period == 0.0 || heights.back() - heights.front() < whole.period,
          "heights that part layers span ", heights.empty() ? 0.0 : heights.back() - heights.front(),
          " A (one period of the cell is ", whole.period, " A)");
  bool const ring = whole.period > 0.0 && !whole.has_vacuum();
  double const low = whole.height.minCoeff();
  std::vector<int> layer;
  for (double const z : whole.height) {
    int above = ring ? 0 : 1;
    for (double const h : heights) {
      double const from_first = ring ? wrapped(z - heights.front(), whole.period) : z;
      double const cut = ring ? h - heights.front() : (whole.period > 0.0 ? low + wrapped(h - low, whole.period) : h);
      above += from_first >= cut ? 1 : 0;
    }
    layer.push_back(above);
  }
  return layer;
}

std::vector<int> planes_by_height(Layering const& layering, double tolerance) {
  require(tolerance > 0.0 && tolerance < 10.0, "invalid plane tolerance ", tolerance, " A (above 0, below 10)");
  std::vector<int> plane(layering.layer.size());
  auto const members = members_of(layering.layer);
  int number = -1;
  for (int const layer : layering.order) {
    auto atoms = members.at(layer);
    std::ranges::stable_sort(atoms, {}, [&](Eigen::Index i) { return layering.height[i]; });
    for (std::size_t k = 0; k < atoms.size(); ++k) {
      if (k == 0 || layering.height[atoms[k]] - layering.height[atoms[k - 1]] > tolerance) ++number;
      plane[static_cast<std::size_t>(atoms[k])] = number;
    }
  }
  return plane;
}

std::vector<LayerShape> layer_shapes(Layering const& layering, std::vector<int> const& plane) {
  require(plane.size() == layering.layer.size(), plane.size(), " plane numbers for ", layering.layer.size(), " atoms");
  auto const members = members_of(layering.layer);
  std::vector<LayerShape> shapes;
  for (int const number : layering.order) {
    Members planes;
    for (auto const i : members.at(number)) planes[plane[static_cast<std::size_t>(i)]].push_back(i);
    LayerShape shape;
    shape.layer = number;
    shape.atoms = static_cast<int>(members.at(number).size());
    shape.lower = shape_of(layering, planes.begin()->second);
    shape.upper = shape_of(layering, planes.rbegin()->second);
    shape.thickness = shape.upper.height - shape.lower.height;
    shapes.push_back(shape);
  }
  return shapes;
}

std::vector<ContactShape> contact_shapes(Layering const& layering, std::vector<int> const& plane) {
  auto const shapes = layer_shapes(layering, plane);
  auto const members = members_of(layering.layer);
  std::vector<ContactShape> contacts;
  std::size_t const count = shapes.size() - (layering.has_vacuum() || layering.period == 0.0 ? 1 : 0);
  for (std::size_t k = 0; k < count; ++k) {
    auto const& below = shapes[k];
    bool const closing = k + 1 == shapes.size();
    auto const& above = shapes[closing ? 0 : k + 1];
    double const lift = closing ? layering.period : 0.0;
    ContactShape contact;
    contact.lower = below.layer;
    contact.upper = above.layer;
    contact.z_separation = above.lower.height + lift - below.upper.height;
    contact.closest = extent_of(layering.height, members.at(above.layer)).low + lift -
                      extent_of(layering.height, members.at(below.layer)).high;
    contact.middle = 0.5 * (above.lower.height + lift + below.upper.height);
    contacts.push_back(contact);
  }
  return contacts;
}

Crystal layer_alone(Crystal const& crystal, Layering const& layering, int layer) {
  Crystal alone;
  alone.lattice = layering.frame * crystal.lattice;
  alone.periodic = crystal.periodic;
  alone.name = crystal.name;
  Eigen::Matrix3Xd const turned = layering.frame * crystal.positions;
  std::vector<Eigen::Index> atoms;
  for (std::size_t i = 0; i < layering.layer.size(); ++i) {
    if (layering.layer[i] == layer) atoms.push_back(static_cast<Eigen::Index>(i));
  }
  alone.positions.resize(3, std::ssize(atoms));
  for (std::size_t k = 0; k < atoms.size(); ++k) {
    auto const i = atoms[k];
    double const lift = layering.height[i] - turned(2, i);
    double const cells = layering.period > 0.0 ? std::round(lift / layering.period) : 0.0;
    alone.positions.col(static_cast<Eigen::Index>(k)) = turned.col(i) + cells * alone.lattice.col(2);
    alone.numbers.push_back(crystal.numbers[static_cast<std::size_t>(i)]);
    if (!crystal.oxidation.empty()) alone.oxidation.push_back(crystal.oxidation[static_cast<std::size_t>(i)]);
  }
  return alone;
}

}  // namespace nacre
