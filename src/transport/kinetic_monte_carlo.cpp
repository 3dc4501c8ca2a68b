#include "nacre/transport/kinetic_monte_carlo.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/transport/conductivity.hpp"

namespace nacre {
namespace {

constexpr std::int64_t most_sites = 10'000'000;

struct Way {
  std::int64_t to;
  double rate;  ///< [1/ps]
  Eigen::Vector3d vector;
};

/// All sites of the box and the jumps that lead away from each.
class Box {
 public:
  Box(SiteGraph const& graph, WalkOptions const& options) : nodes_(std::ssize(graph.energy)), n_(options.cells) {
    double const kt = units::boltzmann_eV_per_K * options.temperature;
    ways_.resize(static_cast<std::size_t>(nodes_ * n_.cast<std::int64_t>().prod()));
    for (auto const& edge : graph.edges) {
      auto const from = static_cast<std::size_t>(edge.from), to = static_cast<std::size_t>(edge.to);
      double const there = options.nu0 * std::exp(-(edge.saddle - graph.energy[from]) / kt);
      double const back = options.nu0 * std::exp(-(edge.saddle - graph.energy[to]) / kt);
      Eigen::Vector3d const d = graph.vector(edge);
      for (int i = 0; i < n_[0]; ++i) {
        for (int j = 0; j < n_[1]; ++j) {
          for (int k = 0; k < n_[2]; ++k) connect(edge, {i, j, k}, there, back, d);
        }
      }
    }
  }
  std::int64_t size() const { return std::ssize(ways_); }
  std::vector<Way> const& from(std::int64_t site) const { return ways_[static_cast<std::size_t>(site)]; }

 private:
  std::int64_t index(int node, Eigen::Vector3i cell) const {
    for (int a = 0; a < 3; ++a) cell[a] = ((cell[a] % n_[a]) + n_[a]) % n_[a];
    return ((static_cast<std::int64_t>(cell[0]) * n_[1] + cell[1]) * n_[2] + cell[2]) * nodes_ + node;
  }
  void connect(GraphEdge const& edge, Eigen::Vector3i const& cell, double there, double back, Eigen::Vector3d const& d) {
    auto const a = index(edge.from, cell), b = index(edge.to, cell + edge.cell);
    if (there > 0.0) ways_[static_cast<std::size_t>(a)].push_back({b, there, d});
    if (back > 0.0) ways_[static_cast<std::size_t>(b)].push_back({a, back, -d});
  }

  std::int64_t nodes_;
  Eigen::Vector3i n_;
  std::vector<std::vector<Way>> ways_;
};

/// Where carriers and ions are, and how far each has come.
class Walkers {
 public:
  Walkers(Box const& box, int carriers, Rng& rng) : box_(box), rng_(rng), occupant_(static_cast<std::size_t>(box.size())) {
    std::iota(occupant_.begin(), occupant_.end(), std::int64_t{0});
    std::vector<std::int64_t> order(occupant_);
    for (std::int64_t k = 0; k < carriers; ++k) {
      auto const other = k + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(box.size() - k)));
      std::swap(order[static_cast<std::size_t>(k)], order[static_cast<std::size_t>(other)]);
      carrier_.push_back(order[static_cast<std::size_t>(k)]);
      occupant_[static_cast<std::size_t>(carrier_.back())] = -1;
    }
    reset();
  }

  void reset() {
    ion_way_ = Eigen::Matrix3Xd::Zero(3, box_.size());
    summed_.setZero();
    squares_ = time_ = 0.0;
  }

  /// @return false if no carrier can jump
  bool jump() {
    double total = 0.0;
    for (auto const site : carrier_) {
      for (auto const& way : box_.from(site)) total += open(way) ? way.rate : 0.0;
    }
    if (!(total > 0.0)) return false;
    time_ += 1.0 / total;  // the mean waiting time; its scatter would only add noise
    double left = rng_.uniform() * total;
    std::size_t last_carrier = 0;
    Way const* last = nullptr;
    for (std::size_t c = 0; c < carrier_.size(); ++c) {
      for (auto const& way : box_.from(carrier_[c])) {
        if (!open(way)) continue;
        last = &way;
        last_carrier = c;
        left -= way.rate;
        if (left < 0.0) {
          move(c, way);
          return true;
        }
      }
    }
    move(last_carrier, *last);  // rounding left a rest
    return true;
  }

