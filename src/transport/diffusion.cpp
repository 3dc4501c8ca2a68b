#include "nacre/transport/diffusion.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/numerics/distributions.hpp"
#include "nacre/numerics/linalg.hpp"
#include "nacre/transport/conductivity.hpp"
#include "nacre/transport/jumps.hpp"

namespace nacre {
namespace {

constexpr std::int64_t jumps_for_a_bound = 30, jumps_for_a_flag = 100;
constexpr double exponent_tolerance = 0.1;
constexpr double smallest_signal = 2.0;  // D over its error
constexpr double trend_significance = 0.01;
constexpr int largest_blocks = 100000;

std::vector<int> rows_of(Axes axes) {
  switch (axes) {
    case Axes::x:
      return {0};
    case Axes::y:
      return {1};
    case Axes::z:
      return {2};
    case Axes::in_plane:
      return {0, 1};
    case Axes::all:
      break;
  }
  return {0, 1, 2};
}

Measured measured(Jackknife const& estimates, Eigen::Index quantity, int blocks) {
  double const value = estimates.value[quantity], error = estimates.error[quantity];
  double const half = student_t_quantile(0.975, blocks - 1.0) * error;
  return {value, error, {value - half, value + half}};
}

Measured scaled(Measured const& m, double factor) {
  return {factor * m.value, factor * m.error, {factor * m.interval[0], factor * m.interval[1]}};
}

bool finite(Measured const& m) { return std::isfinite(m.value) && std::isfinite(m.error); }

/// Everything that judging a set of ions needs.
struct Evidence {
  Jackknife estimates;
  Eigen::VectorXd above;       ///< MSD less its intercept in the window
  std::vector<double> blocks;  ///< D of every block
  std::int64_t jumps = 0;
  double ions = 0.0, time_ps = 0.0, hop_length = 0.0;
  int dimensions = 3;
  LagWindow window;
  double interval_ps = 0.0;
  bool blocks_of_time = true;
};

/// What else than too few jumps speaks against the slope.
std::vector<Refusal> doubts(Evidence const& e) {
  std::vector<Refusal> reasons;
  double const d = e.estimates.value[index(Derived::D)], error = e.estimates.error[index(Derived::D)];
  double const exponent = e.estimates.value[index(Derived::exponent)];
  double const exponent_error = e.estimates.error[index(Derived::exponent)];
  if (!(e.above.minCoeff() > 0.0))
    reasons.push_back({"not_diffusive", "the mean squared displacement falls below its intercept inside the window"});
  else if (!(std::abs(exponent - 1.0) <= exponent_tolerance + 2.0 * exponent_error))  // no error: some blocks have no slope
    reasons.push_back({"not_diffusive", concat("the mean squared displacement less its intercept grows as t^", exponent,
                                               " +- ", exponent_error, " (0.9 to 1.1 is diffusion)")});
  if (!(d >= smallest_signal * error))
    reasons.push_back({"below_two_sigma", concat("D = ", d, " +- ", error, " A^2/ps is not two errors above zero")});
  return reasons;
}

std::vector<std::string> flags_of(Evidence const& e) {
  std::vector<std::string> flags;
  if (e.jumps >= jumps_for_a_bound && e.jumps < jumps_for_a_flag) flags.emplace_back("few_jumps");
  if (e.blocks_of_time && rank_trend(e.blocks).p < trend_significance) flags.emplace_back("trend");
  if (static_cast<double>(e.window.first) * e.interval_ps < default_window_start_ps * (1.0 - 1e-9))
    flags.emplace_back("window_below_5_ps");
  return flags;
}

/// definitions.md 8: too few jumps make a bound; any other doubt refuses.
DiffusionEstimate judge(Evidence const& e) {
  DiffusionEstimate result;
  result.jumps = e.jumps;
  result.flags = flags_of(e);
  auto const blocks = static_cast<int>(e.estimates.left_out.cols());
  auto const d = measured(e.estimates, index(Derived::D), blocks);
  if (std::isfinite(e.estimates.value[index(Derived::exponent)])) {
    result.exponent = e.estimates.value[index(Derived::exponent)];
    if (std::isfinite(e.estimates.error[index(Derived::exponent)]))
      result.exponent_error = e.estimates.error[index(Derived::exponent)];
  }
  result.reasons = doubts(e);
  if (e.jumps < jumps_for_a_bound) {
    result.verdict = Verdict::bound;
    result.reasons.insert(result.reasons.begin(),
                          {"too_few_jumps", concat(e.jumps, " committed jumps (30 are needed for a value)")});
    double const bound = diffusion_upper_bound(e.jumps, e.hop_length, e.dimensions, e.ions, e.time_ps);
    result.D_upper = finite(d) ? std::max(bound, d.value + 2.0 * d.error) : bound;
    return result;
  }
  if (!result.reasons.empty()) return result;
  result.verdict = Verdict::ok;
  result.D = d;
  for (std::size_t k = 0; k < 3; ++k)
    result.components[k] = measured(e.estimates, index(Derived::Dx) + static_cast<Eigen::Index>(k), blocks);
  return result;
}

DiffusionEstimate refused(Refusal const& reason, std::int64_t jumps = 0) {
  DiffusionEstimate result;
  result.reasons.push_back(reason);
  result.jumps = jumps;
  return result;
}

std::vector<PrincipalAxis> principal_axes(Eigen::VectorXd const& values) {
  auto const at = [&](Derived q) { return values[index(q)]; };
  Eigen::Matrix3d tensor;
  tensor << at(Derived::Dx), at(Derived::xy), at(Derived::xz), at(Derived::xy), at(Derived::Dy), at(Derived::yz),
      at(Derived::xz), at(Derived::yz), at(Derived::Dz);
  auto const eigen = symmetric_eigen(tensor);
  std::vector<PrincipalAxis> axes;
  for (Eigen::Index k = 2; k >= 0; --k) axes.push_back({eigen.values[k], eigen.vectors.col(k)});
  return axes;
}

std::optional<Refusal> framework_moves(IonPaths const& paths, std::optional<ContactPlanes> const& planes) {
  if (paths.displaced.empty()) return std::nullopt;
  std::map<std::string, int> kinds;
  for (auto const ion : paths.displaced) {
    auto name = std::string(symbol(paths.framework_numbers[static_cast<std::size_t>(ion)]));
    if (planes) name += concat(" of layer ", planes->layer_at(paths.framework_mean(2, ion)));
    ++kinds[name];
  }
  std::string list;
  for (auto const& [name, count] : kinds) list += concat(list.empty() ? "" : ", ", count, " ", name);
  return Refusal{"framework_moves", concat(paths.displaced.size(),
                                           " framework ions are displaced by more than 1.5 A for "
                                           "more than 1 ps: ",
                                           list)};
}

void check_options(IonPaths const& paths, DiffusionOptions const& options) {
  require(options.blocks >= 2 && options.blocks <= largest_blocks, "invalid number of blocks ", options.blocks,
          " (2 to ", largest_blocks, ")");
  require(std::isfinite(options.charge), "invalid charge ", options.charge);
  require(options.temperature > 0.0 && std::isfinite(options.temperature), "invalid temperature ", options.temperature,
          " K (must be positive)");
  require(!options.hop_length || (*options.hop_length > 0.0 && *options.hop_length < 1e6), "invalid hop length ",
          options.hop_length.value_or(0.0), " A (must be positive)");
  if (options.block_by == BlockBy::ion)
    require(options.blocks <= paths.mobile(), "cannot make ", options.blocks, " blocks of ", paths.mobile(),
            " ions; use fewer blocks or blocks of time");
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::bound:
      return "bound";
    case Verdict::refused:
      break;
  }
  return "refused";
}

double diffusion_upper_bound(std::int64_t jumps, double hop_length, int dimensions, double ions, double time_ps) {
  return poisson_upper_limit(jumps) * hop_length * hop_length / (2.0 * dimensions * ions * time_ps);
}

namespace {

/// The steps of analyze_diffusion, and what they hand on.
class Analysis {
 public:
  Analysis(IonPaths const& paths, DiffusionOptions const& options) : paths_(paths), options_(options) {
    check_options(paths, options);
    result_.mobile = paths.mobile();
    result_.frames = paths.frames();
    result_.interval_ps = paths.interval_ps;
    result_.temperature = options.temperature;
    result_.charge = options.charge;
    result_.volume = paths.volume;
    result_.wrapping = paths.wrapping;
    if (options.with_layers && options_.axes == Axes::all) options_.axes = Axes::in_plane;
  }

