#include "layer_energy.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre::detail {
namespace {

Eigen::Matrix3d in_plane(Eigen::Matrix2d const& deformation) {
  Eigen::Matrix3d f = Eigen::Matrix3d::Identity();
  f.topLeftCorner<2, 2>() = deformation;
  return f;
}

double height_of(Crystal const& crystal) {
  return crystal.positions.row(2).maxCoeff() - crystal.positions.row(2).minCoeff();
}

LayerEnergy from(Relaxation const& relaxation) {
  LayerEnergy result;
  result.energy = relaxation.evaluation.energy;
  result.error = relaxation.energy_error;
  result.members = relaxation.evaluation.member_energies;
  result.work = relaxation.work;
  if (relaxation.evaluation.stress) {
    result.virial = relaxation.crystal.volume() * relaxation.evaluation.stress->topLeftCorner<2, 2>();
  }
  if (!relaxation.converged) result.failure = relaxation.reason;
  return result;
}

void hash_slab(Sha256& hash, Slab const& slab) {
  auto const& crystal = slab.crystal;
  hash.update(static_cast<std::uint64_t>(slab.repeats)).update(slab.repeat_height);
  if (slab.extra_planes > 0) hash.update(static_cast<std::uint64_t>(slab.extra_planes));
  for (double const v : slab.stacking_offset) hash.update(v);
  for (double const v : crystal.lattice.reshaped()) hash.update(v);
  for (double const v : crystal.positions.reshaped()) hash.update(v);
  for (int const v : crystal.numbers) hash.update(static_cast<std::uint64_t>(v));
  for (double const v : crystal.oxidation) hash.update(v);
}

/// U rounded to 1e-6: the strain of a cache entry.
Eigen::Matrix2d rounded_stretch(Eigen::Matrix2d const& deformation) {
  return (stretch_of(deformation) * 1e6).array().round().matrix() / 1e6;
}

Sha256 key_of(std::string_view what, Slab const& slab, Eigen::Matrix2d const& stretch, Potential const& potential) {
  Sha256 hash;
  hash.update(std::string_view("layer-energy-1")).update(what).update(potential.identity());
  hash_slab(hash, slab);
  for (double const v : stretch.reshaped()) hash.update(v);
  return hash;
}

/// E(U) = E(U0) + virial : e, e the small strain that carries U0 into U.
LayerEnergy at_stretch(LayerEnergy entry, Eigen::Matrix2d const& rounded, Eigen::Matrix2d const& stretch) {
  Eigen::Matrix2d const e = (stretch - rounded) * rounded.inverse();
  double const change = (entry.virial.array() * (0.5 * (e + e.transpose())).array()).sum();
  entry.energy += change;
  entry.members.array() += change;
  return entry;
}

std::string to_text(LayerEnergy const& entry) {
  Value value;
  value["energy_eV"] = entry.energy;
  value["error_eV"] = entry.error;
  value["virial_eV"] = Value::Array{entry.virial(0, 0), entry.virial(1, 0), entry.virial(0, 1), entry.virial(1, 1)};
  value["member_energies_eV"] = Value::array();
  for (double const energy : entry.members) value["member_energies_eV"].push_back(energy);
  value["work"] = entry.work;
  value["failure"] = entry.failure;
  return value.dump();
}

std::optional<LayerEnergy> read_entry(std::filesystem::path const& path) {
  if (!std::filesystem::exists(path)) return {};
  try {
    auto const value = Value::parse_json(read_file(path), path.string());
    LayerEnergy entry;
    entry.energy = value.at("energy_eV").as_number();
    entry.error = value.at("error_eV").as_number();
    for (Eigen::Index i = 0; i < 4; ++i) {
      entry.virial.data()[i] = value.at("virial_eV").as_array().at(static_cast<std::size_t>(i)).as_number();
    }
    auto const& members = value.at("member_energies_eV").as_array();
    entry.members.resize(static_cast<Eigen::Index>(members.size()));
    for (std::size_t k = 0; k < members.size(); ++k) entry.members[static_cast<Eigen::Index>(k)] = members[k].as_number();
    entry.work = value.at("work").as_number();
    entry.failure = value.at("failure").as_string();
    return entry;
  } catch (std::exception const&) {
    return {};  // damaged: computed anew
  }
}

void write_entry(std::filesystem::path const& path, LayerEnergy const& entry) {
  if (!std::isfinite(entry.energy) || !std::isfinite(entry.error) || !entry.virial.allFinite() || !entry.members.allFinite()) return;
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  try {
    write_file(path, to_text(entry) + '\n');
  } catch (Error const&) {  // a folder that cannot be written costs time, no more
  }
}

/// The entry of `key`, from memory, else from its file, else computed; a cancelled one is not kept.
template <class Compute>
LayerEnergy look_up(ContactCache& cache, std::string const& key, Compute const& compute) {
  auto& [folder, layers] = cache.entries();
  if (auto const found = layers.find(key); found != layers.end()) return found->second;
  auto const path = folder / (key + ".json");
  if (!folder.empty()) {
    if (auto const kept = read_entry(path)) return layers.emplace(key, *kept).first->second;
  }
  LayerEnergy const entry = compute();
  if (entry.failure == "cancelled") return entry;
  if (!folder.empty()) write_entry(path, entry);
  return layers.emplace(key, entry).first->second;
}

}  // namespace

