#include <filesystem>
#include <iostream>
#include <memory>

#include "model_options.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/calibration.hpp"
#include "nacre/score/model_card.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::vector<std::string> words;  ///< nothing, MODEL, card MODEL, or calibrate MODEL
  std::string labels, known, out, level;
  std::int64_t threads = 1;
  bool skip_hops = false, again = false, json = false;
};

int list_kinds(bool json) {
  auto const kinds = model_kinds();
  if (json) {
    auto document = Value::object();
    document["schema"] = "nacre.models/1";
    document["kinds"] = Value::array();
    for (auto const& kind : kinds) {
      auto entry = Value::object();
      entry["kind"] = kind.name;
      entry["form"] = kind.form;
      entry["summary"] = kind.summary;
      entry["available"] = kind.available;
      document["kinds"].push_back(std::move(entry));
    }
    std::cout << document.dump(2) << '\n';
    return 0;
  }
  TextTable table({"model", "what it is", ""});
  for (auto const& kind : kinds) table.row({kind.form, kind.summary, kind.available ? "" : "needs the plug-in mlip.so"});
  std::cout << table.str();
  return 0;
}

std::string in_words(Value const& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_array()) {
    std::vector<std::string> words;
    for (auto const& item : value.as_array()) words.push_back(in_words(item));
    return concat(value.size(), ": ", join(words, " "));
  }
  if (value.is_object()) {
    std::vector<std::string> words;
    for (auto const& [key, item] : value.as_object()) words.push_back(concat(key, ' ', in_words(item)));
    return join(words, ", ");
  }
  return value.dump();
}

int inspect(Options const& options) {
  auto const model = make_potential(options.words.front());
  auto about = model->about();
  std::error_code ignored;
  auto const card = model_card_path(model->identity());
  if (std::filesystem::exists(card, ignored)) about["card"] = card.string();
  if (options.json) {
    auto document = Value::object();
    document["schema"] = "nacre.models/1";
    document["model"] = about;
    std::cout << document.dump(2) << '\n';
    return 0;
  }
  for (auto const& [key, value] : about.as_object()) std::cout << key << ": " << in_words(value) << '\n';
  return 0;
}

std::string number(Value const& value, std::string_view key, int digits) {
  auto const* found = value.find(key);
  return found != nullptr && found->is_number() ? significant(found->as_number(), digits) : "-";
}

std::string remark(Value const& value) {
  auto const* reason = value.find("reason");
  return reason != nullptr ? reason->as_string() : "";
}

void print_card(Value const& card) {
  TextTable bulk({"crystal", "a [A]", "PBE", "B [GPa]", "PBE", ""});
  for (auto const& [name, row] : card.at("bulk").as_object())
    bulk.row({name, number(row, "lattice_A", 5), number(row, "pbe_lattice_A", 4), number(row, "bulk_modulus_GPa", 4),
              number(row, "pbe_bulk_modulus_GPa", 3), remark(row)});
  std::cout << bulk.str();
  if (auto const* hops = card.find("hops")) {
    TextTable table({"vacancy", "barrier [eV]", "rigid ions", "literature", ""});
    for (auto const& [name, row] : hops->as_object())
      table.row({name, number(row, "barrier_eV", 3), row.find("rigid_ion") ? number(row.at("rigid_ion"), "barrier_eV", 3) : "-",
                 number(row, "literature_eV", 2), remark(row)});
    std::cout << table.str();
  }
  auto const& tail = card.at("adhesion_tail");
  std::cout << "SrTiO3|MgO repels from the outside in to a gap of " << number(tail, "repels_in_to_A", 3) << " A " << remark(tail) << '\n';
  auto const& planes = card.at("charged_planes");
  std::cout << "charged planes 20 A apart attract with " << number(planes, "force_eV_per_A", 3) << " eV/A (formal charges: "
            << number(planes, "formal_charges_eV_per_A", 3) << ") " << remark(planes) << '\n';
  if (auto const* forces = card.find("forces"))
    std::cout << "forces are " << number(*forces, "slope", 3) << " of the labels', off by " << number(*forces, "rmse_eV_per_A", 3) << " eV/A\n";
}

std::vector<Frame> frames_of(std::string const& file) { return file.empty() ? std::vector<Frame>{} : read_extxyz(file); }

/// Computed once; labels, other known structures and --again ask for it anew.
Value card_of(Potential const& model, Options const& options, std::filesystem::path const& path) {
  std::error_code ignored;
  bool const anew = options.again || !options.labels.empty() || !options.known.empty();
  if (!anew && std::filesystem::exists(path, ignored)) {
    auto card = Value::parse_json(read_file(path), path.string());
    if (options.skip_hops || card.find("hops") != nullptr) return card;
  }
  CardOptions settings;
  settings.labels = frames_of(options.labels);
  require(options.labels.empty() || !settings.labels.empty(), "'", options.labels, "' has no frames");
  for (auto& frame : frames_of(options.known)) settings.known.push_back(std::move(frame.crystal));
  require(options.known.empty() || !settings.known.empty(), "'", options.known, "' has no frames");
  settings.known_origin = options.known;
  settings.hops = !options.skip_hops;
  settings.threads = static_cast<int>(options.threads);
  auto card = make_model_card(model, settings);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  write_file(path, card.dump(1) + "\n");
  return card;
}