  DiffusionResult run() {
    if (paths_.refusal) return refuse(*paths_.refusal);
    find_planes();
    auto const moves = framework_moves(paths_, planes_);
    auto const block_frames = options_.block_by == BlockBy::ion ? paths_.frames() : paths_.frames() / options_.blocks;
    auto const window = choose_window(block_frames, paths_.interval_ps, options_.window);
    count_jumps();
    if (window.refusal) return refuse(*window.refusal);
    window_ = window.lags;
    measure();
    if (moves) veto(*moves);
    if (planes_) measure_layers();
    return std::move(result_);
  }

 private:
  DiffusionResult refuse(Refusal const& reason) {
    result_.tracer = refused(reason, result_.tracer.jumps);
    return std::move(result_);
  }

  /// Takes back what was measured.
  void veto(Refusal const& reason) {
    auto& tracer = result_.tracer;
    tracer.verdict = Verdict::refused;
    tracer.reasons.insert(tracer.reasons.begin(), reason);
    tracer.D.reset();
    tracer.D_upper.reset();
    tracer.components = {};
    for (auto* value : {&result_.collective, &result_.haven, &result_.sigma, &result_.sigma_tracer}) value->reset();
    result_.principal.clear();
  }

  void find_planes() {
    if (!options_.with_layers) return;
    auto heights = options_.contacts;
    for (auto& h : heights) h -= paths_.origin.z();
    planes_.emplace(paths_, heights.empty() ? find_contacts(paths_) : heights);
  }

