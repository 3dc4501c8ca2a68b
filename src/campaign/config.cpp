#include "nacre/campaign/config.hpp"

#include <set>

#include "config_table.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {
namespace {

using config::Place;
namespace fs = std::filesystem;

std::vector<std::string> const sections{"campaign", "run",       "search",    "space",      "variable", "stacks",
                                        "material", "potential", "dynamics", "objective", "constraint", "dft", "store"};
std::vector<std::string> const repeated{"variable", "material", "objective", "constraint"};

bool is_repeated(std::string const& section) {
  return std::find(repeated.begin(), repeated.end(), section) != repeated.end();
}

void check_sections(Place const& place, Value const& file) {
  for (auto const& [name, value] : file.as_object()) {
    if (std::find(sections.begin(), sections.end(), name) == sections.end()) {
      place.fail(value.line, concat("unknown section '", name, "'", did_you_mean(name, sections)));
    }
    if (is_repeated(name) != value.is_array()) {
      place.fail(value.line, is_repeated(name) ? concat("invalid [", name, "] (write [[", name, "]], once for each)")
                                               : concat("invalid ", name, " (must be one table [", name, "])"));
    }
  }
}

/// The tables of a repeated section, none if it is absent.
Value::Array const& tables(Value const& file, std::string const& section) {
  static Value::Array const none;
  auto const* value = file.find(section);
  return value ? value->as_array() : none;
}

template <class Owner>
void read_table(Place const& place, Value const& file, std::string const& section, config::Table<Owner> const& table,
                Owner& owner) {
  if (auto const* value = file.find(section))
    config::read_section(place, concat("[", section, "]"), *value, table, owner);
}

/// Names that must not come twice, each with the line it stands in.
class Names {
 public:
  Names(Place const& place, std::string what) : place_(place), what_(std::move(what)) {}
  void add(std::string const& name, int line) {
    auto const [entry, fresh] = lines_.emplace(name, line);
    if (!fresh) place_.fail(line, concat("duplicate ", what_, " '", name, "' (first in line ", entry->second, ")"));
  }

