#include "nacre/transport/space_charge.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double vacuum_permittivity = 8.8541878128e-12;  // CODATA 2018 [F/m]
constexpr double nm = 1e-9;
constexpr int most_steps = 2000;

void check(SpaceChargeOptions const& o) {
  auto const positive = [](double value, char const* name) {
    require(value > 0.0 && std::isfinite(value), "invalid ", name, " ", value, " (must be positive)");
  };
  positive(o.permittivity, "permittivity");
  positive(o.acceptors, "density of acceptors");
  positive(o.temperature, "temperature");
  positive(o.core_sites, "number of core sites");
  positive(o.site_density, "density of sites");
  positive(o.thickness_nm, "thickness");
  require(o.acceptor_charge * o.carrier_charge < 0.0 && std::isfinite(o.acceptor_charge * o.carrier_charge),
          "charges of carrier and acceptor are ", o.carrier_charge, " and ", o.acceptor_charge,
          " (one has to be positive, the other negative)");
  require(std::abs(o.segregation_eV) <= 10.0, "invalid segregation energy ", o.segregation_eV, " eV (-10 to 10)");
  require(o.points >= 20 && o.points <= 100000, "invalid points=", o.points, " (20 to 100000)");
  require(-o.acceptor_charge * o.acceptors / o.carrier_charge < o.site_density, "there are more carriers than sites (",
          -o.acceptor_charge * o.acceptors / o.carrier_charge, " and ", o.site_density, " per m^3)");
}

/// A charge and how it falls with the potential.
struct Charge {
  double value, slope;
};

/// Poisson's equation in finite volumes between the core and the middle of the membrane, whose sum is the charge.
class Profile {
 public:
  explicit Profile(SpaceChargeOptions const& options) : o_(options), kt_(units::boltzmann_eV_per_K * options.temperature) {
    carriers_ = -o_.acceptor_charge * o_.acceptors / o_.carrier_charge;
    double const length = o_.thickness_nm * nm;
    for (int i = 0; i <= o_.points; ++i) {
      double const share = static_cast<double>(i) / o_.points;
      x_.push_back(length * share * share);  // finest at the core
    }
    potential_.assign(x_.size(), 0.0);
  }

  /// Damped Newton; the charge falls with the potential everywhere, so that there is one solution.
  void solve() {
    for (int step = 0; step < most_steps; ++step) {
      auto const change = newton_step();
      double const largest = std::abs(*std::ranges::max_element(change, {}, [](double c) { return std::abs(c); }));
      double const share = std::min(1.0, kt_ / std::max(largest, 1e-300));
      for (std::size_t i = 0; i < x_.size(); ++i) potential_[i] += share * change[i];
      if (largest < 1e-15 + 1e-14 * std::abs(potential_.front())) return;
    }
  }

  Charge core(double potential) const {
    double const bulk = carriers_ / o_.site_density;
    double const odds = bulk / (1.0 - bulk) * std::exp(-(o_.segregation_eV + o_.carrier_charge * potential) / kt_);
    double const share = std::isfinite(odds) ? odds / (1.0 + odds) : 1.0;
    double const unit = o_.carrier_charge * units::elementary_charge_C * o_.core_sites;
    return {unit * (share - bulk), -unit * o_.carrier_charge / kt_ * share * (1.0 - share)};
  }
  double core_occupancy() const {
    return core(potential_.front()).value / (o_.carrier_charge * units::elementary_charge_C * o_.core_sites) +
           carriers_ / o_.site_density;
  }
  double carriers(double potential) const { return carriers_ * std::exp(-o_.carrier_charge * potential / kt_); }
  double bulk_carriers() const { return carriers_; }
  double thermal() const { return kt_; }
  std::vector<double> const& x() const { return x_; }
  std::vector<double> const& potential() const { return potential_; }
  double volume(std::size_t i) const {
    double const low = i == 0 ? x_[0] : 0.5 * (x_[i - 1] + x_[i]);
    double const high = i + 1 == x_.size() ? x_[i] : 0.5 * (x_[i] + x_[i + 1]);
    return high - low;
  }
  /// Of both sides, without the core [C/m^2].
  double layer_charge() const {
    double sum = 0.0;
    for (std::size_t i = 0; i < x_.size(); ++i) sum += 2.0 * density(potential_[i]).value * volume(i);
    return sum;
  }

