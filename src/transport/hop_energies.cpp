#include "nacre/transport/hop_energies.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/relax.hpp"
#include "plane_potential.hpp"

namespace nacre {
namespace {

constexpr double widest_void = 6.0;          // no crystal has empty layers this wide; a slab's vacuum has [Å]
constexpr double same_energy = 2e-3;         // two relaxations of one state agree to this [eV]
constexpr double nudge = 0.15;               // of an ion off a midpoint, to see where it falls [Å]
constexpr double fallen = 0.3;               // of a hop: an ion that fell from its midpoint has left it so far behind
constexpr double left_site = 0.6;            // of a hop: an ion displaced farther has gone to another site

}  // namespace

std::string_view to_string(HopMethod method) {
  switch (method) {
    case HopMethod::automatic: return "auto";
    case HopMethod::midpoint: return "midpoint";
    case HopMethod::neb: return "neb";
  }
  return "auto";
}

HopMethod hop_method_from(std::string_view word) {
  if (word == "auto") return HopMethod::automatic;
  if (word == "midpoint") return HopMethod::midpoint;
  if (word == "neb") return HopMethod::neb;
  std::array<std::string, 3> const known{"auto", "midpoint", "neb"};
  input_error("unknown method '", word, "'", did_you_mean(word, known));
}

double widest_gap(Crystal const& crystal) {
  double widest = 0.0;
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  for (int axis = 0; axis < 3; ++axis) {
    double const height = 1.0 / inverse.row(axis).norm();
    if (crystal.size() == 0) continue;
    std::vector<double> f;
    for (auto const& x : crystal.positions.colwise()) {
      double const along = inverse.row(axis).dot(x);
      f.push_back(along - std::floor(along));
    }
    std::ranges::sort(f);
    double gap = f.front() + 1.0 - f.back();
    for (std::size_t k = 1; k < f.size(); ++k) gap = std::max(gap, f[k] - f[k - 1]);
    widest = std::max(widest, crystal.size() == 1 ? 0.0 : gap * height);
  }
  return widest;
}

void require_no_vacuum(Crystal const& crystal) {
  require(crystal.periodic[0] && crystal.periodic[1] && crystal.periodic[2],
          "the cell is not periodic in three directions (hops are those of a crystal or of a stack without vacuum); give "
          "a bulk cell, or build the stack with --superlattice");
  double const gap = widest_gap(crystal);
  require(gap < widest_void, "the cell has ", gap, " A of vacuum (the background of a charged cell would fill it, and "
          "site energies are those of a stack without surfaces): build the stack with --superlattice");
}

/// The supercell with its carrier anywhere.
class HopEnergies::Defect {
 public:
  Defect(Crystal const& crystal, HopNetwork const& network, int species, HopSettings const& settings)
      : network_(network), species_(species), n_(settings.supercell), lattice_(crystal.lattice),
        atoms_(static_cast<Eigen::Index>(crystal.size())), perfect_(supercell(crystal, settings.supercell)) {
    Eigen::Matrix3Xd noise = perfect_.positions;
    Rng rng(settings.seed, "hop-rattle", 0);
    for (double& x : noise.reshaped()) x = settings.rattle * rng.normal();
    rattle_ = noise;
    if (!perfect_.oxidation.empty()) charge_of_species();
  }

  Crystal const& perfect() const { return perfect_; }
  double charge() const { return charge_; }
  bool vacancy() const { return network_.sites.front().atom >= 0; }

  /// Atom of the supercell that a site's atom in a cell is an image of.
  Eigen::Index index(int site, Eigen::Vector3i const& cell) const {
    Eigen::Vector3i c;
    for (int k = 0; k < 3; ++k) c[k] = ((cell[k] % n_[k]) + n_[k]) % n_[k];
    return ((c[0] * n_[1] + c[1]) * n_[2] + c[2]) * atoms_ + network_.sites[static_cast<std::size_t>(site)].atom;
  }
  Eigen::Vector3d place(int site, Eigen::Vector3i const& cell) const {
    return network_.sites[static_cast<std::size_t>(site)].position + lattice_ * cell.cast<double>();
  }
  /// Whether both ends are one atom of the supercell, or its image.
  bool too_small(Hop const& hop) const {
    if (!vacancy()) {
      bool same = hop.from == hop.to;
      for (int k = 0; k < 3; ++k) same = same && hop.cell[k] % n_[k] == 0;
      return same;
    }
    return index(hop.from, Eigen::Vector3i::Zero()) == index(hop.to, hop.cell);
  }

