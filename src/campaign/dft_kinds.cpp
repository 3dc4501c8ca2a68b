// What is calculated for a candidate: itself or proxies of it, its layers and bulks, its hops; and the job of each.
#include <algorithm>
#include <cmath>
#include <set>

#include "label_values.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/dft/result.hpp"
#include "stack_values.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> materials_of(CampaignConfig const& config, EvaluatedDesign const& design) {
  std::set<std::string> names;
  for (auto const& choice : design.choices) {
    for (auto const& material : config.materials) {
      if (choice.label == material.name) names.insert(material.name);
    }
  }
  return {names.begin(), names.end()};
}

/// Collects the requests for one candidate.
class Asking {
 public:
  Asking(CampaignConfig const& config, EvaluatedDesign const& design, double priority, std::string why)
      : config_(config), design_(design), id_(design.design.id().hex()), priority_(priority), why_(std::move(why)) {}

  void bulks() {
    if (!config_.queue.references) return;
    for (auto const& name : materials_of(config_, design_)) add("bulk:" + name, "bulk", "bulk " + name, 1e9);
  }
  void candidate() {
    add(id_, config_.queue.kind, design_.words, priority_);
    layers(id_, config_.queue.kind, design_.words);
  }
  void proxies(std::vector<dft::Proxy> const& proxies) {
    for (std::size_t k = 0; k < proxies.size(); ++k) {
      auto const name = concat(id_, ":proxy:", k);
      add(name, "proxy_" + config_.queue.kind, concat(proxies[k].label, " of ", design_.words), priority_);
      if (k == 0) layers(name, "proxy_" + config_.queue.kind, "the proxies of " + design_.words);
    }
  }
  void hops() {
    auto const count = std::min(design_.hops.size(), static_cast<std::size_t>(config_.queue.hops));
    for (std::size_t k = 0; k < count; ++k) {
      auto const atoms = parse_extxyz(design_.hops[k].initial, "an image of a hop").back().crystal.size();
      if (atoms > static_cast<std::size_t>(config_.queue.max_atoms)) {
        log_warning("the cell of the hop, ", design_.hops[k].name, ", ", design_.words, " has ", atoms,
                    " atoms, more than dft.max_atoms = ", config_.queue.max_atoms, "; it is not calculated");
        continue;
      }
      auto const name = concat(id_, ":hop:", k);
      for (auto const* image : {"initial", "saddle", "final"})
        add(name, concat("hop_", image),
            concat(image, " image of the hop, ", design_.hops[k].name, ", ", design_.words), priority_);
      if (config_.queue.band)
        add(name, "hop_band", concat("band of the hop, ", design_.hops[k].name, ", ", design_.words), priority_);
    }
  }
  std::vector<QueueRequest> take() && { return std::move(requests_); }

 private:
  void layers(std::string const& name, std::string const& kind, std::string const& words) {
    if (!config_.queue.references || config_.stacks.geometry != "slab") return;
    for (int layer = 1; layer <= 2; ++layer)
      add(detail::layer_name(name, layer), detail::layer_kind(kind), concat("layer ", layer, " of ", words), priority_);
  }
  void add(std::string const& what, std::string const& kind, std::string const& words, double priority) {
    for (auto const& code : config_.dft.codes) {
      dft::Request const request{what, kind, code, config_.dft.level, words, priority};
      requests_.push_back({request.id(), what, kind, code, config_.dft.level, words, priority, why_});
    }
  }

  CampaignConfig const& config_;
  EvaluatedDesign const& design_;
  std::string id_;
  double priority_;
  std::string why_;
  std::vector<QueueRequest> requests_;
};

std::size_t atoms_of(EvaluatedDesign const& design) {
  return parse_extxyz(design.structure, "a candidate").back().crystal.size();
}

Frame frame_of(Store const& store, std::string const& design) {
  auto const id = Hash128::from_hex(design);
  auto const number = store.find_design(id, Tier::potential);
  auto const outcome = number ? store.outcome(*number) : std::nullopt;
  require(outcome.has_value(), "no candidate '", design, "' in the campaign");
  for (auto const& entry : outcome->designs) {
    if (entry.design.id() != id) continue;
    require(!entry.structure.empty(), "candidate ", design.substr(0, 12), " has no atoms (it was never relaxed)");
    return parse_extxyz(entry.structure, "candidate " + design).back();
  }
  input_error("no candidate '", design, "' in the campaign");
}

/// Atoms with the layer that each belongs to.
struct Layered {
  Crystal crystal;
  std::vector<int> layer;
};