  void count_jumps() {
    auto sites = find_sites(paths_, options_.hop_length);
    auto const hop = default_hop_length(paths_, sites ? &*sites : nullptr);
    result_.sites_found = sites.has_value();
    result_.sites = sites ? sites->size() : 0;
    guessed_ = !options_.hop_length && hop.guessed;
    result_.hop_length = options_.hop_length.value_or(hop.value);
    jumps_ = find_jumps(paths_, sites ? &*sites : nullptr, result_.hop_length);
    sites_ = std::move(sites);
    for (auto const& jump : jumps_) result_.tracer.jumps += jump.hops;
  }

  /// As the length of a block: frames times their distance.
  double time_ps() const { return static_cast<double>(paths_.frames()) * paths_.interval_ps; }

  Evidence evidence_of(std::vector<MomentSums> const& blocks, Jackknife estimates, std::vector<int> const& axes) const {
    Evidence e;
    e.estimates = std::move(estimates);
    e.blocks = block_values(blocks, window_, paths_.interval_ps, axes);
    e.time_ps = time_ps();
    e.hop_length = result_.hop_length;
    e.dimensions = static_cast<int>(axes.size());
    e.window = window_;
    e.interval_ps = paths_.interval_ps;
    e.blocks_of_time = options_.block_by == BlockBy::time;
    MomentSums total;
    for (auto const& block : blocks) total += block;
    Eigen::VectorXd const msd = mean_square(total, window_, axes);
    Eigen::VectorXd const times = Eigen::VectorXd::LinSpaced(window_.count(), static_cast<double>(window_.first),
                                                             static_cast<double>(window_.last)) *
                                  paths_.interval_ps;
    e.above = msd.array() - fit_line(times, msd).intercept;
    return e;
  }

  void measure() {
    auto const axes = rows_of(options_.axes);
    auto const blocks = block_sums(paths_, options_.blocks, options_.block_by, window_.last);
    auto const estimates = diffusion_estimates(blocks, window_, paths_.interval_ps, axes);
    keep_curve(blocks.tracer, axes);
    auto evidence = evidence_of(blocks.tracer, estimates, axes);
    evidence.jumps = result_.tracer.jumps;
    evidence.ions = static_cast<double>(paths_.mobile());
    result_.tracer = judge(evidence);
    if (guessed_) result_.tracer.flags.emplace_back("hop_length_guessed");
    if (result_.tracer.verdict != Verdict::ok) return;
    result_.principal = principal_axes(estimates.value);
    if (planes_) keep_in_plane(blocks.tracer);
    derive(blocks, axes);
  }

