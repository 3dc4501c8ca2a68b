#include "config_table.hpp"

namespace nacre {
namespace config {

using C = CampaignConfig;

Table<C> const& campaign_table() {
  static Table<C> const table{
      key("name", &C::name, any(), "", "what the campaign is called; without it the name of its folder"),
      key("seed", &C::seed, at_least(0), "", "seed of every random number; the same seed gives the same result"),
  };
  return table;
}

Table<C::Run> const& run_table() {
  using Run = C::Run;
  static Table<Run> const table{
      key("budget", &Run::budget, at_least(1), "proposals", "the search ends after so many; may be raised later"),
      key("slots", &Run::slots, at_least(1), "",
          "proposals in flight on the virtual clock: about twice the ranks the campaign is meant for; it decides the "
          "result, the number of ranks does not"),
      key("slack", &Run::slack, at_least(0), "",
          "results become visible (1 + slack) times their expected work later, so that slow tasks hold up no rank"),
      key("threads", &Run::threads, at_least(1), "", "threads of one rank: the starts of a contact are shared out among them; no result depends on their number"),
      key("max_attempts", &Run::max_attempts, at_least(1), "",
          "tries of a task whose rank died, then it counts as crashed"),
      key("task_timeout_s", &Run::task_timeout_s, above(0), "s",
          "a task that runs longer is ended and counts as timeout"),
      key("snapshot_every", &Run::snapshot_every, at_least(1), "proposals",
          "distance of the snapshots that make resuming fast"),
      key("order", &Run::order, one_of({"virtual", "arrival"}), "",
          "when results count: virtual: on the virtual clock, the same on any number of ranks; arrival: as they come, for the "
          "highest throughput: the order is journalled, and another run finds another one"),
      key("plugin_path", &Run::plugin_path, any(), "",
          "folders searched for objective plug-ins before NACRE_PLUGIN_PATH and the installed ones; relative to the "
          "campaign"),
  };
  return table;
}

Table<C::Search> const& search_table() {
  using Search = C::Search;
  static Table<Search> const table{
      key("engine", &Search::engine, one_of({"auto", "swarm", "bo", "swarm+bo", "cmaes", "random"}), "",
          "what proposes designs; \"auto\" is the swarm with its local phase, or what suits a space of real numbers or few "
          "evaluations"),
      key("particles", &Search::particles, at_least(2), "", "size of the swarm"),
      key("screen", &Search::screen, at_least(0), "designs",
          "descriptor-tier designs scored in one block before the best of them goes to the potential tier; 0: none"),
      key("predictor", &Search::predictor, any(), "",
          "predictor plug-in that turns descriptors into estimates, fitted on the potential-tier results as they come: gaussian_process or boosted_trees"),
      key("local", &Search::local, at_least(0), "",
          "share of the swarm's moves, with one objective, that polish the real variables and shifts of the best result"),
      key("start_from", &Search::start_from, any(), "",
          "folder of another campaign of the same space, objectives and model: its results guide the search from the "
          "start and are not ranked"),
      key("import", &Search::import_points, any(), "",
          "file with results from elsewhere, one JSON object per line: {\"point\": {..}, \"values\": {..}, \"stderr\": {..}}"),
  };
  return table;
}

Table<C> const& space_table() {
  static Table<C> const table{
      key("kind", &C::space, one_of({"stacks", "variables"}), "",
          "stacks: two membranes on each other, from [stacks] and [[material]]; variables: the [[variable]] tables"),
  };
  return table;
}

Table<C::Stacks> const& stacks_table() {
  using Stacks = C::Stacks;
  static Table<Stacks> const table{
      key("lattice", &Stacks::lattice, one_of({"model", "experiment"}), "",
          "lattice constants of all geometries: each bulk relaxed in the potential, or as in the structure files"),
      key("geometry", &Stacks::geometry, one_of({"slab", "superlattice"}), "",
          "slab: one contact and vacuum; superlattice: periodic along the normal, two contacts"),
      key("vacuum", &Stacks::vacuum, at_least(0), "Å", "empty space between the periodic images of a slab"),
      key("max_area", &Stacks::max_area, above(0), "Å^2", "largest common in-plane cell"),
      key("max_strain", &Stacks::max_strain, inside(0, 1), "",
          "largest principal strain that makes the two lattices meet"),
      key("max_atoms", &Stacks::max_atoms, at_least(2), "atoms", "largest stack"),
      key("min_thickness", &Stacks::min_thickness, at_least(0), "Å",
          "layers get more repeats until they are at least so thick; too thin ones are left out, see the notes of nacre check"),
      key("thickness_test", &Stacks::thickness_test, any(), "",
          "relax the smallest coincidence of every pair of planes with one more repeat per layer, too; what that changes "
          "is part of the standard errors"),
      key("membrane_thickness", &Stacks::membrane_thickness, above(0), "Å",
          "of each membrane as it is made: a coherent contact of thick ones stores elastic energy, see stability_margin"),
      key("gap_range", &Stacks::gap_range, at_least(0), "Å",
          "gaps are searched within so much of the one that ionic radii give"),
      key("allow_polar", &Stacks::allow_polar, any(), "",
          "keep uncompensated polar contacts as designs; no tier gives them an energy"),
      key("same_material", &Stacks::same_material, any(), "",
          "also twisted stacks of a material on itself; the untwisted continuation is the reference, never a "
          "candidate"),
      key("min_twist_deg", &Stacks::min_twist_deg, any(), "degrees", "smallest twist; without it all"),
      key("max_twist_deg", &Stacks::max_twist_deg, any(), "degrees", "largest twist; without it all"),
      key("max_matches", &Stacks::max_matches, at_least(0), "",
          "most coincidences of a pair of planes, the smallest first, besides coincidence-site twists; 0: all"),
  };
  return table;
}

Table<MaterialConfig> const& material_table() {
  using M = MaterialConfig;
  static Table<M> const table{
      key("name", &M::name, required(), "", "how designs and tables call it"),
      key("file", &M::file, required(), "", "structure (CIF, POSCAR or extxyz), relative to the campaign"),
      key("planes", &M::planes, required(), "", "lattice planes its membranes may show, in the cell of the file"),
      key("oxidation", &M::oxidation, any(), "e",
          "formal charges, {Ce = 4, O = -2}; without them assigned from the composition"),
      key("repeats", &M::repeats, at_least(1), "", "thickness of its layers in repeats of the plane"),
  };
  return table;
}

Table<MaterialConfig::Carrier> const& carrier_table() {
  using Carrier = MaterialConfig::Carrier;
  auto name = required();
  auto fraction = inside(0, 1);
  fraction.required = true;
  static Table<Carrier> const table{
      key("dopant", &Carrier::dopant, name, "", "element that replaces a cation and makes oxygen vacancies"),
      key("site", &Carrier::site, name, "", "element it replaces"),
      key("fraction", &Carrier::fraction, fraction, "", "share of the site's cations that is replaced"),
  };
  return table;
}

Table<C::PotentialSettings> const& potential_table() {
  using P = C::PotentialSettings;
  static Table<P> const table{
      key("model", &P::model, any(), "",
          "rigid-ion:SET, tersoff:FILE or sw:FILE (parameters of data/potentials), nequix:PATH (weights), torchscript, "
          "mace, nequip, sevennet, tensornet:PATH (need the MLIP plug-in), exec:COMMAND or socket:FILE.toml (another "
          "program), sums A+B and what else docs/models.md has; paths are looked up in the campaign's folder"),
      key("device", &P::device, any(), "",
          "of models through LibTorch: cpu, cuda (the ranks of a computer share its devices out) or cuda:N; results of a "
          "device are outside the promise of equal bits"),
      key("share_device", &P::share_device, one_of({"auto", "always", "never"}), "",
          "the first ranks of a computer own one device each and evaluate what the others hand to them, in batches: always, "
          "never, or auto: where there are fewer CUDA devices than ranks"),
      key("cutoff", &P::cutoff, above(0), "Å", "range of the short-range pair terms of a rigid-ion set"),
      key("truncation", &P::truncation, one_of({"taper", "plain"}), "",
          "taper: pair terms go to zero smoothly over the last 1 Å; plain: cut"),
      key("fmax", &P::fmax, above(0), "eV/Å", "a relaxation ends when no force is larger"),
      key("max_steps", &P::max_steps, at_least(1), "", "steps after which a relaxation has failed"),
      key("start_shifts", &P::start_shifts, at_least(1), "",
          "starts of each relaxation: shifts around the designed one"),
      key("start_gaps", &P::start_gaps, at_least(1), "", "starts of each relaxation: gaps around the designed one"),
      key("rattle", &P::rattle, at_least(0), "Å", "random displacement of the atoms at each start"),
  };
  return table;
}

Table<ObjectiveConfig> const& objective_table() {
  using O = ObjectiveConfig;
  static Table<O> const table{
      key("name", &O::name, required(), "", "name of an objective plug-in; `nacre objectives` lists them"),
      key("direction", &O::direction, one_of({"minimize", "maximize"}), "", "without it the objective's own"),
      key("reference", &O::reference, any(), "",
          "worst value that still counts in the hypervolume, in the objective's unit"),
  };
  return table;
}

Table<ConstraintConfig> const& constraint_table() {
  using K = ConstraintConfig;
  static Table<K> const table{
      key("quantity", &K::quantity, required(), "",
          "a descriptor or an objective; a design outside the bounds is never ranked"),
      key("lower", &K::lower, any(), "", "smallest value allowed, in the unit of the quantity"),
      key("upper", &K::upper, any(), "", "largest value allowed, in the unit of the quantity"),
  };
  return table;
}

Table<C> const& store_table() {
  static Table<C> const table{
      key("journal", &C::journal, one_of({"auto", "wal", "delete"}), "",
          "how campaign.db is written; auto: wal on a local disk, delete on a network file system"),
  };
  return table;
}

namespace {

template <class Owner>
void append(std::vector<ConfigKey>& all, std::string const& section, Table<Owner> const& table) {
  for (auto const& row : table) {
    all.push_back(row.text);
    all.back().section = section;
  }
}

std::vector<ConfigKey> all_keys() {
  std::vector<ConfigKey> all;
  append(all, "[campaign]", campaign_table());
  append(all, "[run]", run_table());
  append(all, "[search]", search_table());
  append(all, "[space]", space_table());
  all.push_back({"[[variable]]", "*", "table", "", "(none)",
                 "one variable of a space of kind variables: name, kind and what docs/space.md lists for the kind"});
  append(all, "[stacks]", stacks_table());
  append(all, "[[material]]", material_table());
  append(all, "[material.carrier]", carrier_table());
  append(all, "[potential]", potential_table());
  append(all, "[dynamics]", dynamics_table());
  append(all, "[[objective]]", objective_table());
  append(all, "[[constraint]]", constraint_table());
  all.push_back(
      {"[[constraint]]", "kind", "\"known\"", "", "(none)",
       "in a space of variables: an expression that every design obeys, instead of the keys above (docs/space.md)"});
  append(all, "[dft]", dft_table());
  append(all, "[dft]", dft_settings_table());
  append(all, "[dft]", queue_table());
  append(all, "[dft.local]", launch_table());
  append(all, "[dft.slurm]", slurm_table());
  append(all, "[dft.slurm]", launch_table());
  append(all, "[dft.generic]", generic_table());
  append(all, "[dft.generic]", launch_table());
  append(all, "[store]", store_table());
  return all;
}

}  // namespace
}  // namespace config

std::vector<ConfigKey> const& config_schema() {
  static auto const all = config::all_keys();
  return all;
}

}  // namespace nacre