Layered layered(Frame const& frame) {
  auto const column = frame.columns.find("layer");
  require(column != frame.columns.end(), "the candidate does not say which atoms belong to which layer");
  Layered result{frame.crystal, {}};
  for (Eigen::Index i = 0; i < frame.crystal.positions.cols(); ++i)
    result.layer.push_back(static_cast<int>(std::lround(column->second(0, i))));
  return result;
}

Layered layer_of(Layered const& whole, int layer) {
  Layered part{whole.crystal, {}};
  part.crystal.numbers.clear();
  part.crystal.oxidation.clear();
  std::vector<Eigen::Index> kept;
  for (std::size_t i = 0; i < whole.layer.size(); ++i) {
    if (whole.layer[i] != layer) continue;
    kept.push_back(static_cast<Eigen::Index>(i));
    part.layer.push_back(layer);
    part.crystal.numbers.push_back(whole.crystal.numbers[i]);
    if (!whole.crystal.oxidation.empty()) part.crystal.oxidation.push_back(whole.crystal.oxidation[i]);
  }
  require(!kept.empty(), "the candidate has no layer ", layer);
  part.crystal.positions = whole.crystal.positions(Eigen::all, kept);
  return part;
}

Crystal bulk_of(CampaignConfig const& config, Store const& store, std::string const& name) {
  auto const stored = store.setup("bulk/" + name);
  require(stored.has_value(), "no relaxed bulk of '", name, "' in the campaign");
  if (config.stacks.lattice == "model") return detail::bulk_from(*stored).crystal;
  for (auto const& material : config.materials) {
    if (material.name == name) return read_crystal(material.file);
  }
  input_error("no material '", name, "' in campaign.toml");
}

int number_at(std::vector<std::string> const& parts, std::size_t i) {
  auto const number = i < parts.size() ? parse_integer(parts[i]) : std::nullopt;
  require(number.has_value(), "incomplete name of a calculation, '", join(parts, ":"), "'");
  return static_cast<int>(*number);
}

/// Frozen where the user wants it; what would not move at all is a single point.
void fix_layers(dft::Job& job, std::vector<int> const& layer, std::vector<int> const& fixed) {
  if (job.kind != dft::Kind::relax || fixed.empty()) return;
  for (int const one : layer) job.frozen.push_back(std::ranges::find(fixed, one) != fixed.end());
  if (std::ranges::all_of(job.frozen, [](bool frozen) { return frozen; })) {
    job.kind = dft::Kind::single_point;
    job.frozen.clear();
  }
}

/// At the geometry that the relaxation of the same thing found.
dft::Job static_job(CampaignConfig const& config, dft::Request const& request) {
  auto wanted = request;
  wanted.kind.replace(wanted.kind.rfind("static"), 6, "relax");
  auto const queue = dft::Queue::read(config.folder);
  auto const* relaxation = queue.find(wanted.id());
  require(relaxation && relaxation->state == dft::State::done,
          "the relaxation that a static calculation follows is not done");
  auto const folder = relaxation->folder(config.folder, relaxation->attempts.back().number);
  auto const job = dft::read_job(folder);
  dft::Ending ending;
  ending.exit_status = 0;
  auto const result = dft::read_result(job, folder, ending);
  if (job.kind == dft::Kind::relax) return dft::static_after(job, result);
  auto single = job;  // every atom was fixed
  if (job.settings.static_kpoint_density > 0.0) single.settings.kpoint_density = job.settings.static_kpoint_density;
  return single;
}

}  // namespace

std::unique_ptr<Domain> domain_from(CampaignConfig const& config, Store const& store) {
  auto domain = make_domain(config);
  for (auto tasks = domain->setup_tasks(); !tasks.empty(); tasks = domain->setup_tasks()) {
    for (auto const& task : tasks) {
      auto const outcome = store.setup(task.key);
      require(outcome.has_value(), "the set-up of this campaign is not complete ('", task.key,
              "' is missing); start it ", "with nacre run");
      domain->absorb(task, *outcome);
    }
  }
  return domain;
}

std::vector<dft::Proxy> proxies_of(CampaignConfig const& config, Domain const& domain, Design const& design) {
  std::string reason;
  auto const candidate = domain.build(design, reason);
  require(candidate.parts != nullptr, "no layers to make proxies of (", reason, ")");
  StackOptions options;
  options.geometry = config.stacks.geometry == "superlattice" ? StackGeometry::superlattice : StackGeometry::slab;
  options.vacuum = config.stacks.vacuum;
  dft::StackEnergy energy;
  if (auto const potential = domain.potential())
    energy = [potential](Crystal const& crystal) { return potential->evaluate(crystal).energy; };
  return dft::proxies(candidate.parts->bottom, candidate.parts->top, config.stacks.max_strain, config.queue.max_atoms,
                      options, energy);
}