  /// Across contacts a slope means something only when ions have gone through the whole repeat.
  void keep_in_plane(std::vector<MomentSums> const& blocks) {
    MomentSums total;
    for (auto const& block : blocks) total += block;
    double const across = mean_square(total, window_, {2})[window_.count() - 1];
    if (across > planes_->period() * planes_->period()) return;
    result_.tracer.components[2].reset();
    result_.principal.clear();
    result_.tracer.flags.emplace_back("no_slope_across");
  }

  void derive(BlockSums const& blocks, std::vector<int> const& axes) {
    double const density = paths_.volume ? static_cast<double>(paths_.mobile()) / *paths_.volume : 0.0;
    double const factor = conductivity_S_per_cm(density, options_.charge, 1.0, options_.temperature);
    if (paths_.volume) result_.sigma_tracer = scaled(*result_.tracer.D, factor);
    auto const collective = collective_sums(paths_, options_.blocks, window_.last);
    if (collective.empty()) {
      result_.tracer.flags.emplace_back(collective_undefined() ? "collective_undefined" : "collective_not_measured");
      return;
    }
    BlockSums joint{options_.block_by == BlockBy::time
                        ? blocks.tracer
                        : block_sums(paths_, options_.blocks, BlockBy::time, window_.last).tracer,
                    collective};
    auto const estimates = diffusion_estimates(joint, window_, paths_.interval_ps, axes);
    auto const d = measured(estimates, index(Derived::collective), options_.blocks);
    auto const haven = measured(estimates, index(Derived::haven), options_.blocks);
    if (finite(d)) result_.collective = d;
    if (finite(d) && paths_.volume) result_.sigma = scaled(d, factor);
    if (finite(haven)) result_.haven = haven;
    if (!(d.value >= smallest_signal * d.error)) result_.tracer.flags.emplace_back("collective_below_two_sigma");
  }

  bool collective_undefined() const { return paths_.collective_vanishes; }

  void keep_curve(std::vector<MomentSums> const& blocks, std::vector<int> const& axes) {
    MomentSums total;
    for (auto const& block : blocks) total += block;
    LagWindow const all{1, window_.last};
    Eigen::VectorXd const msd = mean_square(total, all, axes);
    auto& curve = result_.curve;
    for (Eigen::Index m = 0; m < msd.size(); ++m) {
      curve.lag_ps.push_back(static_cast<double>(m + 1) * paths_.interval_ps);
      curve.msd_A2.push_back(msd[m]);
    }
    auto const first = window_.first - 1;
    Eigen::VectorXd const times =
        Eigen::Map<Eigen::VectorXd>(curve.lag_ps.data(), msd.size()).segment(first, window_.count());
    curve.line = fit_line(times, msd.segment(first, window_.count()));
    curve.window = {times[0], times[window_.count() - 1]};
  }

  void measure_layers() {
    LayerOptions const layer_options{options_.blocks, options_.block_by == BlockBy::ion, window_};
    auto analysis = analyze_layers(paths_, *planes_, sites_ ? &*sites_ : nullptr, jumps_, layer_options);
    for (auto& layer : analysis.layers) {
      auto estimate = judge_layer(layer);
      layer.blocks.clear();
      result_.layers.push_back({layer, std::move(estimate)});
    }
    if (analysis.refusal) {
      veto(*analysis.refusal);
      return;
    }
    for (auto const& exchange : analysis.contacts) {
      ContactEstimate contact{exchange, {}, {}, {}};
      double const factor = exchange_conductance_S_per_m2(1.0, options_.charge, options_.temperature);
      if (exchange.j0) contact.G = factor * *exchange.j0;
      if (exchange.j0_error) contact.G_error = factor * *exchange.j0_error;
      if (exchange.j0_upper) contact.G_upper = factor * *exchange.j0_upper;
      result_.contacts.push_back(contact);
    }
  }

