#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/safetensors.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/calibration.hpp"
#include "nacre/potential/committee.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nacre/potential/dispersion.hpp"
#include "nacre/potential/ewald.hpp"
#include "nacre/potential/external.hpp"
#include "nacre/potential/extrapolation.hpp"
#include "nacre/potential/far_charges.hpp"
#include "nacre/potential/model_plugin.hpp"
#include "nacre/potential/nequix.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/potential/rigid_ion.hpp"
#include "nacre/potential/short_range.hpp"
#include "nacre/potential/tensornet.hpp"
#include "wrapped_potential.hpp"

namespace nacre {
namespace {

using Made = std::shared_ptr<Potential const>;

/// A whole model: a term, or a sum.
Made make_model(std::string const& text, PotentialOptions const& options);

/// The pieces between separators that no parentheses hold.
std::vector<std::string> split_outside(std::string const& text, char separator) {
  std::vector<std::string> pieces{""};
  int depth = 0;
  for (char const c : text) {
    depth = std::max(0, depth + (c == '(' ? 1 : c == ')' ? -1 : 0));
    if (c == separator && depth == 0)
      pieces.emplace_back();
    else
      pieces.back() += c;
  }
  return pieces;
}

/// One term of a sum: "KIND:REST", as the user wrote it.
struct Term {
  std::string text, rest;
};

Made rigid_ion(Term const& term, PotentialOptions const& options) {
  require(!term.rest.empty(), "the model '", term.text,
          "' names no set (rigid-ion:SET); sets: ", join(rigid_ion_sets(), ", "));
  return make_rigid_ion(read_rigid_ion_set(term.rest), options, term.text);
}

/// @param kind empty: by the contents of the file
Made from_plugin(std::string const& kind, std::string const& path, PotentialOptions const& options) {
  auto const library = find_model_plugin();
  require(!library.empty(), "cannot evaluate '", kind.empty() ? path : kind + ":" + path,
          "' (the plug-in 'mlip.so' is not there): install libtorch-dev and ",
          "libopenblas0-pthread, and build Nacre with NACRE_WITH_TORCH=ON");
  return load_model(library, kind, path, options);
}

std::string first_bytes(std::string const& path) {
  std::string bytes(16, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return bytes;
}

bool is_archive(std::string const& path) { return first_bytes(path).starts_with("PK\x03\x04"); }

Made torch_module(Term const& term, PotentialOptions const& options) {
  auto const kind = term.text.substr(0, term.text.find(':'));
  require(!term.rest.empty(), "the model '", term.text, "' names no file (", kind, ":PATH)");
  require(!Safetensors::looks_like_one(first_bytes(term.rest)), "cannot use '", term.rest, "' as a ", kind,
          " model (it is a safetensors file: weights without code); write nequix:PATH or tensornet:PATH if they are those of one");
  return from_plugin(kind, term.rest, options);
}

Made nequix(Term const& term, PotentialOptions const& options) {
  require(!term.rest.empty(), "the model '", term.text, "' names no file (nequix:PATH)");
  require(!is_archive(term.rest), "cannot use '", term.rest,
          "' as weights of Nequix (it is a TorchScript module); write torchscript:", term.rest);
  return make_nequix(term.rest, term.text, options.threads);
}

Made over_socket(Term const& term, PotentialOptions const&) { return make_socket_model(term.rest, term.text); }
Made by_command(Term const& term, PotentialOptions const&) { return make_exec_model(term.rest, term.text); }

/// From weights by Nacre itself, from a TorchScript module through the plug-in.
Made tensornet(Term const& term, PotentialOptions const& options) {
  if (Safetensors::looks_like_one(first_bytes(term.rest))) return make_tensornet(term.rest, term.text, options.threads);
  return torch_module(term, options);
}

/// "FILE" or "FILE#Si=Si(B),C=C": the file and the labels chosen for elements.
std::pair<std::string, std::vector<LabelChoice>> split_labels(Term const& term) {
  auto const hash = term.rest.find('#');
  std::vector<LabelChoice> labels;
  if (hash != std::string::npos) {
    for (auto const& choice : split(term.rest.substr(hash + 1), ',')) {
      auto const equal = choice.find('=');
      require(equal != std::string::npos && equal > 0 && equal + 1 < choice.size(), "cannot read '", choice, "' in '",
              term.text, "' (labels are given as FILE#Si=Si(B),C=C)");
      labels.push_back({choice.substr(0, equal), choice.substr(equal + 1)});
    }
  }
  return {term.rest.substr(0, hash), labels};
}

/// A path, or the name of a file that comes with Nacre.
std::filesystem::path parameter_file(Term const& term, std::string const& name, std::string const& extension) {
  require(!name.empty(), "the model '", term.text, "' names no parameter file");
  std::error_code ignored;
  bool const bare = name.find('/') == std::string::npos;
  if (bare && !std::filesystem::exists(name, ignored)) {
    try {
      return data_file("potentials/" + name + extension);
    } catch (Error const&) {
      return name;  // not one of ours: the message names the path
    }
  }
  return name;
}

Made tersoff(Term const& term, PotentialOptions const&) {
  auto const [name, labels] = split_labels(term);
  auto const file = parameter_file(term, name, ".tersoff");
  return make_tersoff(read_file(file), file.string(), labels, term.text);
}

Made stillinger_weber(Term const& term, PotentialOptions const&) {
  auto const [name, labels] = split_labels(term);
  auto const file = parameter_file(term, name, ".sw");
  return make_stillinger_weber(read_file(file), file.string(), labels, term.text);
}

std::vector<double> numbers_of(Term const& term, std::string const& form) {
  std::vector<double> numbers;
  if (term.rest.empty()) return numbers;
  for (auto const& word : split(term.rest, ',')) {
    auto const number = parse_double(trim(word));
    require(number.has_value(), "cannot read '", word, "' in '", term.text, "' (", form, ")");
    numbers.push_back(*number);
  }
  return numbers;
}

Made lennard_jones(Term const& term, PotentialOptions const& options) {
  std::string const form = "lj:EPSILON,SIGMA[,CUTOFF] in eV and Å";
  auto const x = numbers_of(term, form);
  require(x.size() == 2 || x.size() == 3, "the model '", term.text, "' has ", x.size(), " numbers (", form, ")");
  return make_lennard_jones({x[0], x[1], x.size() == 3 ? x[2] : 2.5 * x[1]}, options, term.text);
}

RepulsionRange core_range(Term const& term) {
  std::string const form = "zbl, or zbl:INNER,OUTER in Å";
  auto const x = numbers_of(term, form);
  require(x.empty() || x.size() == 2, "the model '", term.text, "' has ", x.size(), " numbers (", form, ")");
  return x.empty() ? RepulsionRange{} : RepulsionRange{x[0], x[1]};
}

Made repulsion(Term const& term, PotentialOptions const&) { return make_repulsion(core_range(term), term.text); }

Made dispersion(Term const& term, PotentialOptions const& options) { return make_dispersion(term.rest, options, term.text); }

Made far_charges(Term const& term, PotentialOptions const& options) {
  std::string const form = "far-charges[:WIDTH[,DIELECTRIC]], the width in Å";
  auto const x = numbers_of(term, form);
  require(x.size() <= 2, "the model '", term.text, "' has ", x.size(), " numbers (", form, ")");
  FarChargeOptions far;
  if (!x.empty()) far.width = x[0];
  if (x.size() > 1) far.dielectric = x[1];
  far.slab_correction = options.slab_correction;
  far.background = options.background;
  return make_far_charges(far, term.text);
}

/// What stands between the parentheses: models, and settings KEY=NUMBER of the keys known.
struct Arguments {
  std::vector<std::string> models;
  std::map<std::string, double> settings;
};

Arguments arguments_of(Term const& term, std::vector<std::string> const& keys) {
  Arguments arguments;
  for (auto const& piece : split_outside(term.rest, ';')) {
    auto const equal = piece.find('=');
    auto const key = trim(piece.substr(0, equal));
    if (equal == std::string::npos || std::ranges::find(keys, key) == keys.end()) {
      arguments.models.push_back(trim(piece));
      continue;
    }
    auto const number = parse_double(trim(piece.substr(equal + 1)));
    require(number.has_value(), "cannot read '", piece, "' in '", term.text, "' (", key, "=NUMBER)");
    arguments.settings[key] = *number;
  }
  return arguments;
}

std::optional<TrustWindow> window_of(Term const& term, Arguments const& arguments, std::string const& low, std::string const& high) {
  if (arguments.settings.empty()) return std::nullopt;
  require(arguments.settings.size() == 2, "the model '", term.text, "' has only one end of its window (", low, "=X;", high, "=X)");
  return TrustWindow{arguments.settings.at(low), arguments.settings.at(high)};
}

Made committee(Term const& term, PotentialOptions const& options) {
  auto const arguments = arguments_of(term, {"low", "high"});
  std::vector<Made> members;
  for (auto const& model : arguments.models) members.push_back(make_model(model, options));
  return make_committee(std::move(members), window_of(term, arguments, "low", "high"), term.text);
}

Made ranged(Term const& term, PotentialOptions const& options) {
  auto const arguments = arguments_of(term, {"save", "stop"});
  require(arguments.models.size() == 2, "the model '", term.text, "' names no model and card (ranged(MODEL;CARD[;save=2;stop=10]))");
  auto const& file = arguments.models[1];
  auto const card = Value::parse_json(read_file(file), file);
  auto const* range = card.find("range");
  require(range != nullptr && range->find("elements") != nullptr, "the file '", file, "' is no card of a model with a range; make one with 'nacre models card MODEL'");
  return make_ranged(make_model(arguments.models[0], options), FeatureSet(*range),
                     window_of(term, arguments, "save", "stop").value_or(usual_grades), term.text);
}

Made calibrated(Term const& term, PotentialOptions const& options) {
  auto const arguments = arguments_of(term, {});
  require(arguments.models.size() == 2, "the model '", term.text, "' names no model and calibration (calibrated(MODEL;FILE))");
  auto const& file = arguments.models[1];
  return make_calibrated(make_model(arguments.models[0], options), calibration_from(Value::parse_json(read_file(file), file), file), term.text);
}

Made correction(Term const& term, PotentialOptions const& options) {
  return detail::as_correction(make_model(term.rest, options), term.text);
}

/// A model file without a kind: what it holds decides.
Made by_contents(std::string const& path, PotentialOptions const& options) {
  if (Safetensors::looks_like_one(first_bytes(path))) {
    auto const metadata = Safetensors(path).metadata();
    auto const format = metadata.find("format");
    bool const tensors = format != metadata.end() && format->second.starts_with("tensornet");
    return tensors ? make_tensornet(path, path, options.threads) : make_nequix(path, path, options.threads);
  }
  require(is_archive(path), "cannot tell what kind of model '", path,
          "' is (neither safetensors nor a TorchScript archive); write KIND:PATH, see 'nacre models'");
  return from_plugin("", path, options);
}

struct Kind {
  char const* name;
  Made (*make)(Term const&, PotentialOptions const&);
  char const* form;
  char const* summary;
};
constexpr std::array<Kind, 19> kinds{
    {{"rigid-ion", rigid_ion, "rigid-ion:SET", "charges and pair terms of a published set, for oxides"},
     {"nequix", nequix, "nequix:PATH", "Nequix from safetensors weights, evaluated by Nacre itself"},
     {"torchscript", torch_module, "torchscript:PATH", "TorchScript module with the dictionary interface"},
     {"mace", torch_module, "mace:PATH", "MACE exported for LAMMPS"},
     {"nequip", torch_module, "nequip:PATH", "NequIP or Allegro, deployed"},
     {"sevennet", torch_module, "sevennet:PATH", "SevenNet for serial LAMMPS"},
     {"tensornet", tensornet, "tensornet:PATH", "TensorNet from safetensors weights, evaluated by Nacre itself, or a TorchScript module"},
     {"socket", over_socket, "socket:FILE.toml", "another program over an i-PI socket (or socket:unix:NAME, socket:inet:PORT)"},
     {"exec", by_command, "exec:COMMAND", "another program that speaks lines of extxyz (or exec:FILE.toml)"},
     {"tersoff", tersoff, "tersoff:FILE", "Tersoff bond order, files of LAMMPS"},
     {"sw", stillinger_weber, "sw:FILE", "Stillinger-Weber, files of LAMMPS"},
     {"lj", lennard_jones, "lj:EPSILON,SIGMA[,CUTOFF]", "Lennard-Jones in eV and A"},
     {"d3", dispersion, "d3:FUNCTIONAL", "dispersion D3(BJ) of pbe, pbesol, r2scan, ..., an addition in sums"},
     {"far-charges", far_charges, "far-charges[:WIDTH[,DIELECTRIC]]", "Coulomb energy beyond a model's reach, an addition in sums"},
     {"committee", committee, "committee(A;B;...)", "mean of several models, and how far they are apart"},
     {"ranged", ranged, "ranged(A;CARD)", "a model with a warning outside the range in its card"},
     {"calibrated", calibrated, "calibrated(A;FILE)", "a model whose barriers are as sure as its calibration says"},
     {"correction", correction, "correction(A)", "a model fitted to the difference from another one, an addition in sums"},
     {"zbl", repulsion, "zbl[:INNER,OUTER]", "screened nuclear repulsion, a guard in sums"}}};

/// The name before the colon or the parenthesis; all of it where there is none.
std::string kind_of(std::string const& text) { return text.substr(0, text.find_first_of(":(")); }

/// A kind whose models stand in parentheses.
bool is_around(Kind const& kind) { return std::string_view(kind.form).find('(') != std::string_view::npos; }

bool is_kind(std::string const& word) {
  return std::any_of(kinds.begin(), kinds.end(), [&](Kind const& kind) { return word == kind.name; });
}

/// "A+B": a plus separates terms only where a kind of model follows, so that paths may hold one.
std::vector<std::string> terms_of(std::string const& model) {
  std::vector<std::string> terms;
  for (auto const& piece : split_outside(model, '+')) {
    if (terms.empty() || (is_kind(kind_of(piece)) && (piece != kind_of(piece) || piece == "zbl" || piece == "far-charges")))
      terms.push_back(piece);
    else
      terms.back() += "+" + piece;
  }
  return terms;
}

Term parse_term(std::string const& text) {
  auto const start = text.find_first_of(":(");
  return {text, start == std::string::npos ? std::string() : text.substr(start + 1)};
}

/// The path of a model without its kind, as its ending or a folder in it tells.
bool names_file(std::string const& text) {
  auto const ending = std::filesystem::path(text).extension().string();
  bool const kind_before = text.find(':') != std::string::npos || text.find('(') != std::string::npos;
  return !kind_before && (text.find('/') != std::string::npos || ending == ".pt" || ending == ".pth" || ending == ".safetensors");
}

Made make_term(std::string const& text, PotentialOptions const& options) {
  auto const name = kind_of(text);
  auto const kind = std::find_if(kinds.begin(), kinds.end(), [&](Kind const& k) { return name == k.name; });
  std::error_code ignored;
  if (kind == kinds.end() && std::filesystem::is_regular_file(text, ignored)) return by_contents(text, options);
  require(!trim(text).empty(), "a model without a name (nothing between two separators, or in the parentheses); write KIND:PATH there");
  if (kind == kinds.end()) {
    require(!names_file(text), "no such model file '", text, "' (there is none, or it is a folder)");
    std::vector<std::string> names, forms;
    for (auto const& k : kinds) {
      names.emplace_back(k.name);
      forms.emplace_back(k.form);
    }
    input_error("unknown kind of model '", name, "' in '", text, "'", did_you_mean(name, names), " (write ",
                join(forms, ", "), ", the path of a model file, or a sum A+B; see 'nacre models')");
  }
  auto const start = text.find_first_of(":(");
  auto rest = parse_term(text).rest;
  if (is_around(*kind)) {
    require(start != std::string::npos && text[start] == '(' && text.back() == ')', "cannot read '", text, "' (write ", kind->form, ")");
    rest.pop_back();
  }
  return kind->make({text, rest}, options);
}

/// Learned models are kept from structures that they know nothing of, unless a core looks after them; and they, and models
/// of which nothing is known, from charged cells that they would not see as such.
Made guarded(Made model, PotentialOptions const& options) {
  auto const contents = model->contents();
  if (contents.learned && !contents.core) model = detail::with_distance_floor(std::move(model));
  bool const blind = barrier_share(*model, {}) > 0.0 && !contents.charges;
  return blind && !options.background ? detail::with_charge_balance(std::move(model)) : model;
}

/// A core takes over from the learned parts beside it; where one cannot look at pairs, it is added.
Made make_model(std::string const& text, PotentialOptions const& options) {
  std::vector<Made> parts;
  std::optional<CoreBlend> blend;
  for (auto const& term : terms_of(text)) {
    parts.push_back(make_term(term, options));
    if (kind_of(term) == "zbl") blend.emplace(core_range(parse_term(term)));
  }
  for (auto& part : parts) {
    auto const contents = part->contents();
    if (!blend || !contents.learned || contents.core) continue;
    if (auto other = with_core(*part, *blend)) part = std::move(other);
  }
  return make_sum(std::move(parts), text);
}

}  // namespace

std::vector<ModelKind> model_kinds() {
  bool const plugin = !find_model_plugin().empty();
  std::vector<ModelKind> list;
  for (auto const& kind : kinds) list.push_back({kind.name, kind.form, kind.summary, kind.make != torch_module || plugin});
  return list;
}

std::shared_ptr<Potential const> make_potential(std::string const& model, PotentialOptions const& options) {
  require_accuracy(options.accuracy);
  require(options.cutoff > 0.0, "invalid cutoff=", options.cutoff, " (must be positive)");
  return guarded(make_model(model, options), options);
}

}  // namespace nacre
