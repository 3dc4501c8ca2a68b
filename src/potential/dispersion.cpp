#include "nacre/potential/dispersion.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "d3_table.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "neighbor_table.hpp"

namespace nacre {
namespace {

using detail::CenterPairs;

constexpr double bohr3 = units::bohr_A * units::bohr_A * units::bohr_A;
constexpr double c6_unit = 2.0 * units::rydberg_eV * bohr3 * bohr3;  // hartree bohr^6 [eV Å^6]
constexpr double counting_steepness = 16.0;
constexpr double reference_width = 4.0;  // of the Gaussians around reference coordination numbers
constexpr double taper_share = 0.1;

/// Weights of an element's references at a coordination number, and their derivatives by it.
struct Weights {
  int first = 0, count = 0;
  std::array<double, 5> value{}, slope{};
};

Weights weigh(detail::D3Table const& table, int number, double coordination) {
  Weights w;
  w.first = table.first[static_cast<std::size_t>(number)];
  w.count = table.first[static_cast<std::size_t>(number) + 1] - w.first;
  double largest = -INFINITY, sum = 0.0, mean = 0.0;
  std::array<double, 5> power{}, away{};
  for (std::size_t a = 0; a < static_cast<std::size_t>(w.count); ++a) {
    away[a] = coordination - table.coordination[static_cast<std::size_t>(w.first) + a];
    power[a] = -reference_width * away[a] * away[a];
    largest = std::max(largest, power[a]);
  }
  for (std::size_t a = 0; a < static_cast<std::size_t>(w.count); ++a) sum += w.value[a] = std::exp(power[a] - largest);
  for (std::size_t a = 0; a < static_cast<std::size_t>(w.count); ++a) {
    w.value[a] /= sum;
    mean += w.value[a] * away[a];
  }
  for (std::size_t a = 0; a < static_cast<std::size_t>(w.count); ++a)
    w.slope[a] = -2.0 * reference_width * w.value[a] * (away[a] - mean);
  return w;
}

/// C6 of two atoms [eV Å^6] and its derivatives by their coordination numbers.
struct Coefficient {
  double value = 0.0, by_first = 0.0, by_second = 0.0;
};

Coefficient combine(detail::D3Table const& table, Weights const& a, Weights const& b) {
  Coefficient c;
  for (int i = 0; i < a.count; ++i) {
    double row = 0.0, row_slope = 0.0;
    for (int j = 0; j < b.count; ++j) {
      double const c6 = table.c6(a.first + i, b.first + j);
      row += c6 * b.value[static_cast<std::size_t>(j)];
      row_slope += c6 * b.slope[static_cast<std::size_t>(j)];
    }
    c.value += c6_unit * a.value[static_cast<std::size_t>(i)] * row;
    c.by_first += c6_unit * a.slope[static_cast<std::size_t>(i)] * row;
    c.by_second += c6_unit * a.value[static_cast<std::size_t>(i)] * row_slope;
  }
  return c;
}

/// What a pair at distance r adds to the coordination number of both, and its derivative.
struct Count {
  double value, slope;
};

Count count_pair(double radii, double r) {
  double const value = 1.0 / (1.0 + std::exp(-counting_steepness * (radii / r - 1.0)));
  return {value, -counting_steepness * radii / (r * r) * value * (1.0 - value)};
}

/// Damped r^-6 and r^-8 of two elements, for a C6 of one.
struct PairShape {
  double s6, s8_ratio, radius6, radius8;  // [-], [Å^2], [Å^6], [Å^8]
  struct At {
    double energy, slope;  // by the squared distance
  };
  At at(double r2) const {
    double const r4 = r2 * r2, r6 = r4 * r2;
    double const six = 1.0 / (r6 + radius6), eight = 1.0 / (r6 * r2 + radius8);
    return {-(s6 * six + s8_ratio * eight), s6 * 3.0 * r4 * six * six + s8_ratio * 4.0 * r6 * eight * eight};
  }
};

class Dispersion final : public Potential {
 public:
  Dispersion(DispersionOptions const& options, detail::D3Table table, std::string name)
      : options_(options), table_(std::move(table)), name_(std::move(name)) {}
  Evaluation evaluate(Crystal const& crystal) const override { return run(crystal, nullptr); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override { return run(crystal, &state); }
  std::string name() const override { return name_; }
  std::string identity() const override;
  double cutoff() const override { return options_.cutoff; }
  Contents contents() const override { return {.bonds = false, .dispersion = true}; }
  std::vector<int> elements() const override {
    std::vector<int> numbers(detail::d3_elements);
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
  }
  Value about() const override;

 private:
  Evaluation run(Crystal const& crystal, EvaluationState* state) const;
  std::vector<Weights> weights(Crystal const& crystal, EvaluationState* state) const;
  PairShape shape(int first, int second) const;
  PairShape::At ended(PairShape const& shape, double r2) const;
  void check_elements(Crystal const& crystal) const;
  double reach() const { return std::max(options_.cutoff, options_.coordination_cutoff); }

  DispersionOptions options_;
  detail::D3Table table_;
  std::string name_;
};

std::string Dispersion::identity() const {
  auto const& d = options_.damping;
  Sha256 sum;
  sum.update("nacre.d3bj/1").update(table_.hash).update(d.s6).update(d.s8).update(d.a1).update(d.a2_bohr);
  sum.update(options_.cutoff).update(options_.coordination_cutoff).update(options_.taper ? taper_share : 0.0);
  for (int z = 1; z <= detail::d3_elements; ++z) sum.update(detail::d3_ratio(z)).update(detail::d3_radius(z));
  return sum.hex();
}

Value Dispersion::about() const {
  auto value = Potential::about();
  value["kind"] = "d3";
  value["damping"] = Value::Object{{"s6", options_.damping.s6}, {"s8", options_.damping.s8}, {"a1", options_.damping.a1},
                                   {"a2_bohr", options_.damping.a2_bohr}};
  value["coordination_cutoff_A"] = options_.coordination_cutoff;
  value["truncation"] = options_.taper ? "taper" : "plain";
  value["three_body"] = false;
  value["table_hash"] = table_.hash;
  return value;
}

void Dispersion::check_elements(Crystal const& crystal) const {
  for (int const z : crystal.numbers)
    require(z >= 1 && z <= detail::d3_elements, "model '", name_, "' does not know the element '", symbol(z), "' (D3 covers H to Pu)");
}

PairShape Dispersion::shape(int first, int second) const {
  auto const& d = options_.damping;
  double const ratio = 3.0 * std::sqrt(detail::d3_ratio(first) * detail::d3_ratio(second)) * units::bohr_A * units::bohr_A;
  double const radius2 = std::pow(d.a1 * std::sqrt(ratio) + d.a2_bohr * units::bohr_A, 2);
  return {d.s6, d.s8 * ratio, std::pow(radius2, 3), std::pow(radius2, 4)};
}

/// The pair's energy, brought to zero at the cutoff.
PairShape::At Dispersion::ended(PairShape const& shape, double r2) const {
  auto pair = shape.at(r2);
  double const width = taper_share * options_.cutoff, start = options_.cutoff - width;
  if (!options_.taper || r2 <= start * start) return pair;
  double const r = std::sqrt(r2), x = (r - start) / width;
  double const factor = 1.0 - x * x * x * (10.0 - x * (15.0 - 6.0 * x));
  double const slope = -30.0 * x * x * (1.0 - x) * (1.0 - x) / width / (2.0 * r);
  return {factor * pair.energy, factor * pair.slope + slope * pair.energy};
}

std::vector<Weights> Dispersion::weights(Crystal const& crystal, EvaluationState* state) const {
  std::vector<double> coordination(crystal.size(), 0.0);
  double const limit = options_.coordination_cutoff * options_.coordination_cutoff;
  detail::for_each_center(crystal, reach(), state, [&](CenterPairs const& center) {
    auto const first = static_cast<std::size_t>(center.atom);
    for (std::size_t k = 0; k < center.count; ++k) {
      if (!(center.squares[k] < limit)) continue;
      auto const second = static_cast<std::size_t>(center.entries[k].atom);
      double const radii = detail::d3_radius(crystal.numbers[first]) + detail::d3_radius(crystal.numbers[second]);
      double const count = count_pair(radii, std::sqrt(center.squares[k])).value;
      coordination[first] += count;
      coordination[second] += count;
    }
  });
  std::vector<Weights> all;
  for (std::size_t i = 0; i < crystal.size(); ++i) all.push_back(weigh(table_, crystal.numbers[i], coordination[i]));
  return all;
}

Evaluation Dispersion::run(Crystal const& crystal, EvaluationState* state) const {
  detail::require_sane(crystal);
  check_elements(crystal);
  detail::PairAccumulator sum(crystal);
  auto const weight = weights(crystal, state);
  std::vector<double> by_coordination(crystal.size(), 0.0);  // dE/dCN [eV]
  std::int64_t pairs = 0;
  detail::for_each_center(crystal, reach(), state, [&](CenterPairs const& center) {
    auto const first = static_cast<std::size_t>(center.atom);
    for (std::size_t k = 0, end = 0; k < center.count; k = end) {
      int const atom = center.entries[k].atom;
      auto const second = static_cast<std::size_t>(atom);
      auto const c6 = combine(table_, weight[first], weight[second]);
      auto const pair = shape(crystal.numbers[first], crystal.numbers[second]);
      double energy = 0.0;
      for (; end < center.count && center.entries[end].atom == atom; ++end) {
        if (!(center.squares[end] < options_.cutoff * options_.cutoff)) continue;
        auto const value = ended(pair, center.squares[end]);
        Eigen::Vector3d const vector(center.vectors + 4 * end);
        sum.add(center.atom, atom, vector, 2.0 * c6.value * value.slope * vector);
        energy += value.energy;
        ++pairs;
      }
      sum.add_energy(center.atom, 0.5 * c6.value * energy);
      sum.add_energy(atom, 0.5 * c6.value * energy);
      by_coordination[first] += energy * c6.by_first;
      by_coordination[second] += energy * c6.by_second;
    }
  });
  double const limit = options_.coordination_cutoff * options_.coordination_cutoff;
  detail::for_each_center(crystal, reach(), state, [&](CenterPairs const& center) {
    auto const first = static_cast<std::size_t>(center.atom);
    for (std::size_t k = 0; k < center.count; ++k) {
      if (!(center.squares[k] < limit)) continue;
      auto const second = static_cast<std::size_t>(center.entries[k].atom);
      double const r = std::sqrt(center.squares[k]);
      double const radii = detail::d3_radius(crystal.numbers[first]) + detail::d3_radius(crystal.numbers[second]);
      double const slope = (by_coordination[first] + by_coordination[second]) * count_pair(radii, r).slope / r;
      Eigen::Vector3d const vector(center.vectors + 4 * k);
      sum.add(center.atom, center.entries[k].atom, vector, slope * vector);
    }
  });
  return std::move(sum).finish(2 * pairs);
}

}  // namespace

std::vector<FunctionalD3> const& functionals_d3() {
  static std::vector<FunctionalD3> const list{
      {"b3lyp", {1.0, 1.9889, 0.3981, 4.4211}, "10.1002/jcc.21759", "CP2K"},
      {"blyp", {1.0, 2.6996, 0.4298, 4.2359}, "10.1002/jcc.21759", "CP2K, pw.x"},
      {"bp86", {1.0, 3.2822, 0.3946, 4.8516}, "10.1002/jcc.21759", "CP2K"},
      {"hse06", {1.0, 2.310, 0.383, 5.685}, "10.1021/jp501237c", "CP2K"},
      {"pbe", {1.0, 0.7875, 0.4289, 4.4407}, "10.1002/jcc.21759", "CP2K, pw.x"},
      {"pbe0", {1.0, 1.2177, 0.4145, 4.8593}, "10.1002/jcc.21759", "CP2K"},
      {"pbesol", {1.0, 2.9491, 0.4466, 6.1742}, "10.1039/c0cp02984j", "pw.x"},
      {"r2scan", {1.0, 0.78981345, 0.49484001, 5.73083694}, "10.1063/5.0041008", ""},
      {"revpbe", {1.0, 2.3550, 0.5238, 3.5016}, "10.1002/jcc.21759", "pw.x"},
      {"rpbe", {1.0, 0.8318, 0.1820, 4.0094}, "", "CP2K, pw.x"},
      {"scan", {1.0, 0.0, 0.538, 5.42}, "10.1103/PhysRevB.94.115144", "CP2K"},
      {"tpss", {1.0, 1.9435, 0.4535, 4.4752}, "10.1002/jcc.21759", "CP2K"},
  };
  return list;
}

std::filesystem::path find_d3_table() {
  std::vector<std::filesystem::path> places;
  if (auto const* given = std::getenv("NACRE_D3_TABLE"); given != nullptr && *given != '\0') return given;
  if (auto const* folder = std::getenv("CP2K_DATA_DIR")) places.push_back(std::filesystem::path(folder) / "dftd3.dat");
  for (auto const* folder : {"/usr/share/cp2k", "/usr/local/share/cp2k", "/usr/share/cp2k/data", "/usr/local/share/cp2k/data"})
    places.push_back(std::filesystem::path(folder) / "dftd3.dat");
  std::error_code ignored;
  for (auto const& place : places)
    if (std::filesystem::exists(place, ignored)) return place;
  return {};
}

std::shared_ptr<Potential const> make_dispersion(DispersionOptions const& options, std::string const& name) {
  auto const& d = options.damping;
  for (double const x : {d.s6, d.s8, d.a1, d.a2_bohr})
    require(std::isfinite(x) && std::abs(x) < 100.0, "invalid damping ", x, " in '", name, "' (a number below 100)");
  require(d.a1 >= 0.0 && d.a2_bohr > 0.0, "invalid damping a1=", d.a1, " a2=", d.a2_bohr, " in '", name, "' (a2 must be positive, a1 not negative)");
  require(options.cutoff >= 5.0 && options.cutoff <= 100.0, "invalid cutoff=", options.cutoff, " in '", name, "' (5 to 100 Å)");
  require(options.coordination_cutoff >= 5.0 && options.coordination_cutoff <= 50.0, "invalid cn=", options.coordination_cutoff, " in '",
          name, "' (5 to 50 Å)");
  auto const path = options.table.empty() ? find_d3_table() : options.table;
  require(!path.empty(), "cannot evaluate '", name, "' (the table of D3 is nowhere): install cp2k-data, or give CP2K's dftd3.dat as ",
          "NACRE_D3_TABLE or table=PATH");
  return std::make_shared<Dispersion>(options, detail::read_d3_table(path), name);
}

std::shared_ptr<Potential const> make_dispersion(std::string const& text, PotentialOptions const& shared, std::string const& name) {
  DispersionOptions options;
  options.taper = shared.taper;
  auto const words = split(text, ',');
  auto const functional = lower_case(trim(words.front()));
  if (functional != "custom") {
    auto const& known = functionals_d3();
    auto const found = std::ranges::find(known, functional, &FunctionalD3::name);
    std::vector<std::string> names{"custom"};
    for (auto const& one : known) names.push_back(one.name);
    require(found != known.end(), "unknown functional '", words.front(), "' in '", name, "'", did_you_mean(functional, names));
    options.damping = found->damping;
  }
  for (std::size_t k = 1; k < words.size(); ++k) {
    auto const equal = words[k].find('=');
    auto const key = trim(words[k].substr(0, equal)), value = equal == std::string::npos ? std::string() : trim(words[k].substr(equal + 1));
    if (key == "table") {
      options.table = value;
      continue;
    }
    auto const number = parse_double(value);
    require(number.has_value(), "cannot read '", words[k], "' in '", name, "' (d3:FUNCTIONAL[,cutoff=30][,cn=21.2][,table=PATH])");
    auto& d = options.damping;
    bool const free = functional == "custom";
    double* const target = key == "cutoff" ? &options.cutoff : key == "cn" ? &options.coordination_cutoff
                           : free && key == "s6" ? &d.s6 : free && key == "s8" ? &d.s8 : free && key == "a1" ? &d.a1
                           : free && key == "a2" ? &d.a2_bohr : nullptr;
    std::vector<std::string> keys{"cutoff", "cn", "table"};
    if (free) keys.insert(keys.end(), {"s6", "s8", "a1", "a2"});
    require(target != nullptr, "unknown setting '", key, "' in '", name, "'", did_you_mean(key, keys));
    *target = *number;
  }
  return make_dispersion(options, name);
}

}  // namespace nacre
