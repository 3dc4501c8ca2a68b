// Stacks of two membranes: bulks and surfaces as set-up tasks, then the tree of StackSpace.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "device_share.hpp"
#include "domains.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/crystal/mixed_valence.hpp"
#include "nacre/stack/membrane.hpp"
#include "stack_describe.hpp"
#include "stack_material.hpp"
#include "stack_space.hpp"
#include "stack_stability.hpp"
#include "stack_thickness.hpp"
#include "stack_values.hpp"

namespace nacre::detail {
namespace {

std::string plane_label(Eigen::Vector3i const& miller) {
  return concat(miller[0], miller[1] < 0 || miller[2] < 0 ? " " : "", miller[1], miller[2] < 0 ? " " : "", miller[2]);
}

class StacksDomain final : public Domain {
 public:
  StacksDomain(CampaignConfig const& config, std::shared_ptr<Potential const> potential)
      : config_(config), potential_(potential ? std::move(potential) : load_potential(config)), stability_(config) {
    for (auto const& wanted : config.materials) materials_.push_back(read_material(config, wanted, *potential_));
    for (auto const& material : materials_) {
      if (auto warning = mixed_valence_warning(material.crystal); !warning.empty()) notes_.push_back(std::move(warning));
    }
    for (auto const& objective : config.objectives) {
      require(config.stacks.geometry == "slab" || objective.name != "work_of_adhesion", config.place(objective.line),
              "objective 'work_of_adhesion' has no value in a superlattice (no outer surfaces to part); use geometry = ",
              "\"slab\", or interface_energy");
    }
  }

  std::vector<SetupTask> setup_tasks() const override {
    std::vector<SetupTask> tasks;
    for (auto const& material : materials_) {
      if (!material.bulk) tasks.push_back({"bulk/" + material.config.name, 1.0});
    }
    if (!tasks.empty()) return tasks;
    std::vector<std::vector<int>> numbers;
    for (auto const& material : materials_) numbers.push_back(material.crystal.numbers);
    tasks = stability_.phase_tasks(numbers, *potential_);
    for (auto const& slab : slabs_) {
      auto const key = plane_key("distortion", slab);
      bool const listed = !tasks.empty() && tasks.back().key == key;
      if (!listed && !stability_.knows_distortion(key)) tasks.push_back({key, 1.0});
    }
    for (auto const& slab : slabs_) {
      if (!slab.surface_known) tasks.push_back({layer_key("surface", slab), 1.0});
      if (!slab.reference_known) tasks.push_back({layer_key("reference", slab), 1.0});
    }
    if (!tasks.empty()) return tasks;
    for (auto const& pair : layer_pairs(config_, sound_slabs())) {
      if (!matches_.contains(pair)) tasks.push_back({pair_key("matches", pair), 1.0});
    }
    return tasks.empty() ? thickness_tasks() : tasks;
  }

  std::string run_setup(SetupTask const& task) const override {
    auto const parts = split(task.key, '/');
    if (parts.at(0) == "bulk") {
      auto const& material = *find_material(parts.at(1));
      return to_text(relax_bulk(material.crystal, *potential_, config_.seed));
    }
    if (parts.at(0) == "phase") return stability_.run_phase(task.key, *potential_);
    if (parts.at(0) == "matches") {
      auto const slabs = sound_slabs();
      return to_text(find_matches(config_, slabs, pair_of_key(slabs, task.key)));
    }
    if (parts.at(0) == "thickness") {
      return StackThickness::run(*space_, smallest_leaves(task.key), *potential_, contact_options(config_, {}));
    }
    if (parts.at(0) == "distortion") {
      auto const of_plane = [&](auto const& s) { return plane_key(parts[0], s) == task.key; };
      return stability_.run_distortion(std::find_if(slabs_.begin(), slabs_.end(), of_plane)->slab.plane, *potential_);
    }
    auto const& slab = *std::find_if(slabs_.begin(), slabs_.end(),
                                     [&](auto const& s) { return layer_key(parts[0], s) == task.key; });
    auto const options = contact_options(config_, {});
    if (parts[0] == "reference") {
      ContactCache cache;
      auto const stack = continue_crystal(slab.slab, slab_options());
      return to_text(contact_energies(stack, slab.slab, slab.slab, *potential_, options, cache).work_of_adhesion);
    }
    auto const& bulk = *materials_[static_cast<std::size_t>(slab.material)].bulk;
    return to_text(surface_energy(slab.slab, bulk, *potential_, options.relaxation));
  }