int report(Options const& options) {
  PotentialOptions settings;
  settings.threads = static_cast<int>(options.threads);
  auto const model = make_potential(options.words[1], settings);
  auto const path = options.out.empty() ? model_card_path(model->identity()) : std::filesystem::path(options.out);
  auto card = card_of(*model, options, path);
  if (!options.json) {
    print_card(card);
    std::cout << "kept in " << path.string() << '\n';
    return 0;
  }
  if (card.find("range") != nullptr) {
    auto range = Value::object();
    range["origin"] = card.at("range").at("origin");  // its numbers are in the file
    card["range"] = std::move(range);
  }
  card["file"] = path.string();
  std::cout << card.dump(2) << '\n';
  return 0;
}

void print_calibration(Calibration const& calibration, std::string const& file) {
  TextTable table({"element", "atoms", "frames", "slope", "+-", "correlation", "error of barriers"});
  auto const row = [&](std::string const& name, ForceSlope const& slope, std::string const& share) {
    table.row({name, std::to_string(slope.atoms), std::to_string(slope.frames), significant(slope.slope, 3), significant(slope.error, 2),
               significant(slope.correlation, 4), share});
  };
  for (auto const& [z, slope] : calibration.forces.elements)
    row(std::string(symbol(z)), slope, concat(significant(100.0 * slope.barrier_share(), 3), " %", slope.is_evidence() ? "" : " (too few, or unlike)"));
  row("all", calibration.forces.all, "");
  std::cout << table.str() << "kept in " << file << '\n';
}

/// Evidence in a file, which calibrated(MODEL;FILE) declares.
int calibrate(Options const& options) {
  require(!options.labels.empty(), "what is '", options.words[1], "' to be compared with? give --labels FILE, extxyz with forces of a better model");
  auto const frames = read_extxyz(options.labels);
  require(!frames.empty(), "'", options.labels, "' has no frames");
  PotentialOptions settings;
  settings.threads = static_cast<int>(options.threads);
  auto const model = make_potential(options.words[1], settings);
  Calibration calibration;
  calibration.forces = compare_forces(*model, frames);
  calibration.model = model->identity();
  calibration.labels_name = std::filesystem::path(options.labels).filename().string();
  calibration.labels = sha256_file(options.labels);
  calibration.level = options.level;
  auto const value = calibration.to_value();
  auto const file = options.out.empty() ? std::string("calibration.json") : options.out;
  write_file(file, value.dump(1) + "\n");
  if (options.json)
    std::cout << value.dump(2) << '\n';
  else
    print_calibration(calibration, file);
  return 0;
}

int run(Options const& options) {
  auto const& words = options.words;
  require(options.threads >= 1 && options.threads <= 1024, "invalid threads=", options.threads, " (1 to 1024)");
  if (words.empty()) return list_kinds(options.json);
  if (words.front() == "card") {
    require(words.size() == 2, "the card of which model? write: nacre models card MODEL");
    return report(options);
  }
  if (words.front() == "calibrate") {
    require(words.size() == 2, "the calibration of which model? write: nacre models calibrate MODEL --labels FILE");
    return calibrate(options);
  }
  require(words.size() == 1, "one model at a time ('", words[1], "' is the second)");
  return inspect(options);
}

}  // namespace

Command models_command() {
  return {"models", "List the kinds of models, say what a model file is, or what a model is good for", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positionals("MODEL", options->words,
                             "KIND:NAME, or the path of a model file; none: the kinds; 'card' and a model: its report card; 'calibrate' "
                             "and a model: the evidence of how far its barriers are off", false);
            line.option("--labels", options->labels, "card, calibrate: extxyz with forces of a better model, to compare forces with");
            line.option("--known", options->known, "card: extxyz of structures that the model is known for, which its range is learned from");
            line.option("--out", options->out, "where it is kept (default: a card by the model's identity, a calibration as calibration.json)");
            line.option("--level", options->level, "calibrate: what the labels are, in words, kept with them");
            line.option("--threads", options->threads, "card: atoms of a structure, and images of a band, are shared out among these");
            line.flag("--skip-hops", options->skip_hops, "card: leave the barriers out, which take most of the time");
            line.flag("--again", options->again, "card: even if it is kept already");
            line.flag("--json", options->json, "one JSON document");
            line.example("nacre models calibrate nequix-oam-1-pft.safetensors --labels dft.extxyz --level 'PBE, pw.x'");
            line.example("nacre models card nequix-oam-1-pft.safetensors --known training.extxyz");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