  /// The carrier at one end of a hop or on its midpoint, in one order of atoms: that of the supercell without the atom
  /// at `from` (vacancy), or with one more atom behind all others (interstitial).
  enum class Where { from, middle, to };
  Crystal at(Hop const& hop, Where where, bool rattled = true) const {
    Crystal crystal = perfect_;
    if (rattled) crystal.positions += rattle_;
    double const share = where == Where::from ? 0.0 : where == Where::middle ? 0.5 : 1.0;
    if (vacancy()) {
      auto const gone = index(hop.from, Eigen::Vector3i::Zero()), moves = index(hop.to, hop.cell);
      // the ion comes from where the vacancy goes to
      crystal.positions.col(moves) += -share * hop.vector;
      remove(crystal, gone);
    } else {
      append(crystal, network_.sites[static_cast<std::size_t>(hop.from)].position + share * hop.vector);
    }
    return crystal;
  }
  Crystal alone(int site) const {
    Hop hop;
    hop.from = hop.to = site;
    return at(hop, Where::from);
  }
  /// Of the moving ion in what `at` gives.
  Eigen::Index moving(Hop const& hop) const {
    if (!vacancy()) return perfect_.positions.cols();
    auto const gone = index(hop.from, Eigen::Vector3i::Zero()), moves = index(hop.to, hop.cell);
    return moves > gone ? moves - 1 : moves;
  }
  /// Largest displacement of an ion of the species between two configurations, both about their mean [Å].
  double displacement(Crystal const& a, Crystal const& b) const {
    Eigen::Matrix3Xd d = b.positions - a.positions;
    d.colwise() -= d.rowwise().mean().eval();
    double most = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a.numbers[i] == species_) most = std::max(most, d.col(static_cast<Eigen::Index>(i)).norm());
    }
    return most;
  }

 private:
  void charge_of_species() {
    double sum = std::accumulate(perfect_.oxidation.begin(), perfect_.oxidation.end(), 0.0);
    double own = 0.0;
    for (std::size_t i = 0; i < perfect_.size(); ++i) {
      if (perfect_.numbers[i] == species_) own = perfect_.oxidation[i];
    }
    ion_charge_ = own;
    charge_ = vacancy() ? sum - own : sum + own;
  }
  void remove(Crystal& crystal, Eigen::Index gone) const {
    auto const rest = crystal.positions.cols() - 1 - gone;
    crystal.positions.middleCols(gone, rest) = crystal.positions.rightCols(rest).eval();
    crystal.positions.conservativeResize(3, crystal.positions.cols() - 1);
    crystal.numbers.erase(crystal.numbers.begin() + gone);
    if (!crystal.oxidation.empty()) crystal.oxidation.erase(crystal.oxidation.begin() + gone);
  }
  void append(Crystal& crystal, Eigen::Vector3d const& place) const {
    crystal.positions.conservativeResize(3, crystal.positions.cols() + 1);
    crystal.positions.rightCols(1) = place;
    crystal.numbers.push_back(species_);
    if (!crystal.oxidation.empty()) crystal.oxidation.push_back(ion_charge_);
  }

  HopNetwork const& network_;
  int species_;
  Eigen::Vector3i n_;
  Eigen::Matrix3d lattice_;
  Eigen::Index atoms_;
  Crystal perfect_;
  Eigen::Matrix3Xd rattle_;
  double charge_ = 0.0, ion_charge_ = 0.0;
};