  void absorb(SetupTask const& task, std::string const& outcome) override {
    auto const parts = split(task.key, '/');
    if (parts.at(0) == "bulk") {
      absorb_bulk(*find_material(parts.at(1)), bulk_from(outcome));
    } else if (parts.at(0) == "phase") {
      stability_.absorb_phase(task.key, outcome);
    } else if (parts.at(0) == "distortion") {
      stability_.absorb_distortion(task.key, outcome);
    } else if (parts.at(0) == "matches") {
      absorb_matches(task.key, outcome);
    } else if (parts.at(0) == "thickness") {
      thickness_.absorb(task.key, outcome);
    } else {
      for (auto& slab : slabs_) {
        if (layer_key("surface", slab) == task.key) {
          slab.surface = surface_from(outcome);
          slab.surface_known = true;
        } else if (layer_key("reference", slab) == task.key) {
          slab.reference = estimate_from(outcome);
          slab.reference_known = true;
        }
      }
    }
    if (!space_ && setup_tasks().empty()) {
      note_unsound();
      space_ = std::make_shared<StackSpace>(config_, sound_slabs(), matches_);
      require(!space_->leaves().empty(), "nothing to search in '", config_.folder.string(), "' (no pair of planes has a ",
              "coincidence within max_area=", config_.stacks.max_area, " A^2, max_strain=", config_.stacks.max_strain,
              ", max_atoms=", config_.stacks.max_atoms, "); raise one of them");
    }
  }

  std::shared_ptr<Space const> space() const override { return space_; }

  Candidate describe(Design const& design) const override {
    Candidate candidate;
    candidate.id = design.id();
    if (is_reference(design)) {
      auto const& slab = reference_slab(design);
      candidate.choices = {{"reference", materials_[static_cast<std::size_t>(slab.material)].config.name + " " +
                                             slab.plane_label + " " + slab.slab.termination.lower + "-" + slab.slab.termination.upper + " continued by itself",
                              0.0, 0.0}};
      return candidate;
    }
    auto const& leaf = space_->leaf(design);
    candidate.choices = choices_along(*space_, design);
    describe_stack(candidate, contact_of(leaf), space_->shift(design), space_->gap(design));
    describe_carriers(candidate, leaf);
    candidate.descriptors.emplace_back("edges_per_evaluation", edges_of(leaf));
    describe_stability(candidate, leaf);
    describe_strain_error(candidate, slabs_of_space(leaf.bottom), slabs_of_space(leaf.top));
    auto const moved = thickness_.change(thickness_key(leaf));
    candidate.descriptors.emplace_back("thickness_change_J_per_m2", moved.energy);
    candidate.descriptors.emplace_back("thickness_change_A", moved.separation);
    return candidate;
  }

  Candidate build(Design const& design, std::string& reason) const override {
    auto candidate = describe(design);
    if (is_reference(design)) {
      auto const& slab = reference_slab(design).slab;
      candidate.stack = std::make_shared<Stack>(continue_crystal(slab, slab_options()));
      candidate.parts = std::make_shared<StackParts>(StackParts{
          slab, slab, candidate.stack->contacts[0].coincidence, slab_options(), dopants_of({&reference_slab(design), &reference_slab(design)})});
      return candidate;
    }
    auto const& leaf = space_->leaf(design);
    auto const &bottom = space_->bottom(leaf), &top = space_->top(leaf);
    candidate.parts = std::make_shared<StackParts>(StackParts{
        bottom, top, leaf.coincidence, space_->stack_options(leaf),
        dopants_of({&slabs_of_space(leaf.bottom), &slabs_of_space(leaf.top)})});
    auto stack = std::make_shared<Stack>(build_stack(bottom, top, leaf.coincidence, space_->shift(design),
                                                     space_->gap(design), space_->stack_options(leaf)));
    reason = find_overlap(*stack, {bottom, top});
    if (!reason.empty()) reason = "atoms_too_close: " + reason;
    candidate.stack = std::move(stack);
    return candidate;
  }

