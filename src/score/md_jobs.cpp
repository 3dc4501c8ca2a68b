// The jobs of molecular dynamics, step by step.
#include <algorithm>
#include <cmath>

#include "md_names.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/anneal.hpp"
#include "nacre/potential/relax.hpp"
#include "nacre/score/hop_tier.hpp"
#include "nacre/stack/doping.hpp"
#include "nacre/stack/strain.hpp"
#include "nacre/transport/dynamics_run.hpp"
#include "nacre/transport/fixed_charge.hpp"
#include "nacre/transport/hops.hpp"

namespace nacre {
namespace {

using detail::integer_of;
using detail::subject_name;

constexpr double oxygen_charge = -2.0, cation_charge = 1.0;
constexpr int oxygen = 8, time_blocks = 5;

/// A crystal and the layer of each atom, as the dopants count them.
using Subject = MdBeginning;

std::string text_of(Crystal const& crystal, std::vector<int> const& layer) {
  Frame frame{crystal, {}, {}};
  frame.columns["layer"] =
      Eigen::Map<Eigen::VectorXi const>(layer.data(), static_cast<Eigen::Index>(layer.size())).cast<double>().transpose();
  return to_extxyz(frame);
}

Subject subject_from(std::string const& text) {
  auto frame = parse_extxyz(text, "a job").at(0);
  auto const& column = frame.columns.at("layer");
  Subject subject{std::move(frame.crystal), {}};
  for (Eigen::Index i = 0; i < column.cols(); ++i) subject.layer.push_back(static_cast<int>(column(0, i)));
  return subject;
}

/// One job: what all steps need, and the work that they do.
class MdJob {
 public:
  MdJob(Job const& job, Context& context, MdTierOptions const& options)
      : job_(job), context_(context), options_(options), model_(context.potential().with_accuracy(options.accuracy)) {
    if (!model_) model_ = {&context.potential(), [](Potential const*) {}};  // the context's own outlives the job
  }

  JobResult run() {
    if (auto const why = md_refusal(context_.candidate(), context_.potential()); !why.empty())
      return without(Status::refused, why);
    try {
      switch (detail::step_of(job_.parameters)) {
        case MdStep::prepare: return prepare();
        case MdStep::expansion: return expansion();
        case MdStep::arrangement: return arrangement();
        case MdStep::trajectory: return trajectory();
      }
    } catch (Stopped const&) {
      return without(Status::cancelled, "cancelled");
    }
    return without(Status::failed, "unknown_step");
  }

 private:
  JobResult without(Status status, std::string const& reason) const {
    auto result = job_without_result(job_, status, reason);
    result.estimate.work = work_;
    result.estimate.model = model_->identity();
    return result;
  }
  JobResult done(double value = 1.0, double error = 0.0) const {
    auto result = job_without_result(job_, Status::ok, {});
    result.estimate = Estimate(value, error, work_, model_->identity());
    return result;
  }

  JobResult prepare();
  JobResult expansion();
  JobResult arrangement();
  JobResult trajectory();
  Subject layer_alone(Superlattice const& built, int layer);
  DopedCrystal dope_layers(Subject const& subject, int number, int layer) const;
  Crystal settled(Crystal const& crystal);
  DynamicsPlan plan(double kelvin, std::uint64_t seed) const;
  DynamicsRun move(Crystal const& crystal, DynamicsPlan const& plan);
  std::vector<Dopant> dopants(MdSubject which) const;