Eigen::Matrix2d stretch_of(Eigen::Matrix2d const& d) {
  double const angle = std::atan2(d(1, 0) - d(0, 1), d(0, 0) + d(1, 1));
  Eigen::Matrix2d back;
  back << std::cos(angle), std::sin(angle), -std::sin(angle), std::cos(angle);
  Eigen::Matrix2d const u = back * d;
  return 0.5 * (u + u.transpose());
}

Crystal oriented_bulk(Slab const& slab, Eigen::Matrix2d const& deformation) {
  if (slab.repeats < 1) return oriented_bulk(make_slab(slab.plane, slab.termination, 1), deformation);
  auto const atoms = slab.plane.primitive.size();
  auto const count = static_cast<Eigen::Index>(atoms);
  Eigen::Matrix3d const f = in_plane(deformation);
  Crystal bulk;
  bulk.lattice = slab.crystal.lattice;
  bulk.lattice.col(2) << slab.stacking_offset, slab.repeat_height;
  bulk.lattice = f * bulk.lattice;
  bulk.positions = f * slab.crystal.positions.leftCols(count);
  bulk.numbers.assign(slab.crystal.numbers.begin(), slab.crystal.numbers.begin() + count);
  if (!slab.crystal.oxidation.empty()) {
    bulk.oxidation.assign(slab.crystal.oxidation.begin(), slab.crystal.oxidation.begin() + count);
  }
  bulk.name = slab.crystal.name;
  return bulk;
}

Crystal isolated_slab(Slab const& slab, Eigen::Matrix2d const& deformation, double vacuum) {
  Eigen::Matrix3d const f = in_plane(deformation);
  Crystal crystal = slab.crystal;
  crystal.lattice.col(2) << 0.0, 0.0, height_of(slab.crystal) + vacuum;
  crystal.lattice = f * crystal.lattice;
  crystal.positions = f * slab.crystal.positions;
  crystal.positions.row(2).array() += 0.5 * vacuum - slab.crystal.positions.row(2).minCoeff();
  crystal.periodic = {true, true, true};
  return crystal;
}

Crystal plane_supercell(Crystal const& slab, Eigen::Matrix2i const& rows) {
  int const index = rows(0, 0) * rows(1, 1) - rows(0, 1) * rows(1, 0), size = std::abs(index);
  Crystal crystal = slab;
  crystal.lattice.leftCols<2>() = slab.lattice.leftCols<2>() * rows.transpose().cast<double>();
  auto const atoms = slab.positions.cols();
  crystal.positions.resize(3, atoms * size);
  crystal.numbers.clear();
  crystal.oxidation.clear();
  int const reach = rows.cwiseAbs().colwise().sum().maxCoeff(), sign = index > 0 ? 1 : -1;
  Eigen::Index next = 0;
  for (int i = -reach; i <= reach; ++i) {
    for (int j = -reach; j <= reach; ++j) {
      int const u = sign * (i * rows(1, 1) - j * rows(1, 0)), v = sign * (j * rows(0, 0) - i * rows(0, 1));
      if (u < 0 || u >= size || v < 0 || v >= size) continue;
      Eigen::Vector3d const shift = slab.lattice.col(0) * i + slab.lattice.col(1) * j;
      crystal.positions.middleCols(next, atoms) = slab.positions.colwise() + shift;
      next += atoms;
      crystal.numbers.insert(crystal.numbers.end(), slab.numbers.begin(), slab.numbers.end());
      crystal.oxidation.insert(crystal.oxidation.end(), slab.oxidation.begin(), slab.oxidation.end());
    }
  }
  return crystal;
}

void rattle(Crystal& crystal, double width, std::uint64_t seed, std::string_view purpose, std::uint64_t index) {
  Rng rng(seed, purpose, index);
  for (double& x : crystal.positions.reshaped()) x += width * rng.normal();
}

