#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

class Cli11CommandLine final : public CommandLine {
 public:
  explicit Cli11CommandLine(CLI::App& app) : app_(app) {}
  void positional(std::string const& name, std::string& target, std::string const& help, bool required) override {
    app_.add_option(name, target, help)->required(required);
  }
  void positionals(std::string const& name, std::vector<std::string>& target, std::string const& help, bool required) override {
    app_.add_option(name, target, help)->required(required);
  }
  void option(std::string const& name, std::string& target, std::string const& help) override { add(name, target, help); }
  void option(std::string const& name, double& target, std::string const& help) override { add(name, target, help); }
  void option(std::string const& name, std::int64_t& target, std::string const& help) override { add(name, target, help); }
  void choice(std::string const& name, std::string& target, std::vector<std::string> const& allowed,
              std::string const& help) override {
    add(name, target, help)->check(CLI::IsMember(allowed));
  }
  void flag(std::string const& name, bool& target, std::string const& help) override { app_.add_flag(name, target, help); }
  void example(std::string const& text) override { app_.footer("example: " + text); }

 private:
  template <class Target>
  CLI::Option* add(std::string const& name, Target& target, std::string const& help) {
    return app_.add_option(name, target, help)->capture_default_str();
  }
  CLI::App& app_;
};

std::vector<Command> commands() {
  return {
      // one line per file of src/cli
      init_command(),
      check_command(),
      run_command(),
      match_command(),
      twist_command(),
      planes_command(),
      slab_command(),
      build_command(),
      shift_map_command(),
      energy_command(),
      surface_command(),
      adhesion_command(),
      hull_command(),
      bvse_command(),
      hop_command(),
      md_command(),
      dope_command(),
      sites_command(),
      space_charge_command(),
      status_command(),
      top_command(),
      show_command(),
      export_command(),
      queue_command(),
      deck_command(),
      judge_command(),
      pseudopotentials_command(),
      import_command(),
      stop_command(),
      objectives_command(),
      models_command(),
      serve_command(),
      relax_command(),
      optimize_command(),
      diffusion_command(),
      arrhenius_command(),
      describe_command(),
      predict_command(),
      analyze_command(),
      charge_command(),
      charge_transfer_command(),
      potential_step_command(),
      band_offset_command(),
  };
}

}  // namespace

int report_current_exception() {
  auto const report = [](std::exception const& error, int status) {
    print_message(concat("nacre: ", error.what()));
    return status;
  };
  try {
    throw;
  } catch (Stopped const& error) {
    return report(error, 3);
  } catch (InputError const& error) {
    return report(error, 2);
  } catch (std::exception const& error) {
    return report(error, 1);
  }
}

int run_program(int argc, char** argv) {
  CLI::App app{"Nacre: inverse design of stacks of crystalline membranes", "nacre"};
  app.set_version_flag("--version", NACRE_VERSION);
  app.require_subcommand(1);
  auto const all = commands();
  std::vector<std::function<int()>> actions;
  std::vector<CLI::App*> entries;
  for (auto const& command : all) {
    entries.push_back(app.add_subcommand(command.name, command.summary));
    Cli11CommandLine line(*entries.back());
    actions.push_back(command.declare(line));
  }
  std::vector<std::string> names;
  for (auto const& command : all) names.push_back(command.name);
  if (argc > 1 && argv[1][0] != '-' && std::find(names.begin(), names.end(), argv[1]) == names.end()) {
    print_message(concat("nacre: unknown command '", argv[1], "'", did_you_mean(argv[1], names)));
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (CLI::CallForHelp const& help) {
    return app.exit(help);
  } catch (CLI::CallForAllHelp const& help) {
    return app.exit(help);
  } catch (CLI::CallForVersion const& version) {
    return app.exit(version);
  } catch (CLI::ParseError const& error) {
    auto const used = app.get_subcommands();
    print_message(concat("nacre: ", error.what(), "; see nacre", used.empty() ? "" : " " + used[0]->get_name(), " --help"));
    return 2;
  }
  try {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i]->parsed()) return actions[i]();
    }
    return 2;
  } catch (...) {
    return report_current_exception();
  }
}

}  // namespace nacre