  Job const& job_;
  Context& context_;
  MdTierOptions const& options_;
  std::shared_ptr<Potential const> model_;
  double work_ = 0.0;
};

/// Copies side by side until the cell is wide enough; the same for the stack and its layers.
void widen(Subject& subject, Eigen::Matrix3d const& stack_cell, double width) {
  auto cells = cells_for_width(stack_cell, width);
  cells[2] = 1;
  subject.crystal = supercell(subject.crystal, cells);
  auto const once = subject.layer;
  for (int copy = 1; copy < cells.prod(); ++copy) subject.layer.insert(subject.layer.end(), once.begin(), once.end());
}

/// Share of a layer's own expansion in that of the common cell: the weight it has in the sharing of strain.
std::array<double, 2> weights_of(Stack const& stack) {
  double const first = principal_strains(stack.layers[0].strain).cwiseAbs().maxCoeff();
  double const second = principal_strains(stack.layers[1].strain).cwiseAbs().maxCoeff();
  if (first + second < 1e-9) return {0.5, 0.5};
  return {second / (first + second), first / (first + second)};
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

Conduction mean_of_two(Conduction const& a, Conduction const& b) {
  if (a.status != Status::ok) return a;
  if (b.status != Status::ok) return b;
  return {Status::ok, "", 0.5 * (a.value + b.value), 0.5 * std::hypot(a.error, b.error)};
}

/// Heights of the two planes between the layers, halfway between the atoms that face each other.
std::vector<double> contact_heights(Subject const& subject) {
  double const period = std::abs(subject.crystal.lattice(2, 2)), turn = 2.0 * units::pi / period;
  std::array<double, 2> low{}, high{};
  for (int layer : {1, 2}) {
    Eigen::Vector2d sum = Eigen::Vector2d::Zero();
    auto const each = [&](auto const& look) {
      for (std::size_t i = 0; i < subject.layer.size(); ++i)
        if (subject.layer[i] == layer) look(subject.crystal.positions(2, static_cast<Eigen::Index>(i)));
    };
    each([&](double z) { sum += Eigen::Vector2d(std::cos(turn * z), std::sin(turn * z)); });
    double const middle = std::atan2(sum.y(), sum.x()) / turn;
    double least = 0.0, most = 0.0;
    each([&](double z) {
      double const from = std::remainder(z - middle, period);
      least = std::min(least, from);
      most = std::max(most, from);
    });
    low[static_cast<std::size_t>(layer - 1)] = middle + least;
    high[static_cast<std::size_t>(layer - 1)] = middle + most;
  }
  std::vector<double> heights;
  for (std::size_t k = 0; k < 2; ++k) {
    double const height = high[k] + 0.5 * std::remainder(low[1 - k] - high[k], period);
    heights.push_back(height - period * std::floor(height / period));
  }
  return heights;
}

/// Mean conductance of the contacts from committed crossings [S/m^2].
Conduction exchange_of(DiffusionResult const& diffusion) {
  Conduction mean;
  mean.reason = "no_contacts";
  if (diffusion.contacts.empty()) return mean;
  auto const count = static_cast<double>(diffusion.contacts.size());
  mean.status = Status::ok;
  double square = 0.0;
  for (auto const& contact : diffusion.contacts) {
    if (!contact.G) mean.status = Status::bound;
    mean.value += contact.G.value_or(contact.G_upper.value_or(0.0)) / count;
    square += std::pow(contact.G_error.value_or(0.0) / count, 2);
  }
  mean.error = std::sqrt(square);
  mean.reason = mean.status == Status::ok ? "" : "no_crossings: a contact that no ion crossed";
  return mean;
}

// --- prepare ---------------------------------------------------------------------------------------------------------

/// As a bulk crystal of its thickness in the stack's in-plane cell; @throws Error where it does not relax
Subject MdJob::layer_alone(Superlattice const& built, int layer) {
  auto const& parts = *context_.candidate().parts;
  auto const& place = built.stack.layers[static_cast<std::size_t>(layer - 1)];
  auto const strained = strained_layer(layer == 1 ? parts.bottom : parts.top, place.supercell, place.deformation,
                                       context_.potential());
  work_ += strained.work;
  if (!strained.failure.empty()) throw Error(strained.failure);
  auto const atoms = std::ranges::count(built.stack.layer, layer);
  auto const repeats =
      std::max<long>(1, std::lround(static_cast<double>(atoms) / static_cast<double>(strained.repeat.size())));
  Subject subject{supercell(strained.repeat, {1, 1, static_cast<int>(repeats)}), {}};
  subject.layer.assign(subject.crystal.size(), layer);
  return subject;
}

std::vector<Dopant> MdJob::dopants(MdSubject which) const {
  auto dopants = context_.candidate().parts->dopants;
  if (which != MdSubject::stack)
    std::erase_if(dopants, [&](auto const& d) { return d.layer != static_cast<int>(which); });
  return dopants;
}

JobResult MdJob::prepare() {
  auto const& built = context_.superlattice(integer_of(job_.parameters, "repeats"));
  work_ = built.pair.mean.work;
  if (context_.cancelled()) return without(Status::cancelled, "cancelled");
  if (built.pair.relaxed.size() == 0)
    return without(built.pair.mean.ok() ? Status::failed : built.pair.mean.status,
                   built.pair.mean.ok() ? "no_relaxed_stack" : built.pair.mean.reason);
  std::array<Subject, 3> subjects{Subject{built.pair.relaxed, built.stack.layer}};
  for (int layer : {1, 2}) {
    try {
      subjects[static_cast<std::size_t>(layer)] = layer_alone(built, layer);
    } catch (Error const& error) {
      return without(Status::failed, error.what());
    }
  }
  auto result = done();
  auto const weights = weights_of(built.stack);
  bool const doped = mobile_species(context_.candidate()) == oxygen;
  for (int k = 0; k < 3; ++k) {
    auto& subject = subjects[static_cast<std::size_t>(k)];
    auto const which = static_cast<MdSubject>(k);
    widen(subject, built.stack.crystal.lattice, options_.least_width);
    result.texts[subject_name(which)] = text_of(subject.crystal, subject.layer);
    if (k == 0) continue;
    result.values[concat("weight ", k)] = weights[static_cast<std::size_t>(k - 1)];
    result.values[concat("carries ", k)] = !doped || !dopants(which).empty() ? 1.0 : 0.0;
  }
  return result;
}

// --- dopants and heat ------------------------------------------------------------------------------------------------

/// Each layer from its own numbers, so that a layer alone is doped from the numbers that it has in the stack.
/// @param layer  the only one; 0: all
DopedCrystal MdJob::dope_layers(Subject const& subject, int number, int layer) const {
  DopedCrystal doped{subject.crystal, subject.layer, {}, Eigen::Matrix3Xd(3, 0), {}};
  for (auto const& dopant : context_.candidate().parts->dopants) {
    if (layer != 0 && dopant.layer != layer) continue;
    auto rng = context_.rng(concat("md.dope ", number, " ", dopant.layer));
    auto next = dope(doped.crystal, doped.layer, {dopant}, rng);
    next.layers.insert(next.layers.begin(), doped.layers.begin(), doped.layers.end());
    Eigen::Matrix3Xd vacancies(3, doped.vacancies.cols() + next.vacancies.cols());
    vacancies << doped.vacancies, next.vacancies;
    next.vacancies = vacancies;
    next.vacancy_layer.insert(next.vacancy_layer.begin(), doped.vacancy_layer.begin(), doped.vacancy_layer.end());
    doped = std::move(next);
  }
  return doped;
}

/// Vacancies and dopants pull their neighbours: what that sets free must not become heat.
Crystal MdJob::settled(Crystal const& crystal) {
  RelaxOptions options;
  options.fmax = 0.3;
  options.max_steps = 60;
  auto const relaxed = relax(crystal, *model_, options);
  work_ += relaxed.work;
  return relaxed.crystal;
}

JobResult MdJob::arrangement() {
  auto const which = detail::subject_of(job_.parameters);
  int const number = integer_of(job_.parameters, "arrangement");
  auto doped = dope_layers(subject_from(job_.texts.at("crystal")), number, static_cast<int>(which));
  if (options_.protocol == "annealed" && !doped.layers.empty()) {
    AnnealOptions options;
    options.temperature = options_.freeze_temperature;
    options.accepted_per_dopant = options_.swaps;
    options.cancelled = [this] { return context_.cancelled(); };
    auto rng = context_.rng(concat("md.anneal ", number, " ", static_cast<int>(which)));
    auto const annealed = anneal(doped, *model_, rng, options);
    work_ += annealed.work;
    if (annealed.status != Status::ok) return without(annealed.status, "anneal: " + annealed.reason);
    doped = annealed.doped;
  }
  auto const crystal = settled(doped.crystal);
  auto result = done();
  result.texts["crystal"] = text_of(crystal, doped.layer);
  return result;
}

DynamicsPlan MdJob::plan(double kelvin, std::uint64_t seed) const {
  DynamicsPlan plan;
  plan.production.temperature = kelvin;
  plan.production.timestep_ps = 1e-3 * options_.timestep_fs;
  plan.production.seed = seed;
  plan.barostat = Barostat::normal;
  plan.cell_ps = options_.cell_ps;
  plan.equilibration_ps = options_.equilibration_ps;
  plan.production_ps = options_.production_ps;
  plan.mobile = mobile_species(context_.candidate());
  plan.stop = [this] { return context_.cancelled(); };
  plan.checkpoint_s = options_.checkpoint_s;
  if (auto const folder = context_.scratch(); !folder.empty()) {
    std::filesystem::create_directories(folder);
    plan.checkpoint = folder / "trajectory.chk";
  }
  return plan;
}

/// From its checkpoint; from the start if that is damaged.
DynamicsRun MdJob::move(Crystal const& crystal, DynamicsPlan const& plan) {
  bool const begun = !plan.checkpoint.empty() && std::filesystem::exists(plan.checkpoint);
  try {
    return run_dynamics(crystal, model_, plan);
  } catch (Stopped const&) {
    throw;
  } catch (std::exception const& error) {
    if (!begun) throw;
    log_warning("'", job_.key, "' begins again (", error.what(), ")");
  }
  remove_checkpoint(plan.checkpoint);
  return run_dynamics(crystal, model_, plan);
}

/// Isotropic dynamics without pressure of a layer's crystal, doped as in the first arrangement.
JobResult MdJob::expansion() {
  auto const subject = subject_from(job_.texts.at("crystal"));
  auto const crystal = settled(dope_layers(subject, 0, integer_of(job_.parameters, "layer")).crystal);
  auto plan = this->plan(job_.parameters.at("temperature"), 1);
  plan.barostat = Barostat::isotropic;
  plan.cell_ps = 2.0 * options_.cell_ps;
  plan.equilibration_ps = 0.0;
  plan.production_ps = plan.frame_ps;
  auto const run = move(crystal, plan);
  work_ += run.work;
  if (run.status != Status::ok) return without(run.status, run.reason);
  double const strain = std::cbrt(run.state.crystal.volume() / crystal.volume()) - 1.0;
  auto result = done(strain);
  result.values["strain"] = strain;
  return result;
}

// --- a trajectory ----------------------------------------------------------------------------------------------------

JobResult MdJob::trajectory() {
  auto const which = detail::subject_of(job_.parameters);
  auto const subject = md_start(job_);
  double const kelvin = job_.parameters.at("temperature");
  auto const seed = static_cast<std::uint64_t>(integer_of(job_.parameters, "arrangement") * options_.seeds +
                                               integer_of(job_.parameters, "seed") + 1);
  auto plan = this->plan(kelvin, seed);
  plan.layer = subject.layer;
  plan.diffusion = DiffusionOptions{};
  plan.diffusion->charge = plan.mobile == oxygen ? oxygen_charge : cation_charge;
  plan.diffusion->temperature = kelvin;
  plan.diffusion->blocks = time_blocks;
  plan.diffusion->with_layers = which == MdSubject::stack;
  if (which == MdSubject::stack) plan.diffusion->contacts = contact_heights(subject);
  auto const run = move(subject.crystal, plan);
  work_ += run.work;
  if (run.status != Status::ok) return without(run.status, run.reason);
  double const height = std::abs(run.state.crystal.lattice(2, 2));
  auto const cell = cell_conduction(*run.diffusion, height, which == MdSubject::stack);
  auto const sheet = mean_of_two(cell.sheet[0], cell.sheet[1]);
  double const per_cm = 1.0 / (height * 1e-8);  // S to S/cm
  auto result = sheet.status == Status::ok ? done(per_cm * sheet.value, per_cm * sheet.error)
                                           : without(sheet.status, sheet.reason);
  store(result.values, "sheet x", cell.sheet[0]);
  store(result.values, "sheet y", cell.sheet[1]);
  store(result.values, "resistance", cell.resistance);
  if (which == MdSubject::stack) store(result.values, "exchange", exchange_of(*run.diffusion));
  result.values["height"] = height;
  if (run.has_pressure) {
    auto const &x = run.pressure[0], &y = run.pressure[1];
    store(result.values, "stress",
          {Status::ok, "", -0.5 * units::GPa * (x.value + y.value), 0.5 * units::GPa * std::hypot(x.error, y.error)});
  }
  return result;
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

MdBeginning md_start(Job const& trajectory) {
  auto subject = subject_from(trajectory.texts.at("crystal"));
  stretch_in_plane(subject.crystal, trajectory.parameters.at("strain"));
  return subject;
}

JobResult run_md_job(Job const& job, Context& context, MdTierOptions const& options) {
  return MdJob(job, context, options).run();
}

}  // namespace nacre
