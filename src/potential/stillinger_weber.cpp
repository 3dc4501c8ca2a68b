#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/potential/short_range.hpp"
#include "neighbor_table.hpp"
#include "triplet_file.hpp"

namespace nacre {
namespace {

using detail::NeighborTable;
using detail::PairAccumulator;

/// Of a triplet i j k: epsilon, lambda and cos(theta0). Everything else belongs to pairs, i j from i j j, i k from
/// i k k.
struct Parameters {
  double epsilon = 0.0, sigma = 0.0, a = 0.0, lambda = 0.0, gamma = 0.0, cosine = 0.0;
  double strength = 0.0, b = 0.0, p = 0.0, q = 0.0;  // strength: A
  double end = 0.0;     ///< a sigma, where the terms and all their derivatives vanish [Å]
  double cutoff = 0.0;  ///< at most that: where they have fallen to the file's tolerance [Å]
};

Parameters make_parameters(detail::TripletEntry const& entry, std::string const& origin) {
  auto const& x = entry.numbers;
  Parameters p{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[1] * x[2], x[1] * x[2]};
  double const tolerance = std::min(x[10], 0.01);
  bool const valid = p.epsilon >= 0.0 && p.sigma >= 0.0 && p.a >= 0.0 && p.lambda >= 0.0 && p.gamma >= 0.0 &&
                     p.strength >= 0.0 && p.b >= 0.0 && p.p >= 0.0 && p.q >= 0.0 && tolerance >= 0.0;
  require(valid, "the entry of '", origin, "' that begins in line ", entry.line,
          " is out of range (nothing but cos(theta0) is negative)");
  if (tolerance > 0.0) p.cutoff += std::min(p.gamma, 1.0) * p.sigma / std::log(tolerance);
  return p;
}

/// exp(width/(r - end)) and its slope; zero from the end on.
struct Value {
  double value, slope;
};
Value decay(double width, double end, double r) {
  if (r >= end) return {0.0, 0.0};
  double const x = 1.0 / (r - end), value = std::exp(width * x);
  return {value, -width * x * x * value};
}

class StillingerWeber final : public Potential {
 public:
  StillingerWeber(std::vector<detail::TripletEntry> const& entries, detail::LabelMap const& map,
                  std::string const& origin, std::string name)
      : table_(entries, map, origin, [&](auto const& entry) { return make_parameters(entry, origin); }),
        name_(std::move(name)) {
    Sha256 sum;
    sum.update("nacre.stillinger_weber/1");
    detail::hash_entries(sum, entries, map);
    identity_ = sum.hex();
    for (auto const& p : table_.all()) cutoff_ = std::max(cutoff_, p.cutoff);
    require(cutoff_ > 0.0, "no entry of '", origin, "' has a range (sigma and a are zero)");
  }

  Evaluation evaluate(Crystal const& crystal) const override { return run(crystal, nullptr); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    return run(crystal, &state);
  }
  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }
  double cutoff() const override { return cutoff_; }
  std::vector<int> elements() const override { return table_.map().numbers; }

 private:
  Evaluation run(Crystal const& crystal, EvaluationState* state) const;
  /// A neighbour within the range of its pair, with the decay of its three-body terms.
  struct Arm {
    int atom, kind;
    Eigen::Vector3d vector, direction;
    double distance;
    Value decay;
  };
  void add_pair(int i, Arm const& arm, Parameters const& p, PairAccumulator& sum) const;
  void add_angle(int i, Arm const& first, Arm const& second, Parameters const& p, PairAccumulator& sum) const;

  detail::TripletTable<Parameters> table_;
  std::string name_, identity_;
  double cutoff_ = 0.0;
};

Evaluation StillingerWeber::run(Crystal const& crystal, EvaluationState* state) const {
  auto const kind = table_.indices(crystal, name_);
  thread_local std::vector<Arm> arms;
  auto const add_atom = [&](int i, NeighborTable const& neighbors, PairAccumulator& sum) {
    auto const n = static_cast<std::size_t>(i);
    arms.clear();
    for (auto k = neighbors.start[n]; k < neighbors.start[n + 1]; ++k) {
      int const j = neighbors.atom[k], other = kind[static_cast<std::size_t>(j)];
      auto const& p = table_(kind[n], other, other);
      double const r = neighbors.distance[k];
      if (r >= p.cutoff) continue;
      arms.push_back({j, other, neighbors.vector[k], neighbors.vector[k] / r, r, decay(p.gamma * p.sigma, p.end, r)});
      add_pair(i, arms.back(), p, sum);
    }
    for (std::size_t a = 0; a < arms.size(); ++a) {
      for (std::size_t b = a + 1; b < arms.size(); ++b)
        add_angle(i, arms[a], arms[b], table_(kind[n], arms[a].kind, arms[b].kind), sum);
    }
  };
  return detail::sum_over_atoms(crystal, cutoff_, state, add_atom);
}

/// Half of the pair term: the other atom adds the other half.
void StillingerWeber::add_pair(int i, Arm const& arm, Parameters const& p, PairAccumulator& sum) const {
  double const x = p.sigma / arm.distance, repulsion = p.b * std::pow(x, p.p), attraction = std::pow(x, p.q);
  auto const end = decay(p.sigma, p.end, arm.distance);
  double const scale = 0.5 * p.strength * p.epsilon;
  sum.add_energy(i, scale * (repulsion - attraction) * end.value);
  double const slope = scale * ((p.q * attraction - p.p * repulsion) / arm.distance * end.value +
                                (repulsion - attraction) * end.slope);
  sum.add(i, arm.atom, arm.vector, slope * arm.direction);
}

void StillingerWeber::add_angle(int i, Arm const& first, Arm const& second, Parameters const& p,
                                PairAccumulator& sum) const {
  double const cosine = first.direction.dot(second.direction), off = cosine - p.cosine;
  double const scale = p.lambda * p.epsilon, square = scale * off * off, by_cosine = 2.0 * scale * off;
  sum.add_energy(i, square * first.decay.value * second.decay.value);
  double const turn = by_cosine * first.decay.value * second.decay.value;
  sum.add(i, first.atom, first.vector,
          square * first.decay.slope * second.decay.value * first.direction +
              turn / first.distance * (second.direction - cosine * first.direction));
  sum.add(i, second.atom, second.vector,
          square * first.decay.value * second.decay.slope * second.direction +
              turn / second.distance * (first.direction - cosine * second.direction));
}

}  // namespace

std::shared_ptr<Potential const> make_stillinger_weber(std::string_view text, std::string const& origin,
                                                       std::vector<LabelChoice> const& labels,
                                                       std::string const& name) {
  auto const entries = detail::parse_triplets(text, origin, 11);
  return std::make_shared<StillingerWeber>(entries, detail::choose_labels(entries, origin, labels), origin, name);
}

}  // namespace nacre