bool has_equal_faces(Slab const& slab, Eigen::Matrix2d const& deformation) {
  auto const group = find_space_group(isolated_slab(slab, deformation, slab_vacuum));
  return std::any_of(group.operations.begin(), group.operations.end(),
                     [](auto const& operation) { return operation.rotation(2, 2) == -1; });
}

RelaxedLayer relax_third_vector(Crystal const& bulk, Potential const& potential) {
  auto const bulk_model = potential.with_slab_correction(false);
  RelaxOptions options;
  options.fmax = 1e-5;  // a tenth of what definitions.md 3 asks for: the cell is small
  options.smax = 1e-6;
  options.max_steps = 400;
  options.cell = CellFreedom::third_vector;
  auto const relaxed = relax(bulk, bulk_model ? *bulk_model : potential, options);
  auto result = from(relaxed);
  if (relaxed.reason == "max_steps" && relaxed.fmax < 1e-4 && relaxed.smax < 1e-5) result.failure.clear();
  return {result, relaxed.crystal};
}

LayerEnergy strained_bulk_energy(Slab const& slab, Eigen::Matrix2d const& deformation, Potential const& potential) {
  return relax_third_vector(oriented_bulk(slab, deformation), potential).layer;
}

LayerEnergy slab_energy(LayerCell const& layer, Potential const& potential, RelaxOptions const& options, double width) {
  auto const slab_model = potential.with_slab_correction(true);
  Potential const& model = slab_model ? *slab_model : potential;
  RelaxOptions free = options;
  free.cell = CellFreedom::fixed;
  free.frozen.clear();
  free.group.clear();
  auto const primitive = relax(isolated_slab(layer.slab, layer.deformation, slab_vacuum), model, free);
  auto result = from(primitive);
  double const index = layer.index();
  result.energy *= index;
  result.error *= index;
  result.members *= index;
  result.virial *= index;
  if (!result.failure.empty() || width <= 0.0) return result;

  auto start = plane_supercell(primitive.crystal, layer.supercell);
  rattle(start, width, 0, "slab-rattle", 0);
  auto const rattled = relax(start, model, free);
  result.work += rattled.work;
  if (rattled.reason == "cancelled") result.failure = rattled.reason;
  double const noise = 1e-6 * static_cast<double>(start.size());  // two minimisations of one minimum agree to this
  if (!rattled.converged || rattled.evaluation.energy > result.energy - noise) return result;
  auto lower = from(rattled);
  lower.work = result.work;
  return lower;
}

LayerEnergy cached_strained_bulk(LayerCell const& layer, Potential const& potential, ContactCache& cache) {
  Eigen::Matrix2d const stretch = stretch_of(layer.deformation), rounded = rounded_stretch(layer.deformation);
  auto const key = key_of("bulk", layer.slab, rounded, potential).hex();
  auto const entry = look_up(cache, key, [&] { return strained_bulk_energy(layer.slab, rounded, potential); });
  return at_stretch(entry, rounded, stretch);
}

LayerEnergy cached_slab(LayerCell const& layer, Potential const& potential, ContactOptions const& options,
                        ContactCache& cache) {
  Eigen::Matrix2d const stretch = stretch_of(layer.deformation), rounded = rounded_stretch(layer.deformation);
  auto hash = key_of("slab", layer.slab, rounded, potential);
  for (int const v : layer.supercell.reshaped()) hash.update(static_cast<std::uint64_t>(static_cast<std::int64_t>(v)));
  auto const& relaxation = options.relaxation;
  hash.update(relaxation.fmax).update(relaxation.max_step).update(static_cast<std::uint64_t>(relaxation.max_steps));
  hash.update(to_string(relaxation.minimizer)).update(options.rattle);
  auto const compute = [&] {
    return slab_energy({layer.slab, layer.supercell, rounded}, potential, relaxation, options.rattle);
  };
  return at_stretch(look_up(cache, hash.hex(), compute), rounded, stretch);
}

}  // namespace nacre::detail

namespace nacre {

ContactCache::ContactCache(std::filesystem::path folder) : entries_(std::make_unique<Entries>()) {
  entries_->folder = std::move(folder);
}
ContactCache::~ContactCache() = default;

StrainedBulk relax_strained_bulk(Slab const& slab, Eigen::Matrix2d const& deformation, Potential const& potential) {
  auto const energy = detail::strained_bulk_energy(slab, deformation, potential);
  return {energy.energy, energy.work, energy.failure};
}

}  // namespace nacre