  /// "CeO2(111) O-O | SrTiO3(001) SrO-TiO2, 5:9 26.57deg -2.24/-2.24%, shift (0.1, 0.2), gap 2.25 A": bottom | top.
  std::string words(Candidate const& candidate) const override {
    if (candidate.choices.size() == 1) return candidate.choices.front().label;
    auto const label = [&](char const* name) { return candidate.choice(name).label; };
    return label("bottom") + "(" + label("bottom_plane") + ") " + label("bottom_termination") + " | " + label("top") + "(" +
           label("top_plane") + ") " + label("top_termination") + ", " + label("coincidence") + ", shift " + label("shift") +
           ", gap " + label("gap") + " A";
  }

  Eigen::VectorXd features(Candidate const& candidate) const override { return stack_features(candidate); }
  std::vector<std::string> feature_names() const override { return stack_feature_names(); }

  /// Edges of one evaluation at the bulk's density times the evaluations that relaxing a stack and its two layers takes.
  double expected_work(Design const& design, Tier tier) const override {
    if (tier == Tier::descriptor) return 1.0;
    constexpr double evaluations = 25.0;  // mean of runs/quickstart, stack and both layers together
    return evaluations * 2.0 * edges_of(space_->leaf(design));
  }

  std::shared_ptr<Potential const> potential() const override { return potential_; }
  Hash128 leaf(Design const& design) const override {
    if (is_reference(design)) return design.id();
    return Hash128::of(std::span(design.values).first(StackSpace::discrete_depth));
  }

  std::vector<Eigen::Vector2d> shift_images(Design const& design, Eigen::Vector2d const& shift) const override {
    if (is_reference(design)) return {shift};
    std::vector<Eigen::Vector2d> images;
    for (auto const& map : space_->symmetries(design)) {
      Eigen::Vector2d const offset(static_cast<double>(map.offset[0]), static_cast<double>(map.offset[1]));
      images.push_back(map.matrix.cast<double>() * shift + offset / static_cast<double>(shift_grid));
    }
    return images;
  }

  std::vector<Design> references() const override {
    std::vector<Design> designs;
    for (std::size_t i = 0; i < slabs_.size(); ++i) designs.push_back({{reference_mark, static_cast<std::int64_t>(i)}});
    return designs;
  }

  std::optional<std::pair<double, double>> twist_range() const override {
    if (!space_ || space_->leaves().empty()) return std::nullopt;
    auto const size = [](StackLeaf const& leaf) { return std::abs(leaf.coincidence.twist); };
    auto const [least, most] = std::ranges::minmax(space_->leaves(), {}, size);
    return std::pair(size(least), size(most));
  }

  std::vector<std::string> notes() const override {
    auto notes = notes_;
    for (auto& note : stability_.notes()) notes.push_back(std::move(note));
    for (auto& note : thickness_.notes()) notes.push_back(std::move(note));
    note_reactions(notes);
    if (space_) notes.push_back(concat(slabs_.size(), " layers, ", space_->leaves().size(), " discrete leaves"));
    if (auto const range = twist_range()) {
      notes.push_back(concat("twists from ", significant(range->first * units::degrees, 4), " to ",
                             significant(range->second * units::degrees, 4), " degrees"));
    }
    return notes;
  }

 private:
  /// Of one evaluation of a leaf's stack.
  double edges_of(StackLeaf const& leaf) const {
    auto const& crystal = space_->bottom(leaf).plane.primitive;
    auto const density = static_cast<double>(crystal.size()) / crystal.volume();
    return static_cast<double>(leaf.atoms) * 4.0 / 3.0 * units::pi * std::pow(potential_->cutoff(), 3) * density;
  }
  static constexpr std::int64_t reference_mark = -1;   // no answer of the tree is negative
  static bool is_reference(Design const& design) { return design.values.front() == reference_mark; }
  LayerSlab const& reference_slab(Design const& design) const { return slabs_.at(static_cast<std::size_t>(design.values.at(1))); }
  StackOptions slab_options() const {
    StackOptions options;
    options.vacuum = config_.stacks.vacuum;
    return options;
  }

  Material* find_material(std::string const& name) {
    auto const found = std::find_if(materials_.begin(), materials_.end(), [&](auto const& m) { return m.config.name == name; });
    return found == materials_.end() ? nullptr : &*found;
  }
  Material const* find_material(std::string const& name) const { return const_cast<StacksDomain*>(this)->find_material(name); }

  std::string layer_key(std::string const& kind, LayerSlab const& slab) const {
    return concat(kind, "/", materials_[static_cast<std::size_t>(slab.material)].config.name, "/", slab.plane_label, "/",
                  slab.slab.termination.index);
  }