HopEnergies::HopEnergies(Crystal const& crystal, HopNetwork const& network, int species, Potential const& potential,
                         HopSettings settings)
    : network_(network), potential_(potential), settings_(std::move(settings)) {
  require_no_vacuum(crystal);
  require(settings_.fmax > 0.0 && settings_.max_steps > 0, "invalid fmax=", settings_.fmax, " or max_steps=",
          settings_.max_steps, " (both must be positive)");
  defect_ = std::make_unique<Defect>(crystal, network_, species, settings_);
}

HopEnergies::~HopEnergies() = default;

double HopEnergies::charge() const { return defect_->charge(); }
int HopEnergies::atoms() const { return static_cast<int>(defect_->perfect().size()) + (defect_->vacancy() ? -1 : 1); }
Eigen::Matrix3d HopEnergies::cell() const { return defect_->perfect().lattice; }
bool HopEnergies::knows_hop(int orbit) const { return hops_.contains(orbit); }

HopEnergy const* HopEnergies::known(int orbit) const {
  auto const found = hops_.find(orbit);
  return found == hops_.end() ? nullptr : &found->second;
}

Band const* HopEnergies::band(int orbit) const {
  auto const found = bands_.find(orbit);
  return found == bands_.end() ? nullptr : &found->second;
}

HopImages const* HopEnergies::images(int orbit) const {
  auto const found = images_.find(orbit);
  return found == images_.end() ? nullptr : &found->second;
}

double HopEnergies::work() const {
  double sum = 0.0;
  for (auto const& [orbit, state] : sites_) sum += state.work;
  for (auto const& [orbit, energy] : hops_) sum += energy.work;
  return sum;
}

namespace {

RelaxOptions relax_options(HopSettings const& settings) {
  RelaxOptions options;
  options.fmax = settings.fmax;
  options.max_steps = settings.max_steps;
  options.cancelled = settings.cancelled;
  return options;
}

SiteState settled(Crystal const& start, Potential const& potential, HopSettings const& settings) {
  auto relaxed = relax(start, potential, relax_options(settings));
  SiteState state;
  state.energy = relaxed.evaluation.energy;
  state.status = relaxed.converged ? Status::ok : relaxed.reason == "cancelled" ? Status::cancelled : Status::failed;
  state.reason = relaxed.converged ? "" : relaxed.reason;
  state.work = relaxed.work;
  state.error = relaxed.energy_error;
  state.relaxed = std::move(relaxed.crystal);
  return state;
}

HopEnergy without(SiteState const& state, HopMethod method, std::string const& where) {
  HopEnergy energy;
  energy.method = method;
  energy.status = state.status;
  energy.reason = state.reason + ": " + where;
  energy.work = state.work;
  return energy;
}

}  // namespace

SiteState const& HopEnergies::site(int orbit) {
  auto const found = sites_.find(orbit);
  if (found != sites_.end()) return found->second;
  int const site = network_.site_orbits.at(static_cast<std::size_t>(orbit));
  auto const start = defect_->alone(site);
  auto state = settled(start, potential_, settings_);
  state.displacement = defect_->displacement(start, state.relaxed);
  if (state.status == Status::ok && state.displacement > left_site * network_.hop_length) {
    state.status = Status::failed;  // the energy is that of another site, which has its own node
    state.reason = concat("site_left: an ion moved by ", state.displacement, " A (the carrier does not stay on this site)");
  }
  return sites_.emplace(orbit, std::move(state)).first->second;
}

HopEnergy const& HopEnergies::hop(int orbit) {
  auto const found = hops_.find(orbit);
  if (found != hops_.end()) return found->second;
  return hops_.emplace(orbit, compute(orbit)).first->second;
}

