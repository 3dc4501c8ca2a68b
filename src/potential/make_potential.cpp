#include <algorithm>
#include <array>
#include <filesystem>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/ewald.hpp"
#include "nacre/potential/model_plugin.hpp"
#include "nacre/potential/nequix.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/potential/rigid_ion.hpp"
#include "nacre/potential/short_range.hpp"

namespace nacre {
namespace {

using Made = std::shared_ptr<Potential const>;

/// One term of a sum: "KIND:REST", as the user wrote it.
struct Term {
  std::string text, rest;
};

Made rigid_ion(Term const& term, PotentialOptions const& options) {
  require(!term.rest.empty(), "the model '", term.text,
          "' names no set (rigid-ion:SET); sets: ", join(rigid_ion_sets(), ", "));
  return make_rigid_ion(read_rigid_ion_set(term.rest), options, term.text);
}

Made torchscript(Term const& term, PotentialOptions const& options) {
  require(!term.rest.empty(), "the model '", term.text, "' names no file (torchscript:PATH)");
  auto const library = find_model_plugin();
  require(!library.empty(), "cannot evaluate '", term.text,
          "' (the plug-in 'mlip.so' is not there): install libtorch-dev and ",
          "libopenblas0-pthread, and build Nacre with NACRE_WITH_TORCH=ON");
  return load_model(library, term.rest, options);
}

Made nequix(Term const& term, PotentialOptions const& options) {
  require(!term.rest.empty(), "the model '", term.text, "' names no file (nequix:PATH)");
  return make_nequix(term.rest, term.text, options.threads);
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

Made repulsion(Term const& term, PotentialOptions const&) {
  std::string const form = "zbl, or zbl:INNER,OUTER in Å";
  auto const x = numbers_of(term, form);
  require(x.empty() || x.size() == 2, "the model '", term.text, "' has ", x.size(), " numbers (", form, ")");
  return make_repulsion(x.empty() ? RepulsionRange{} : RepulsionRange{x[0], x[1]}, term.text);
}

struct Kind {
  char const* name;
  Made (*make)(Term const&, PotentialOptions const&);
};
constexpr std::array<Kind, 7> kinds{{{"rigid-ion", rigid_ion},
                                     {"nequix", nequix},
                                     {"torchscript", torchscript},
                                     {"tersoff", tersoff},
                                     {"sw", stillinger_weber},
                                     {"lj", lennard_jones},
                                     {"zbl", repulsion}}};

/// The name before the colon; all of it where there is none.
std::string kind_of(std::string const& text) { return text.substr(0, text.find(':')); }

bool is_kind(std::string const& word) {
  return std::any_of(kinds.begin(), kinds.end(), [&](Kind const& kind) { return word == kind.name; });
}

/// "A+B": a plus separates terms only where a kind of model follows, so that paths may hold one.
std::vector<std::string> terms_of(std::string const& model) {
  std::vector<std::string> terms;
  for (auto const& piece : split(model, '+')) {
    if (terms.empty() || (is_kind(kind_of(piece)) && (piece.find(':') != std::string::npos || piece == "zbl")))
      terms.push_back(piece);
    else
      terms.back() += "+" + piece;
  }
  return terms;
}

Made make_term(std::string const& text, PotentialOptions const& options) {
  auto const name = kind_of(text);
  auto const kind = std::find_if(kinds.begin(), kinds.end(), [&](Kind const& k) { return name == k.name; });
  if (kind == kinds.end()) {
    std::vector<std::string> known;
    for (auto const& k : kinds) known.emplace_back(k.name);
    input_error("unknown kind of model '", name, "' in '", text,
                "' (rigid-ion:SET, nequix:PATH, torchscript:PATH, tersoff:FILE, sw:FILE, lj:EPSILON,SIGMA[,CUTOFF], zbl, or a sum A+B)",
                did_you_mean(name, known));
  }
  auto const colon = text.find(':');
  return kind->make({text, colon == std::string::npos ? "" : text.substr(colon + 1)}, options);
}

}  // namespace

std::shared_ptr<Potential const> make_potential(std::string const& model, PotentialOptions const& options) {
  require_accuracy(options.accuracy);
  require(options.cutoff > 0.0, "invalid cutoff=", options.cutoff, " (must be positive)");
  std::vector<Made> parts;
  for (auto const& term : terms_of(model)) parts.push_back(make_term(term, options));
  return make_sum(std::move(parts), model);
}

}  // namespace nacre