  std::string plane_key(std::string const& kind, LayerSlab const& slab) const {
    return concat(kind, "/", materials_[static_cast<std::size_t>(slab.material)].config.name, "/", slab.plane_label);
  }

  /// A layer that does not come back to its own crystal when it is cut and joined again is too thin, or reconstructs:
  /// its contacts would be ranked by what the layer does, not by what the contact does.
  static bool is_sound(LayerSlab const& slab) { return slab.reference.ok() || slab.slab.termination.polar(); }
  std::vector<LayerSlab> sound_slabs() const {
    std::vector<LayerSlab> sound;
    std::copy_if(slabs_.begin(), slabs_.end(), std::back_inserter(sound), is_sound);
    return sound;
  }
  void note_unsound() {
    for (auto const& slab : slabs_) {
      if (is_sound(slab)) continue;
      notes_.push_back(concat(layer_key("reference", slab), ": left out, the crystal cut and joined again at ",
                              slab.slab.repeats, " repeats gives '", slab.reference.reason,
                              "'; raise repeats or min_thickness"));
    }
  }

  /// "matches/CeO2/111/SrTiO3/001": bottom, top.
  std::string pair_key(std::string const& kind, LayerPair const& pair) const {
    auto const half = [&](int material, int plane) {
      auto const of_plane = [&](auto const& s) { return s.material == material && s.plane == plane; };
      auto const& slab = *std::find_if(slabs_.begin(), slabs_.end(), of_plane);
      return concat("/", materials_[static_cast<std::size_t>(material)].config.name, "/", slab.plane_label);
    };
    return kind + half(pair.bottom_material, pair.bottom_plane) + half(pair.top_material, pair.top_plane);
  }
  LayerPair pair_of_key(std::vector<LayerSlab> const& slabs, std::string const& key) const {
    auto const pairs = layer_pairs(config_, slabs);
    return *std::find_if(pairs.begin(), pairs.end(), [&](auto const& pair) { return pair_key("matches", pair) == key; });
  }
  std::string thickness_key(StackLeaf const& leaf) const {
    auto const &bottom = slabs_of_space(leaf.bottom), &top = slabs_of_space(leaf.top);
    return pair_key("thickness", {bottom.material, bottom.plane, top.material, top.plane});
  }
  /// What a thickness test is made on: of each pair of faces the leaf with the fewest atoms; smallest first.
  std::vector<StackLeaf const*> smallest_leaves(std::string const& key) const {
    std::map<std::pair<int, int>, StackLeaf const*> smallest;
    for (auto const& leaf : space_->leaves()) {
      if (thickness_key(leaf) != key) continue;
      auto& known = smallest[{leaf.bottom, leaf.top}];
      if (known == nullptr || leaf.atoms < known->atoms) known = &leaf;
    }
    std::vector<StackLeaf const*> leaves;
    for (auto const& [faces, leaf] : smallest) leaves.push_back(leaf);
    std::ranges::stable_sort(leaves, {}, &StackLeaf::atoms);
    return leaves;
  }
  std::vector<SetupTask> thickness_tasks() const {
    std::vector<SetupTask> tasks;
    for (auto const& pair : space_ && config_.stacks.thickness_test ? layer_pairs(config_, sound_slabs()) : std::vector<LayerPair>{}) {
      auto const key = pair_key("thickness", pair);
      if (!thickness_.knows(key) && !smallest_leaves(key).empty()) tasks.push_back({key, 1.0});
    }
    return tasks;
  }
  void absorb_matches(std::string const& key, std::string const& outcome) {
    auto const slabs = sound_slabs();
    auto const pair = pair_of_key(slabs, key);
    auto const basis = [&](int material, int plane) {
      auto const of_plane = [&](auto const& s) { return s.material == material && s.plane == plane; };
      return std::find_if(slabs.begin(), slabs.end(), of_plane)->slab.plane.basis;
    };
    auto found = matches_from(outcome, basis(pair.bottom_material, pair.bottom_plane),
                              basis(pair.top_material, pair.top_plane));
    if (found.truncated) {
      notes_.push_back(concat(key, ": more matches are within the limits than the ", found.matches.size(),
                              " searched; they are the smallest"));
    }
    matches_.emplace(pair, std::move(found));
  }