std::vector<QueueRequest> requests_for(CampaignConfig const& config, Domain const& domain,
                                       EvaluatedDesign const& design, double priority, std::string const& why) {
  Asking asking(config, design, priority, why);
  auto const atoms = atoms_of(design);
  if (atoms <= static_cast<std::size_t>(config.queue.max_atoms)) {
    asking.bulks();
    asking.candidate();
  } else if (config.queue.proxy) {
    try {
      auto const proxies = proxies_of(config, domain, design.design);
      asking.bulks();
      asking.proxies(proxies);
    } catch (InputError const& error) {
      log_warning("no proxy of ", design.words, ": ", error.what());
    }
  } else {
    log_warning(design.words, " has ", atoms, " atoms, more than dft.max_atoms = ", config.queue.max_atoms,
                "; it is not calculated");
  }
  asking.hops();
  return std::move(asking).take();
}

dft::Job DftStructures::job(dft::Request const& request) const {
  dft::Job job;
  job.code = dft::code_from(request.code);
  job.level = dft::level_from(request.level);
  job.label = request.words;
  job.settings = config_.dft.settings;
  auto const parts = split(request.design, ':');
  if (request.kind == "bulk") {
    job.structure = bulk_of(config_, published(), parts.at(1));
    return job;
  }
  if (detail::is_hop(request.kind)) return hop_job(std::move(job), request);
  auto const base = detail::base_kind(request.kind);
  if (base.ends_with("static")) return static_job(config_, request);
  job.kind = base.ends_with("relax") ? dft::Kind::relax : dft::Kind::single_point;
  job.vacuum = config_.stacks.geometry == "slab";
  job.proxy = detail::is_proxy(request.kind);
  bool const is_layer = base.starts_with("layer");
  Layered whole;
  if (job.proxy) {
    auto const list = proxies_of(config_, domain(), design_of(parts.at(0)));
    auto const index = static_cast<std::size_t>(number_at(parts, 2));
    require(index < list.size(), "no proxy ", index, " of candidate ", parts[0].substr(0, 12));
    whole = {list[index].stack.crystal, list[index].stack.layer};
  } else {
    whole = layered(frame_of(published(), parts.at(0)));
  }
  if (is_layer) whole = layer_of(whole, number_at(parts, job.proxy ? 3 : 1));
  job.structure = whole.crystal;
  fix_layers(job, whole.layer, config_.queue.fixed_layers);
  return job;
}

dft::Job DftStructures::hop_job(dft::Job job, dft::Request const& request) const {
  auto const hop = stored_hop(published(), request.design);
  require(hop.has_value(), "no hop '", request.design, "' in the campaign");
  auto const image = [](std::string const& text) { return parse_extxyz(text, "an image of a hop").back().crystal; };
  auto const initial = image(hop->initial), saddle = image(hop->saddle), last = image(hop->final_image);
  if (request.kind == "hop_band") return dft::neb_job(job, initial, saddle, last);
  auto const jobs = dft::hop_jobs(job, initial, saddle, last);
  auto chosen = jobs[request.kind == "hop_initial" ? 0 : request.kind == "hop_saddle" ? 1 : 2];
  chosen.label = request.words;
  return chosen;
}

Design DftStructures::design_of(std::string const& hex) const {
  auto const id = Hash128::from_hex(hex);
  auto const number = published().find_design(id, Tier::potential);
  auto const proposal = number ? published().proposal(*number) : std::nullopt;
  require(proposal.has_value(), "no candidate '", hex, "' in the campaign");
  for (auto const& design : proposal->designs)
    if (design.id() == id) return design;
  input_error("no candidate '", hex, "' in the campaign");
}

Domain const& DftStructures::domain() const {
  if (!domain_) domain_ = domain_from(config_, published());
  return *domain_;
}

Store const& DftStructures::published() const {
  auto const path = config_.folder / "published" / "campaign.db";
  std::error_code error;
  auto const written = fs::last_write_time(path, error);
  if (!store_ || error || written != opened_) {
    store_ = std::make_unique<Store>(config_.folder, Store::Mode::read);
    opened_ = written;
  }
  return *store_;
}

}  // namespace nacre
