/// What one design costs on the descriptor tier: its descriptors, and mean and variance by predictors fitted on 2000
/// designs (SrTiO3 on MgO, SrO and TiO2 faces, shifts and gaps of three matches).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>

#include "nacre/core/rng.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/numerics/boosted_trees.hpp"
#include "nacre/numerics/sparse_process.hpp"
#include "nacre/score/contact_descriptors.hpp"
#include "nacre/stack/contact.hpp"

namespace {

using namespace nacre;

constexpr Eigen::Index taught = 2000, asked = 4096;

struct Design {
  std::size_t contact;
  Eigen::Vector2d shift;
  double gap;
};

struct Problem {
  std::vector<ContactDescription> contacts;
  std::vector<Design> designs;
  std::vector<Eigen::Index> used;  ///< descriptors that vary
  Eigen::RowVectorXd mean, deviation;
  ProcessData data;
  Eigen::MatrixXd fresh;
  std::unique_ptr<GaussianProcess> exact;
  std::unique_ptr<SparseProcess> sparse;
  BoostedTrees trees;

  Eigen::RowVectorXd inputs(Design const& design) const {
    auto const values = contacts[design.contact].at(design.shift, design.gap);
    Eigen::RowVectorXd row(static_cast<Eigen::Index>(used.size()));
    for (Eigen::Index f = 0; f < row.size(); ++f)
      row[f] = (values[static_cast<std::size_t>(used[static_cast<std::size_t>(f)])] - mean[f]) / deviation[f];
    return row;
  }
};

void add_contacts(Problem& problem) {
  auto const* const folder = std::getenv("NACRE_BENCH_POSCAR");
  std::string const from = folder == nullptr ? "../shared/reference/interface/poscar/" : std::string(folder) + "/";
  auto bottom = read_crystal(from + "SrTiO3.vasp"), top = read_crystal(from + "MgO.vasp");
  assign_oxidation(bottom);
  assign_oxidation(top);
  auto const lower = make_plane(bottom, {0, 0, 1}), upper = make_plane(top, {0, 0, 1});
  auto const matches = find_coincidences(upper.basis, lower.basis, layer_point_group(upper), layer_point_group(lower));
  auto const film = make_slab(upper, find_terminations(upper).front(), 3);
  for (auto const& cut : find_terminations(lower)) {
    auto const substrate = make_slab(lower, cut, 3);
    for (std::size_t m = 0; m < std::min<std::size_t>(3, matches.size()); ++m) {
      auto const frame = make_frame({substrate, film}, {ContactDesign{matches[m]}});
      problem.contacts.emplace_back(LayerDescription(substrate, true), LayerDescription(film, false),
                                    placement_of(frame, 0, false));
    }
  }
}

/// Of the descriptors that vary among the designs.
void standardise(Problem& problem, Eigen::MatrixXd const& all) {
  std::vector<double> mean, deviation;
  for (Eigen::Index c = 0; c < all.cols(); ++c) {
    if (!all.col(c).allFinite()) continue;
    double const m = all.col(c).mean(), d = std::sqrt((all.col(c).array() - m).square().mean());
    if (!(d > 1e-9 * std::abs(m) && d > 1e-12)) continue;
    problem.used.push_back(c);
    mean.push_back(m);
    deviation.push_back(d);
  }
  auto const used = static_cast<Eigen::Index>(mean.size());
  problem.mean = Eigen::Map<Eigen::RowVectorXd>(mean.data(), used);
  problem.deviation = Eigen::Map<Eigen::RowVectorXd>(deviation.data(), used);
}

std::unique_ptr<Problem> make_problem() {
  auto problem = std::make_unique<Problem>();
  add_contacts(*problem);
  Rng rng(1, "bench", 0);
  for (Eigen::Index i = 0; i < taught + asked; ++i)
    problem->designs.push_back(
        {rng.below(problem->contacts.size()), {rng.uniform(), rng.uniform()}, 2.0 + rng.uniform()});
  Eigen::MatrixXd all(taught, static_cast<Eigen::Index>(contact_descriptor_list().size()));
  for (Eigen::Index i = 0; i < taught; ++i) {
    auto const& d = problem->designs[static_cast<std::size_t>(i)];
    auto const values = problem->contacts[d.contact].at(d.shift, d.gap);
    all.row(i) = Eigen::Map<Eigen::RowVectorXd const>(values.data(), all.cols());
  }
  standardise(*problem, all);
  problem->data = {Eigen::MatrixXd(taught, problem->mean.size()), Eigen::VectorXd(taught),
                   Eigen::VectorXd::Zero(taught)};
  for (Eigen::Index i = 0; i < taught; ++i) {
    auto const& d = problem->designs[static_cast<std::size_t>(i)];
    problem->data.inputs.row(i) = problem->inputs(d);
    double const wave = std::cos(6.283 * d.shift[0]) + 0.5 * std::sin(6.283 * d.shift[1]);
    problem->data.values[i] =
        static_cast<double>(d.contact % 3) + 0.3 * wave - 2.0 * (d.gap - 2.5) * (d.gap - 2.5) + 0.1 * rng.normal();
  }
  problem->fresh.resize(asked, problem->mean.size());
  for (Eigen::Index i = 0; i < asked; ++i)
    problem->fresh.row(i) = problem->inputs(problem->designs[static_cast<std::size_t>(taught + i)]);
  auto const fitted = GaussianProcess::fit(problem->data, {.standardise_inputs = false});
  auto parameters = fitted.parameters();  // of standardised values
  double const shift = problem->data.values.mean();
  double const scale = std::sqrt((problem->data.values.array() - shift).square().mean());
  problem->data.values = (problem->data.values.array() - shift) / scale;
  problem->exact = std::make_unique<GaussianProcess>(problem->data, parameters);
  problem->sparse = std::make_unique<SparseProcess>(problem->data, parameters);
  problem->trees = BoostedTrees::fit(problem->data.inputs, problem->data.values);
  return problem;
}

Problem const& problem() {
  static auto const made = make_problem();
  return *made;
}

/// Descriptors of a batch of designs.
Eigen::MatrixXd described(Problem const& p) {
  Eigen::MatrixXd inputs(asked, p.mean.size());
  for (Eigen::Index i = 0; i < asked; ++i) inputs.row(i) = p.inputs(p.designs[static_cast<std::size_t>(taught + i)]);
  return inputs;
}

void per_second(benchmark::State& state, Eigen::Index designs) {
  state.counters["designs/s"] =
      benchmark::Counter(static_cast<double>(designs * state.iterations()), benchmark::Counter::kIsRate);
}

void descriptors(benchmark::State& state) {
  auto const& p = problem();
  for (auto _ : state) benchmark::DoNotOptimize(described(p));
  per_second(state, asked);
}
void descriptors_and_sparse(benchmark::State& state) {
  auto const& p = problem();
  for (auto _ : state) benchmark::DoNotOptimize(p.sparse->predict(described(p)));
  per_second(state, asked);
  auto const sparse = p.sparse->predict(p.fresh);
  auto const exact = p.exact->predict(ProcessQuery{p.fresh});
  double worst = 0.0, squares = 0.0, noisy = 0.0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    double const off = std::abs(sparse[i].mean - exact[i].mean) / std::sqrt(exact[i].variance);
    worst = std::max(worst, off);
    squares += off * off;
    noisy += off * off * exact[i].variance / (exact[i].variance + p.exact->noise_variance());
  }
  state.counters["inducing"] = static_cast<double>(p.sparse->size());
  state.counters["inputs"] = static_cast<double>(p.mean.size());
  state.counters["rms_off_sd"] = std::sqrt(squares / static_cast<double>(exact.size()));
  state.counters["rms_off_sd_with_noise"] = std::sqrt(noisy / static_cast<double>(exact.size()));
  state.counters["worst_off_sd"] = worst;
}
void descriptors_and_trees(benchmark::State& state) {
  auto const& p = problem();
  for (auto _ : state) benchmark::DoNotOptimize(p.trees.predict(described(p)));
  per_second(state, asked);
}
void exact_process(benchmark::State& state) {
  auto const& p = problem();
  Eigen::MatrixXd const some = p.fresh.topRows(512);
  for (auto _ : state) benchmark::DoNotOptimize(p.exact->predict(ProcessQuery{some}));
  per_second(state, 512);
}

BENCHMARK(descriptors)->Unit(benchmark::kMillisecond);
BENCHMARK(descriptors_and_sparse)->Unit(benchmark::kMillisecond);
BENCHMARK(descriptors_and_trees)->Unit(benchmark::kMillisecond);
BENCHMARK(exact_process)->Unit(benchmark::kMillisecond);

}  // namespace