 private:
  Place const& place_;
  std::string what_;
  std::map<std::string, int> lines_;
};

void check_symbol(Place const& place, std::string const& symbol, int line) {
  if (!atomic_number(symbol)) place.fail(line, concat("unknown element '", symbol, "' (no such chemical symbol)"));
}

/// definitions.md 5: a dopant of another charge than the one that makes oxygen vacancies is refused.
void check_carrier(Place const& place, MaterialConfig::Carrier const& carrier, Value const& value) {
  check_symbol(place, carrier.dopant, value.at("dopant").line);
  check_symbol(place, carrier.site, value.at("site").line);
  auto const line = value.at("dopant").line;
  auto const charge = [&] {
    try {
      return dopant_site(carrier.dopant, carrier.site).effective_charge();
    } catch (InputError const& error) {
      place.fail(line, error.what());
    }
  }();
  auto const pair = concat(carrier.dopant, " on ", carrier.site);
  if (charge > 0.0) place.fail(line, pair + " is a donor: it makes cation vacancies, not oxygen vacancies");
  if (charge == 0.0) place.fail(line, pair + " is isovalent: it makes no oxygen vacancies");
}

MaterialConfig read_material(Place const& place, Value const& value, fs::path const& folder) {
  MaterialConfig material;
  material.line = value.line;
  config::read_section(place, "[[material]]", value, config::material_table(), material, {"carrier"});
  for (auto const& [symbol, charge] : material.oxidation) check_symbol(place, symbol, value.at("oxidation").line);
  material.file = folder / material.file;
  std::error_code ignored;
  if (!fs::is_regular_file(material.file, ignored)) {
    place.fail(value.at("file").line,
               concat("no such file '", material.file.string(), "' for material '", material.name, "'"));
  }
  if (auto const* carrier = value.find("carrier")) {
    material.carrier.emplace();
    config::read_section(place, "[material.carrier]", *carrier, config::carrier_table(), *material.carrier);
    check_carrier(place, *material.carrier, *carrier);
  }
  return material;
}

void read_materials(CampaignConfig& config, Place const& place, Value const& file) {
  Names names(place, "material");
  for (auto const& value : tables(file, "material")) {
    config.materials.push_back(read_material(place, value, config.folder));
    names.add(config.materials.back().name, value.at("name").line);
  }
}

void read_objectives(CampaignConfig& config, Place const& place, Value const& file) {
  Names names(place, "objective");
  for (auto const& value : tables(file, "objective")) {
    ObjectiveConfig objective;
    objective.line = value.line;
    config::read_section(place, "[[objective]]", value, config::objective_table(), objective);
    names.add(objective.name, value.at("name").line);
    config.objectives.push_back(objective);
  }
  if (config.objectives.empty()) place.fail(0, "no [[objective]] (name at least one; `nacre objectives` lists them)");
}

bool is_known_constraint(Value const& value) {
  auto const* kind = value.find("kind");
  return kind && kind->is_string() && kind->as_string() == "known";
}

void read_constraints(CampaignConfig& config, Place const& place, Value const& file) {
  config.known_constraints = Value::array();
  for (auto const& value : tables(file, "constraint")) {
    if (config.space == "variables" && is_known_constraint(value)) {
      config.known_constraints.push_back(value);
      continue;
    }
    ConstraintConfig constraint;
    constraint.line = value.line;
    config::read_section(place, "[[constraint]]", value, config::constraint_table(), constraint);
    if (!constraint.lower && !constraint.upper)
      place.fail(value.line, "a [[constraint]] needs 'lower', 'upper' or both");
    if (constraint.lower && constraint.upper && *constraint.lower > *constraint.upper) {
      place.fail(value.line, concat("lower = ", shortest(*constraint.lower), " above upper = ",
                                    shortest(*constraint.upper), " in [[constraint]] (no value satisfies it)"));
    }
    config.constraints.push_back(constraint);
  }
}

/// A section that the kind of space does not look at is a mistake, not decoration.
void check_sections_of_kind(CampaignConfig const& config, Place const& place, Value const& file) {
  std::vector<std::string> const idle = config.space == "stacks"
                                            ? std::vector<std::string>{"variable"}
                                            : std::vector<std::string>{"stacks", "material", "potential", "dynamics"};
  for (auto const& section : idle) {
    if (auto const* value = file.find(section)) {
      auto const line = value->is_array() && value->size() > 0 ? value->as_array().front().line : value->line;
      place.fail(line, concat("[", section, "] has no effect in a space of kind '", config.space,
                              "' (remove it, or change [space] kind)"));
    }
  }
  if (config.space == "stacks" && config.materials.empty()) place.fail(0, "no [[material]] to build stacks of");
  if (config.space == "variables" && config.variables.size() == 0)
    place.fail(0, "no [[variable]] in a space of kind 'variables'");
}

void check_twists(CampaignConfig const& config, Place const& place, Value const& file) {
  auto const& stacks = config.stacks;
  if (stacks.min_twist_deg && stacks.max_twist_deg && *stacks.min_twist_deg > *stacks.max_twist_deg) {
    place.fail(file.at("stacks").at("min_twist_deg").line,
               concat("min_twist_deg = ", shortest(*stacks.min_twist_deg),
                      " above max_twist_deg = ", shortest(*stacks.max_twist_deg)));
  }
}

/// Decks of slabs refuse less vacuum; better now than after the search.
void check_vacuum(CampaignConfig const& config, Place const& place, Value const& file) {
  constexpr double least = 10.0;
  auto const& stacks = config.stacks;
  if (config.dft.top == 0 || stacks.geometry != "slab" || stacks.vacuum >= least) return;
  place.fail(file.at("stacks").at("vacuum").line,
             concat("vacuum = ", shortest(stacks.vacuum),
                    " is too little for the decks that [dft] top asks for (they need ", shortest(least), " Å)"));
}

/// Hops are kept of what an objective computed.
void check_hops(CampaignConfig const& config, Place const& place, Value const& file) {
  if (config.queue.hops == 0) return;
  static std::vector<std::string> const known{"hop_barrier", "trap_depth", "contact_enhancement"};
  bool const has = std::ranges::any_of(config.objectives, [&](ObjectiveConfig const& objective) {
    return std::ranges::find(known, objective.name) != known.end();
  });
  if (has) return;
  place.fail(file.at("dft").at("hops").line, concat("hops = ", config.queue.hops, " in [dft] needs an objective of hops (",
                                                    join(known, ", "), "), whose images are calculated"));
}

/// Files of the campaign's folder that a model names, with their place: words between the signs of sums, committees and
/// commands. What is no file there stays as it is.
std::string with_places(std::string const& model, fs::path const& folder) {
  constexpr std::string_view signs = "+;():'\" ";
  std::string result, word;
  auto const end_word = [&] {
    std::error_code ignored;
    bool const file = !word.empty() && fs::is_regular_file(folder / word, ignored);
    result += file ? (folder / word).string() : word;
    word.clear();
  };
  for (char const c : model) {
    if (signs.find(c) == std::string_view::npos) {
      word += c;
      continue;
    }
    end_word();
    result += c;
  }
  end_word();
  return result;
}

void check_model(CampaignConfig& config, Place const& place, Value const& file) {
  auto& model = config.potential.model;
  auto const* section = file.find("potential");
  auto const* key = section ? section->find("model") : nullptr;
  auto const line = key ? key->line : 0;
  auto const kind = model.substr(0, model.find_first_of(":("));
  auto const rest = model.substr(std::min(model.size(), kind.size() + 1));
  std::error_code ignored;
  bool const has_colon = model.size() > kind.size() && model[kind.size()] == ':';
  for (auto const& path : {config.folder / model, config.folder / rest}) {
    if (!fs::is_regular_file(path, ignored) || (path == config.folder / rest && !has_colon)) continue;
    model = path == config.folder / model ? path.string() : kind + ":" + path.string();
    return;
  }
  constexpr char const* known = "rigid-ion:SET, or KIND:PATH as nequix:PATH and torchscript:PATH; see 'nacre models'";
  std::vector<std::string> kinds;
  for (auto const& one : model_kinds()) kinds.push_back(one.name);
  if (std::ranges::find(kinds, kind) == kinds.end())
    place.fail(line, concat("unknown kind of model '", model, "'", did_you_mean(kind, kinds), " (write ", known, ")"));
  if (trim(rest).empty() && model != "zbl" && model != "far-charges")
    place.fail(line, concat("incomplete model '", model, "' (write ", known, ")"));
  static std::vector<std::string> const of_files{"nequix", "torchscript", "mace", "nequip", "sevennet", "tensornet", "socket"};
  bool const one_file = std::ranges::find(of_files, kind) != of_files.end() && rest.find_first_of("+;(") == std::string::npos;
  if (one_file && !(kind == "socket" && rest.find(':') != std::string::npos))
    place.fail(line, concat("no such model file '", (config.folder / rest).string(), "'"));
  model = with_places(model, config.folder);
}

template <class Owner>
std::vector<std::string> keys_of(config::Table<Owner> const& table) {
  std::vector<std::string> keys;
  for (auto const& row : table) keys.push_back(row.text.key);
  return keys;
}

template <class... Lists>
std::vector<std::string> joined(Lists const&... lists) {
  std::vector<std::string> all;
  (all.insert(all.end(), lists.begin(), lists.end()), ...);
  return all;
}

/// [dft.local], [dft.slurm] or [dft.generic]: how the program is started, and what that executor alone knows.
template <class Options>
void read_executor(CampaignConfig& config, Place const& place, Value const& section, std::string const& name,
                   config::Table<Options> const& table, Options& options) {
  auto const* value = section.find(name);
  if (!value) return;
  auto const title = concat("[dft.", name, "]");
  auto launch = CampaignConfig::Launch();
  config::read_section(place, title, *value, table, options, keys_of(config::launch_table()));
  config::read_section(place, title, *value, config::launch_table(), launch, keys_of(table));
  if (config.queue.executor == name) config.queue.launch = launch;
}

/// Names in the tables of [dft] that no deck would ever look up are mistakes.
void check_dft_names(CampaignConfig const& config, Place const& place, Value const& section) {
  auto const& settings = config.dft.settings;
  auto const elements = [&](char const* key, auto const& table) {
    for (auto const& [symbol, entry] : table) check_symbol(place, symbol, section.at(key).line);
  };
  elements("moments", settings.moments);
  elements("hubbard_u_eV", settings.hubbard_u_eV);
  elements("pseudopotentials", settings.pseudopotentials);
  elements("basis_sets", settings.basis_sets);
  auto const codes = [&](char const* key, auto const& table) {
    for (auto const& [name, entry] : table) {
      auto const code = name.substr(0, name.find('/'));  // a template may be of one file: "vasp/INCAR"
      if (std::ranges::find(dft::code_words(), code) != dft::code_words().end()) continue;
      place.fail(section.at(key).line, concat("unknown code '", code, "' in `", key, "` of [dft]; known: ",
                                              join(dft::code_words(), ", ")));
    }
  };
  codes("templates", settings.templates);
  codes("programs", settings.programs);
  codes("extra", settings.extra);
  if (config.dft.codes.empty())
    place.fail(section.at("codes").line, "codes = [] in [dft] (nothing could calculate); name one, or leave the key out");
}

/// Three tables share the section: which calculations, with which settings, and where they run.
void read_dft(CampaignConfig& config, Place const& place, Value const& file) {
  auto const* value = file.find("dft");
  if (!value) return;
  auto& settings = config.dft.settings;
  auto const what = keys_of(config::dft_table()), how = keys_of(config::dft_settings_table()),
             where = keys_of(config::queue_table());
  std::vector<std::string> const executors{"local", "slurm", "generic"};
  config::read_section(place, "[dft]", *value, config::dft_table(), config.dft, joined(how, where, executors));
  config::read_section(place, "[dft]", *value, config::dft_settings_table(), settings, joined(what, where, executors));
  config::read_section(place, "[dft]", *value, config::queue_table(), config.queue, joined(what, how, executors));
  check_dft_names(config, place, *value);
  if (!settings.pseudo_dir.empty()) settings.pseudo_dir = (config.folder / settings.pseudo_dir).string();
  for (auto& [code, path] : settings.templates) path = (config.folder / path).string();
  struct Nothing {};
  Nothing nothing;
  read_executor(config, place, *value, "local", config::Table<Nothing>(), nothing);
  read_executor(config, place, *value, "slurm", config::slurm_table(), config.queue.slurm);
  read_executor(config, place, *value, "generic", config::generic_table(), config.queue.generic);
  auto& queue = config.queue;
  if (queue.executor == "replay" && queue.replay.empty())
    place.fail(value->at("executor").line, "executor = \"replay\" needs `replay`, the file with the labels");
  if (!queue.replay.empty()) queue.replay = config.folder / queue.replay;
}

void read_sections(CampaignConfig& config, Place const& place, Value const& file) {
  read_table(place, file, "campaign", config::campaign_table(), config);
  read_table(place, file, "run", config::run_table(), config.run);
  read_table(place, file, "search", config::search_table(), config.search);
  read_table(place, file, "space", config::space_table(), config);
  read_table(place, file, "stacks", config::stacks_table(), config.stacks);
  read_table(place, file, "potential", config::potential_table(), config.potential);
  read_table(place, file, "dynamics", config::dynamics_table(), config.dynamics);
  read_dft(config, place, file);
  read_table(place, file, "store", config::store_table(), config);
}

std::string folder_name(fs::path const& folder) {
  auto const path = fs::absolute(folder).lexically_normal();
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

}  // namespace

dft::Settings read_dft_settings(fs::path const& path) {
  CampaignConfig config;
  config.folder = path.parent_path();
  read_dft(config, Place{path.string()}, Value::read_toml(path));
  return config.dft.settings;
}

std::string CampaignConfig::place(int line) const { return Place{(folder / "campaign.toml").string()}.at(line); }

std::string CampaignConfig::place(std::string const& section, std::string const& key) const {
  auto const* table = document.find(section);
  auto const* value = table ? table->find(key) : nullptr;
  return place(value ? value->line : 0);
}

CampaignConfig read_campaign(fs::path const& folder) {
  std::error_code ignored;
  require(fs::exists(folder, ignored), "no such campaign folder '", folder.string(), "' (`nacre init` makes one)");
  auto const path = folder / "campaign.toml";
  require(fs::exists(path, ignored), "no campaign.toml in '", folder.string(),
          "' (`nacre init` makes a campaign folder)");

  CampaignConfig config;
  config.folder = folder;
  config.text = read_file(path);
  Place const place{path.string()};
  auto const file = config.document = Value::parse_toml(config.text, path.string());
  check_sections(place, file);
  read_sections(config, place, file);
  if (config.name.empty()) config.name = folder_name(folder);
  for (auto& plugins : config.run.plugin_path) plugins = folder / plugins;
  for (auto* from : {&config.search.start_from, &config.search.import_points}) {
    if (!from->empty()) *from = folder / *from;
  }
  read_materials(config, place, file);
  config.variables = Value(tables(file, "variable"));
  read_objectives(config, place, file);
  read_constraints(config, place, file);
  check_sections_of_kind(config, place, file);
  check_twists(config, place, file);
  check_vacuum(config, place, file);
  check_hops(config, place, file);
  config::check_dynamics(config, place, file);
  if (config.space == "stacks") check_model(config, place, file);
  return config;
}

}  // namespace nacre