HopEnergy HopEnergies::compute(int orbit) {
  auto const& entry = network_.hop_orbits.at(static_cast<std::size_t>(orbit));
  auto const& hop = network_.hops[static_cast<std::size_t>(entry.hop)];
  HopEnergy energy;
  energy.status = Status::refused;
  if (defect_->too_small(hop)) {
    energy.reason = "supercell_too_small: both ends of the hop are one atom of the cell; give a larger --supercell";
    return energy;
  }
  if (settings_.method == HopMethod::midpoint && !entry.exchange) {
    energy.method = HopMethod::midpoint;
    energy.reason = "no_symmetry: no operation exchanges the ends of the hop; take --method neb";
    return energy;
  }
  auto const from = settled(defect_->at(hop, Defect::Where::from), potential_, settings_);
  if (from.status != Status::ok) return without(from, settings_.method, "the first end point");
  double spent = from.work;
  if (entry.exchange && settings_.method != HopMethod::neb) {
    energy = midpoint(orbit, hop, from);
    if (energy.status == Status::ok || energy.status == Status::cancelled || settings_.method == HopMethod::midpoint)
      return energy;
    spent = energy.work;
  }
  auto band = elastic_band(orbit, hop, from);
  band.work += spent;
  return band;
}

HopEnergy HopEnergies::midpoint(int orbit, Hop const& hop, SiteState const& from) {
  auto const start = defect_->at(hop, Defect::Where::middle);
  auto const ion = defect_->moving(hop);
  Eigen::Vector3d const along = hop.vector.normalized();
  detail::PlanePotential const plane(potential_, defect_->at(hop, Defect::Where::middle, false), ion, along);
  auto const middle = settled(start, plane, settings_);
  if (middle.status != Status::ok) {
    auto failed = without(middle, HopMethod::midpoint, "the midpoint");
    failed.work += from.work;
    return failed;
  }
  HopEnergy energy;
  energy.method = HopMethod::midpoint;
  energy.from = energy.to = from.energy;
  energy.saddle = middle.energy;
  energy.error = from.error + middle.error;
  auto const saddle = plane.projected(middle.relaxed);
  auto const push = plane.force_along(saddle);
  auto displaced = saddle;
  displaced.positions.col(ion) += (defect_->vacancy() ? -nudge : nudge) * along;  // towards the second end
  auto const end = settled(displaced, potential_, settings_);
  energy.work = from.work + middle.work + end.work;
  double const fell = std::abs(plane.height(end.relaxed) - plane.height(saddle));
  constexpr double slack = 0.02;  // the plain truncation's jumps tilt the plane by less [eV/Å]
  if (std::abs(push) > slack) {
    energy.reason = concat("midpoint_is_no_saddle: ", push, " eV/A push the ion along the hop");
  } else if (end.status != Status::ok) {
    energy.reason = end.reason + ": the way down from the midpoint";
  } else if (fell < fallen * hop.vector.norm() || std::abs(end.energy - from.energy) > same_energy) {
    energy.reason = concat("midpoint_is_no_saddle: an ion beside it ends ", fell, " A away and ",
                           end.energy - from.energy, " eV above the end points");
  } else {
    energy.status = Status::ok;
    images_[orbit] = {from.relaxed, saddle, end.relaxed};
  }
  return energy;
}

HopEnergy HopEnergies::elastic_band(int orbit, Hop const& hop, SiteState const& from) {
  auto const to = settled(defect_->at(hop, Defect::Where::to), potential_, settings_);
  if (to.status != Status::ok) return without(to, HopMethod::neb, "the second end point");
  auto options = settings_.band;
  options.cancelled = settings_.cancelled;
  auto band = find_band(from.relaxed, to.relaxed, potential_, options);
  HopEnergy energy;
  energy.method = HopMethod::neb;
  energy.from = band.energies.front();
  energy.to = band.energies.back();
  energy.saddle = band.energies[band.saddle];
  energy.status = band.converged ? Status::ok : band.reason == "cancelled" ? Status::cancelled : Status::failed;
  energy.reason = band.converged ? "" : band.reason + ": the band";
  energy.work = to.work + band.work;
  energy.error = from.error + to.error + band.fmax * band.fmax / 4.0;  // a spring of 2 eV/Å^2 along the band
  if (energy.status == Status::ok) images_[orbit] = {band.images.front(), band.images[band.saddle], band.images.back()};
  bands_[orbit] = std::move(band);
  return energy;
}

}  // namespace nacre