 private:
  Charge density(double potential) const {
    double const e = units::elementary_charge_C;
    double const mobile = e * o_.carrier_charge * carriers(potential);
    double fixed = e * o_.acceptor_charge * o_.acceptors, slope = -mobile * o_.carrier_charge / kt_;
    if (o_.acceptor_rule == AcceptorRule::mobile) {
      fixed *= std::exp(-o_.acceptor_charge * potential / kt_);
      slope -= fixed * o_.acceptor_charge / kt_;
    }
    return {mobile + fixed, slope};
  }

  /// Solves the tridiagonal linear problem of one step.
  std::vector<double> newton_step() const {
    auto const n = x_.size();
    double const eps = vacuum_permittivity * o_.permittivity;
    std::vector<double> diagonal(n), right(n), link(n, 0.0);
    for (std::size_t i = 0; i + 1 < n; ++i) link[i] = eps / (x_[i + 1] - x_[i]);
    for (std::size_t i = 0; i < n; ++i) {
      auto const local = density(potential_[i]);
      double charge = local.value * volume(i), slope = local.slope * volume(i);
      if (i == 0) {
        charge += 0.5 * core(potential_[0]).value;
        slope += 0.5 * core(potential_[0]).slope;
      }
      double const down = i > 0 ? link[i - 1] : 0.0, up = link[i];
      double const flux = (i + 1 < n ? up * (potential_[i + 1] - potential_[i]) : 0.0) -
                          (i > 0 ? down * (potential_[i] - potential_[i - 1]) : 0.0);
      diagonal[i] = down + up - slope;
      right[i] = flux + charge;
    }
    for (std::size_t i = 1; i < n; ++i) {
      double const m = link[i - 1] / diagonal[i - 1];
      diagonal[i] -= m * link[i - 1];
      right[i] += m * right[i - 1];
    }
    std::vector<double> change(n);
    for (std::size_t i = n; i-- > 0;) change[i] = (right[i] + (i + 1 < n ? link[i] * change[i + 1] : 0.0)) / diagonal[i];
    return change;
  }

  SpaceChargeOptions o_;
  double kt_, carriers_ = 0.0;
  std::vector<double> x_, potential_;
};

}  // namespace

double depletion_width_nm(double permittivity, double acceptors, double potential_V) {
  return std::sqrt(2.0 * vacuum_permittivity * permittivity * potential_V / (units::elementary_charge_C * acceptors)) / nm;
}

double depletion_resistance_ratio(double carrier_charge, double potential_V, double temperature) {
  double const y = carrier_charge * potential_V / (units::boltzmann_eV_per_K * temperature);
  return std::exp(y) / (2.0 * y);
}

SpaceCharge space_charge(SpaceChargeOptions const& options) {
  check(options);
  Profile profile(options);
  profile.solve();
  SpaceCharge result;
  double const phi = profile.potential().front(), bulk = profile.bulk_carriers();
  result.core_potential_V = phi;
  result.core_charge_C_per_m2 = profile.core(phi).value;
  result.core_occupancy = profile.core_occupancy();
  double const charged = std::abs(options.acceptor_charge) * options.acceptors;
  result.width_nm = depletion_width_nm(options.permittivity, charged, std::abs(phi));
  double const mobile = options.acceptor_rule == AcceptorRule::mobile ? std::abs(options.acceptor_charge) : 0.0;
  result.debye_nm = std::sqrt(vacuum_permittivity * options.permittivity * profile.thermal() /
                              (units::elementary_charge_C * charged * (std::abs(options.carrier_charge) + mobile))) / nm;
  for (std::size_t i = 0; i < profile.x().size(); ++i) {
    double const here = profile.carriers(profile.potential()[i]), width = 2.0 * profile.volume(i) / nm;
    result.excess_resistance_nm += (bulk / here - 1.0) * width;
    result.excess_conductance_nm += (here / bulk - 1.0) * width;
    result.distance_nm.push_back(profile.x()[i] / nm);
    result.potential_V.push_back(profile.potential()[i]);
    result.carriers_per_m3.push_back(here);
  }
  if (result.width_nm > 0.0) result.resistance_ratio = 1.0 + result.excess_resistance_nm / (2.0 * result.width_nm);
  double const core = result.core_charge_C_per_m2;
  result.neutrality = core == 0.0 ? 0.0 : (core + profile.layer_charge()) / std::abs(core);
  return result;
}

}  // namespace nacre