  double time() const { return time_; }
  Eigen::Vector3d const& summed() const { return summed_; }
  Eigen::Vector3d ion_squares() const { return ion_way_.rowwise().squaredNorm(); }
  double jump_squares() const { return squares_; }

 private:
  bool open(Way const& way) const { return occupant_[static_cast<std::size_t>(way.to)] >= 0; }
  void move(std::size_t carrier, Way const& way) {
    auto const from = carrier_[carrier];
    auto const ion = occupant_[static_cast<std::size_t>(way.to)];
    occupant_[static_cast<std::size_t>(from)] = ion;
    occupant_[static_cast<std::size_t>(way.to)] = -1;
    carrier_[carrier] = way.to;
    ion_way_.col(ion) -= way.vector;
    summed_ += way.vector;
    squares_ += way.vector.squaredNorm();
  }

  Box const& box_;
  Rng& rng_;
  std::vector<std::int64_t> occupant_;  ///< ion on each site, -1: a carrier
  std::vector<std::int64_t> carrier_;   ///< site of each
  Eigen::Matrix3Xd ion_way_;
  Eigen::Vector3d summed_ = Eigen::Vector3d::Zero();
  double squares_ = 0.0, time_ = 0.0;
};

/// Mean and standard error over blocks, which are the columns.
struct MeanError {
  Eigen::VectorXd mean, error;
};
MeanError over_blocks(Eigen::MatrixXd const& blocks) {
  auto const n = static_cast<double>(blocks.cols());
  MeanError result{blocks.rowwise().mean(), Eigen::VectorXd::Zero(blocks.rows())};
  if (blocks.cols() > 1)
    result.error = ((blocks.colwise() - result.mean).rowwise().squaredNorm() / (n * (n - 1.0))).cwiseSqrt();
  return result;
}

void check(SiteGraph const& graph, WalkOptions const& options) {
  require(options.temperature > 0.0 && std::isfinite(options.temperature), "invalid temperature ", options.temperature,
          " K (must be positive)");
  require(options.cells.minCoeff() >= 1, "invalid box (needs three positive numbers of cells)");
  require(options.blocks >= 2 && options.jumps >= 1 && options.warm_up >= 0, "invalid blocks=", options.blocks,
          ", jumps=", options.jumps, " or warm_up=", options.warm_up, " (two blocks of one jump at least)");
  double const sites = static_cast<double>(graph.energy.size()) * options.cells.cast<double>().prod();
  require(sites <= static_cast<double>(most_sites), "a box of ", sites, " sites (at most ", most_sites, ")");
  require(options.carriers >= 1 && options.carriers < sites, "invalid number of carriers ", options.carriers, " on ", sites,
          " sites (one at least, and one ion)");
}

}  // namespace

WalkResult walk_vacancies(SiteGraph const& graph, WalkOptions const& options, Rng& rng) {
  check(graph, options);
  Box const box(graph, options);
  Walkers walkers(box, options.carriers, rng);
  auto const go = [&](std::int64_t jumps) {
    for (std::int64_t k = 0; k < jumps; ++k) require(walkers.jump(), "no carrier can jump (the network has no hops from where they are)");
  };
  go(options.warm_up);
  Eigen::MatrixXd blocks(7, options.blocks);
  WalkResult result;
  double const ions = static_cast<double>(box.size() - options.carriers);
  for (int b = 0; b < options.blocks; ++b) {
    walkers.reset();
    go(options.jumps);
    double const twice = 2.0 * walkers.time();
    blocks.col(b).head<3>() = walkers.summed().cwiseAbs2() / (twice * options.carriers);
    blocks.col(b).segment<3>(3) = walkers.ion_squares() / (twice * ions);
    blocks(6, b) = walkers.ion_squares().sum() / walkers.jump_squares();
    result.time_ps += walkers.time();
  }
  auto const [mean, error] = over_blocks(blocks);
  result.carrier = mean.head<3>();
  result.carrier_error = error.head<3>();
  result.tracer = mean.segment<3>(3);
  result.tracer_error = error.segment<3>(3);
  result.correlation = mean[6];
  result.correlation_error = error[6];
  result.sites = box.size();
  return result;
}

double carrier_conductivity(double density, double charge, double diffusion, double temperature) {
  return conductivity_S_per_cm(density, charge, diffusion, temperature);
}

}  // namespace nacre
