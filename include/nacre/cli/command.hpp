/// The command line: one file per command in src/cli; CLI11 is seen in cli/program.cpp and nowhere else.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// The whole program. @return 0 done, 1 could not do it, 2 the input is wrong, 3 stopped and can be resumed
NACRE_API int run_program(int argc, char** argv);

/// Prints the message of the exception being handled on standard error. @return its exit status as above
int report_current_exception();

/// How a command file declares itself, without CLI11: options are bound to variables, `run` is called after parsing.
class CommandLine {
 public:
  virtual ~CommandLine() = default;
  virtual void positional(std::string const& name, std::string& target, std::string const& help,
                          bool required = true) = 0;
  virtual void positionals(std::string const& name, std::vector<std::string>& target, std::string const& help,
                           bool required = true) = 0;
  virtual void option(std::string const& name, std::string& target, std::string const& help) = 0;
  virtual void option(std::string const& name, double& target, std::string const& help) = 0;
  virtual void option(std::string const& name, std::int64_t& target, std::string const& help) = 0;
  virtual void choice(std::string const& name, std::string& target, std::vector<std::string> const& allowed,
                      std::string const& help) = 0;
  virtual void flag(std::string const& name, bool& target, std::string const& help) = 0;
  virtual void example(std::string const& text) = 0;
};

struct Command {
  std::string name;
  std::string summary;
  std::function<std::function<int()>(CommandLine&)> declare;  ///< binds options, returns what runs
};

// One function per command file; program.cpp lists them.
Command match_command();
Command planes_command();
Command slab_command();
Command build_command();
Command shift_map_command();
Command energy_command();
Command surface_command();
Command adhesion_command();
Command hull_command();
Command bvse_command();
Command hop_command();
Command md_command();
Command dope_command();
Command sites_command();
Command space_charge_command();
Command relax_command();
Command optimize_command();
Command objectives_command();
Command init_command();
Command check_command();
Command run_command();
Command models_command();
Command serve_command();
Command import_command();
Command stop_command();
Command status_command();
Command top_command();
Command show_command();
Command export_command();
Command queue_command();
Command deck_command();
Command judge_command();
Command pseudopotentials_command();
Command diffusion_command();
Command arrhenius_command();
Command predict_command();
Command describe_command();
Command twist_command();
Command analyze_command();
Command charge_command();
Command charge_transfer_command();
Command potential_step_command();
Command band_offset_command();

}  // namespace nacre