  void absorb_bulk(Material& material, BulkState bulk) {
    require(bulk.status == Status::ok, config_.place(material.config.line), "material '", material.config.name,
            "' is refused by '", config_.potential.model, "' (", bulk.reason, "); choose another model or leave it out");
    if (config_.stacks.lattice == "experiment") bulk.crystal = material.crystal;
    bulk.crystal.name = material.config.name;
    material.bulk = std::move(bulk);
    bool const complete = std::all_of(materials_.begin(), materials_.end(), [](auto const& m) { return m.bulk.has_value(); });
    if (complete) cut_slabs();
  }

  void cut_slabs() {
    for (std::size_t m = 0; m < materials_.size(); ++m) {
      auto const& material = materials_[m];
      for (std::size_t p = 0; p < material.config.planes.size(); ++p) {
        auto const plane = make_plane(material.bulk->crystal, material.config.planes[p]);
        auto const label = plane_label(plane.miller);
        auto const all = find_terminations(plane), whole = whole_terminations(all);
        if (whole.size() < all.size()) {
          notes_.push_back(concat(material.config.name, " ", label, ": ", all.size() - whole.size(), " of ", all.size(),
                                  " terminations part bonds of layers, molecules or covalent groups; left out"));
        }
        for (auto const& termination : whole) {
          if (termination.polar() && !config_.stacks.allow_polar) {
            notes_.push_back(concat(material.config.name, " ", label, " ", termination.lower, "-", termination.upper,
                                    ": polar, ", significant(termination.bound_charge, 4),
                                    " e/A^2 on its faces; left out (campaigns search no compensated layers)"));
            continue;
          }
          LayerSlab slab;
          slab.material = static_cast<int>(m);
          slab.plane = static_cast<int>(p);
          slab.plane_label = label;
          auto const enough = static_cast<int>(std::ceil(config_.stacks.min_thickness / plane.spacing - 1e-9));
          slab.slab = make_slab(plane, termination, std::max(material.config.repeats, enough));
          slab.stiffness = plane_stiffness(material.bulk->stiffness, plane.frame);
          slabs_.push_back(std::move(slab));
        }
      }
    }
    require(!slabs_.empty(), "no layer can be made in '", config_.folder.string(), "' (every termination of every plane ",
            "is polar); choose other planes");
  }

  /// Made when a leaf is first met; the shifts and gaps of a leaf share it.
  ContactDescription const& contact_of(StackLeaf const& leaf) const {
    constexpr std::size_t most_contacts = 4096;
    auto const index = static_cast<std::size_t>(&leaf - space_->leaves().data());
    auto const known = contacts_.find(index);
    if (known != contacts_.end()) return known->second;
    if (contacts_.size() >= most_contacts) contacts_.clear();
    return contacts_.emplace(index, describe_leaf(*space_, leaf)).first->second;
  }

  /// definitions.md 5: acceptors per layer, rounded to the nearest even number.
  void describe_carriers(Candidate& candidate, StackLeaf const& leaf) const {
    auto const describe_layer = [&](int index, int cells, std::string const& side) {
      auto const& layer = slabs_[static_cast<std::size_t>(index)];
      auto const& carrier = materials_[static_cast<std::size_t>(layer.material)].config.carrier;
      double sites = 0.0, acceptors = 0.0;
      if (carrier) {
        auto const host = atomic_number(carrier->site);
        auto const& numbers = layer.slab.crystal.numbers;
        sites = static_cast<double>(cells) * static_cast<double>(std::count(numbers.begin(), numbers.end(), host.value_or(0)));
        acceptors = 2.0 * std::round(0.5 * carrier->fraction * sites);
      }
      auto const mixed = find_mixed_valence(materials_[static_cast<std::size_t>(layer.material)].crystal);
      candidate.descriptors.emplace_back("mixed_valence_" + side, mixed.empty() ? 0.0 : 1.0);
      candidate.descriptors.emplace_back("acceptors_" + side, acceptors);
      candidate.descriptors.emplace_back("acceptor_fraction_" + side, sites > 0.0 ? acceptors / sites : 0.0);
      // one oxygen vacancy for two acceptors, of the nominal share: hops are those of undoped layers
      double const oxygens = static_cast<double>(cells) * static_cast<double>(std::ranges::count(layer.slab.crystal.numbers, 8));
      candidate.descriptors.emplace_back("carrier_fraction_" + side, oxygens > 0.0 && carrier ? 0.5 * carrier->fraction * sites / oxygens : 0.0);
    };
    describe_layer(leaf.bottom, leaf.coincidence.substrate_index, "bottom");
    describe_layer(leaf.top, leaf.coincidence.film_index, "top");
  }