  DiffusionEstimate judge_layer(LayerDiffusion const& layer) const {
    for (auto const& block : layer.blocks)
      if (block.counts.segment(window_.first, window_.count()).minCoeff() <= 0.0)
        return refused({"no_survivors",
                        concat("no ion stays in the layer for ", static_cast<double>(window_.last) * paths_.interval_ps,
                               " ps in one of the blocks; use a smaller window or fewer blocks")},
                       layer.jumps);
    auto const axes = rows_of(Axes::in_plane);
    auto evidence =
        evidence_of(layer.blocks, diffusion_estimates({layer.blocks, {}}, window_, paths_.interval_ps, axes), axes);
    evidence.jumps = layer.jumps;
    evidence.ions = layer.ions;
    auto estimate = judge(evidence);
    estimate.components[2].reset();
    return estimate;
  }

  IonPaths const& paths_;
  DiffusionOptions options_;
  DiffusionResult result_;
  std::optional<ContactPlanes> planes_;
  std::optional<SiteLattice> sites_;
  std::vector<Jump> jumps_;
  bool guessed_ = false;
  LagWindow window_;
};

}  // namespace

DiffusionResult analyze_diffusion(IonPaths const& paths, DiffusionOptions const& options) {
  return Analysis(paths, options).run();
}

BlockSums block_sums(IonPaths const& paths, int blocks, BlockBy block_by, Eigen::Index max_lag) {
  BlockSums sums;
  bool const by_time = block_by == BlockBy::time;
  auto const frames = by_time ? paths.frames() / blocks : paths.frames();
  DisplacementMoments moments(frames, max_lag);
  sums.tracer.resize(static_cast<std::size_t>(blocks));
  auto const step = paths.ions_per_block();
  auto const add = [&](Eigen::Index first, Eigen::Index last, int only) {
    for (; first < last; first += step) {
      auto const part = paths.read_mobile(first, std::min(step, last - first));
      for (int b = by_time ? 0 : only; b < (by_time ? blocks : only + 1); ++b) {
        auto const start = by_time ? b * frames : 0;
        for (Eigen::Index i = 0; i < part.ions(); ++i)
          moments.add(part.component(i, 0).segment(start, frames), part.component(i, 1).segment(start, frames),
                      part.component(i, 2).segment(start, frames));
        sums.tracer[static_cast<std::size_t>(b)] += moments.take();
      }
    }
  };
  if (by_time) {
    add(0, paths.mobile(), 0);
  } else {
    for (int b = 0; b < blocks; ++b)
      add(first_of_block(paths.mobile(), blocks, b), first_of_block(paths.mobile(), blocks, b + 1), b);
  }
  return sums;
}

std::vector<MomentSums> collective_sums(IonPaths const& paths, int blocks, Eigen::Index max_lag) {
  auto const frames = paths.frames() / blocks;
  if (paths.collective_vanishes || max_lag > frames / 2) return {};
  PathBlock total(1, paths.frames());
  for (Eigen::Index k = 0; k < 3; ++k) total.component(0, k).setZero();
  auto const step = paths.ions_per_block();
  for (Eigen::Index first = 0; first < paths.mobile(); first += step) {
    auto const part = paths.read_mobile(first, std::min(step, paths.mobile() - first));
    for (Eigen::Index i = 0; i < part.ions(); ++i)
      for (Eigen::Index k = 0; k < 3; ++k) total.component(0, k) += part.component(i, k);
  }
  for (Eigen::Index k = 0; k < 3; ++k) total.component(0, k) /= std::sqrt(static_cast<double>(paths.mobile()));
  DisplacementMoments moments(frames, max_lag);
  std::vector<MomentSums> sums;
  for (int b = 0; b < blocks; ++b) {
    auto const part = [&](Eigen::Index k) { return total.component(0, k).segment(b * frames, frames); };
    moments.add(part(0), part(1), part(2));
    sums.push_back(moments.take());
  }
  return sums;
}

}  // namespace nacre
