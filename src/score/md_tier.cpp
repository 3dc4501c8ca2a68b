#include "nacre/score/md_tier.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/relax.hpp"
#include "nacre/score/hop_tier.hpp"
#include "nacre/stack/doping.hpp"
#include "nacre/stack/strain.hpp"
#include "nacre/transport/dynamics_run.hpp"
#include "nacre/transport/fixed_charge.hpp"
#include "nacre/transport/hops.hpp"

namespace nacre {
namespace {

constexpr double oxygen_charge = -2.0, cation_charge = 1.0;
constexpr int oxygen = 8, contacts_of_a_pair = 2;
constexpr double ln10 = 2.302585092994046;

/// A crystal to be doped and moved, and how high it is.
struct Subject {
  Crystal crystal;
  std::vector<int> layer;  ///< as the candidate's dopants count them
  std::string failure;
  double work = 0.0;
};

std::shared_ptr<Potential const> model_for(Context& context, MdTierOptions const& options) {
  if (auto other = context.potential().with_accuracy(options.accuracy)) return other;
  return {&context.potential(), [](Potential const*) {}};  // the context's own outlives the job
}

Slab const& slab_of(Candidate const& candidate, int layer) {
  return layer == 1 ? candidate.parts->bottom : candidate.parts->top;
}

/// One layer as a bulk crystal of its thickness in the stack's in-plane cell.
Subject layer_alone(Superlattice const& built, int layer, Context& context) {
  auto const& candidate = context.candidate();
  auto const& place = built.stack.layers[static_cast<std::size_t>(layer - 1)];
  auto const strained =
      strained_layer(slab_of(candidate, layer), place.supercell, place.deformation, context.potential());
  Subject subject;
  subject.work = strained.work;
  subject.failure = strained.failure;
  if (!subject.failure.empty()) return subject;
  auto const atoms = std::ranges::count(built.stack.layer, layer);
  auto const repeats =
      std::max<long>(1, std::lround(static_cast<double>(atoms) / static_cast<double>(strained.repeat.size())));
  subject.crystal = supercell(strained.repeat, {1, 1, static_cast<int>(repeats)});
  subject.layer.assign(subject.crystal.size(), layer);
  return subject;
}

Subject subject_of(Superlattice const& built, MdSubject which, Context& context) {
  if (which != MdSubject::stack) return layer_alone(built, static_cast<int>(which), context);
  Subject subject;
  subject.work = built.pair.mean.work;
  if (built.pair.relaxed.size() == 0) {
    subject.failure = built.pair.mean.ok() ? "no_relaxed_stack" : built.pair.mean.reason;
    return subject;
  }
  subject.crystal = built.pair.relaxed;
  subject.layer = built.stack.layer;
  return subject;
}

/// Copies side by side until the cell is wide enough; the same for the stack and its layers.
void widen(Subject& subject, Eigen::Matrix3d const& stack_cell, double width) {
  auto cells = cells_for_width(stack_cell, width);
  cells[2] = 1;
  subject.crystal = supercell(subject.crystal, cells);
  auto const once = subject.layer;
  for (int copy = 1; copy < cells.prod(); ++copy) subject.layer.insert(subject.layer.end(), once.begin(), once.end());
}

std::vector<Dopant> dopants_for(Candidate const& candidate, MdSubject which) {
  auto dopants = candidate.parts->dopants;
  if (which != MdSubject::stack)
    std::erase_if(dopants, [&](auto const& d) { return d.layer != static_cast<int>(which); });
  return dopants;
}

DopedCrystal arrangement(Subject const& subject, std::vector<Dopant> const& dopants, int number, int layer,
                         Context& context) {
  if (dopants.empty()) return {subject.crystal, subject.layer, {}, Eigen::Matrix3Xd(3, 0), {}};
  // each layer from its own numbers, so that a layer alone is doped from the numbers that it has in the stack
  DopedCrystal doped{subject.crystal, subject.layer, {}, Eigen::Matrix3Xd(3, 0), {}};
  for (auto const& dopant : dopants) {
    if (layer != 0 && dopant.layer != layer) continue;
    auto rng = context.rng(concat("md.dope ", number, " ", dopant.layer));
    auto next = dope(doped.crystal, doped.layer, {dopant}, rng);
    next.layers.insert(next.layers.begin(), doped.layers.begin(), doped.layers.end());
    doped = std::move(next);
  }
  return doped;
}

DynamicsPlan plan_for(double kelvin, double cell_ps, MdTierOptions const& options, Context& context,
                      std::uint64_t seed) {
  DynamicsPlan plan;
  plan.production.temperature = kelvin;
  plan.production.timestep_ps = options.timestep_ps;
  plan.production.seed = seed;
  plan.barostat = Barostat::normal;
  plan.cell_ps = cell_ps;
  plan.equilibration_ps = options.equilibration_ps;
  plan.production_ps = options.production_ps;
  plan.mobile = mobile_species(context.candidate());
  plan.stop = [&context] { return context.cancelled(); };
  return plan;
}

/// Linear thermal expansion of a layer's crystal at a temperature: isotropic dynamics without pressure.
struct Expansion {
  double strain = 0.0, work = 0.0;
  std::string failure;
};

Expansion expansion_of(Crystal const& crystal, std::shared_ptr<Potential const> const& model, double kelvin,
                       MdTierOptions const& options, Context& context) {
  thread_local std::map<std::string, Expansion> known;  // what it holds changes no value, only when it is computed
  Sha256 key;
  key.update(model->identity()).update(kelvin).update(options.cell_ps).update(options.timestep_ps);
  for (double const x : crystal.lattice.reshaped()) key.update(x);
  for (double const x : crystal.positions.reshaped()) key.update(x);
  for (int const z : crystal.numbers) key.update(std::uint64_t(z));
  auto const name = key.hex();
  if (auto const found = known.find(name); found != known.end()) return found->second;
  auto short_run = options;
  short_run.equilibration_ps = 0.0;
  short_run.production_ps = 0.1;
  auto plan = plan_for(kelvin, 2.0 * options.cell_ps, short_run, context, 1);
  plan.barostat = Barostat::isotropic;
  auto const run = run_dynamics(crystal, model, plan);
  Expansion expansion;
  expansion.work = run.work;
  if (run.status != Status::ok) expansion.failure = run.reason;
  expansion.strain = std::cbrt(run.state.crystal.volume() / crystal.volume()) - 1.0;
  return known[name] = expansion;
}

/// Share of a layer's own expansion in that of the common cell: the weight it has in the sharing of strain.
std::array<double, 2> weights_of(Stack const& stack) {
  double const first = principal_strains(stack.layers[0].strain).cwiseAbs().maxCoeff();
  double const second = principal_strains(stack.layers[1].strain).cwiseAbs().maxCoeff();
  if (first + second < 1e-9) return {0.5, 0.5};
  return {second / (first + second), first / (first + second)};
}

/// Vacancies and dopants pull their neighbours: what that sets free must not become heat.
Crystal settled(Crystal const& crystal, Potential const& model, double& work) {
  RelaxOptions options;
  options.fmax = 0.3;
  options.max_steps = 60;
  auto const relaxed = relax(crystal, model, options);
  work += relaxed.work;
  return relaxed.crystal;
}

void stretch_in_plane(Crystal& crystal, double strain) {
  Eigen::Vector3d const grow(1.0 + strain, 1.0 + strain, 1.0);
  crystal.lattice = grow.asDiagonal() * crystal.lattice;
  crystal.positions = grow.asDiagonal() * crystal.positions;
}

void store(std::map<std::string, double>& values, std::string const& name, Conduction const& number) {
  values[name] = number.value;
  values[name + " error"] = number.error;
  values[name + " status"] = static_cast<double>(number.status);
}

Conduction read(JobResult const& result, std::string const& name) {
  Conduction number;
  auto const found = result.values.find(name + " status");
  if (found == result.values.end()) {
    number.status = result.estimate.ok() ? Status::failed : result.estimate.status;
    number.reason = result.estimate.reason;
    return number;
  }
  number.status = static_cast<Status>(static_cast<int>(found->second));
  number.value = result.values.at(name);
  number.error = result.values.at(name + " error");
  if (number.status != Status::ok) number.reason = result.estimate.reason;
  return number;
}

CellConduction read_cell(JobResult const& result) {
  CellConduction cell;
  cell.sheet = {read(result, "sheet x"), read(result, "sheet y")};
  cell.in_plane = {read(result, "D x"), read(result, "D y")};
  cell.resistance = read(result, "resistance");
  return cell;
}

bool is(JobResult const& result, std::string const& name, double value) {
  auto const found = result.values.find(name);
  return found != result.values.end() && std::abs(found->second - value) < 1e-9;
}

JobResult without(Job const& job, Status status, std::string const& reason, double work, std::string const& model) {
  JobResult result;
  result.values = job.parameters;
  result.estimate = Estimate::without_value(status, reason, work, model);
  return result;
}

/// Of one arrangement; nothing if a job is missing.
std::vector<ContactTransport> each_arrangement(std::span<JobResult const> results, double temperature, int repeats) {
  std::map<int, std::array<JobResult const*, 3>> by_arrangement;
  for (auto const& result : results) {
    if (!is(result, "temperature", temperature) || !is(result, "repeats", repeats)) continue;
    auto const subject = static_cast<std::size_t>(result.values.at("subject"));
    by_arrangement[static_cast<int>(result.values.at("arrangement"))].at(subject) = &result;
  }
  std::vector<ContactTransport> all;
  for (auto const& [number, jobs] : by_arrangement) {
    if (!jobs[0] || !jobs[1] || !jobs[2]) continue;
    std::array const layers{read_cell(*jobs[1]), read_cell(*jobs[2])};
    std::vector<bool> const carries{is(*jobs[1], "carries", 1.0), is(*jobs[2], "carries", 1.0)};
    all.push_back(contact_transport(read_cell(*jobs[0]), layers, carries, contacts_of_a_pair));
  }
  return all;
}

template <class Pick>
Conduction over(std::vector<ContactTransport> const& all, Pick const& pick) {
  std::vector<Conduction> values;
  for (auto const& transport : all) values.push_back(pick(transport));
  return over_arrangements(values);
}

Conduction mean_of_two(Conduction const& a, Conduction const& b) {
  if (a.status != Status::ok) return a;
  if (b.status != Status::ok) return b;
  return {Status::ok, "", 0.5 * (a.value + b.value), 0.5 * std::hypot(a.error, b.error)};
}

}  // namespace

std::string md_refusal(Candidate const& candidate, Potential const& potential) {
  if (!candidate.stack || !candidate.parts) return "no_atoms: the candidate has no layers";
  int const species = mobile_species(candidate);
  if (species == 0) return "no_carriers: no layer has lithium, sodium or oxygen";
  if (species == oxygen && candidate.parts->dopants.empty())
    return "no_carriers: no layer is doped, so no oxygen vacancies move; give [material.carrier]";
  for (auto const* slab : {&candidate.parts->bottom, &candidate.parts->top}) {
    if (!has_fixed_charges(potential)) break;
    if (auto const why = fixed_charge_refusal(slab->plane.primitive, species); !why.empty()) return why;
  }
  return {};
}

std::vector<Job> md_jobs(Candidate const& candidate, std::vector<double> const& temperatures, bool layers, int repeats,
                         MdTierOptions const& options) {
  double const atoms = candidate.stack ? static_cast<double>(candidate.stack->crystal.size()) : 1.0;
  double const steps = (options.cell_ps + options.equilibration_ps + options.production_ps) / options.timestep_ps;
  constexpr double edges_per_atom = 700.0;  // an oxide within 12 Å
  std::vector<Job> jobs;
  for (double const kelvin : temperatures) {
    for (int number = 0; number < options.arrangements; ++number) {
      for (int subject = 0; subject < (layers ? 3 : 1); ++subject) {
        Job job;
        job.key = concat("md ", kelvin, " K arrangement ", number, " subject ", subject, " repeats ", repeats);
        job.expected_work = steps * atoms * edges_per_atom * (subject == 0 ? 1.0 : 0.5);
        job.parameters = {{"temperature", kelvin},
                          {"arrangement", static_cast<double>(number)},
                          {"subject", static_cast<double>(subject)},
                          {"repeats", static_cast<double>(repeats)}};
        jobs.push_back(std::move(job));
      }
    }
  }
  return jobs;
}

JobResult run_md_job(Job const& job, Context& context, MdTierOptions const& options) {
  auto const& candidate = context.candidate();
  auto const model = model_for(context, options);
  if (auto const why = md_refusal(candidate, context.potential()); !why.empty())
    return without(job, Status::refused, why, 0.0, model->identity());
  double const kelvin = job.parameters.at("temperature");
  auto const which = static_cast<MdSubject>(static_cast<int>(job.parameters.at("subject")));
  auto const number = static_cast<int>(job.parameters.at("arrangement"));
  auto const& built = context.superlattice(static_cast<int>(job.parameters.at("repeats")));
  double work = 0.0;
  auto const failed = [&](std::string const& why) {
    return without(job, Status::failed, why, work, model->identity());
  };
  try {
    double strain = 0.0;
    auto const weights = weights_of(built.stack);
    for (int layer : {1, 2}) {
      auto alone = layer_alone(built, layer, context);
      work += alone.work;
      if (!alone.failure.empty()) return failed(alone.failure);
      widen(alone, built.stack.crystal.lattice, options.least_width);
      auto const bulk = arrangement(alone, candidate.parts->dopants, 0, layer, context);
      auto const expansion = expansion_of(settled(bulk.crystal, *model, work), model, kelvin, options, context);
      work += expansion.work;
      if (!expansion.failure.empty()) return failed(expansion.failure);
      strain += weights[static_cast<std::size_t>(layer - 1)] * expansion.strain;
    }
    auto subject = subject_of(built, which, context);
    work += subject.work;
    if (!subject.failure.empty()) return failed(subject.failure);
    widen(subject, built.stack.crystal.lattice, options.least_width);
    auto const dopants = dopants_for(candidate, which);
    auto doped =
        arrangement(subject, dopants, number, which == MdSubject::stack ? 0 : static_cast<int>(which), context);
    auto const species = mobile_species(candidate);
    bool const carries = species != oxygen || !dopants.empty();
    auto result = without(job, Status::refused, "no_carriers: the layer is not doped", work, model->identity());
    result.values["carries"] = carries ? 1.0 : 0.0;
    if (!carries) return result;
    auto crystal = settled(doped.crystal, *model, work);
    stretch_in_plane(crystal, strain);
    auto plan = plan_for(kelvin, options.cell_ps, options, context, static_cast<std::uint64_t>(number) + 1);
    plan.layer = doped.layer;
    plan.diffusion = DiffusionOptions{};
    plan.diffusion->charge = species == oxygen ? oxygen_charge : cation_charge;
    plan.diffusion->temperature = kelvin;
    plan.diffusion->blocks = 5;
    auto const run = run_dynamics(crystal, model, plan);
    work += run.work;
    if (run.status != Status::ok) return without(job, run.status, run.reason, work, model->identity());
    auto const& lattice = run.state.crystal.lattice;
    double const height = std::abs(lattice(2, 2));
    auto const cell = cell_conduction(*run.diffusion, height, which == MdSubject::stack);
    store(result.values, "sheet x", cell.sheet[0]);
    store(result.values, "sheet y", cell.sheet[1]);
    store(result.values, "D x", cell.in_plane[0]);
    store(result.values, "D y", cell.in_plane[1]);
    store(result.values, "resistance", cell.resistance);
    auto const sheet = mean_of_two(cell.sheet[0], cell.sheet[1]);
    double const per_cm = 1.0 / (height * 1e-8);  // S to S/cm
    result.values["height"] = height;
    result.estimate = sheet.status == Status::ok
                          ? Estimate(per_cm * sheet.value, per_cm * sheet.error, work, model->identity())
                          : Estimate::without_value(sheet.status, sheet.reason, work, model->identity());
    return result;
  } catch (Stopped const&) {
    return without(job, Status::cancelled, "cancelled", work, model->identity());
  }
}

MdTransport md_transport(std::span<JobResult const> results, double temperature, int repeats) {
  auto const all = each_arrangement(results, temperature, repeats);
  MdTransport mean;
  mean.in_plane = over(all, [](auto const& t) { return mean_of_two(t.g[0], t.g[1]); });
  for (std::size_t k = 0; k < 3; ++k) mean.transport.g[k] = over(all, [k](auto const& t) { return t.g[k]; });
  for (std::size_t k = 0; k < 2; ++k) mean.transport.dS[k] = over(all, [k](auto const& t) { return t.dS[k]; });
  mean.transport.dR = over(all, [](auto const& t) { return t.dR; });
  return mean;
}

Conduction md_log_conductivity(std::span<JobResult const> results, double temperature) {
  std::vector<Conduction> values;
  for (auto const& result : results) {
    if (!is(result, "temperature", temperature) || !is(result, "subject", 0.0) || !is(result, "repeats", 0.0)) continue;
    auto const& sigma = result.estimate;
    Conduction number{sigma.status, sigma.reason, 0.0, 0.0};
    if (sigma.ok()) {
      number.value = std::log10(sigma.value);
      number.error = sigma.standard_error / sigma.value / ln10;
    }
    values.push_back(number);
  }
  return over_arrangements(values);
}

}  // namespace nacre