  /// What each layer of a stack, from the bottom, is doped with.
  std::vector<Dopant> dopants_of(std::array<LayerSlab const*, 2> const& layers) const {
    std::vector<Dopant> dopants;
    for (std::size_t k = 0; k < layers.size(); ++k) {
      auto const& carrier = material_of(*layers[k]).config.carrier;
      if (!carrier) continue;
      dopants.push_back({require_atomic_number(carrier->dopant, "[material.carrier]"),
                         require_atomic_number(carrier->site, "[material.carrier]"), carrier->fraction,
                         static_cast<int>(k) + 1});
    }
    return dopants;
  }

  double bulk_energy(Material const& material) const {
    return material.bulk->energy / static_cast<double>(material.bulk->crystal.size());
  }
  Material const& material_of(LayerSlab const& slab) const { return materials_[static_cast<std::size_t>(slab.material)]; }

  /// What the layers are as membranes and as phases (definitions.md 1, 3).
  void describe_stability(Candidate& candidate, StackLeaf const& leaf) const {
    auto const& bottom = slabs_of_space(leaf.bottom);
    auto const& top = slabs_of_space(leaf.top);
    auto const thick = config_.stacks.membrane_thickness;
    auto const membranes =
        join_membranes(leaf.coincidence, bottom.slab.plane.basis, top.slab.plane.basis,
                       {bottom.stiffness, turned(top.stiffness, leaf.coincidence.twist)}, {thick, thick});
    auto const distorts = [&](LayerSlab const& slab, std::string const& side) {
      double const mean = candidate.descriptor("strain_" + side + "_1") + candidate.descriptor("strain_" + side + "_2");
      return stability_.distorts(plane_key("distortion", slab), mean) ? 1.0 : 0.0;
    };
    auto& known = candidate.descriptors;
    known.emplace_back("distorts_under_strain", std::max(distorts(bottom, "bottom"), distorts(top, "top")));
    known.emplace_back("coherent", membranes.coherent ? 1.0 : 0.0);
    known.emplace_back("membrane_elastic_energy_J_per_m2", membranes.elastic_energy * units::J_per_m2);
    if (!stability_.asks_for_phases()) return;
    auto const &a = material_of(bottom), &b = material_of(top);
    known.emplace_back("reaction_energy_eV_per_atom",
                       stability_.reaction_energy(a.bulk->crystal, bulk_energy(a), b.bulk->crystal, bulk_energy(b)));
    known.emplace_back("hull_distance_eV_per_atom",
                       std::max(stability_.hull_distance(a.bulk->crystal, bulk_energy(a)),
                                stability_.hull_distance(b.bulk->crystal, bulk_energy(b))));
  }
  LayerSlab const& slabs_of_space(int index) const { return space_->slabs()[static_cast<std::size_t>(index)]; }

  void note_reactions(std::vector<std::string>& notes) const {
    for (std::size_t i = 0; space_ && i < materials_.size(); ++i) {
      for (std::size_t j = i + 1; j < materials_.size(); ++j) {
        auto const &a = materials_[i], &b = materials_[j];
        auto const reaction = stability_.reaction(a.bulk->crystal, bulk_energy(a), b.bulk->crystal, bulk_energy(b));
        if (reaction.empty()) continue;
        double const energy = stability_.reaction_energy(a.bulk->crystal, bulk_energy(a), b.bulk->crystal, bulk_energy(b));
        notes.push_back(concat(a.config.name, "|", b.config.name, ": ", reaction, ", ", significant(energy, 3),
                               " eV/atom in this model, without vibrations"));
      }
    }
  }

  CampaignConfig config_;
  std::shared_ptr<Potential const> potential_;
  StackStability stability_;
  StackThickness thickness_;
  std::vector<Material> materials_;
  std::vector<LayerSlab> slabs_;
  std::map<LayerPair, PairMatches> matches_;
  std::shared_ptr<StackSpace const> space_;
  mutable std::map<std::size_t, ContactDescription> contacts_;  ///< by leaf; like the space, of one thread
  std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<Domain> make_stacks_domain(CampaignConfig const& config, std::shared_ptr<Potential const> potential) {
  return std::make_unique<StacksDomain>(config, std::move(potential));
}

}  // namespace nacre::detail
