// Decks for DFT codes and what their outputs say, without a campaign.
#include <iostream>
#include <memory>

#include "nacre/campaign/config.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/dft/result.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

struct DeckOptions {
  std::string file, output, code = "qe", level = "pbe", kind = "single_point", settings, pseudo_dir;
  double fix_below = -1e300, kpoint_density = 0.0, ecutwfc_Ry = 0.0, smearing_eV = 0.0, time_limit_s = 0.0, charge = 0.0;
  std::string smearing;
  bool json = false;
};

dft::Job job_of(DeckOptions const& options) {
  for (double const number : {options.kpoint_density, options.ecutwfc_Ry, options.smearing_eV})
    require(number >= 0.0, "invalid ", shortest(number),
            " (--kpoint-density, --ecutwfc and --smearing-width must be positive)");
  dft::Job job;
  job.code = dft::code_from(options.code);
  job.level = dft::level_from(options.level);
  job.kind = dft::kind_from(options.kind);
  require(job.kind != dft::Kind::neb, "kind 'neb' needs three structures (nacre queue makes it of a hop)");
  job.structure = read_crystal(options.file);
  job.vacuum = dft::has_vacuum(job.structure);
  job.charge = options.charge;
  job.time_limit_s = options.time_limit_s;
  if (!options.settings.empty()) job.settings = read_dft_settings(options.settings);
  if (!options.pseudo_dir.empty())  // judged later from another folder
    job.settings.pseudo_dir = std::filesystem::absolute(options.pseudo_dir).lexically_normal().string();
  if (options.kpoint_density > 0.0) job.settings.kpoint_density = options.kpoint_density;
  if (options.ecutwfc_Ry > 0.0) job.settings.ecutwfc_Ry = options.ecutwfc_Ry;
  if (!options.smearing.empty()) job.settings.smearing = options.smearing;
  if (options.smearing_eV > 0.0) job.settings.smearing_eV = options.smearing_eV;
  if (options.fix_below > -1e299)
    for (Eigen::Index i = 0; i < job.structure.positions.cols(); ++i)
      job.frozen.push_back(job.structure.positions(2, i) < options.fix_below);
  return job;
}

Value value_of(dft::Deck const& deck, dft::Job const& job) {
  Value files = Value::array(), command = Value::array(), outputs = Value::array(), pseudos = Value::array();
  for (auto const& [name, content] : deck.files) files.push_back(name);
  for (auto const& word : deck.command) command.push_back(word);
  for (auto const& name : deck.outputs) outputs.push_back(name);
  for (auto const& one : deck.pseudopotentials)
    pseudos.push_back(Value::Object{{"element", one.element}, {"file", one.file}, {"sha256", one.sha256},
                                    {"md5", one.md5}, {"valence", one.valence}});
  return Value::Object{{"files", files},       {"command", command}, {"standard_output", deck.standard_output},
                       {"outputs", outputs},   {"pseudopotentials", pseudos}, {"sha256", deck.sha256},
                       {"job", identity(job)}, {"level", comparable_level(job)}};
}

int write(DeckOptions const& options) {
  auto const job = job_of(options);
  auto const deck = options.output.empty() ? dft::make_deck(job) : dft::write_deck(job, options.output);
  if (options.json) {
    std::cout << value_of(deck, job).dump(2) << "\n";
  } else if (options.output.empty()) {
    for (auto const& [name, content] : deck.files) std::cout << "==> " << name << " <==\n" << content;
  } else {
    std::cout << "cd " << options.output << " && " << join(deck.command, " ") << " > " << deck.standard_output << "\n";
  }
  return 0;
}

struct JudgeOptions {
  std::string path, code;
  std::int64_t exit = -1, signal = 0;
  bool json = false;
};

int judge(JudgeOptions const& options) {
  dft::Ending ending;
  if (options.exit >= 0) ending.exit_status = static_cast<int>(options.exit);
  ending.signal = static_cast<int>(options.signal);
  auto const result = [&] {
    require(fs::exists(options.path), "no such file or folder '", options.path, "'");
    if (fs::is_directory(options.path)) return dft::read_result(dft::read_job(options.path), options.path, ending);
    require(!options.code.empty(), "'", options.path, "' is a file: say with --code which code wrote it");
    return dft::read_output(dft::code_from(options.code), read_file(options.path), ending);
  }();
  if (options.json) {
    std::cout << to_value(result).dump(2) << "\n";
    return 0;
  }
  std::cout << (result.done() ? "done" : concat(to_string(result.verdict().failure), ": ", result.verdict().reason)) << "\n";
  if (result.energy_eV) std::cout << "energy " << shortest(*result.energy_eV) << " eV\n";
  for (auto const& warning : result.warnings) std::cout << "warning: " << warning << "\n";
  return 0;
}

}  // namespace

Command deck_command() {
  return {"deck", "write the input of a DFT code for a structure", [](CommandLine& line) {
            auto const o = std::make_shared<DeckOptions>();
            line.positional("STRUCTURE", o->file, "CIF, POSCAR or extxyz");
            line.option("--out", o->output, "new folder for the deck; without it the files are printed");
            line.choice("--code", o->code, dft::code_words(), "program");
            line.choice("--level", o->level, dft::level_words(), "density functional");
            line.choice("--kind", o->kind, {"single_point", "relax"}, "kind of calculation");
            line.option("--settings", o->settings, "file with a table [dft], e.g. a campaign.toml");
            line.option("--pseudo-dir", o->pseudo_dir, "folder of the pseudopotentials");
            line.option("--kpoint-density", o->kpoint_density, "k-points along vector i: ceil(density / |a_i|) [Å]");
            line.option("--ecutwfc", o->ecutwfc_Ry, "plane-wave cut-off of qe and abinit [Ry]");
            line.choice("--smearing", o->smearing, {"gaussian", "fermi", "cold", "fixed"}, "occupations");
            line.option("--smearing-width", o->smearing_eV, "[eV]");
            line.option("--fix-below", o->fix_below, "atoms below this height stay in a relaxation [Å]");
            line.option("--charge", o->charge, "of the cell [e]");
            line.option("--time-limit", o->time_limit_s, "wall time; the code stops itself before it [s]");
            line.flag("--json", o->json, "print files, command, pseudopotentials and hashes as JSON");
            line.example("nacre deck SrTiO3.cif --code qe --level pbe --pseudo-dir pseudo --out sto && "
                         "cd sto && pw.x -in pw.in > pw.out; nacre judge . --exit $?");
            return [o] { return write(*o); };
          }};
}

Command judge_command() {
  return {"judge", "say whether a DFT calculation is done, and how it failed if not", [](CommandLine& line) {
            auto const o = std::make_shared<JudgeOptions>();
            line.positional("PATH", o->path, "folder that `nacre deck` wrote, or an output (with --code)");
            line.choice("--code", o->code, dft::code_words(), "program that wrote the output");
            line.option("--exit", o->exit, "exit status of the program; unknown is not done");
            line.option("--signal", o->signal, "signal that ended it");
            line.flag("--json", o->json, "print the result as JSON");
            line.example("nacre judge pw.out --code qe --exit 0 --json");
            return [o] { return judge(*o); };
          }};
}

}  // namespace nacre
