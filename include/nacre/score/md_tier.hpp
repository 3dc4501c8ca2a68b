/// What the objectives of molecular dynamics share: a doped stack and its layers, each alone, at several temperatures
/// and with several arrangements of dopants, as jobs of their own (definitions.md 1, 5, 6, 8). Price 3: about an hour
/// of a core.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/score/objective.hpp"
#include "nacre/transport/contact_transport.hpp"

namespace nacre {

struct MdTierOptions {
  std::vector<double> temperatures{1300.0, 1500.0, 1800.0};  ///< [K]
  double rank_temperature = 1500.0;                          ///< where the value is measured [K]
  int arrangements = 3;
  double cell_ps = 10.0, equilibration_ps = 5.0, production_ps = 100.0;
  double timestep_ps = 0.002;
  double accuracy = 1e-4;     ///< of Coulomb forces
  double least_width = 10.0;  ///< of the cell in plane [Å]
};

/// What one job looks at.
enum class MdSubject { stack = 0, bottom = 1, top = 2 };

/// @param layers  with the layers alone, which g needs
/// @param repeats more of each layer
NACRE_API std::vector<Job> md_jobs(Candidate const& candidate, std::vector<double> const& temperatures, bool layers,
                                   int repeats, MdTierOptions const& options = {});
/// Whether a candidate can be measured; a code and a sentence if not.
NACRE_API std::string md_refusal(Candidate const& candidate, Potential const& potential);
/// The estimate is the mean in-plane tracer conductivity [S/cm]; everything that `md_transport` needs is in the values.
NACRE_API JobResult run_md_job(Job const& job, Context& context, MdTierOptions const& options = {});

/// g, dS and dR of the results at one temperature and number of repeats, over arrangements.
struct MdTransport {
  Conduction in_plane;         ///< mean of g along x and y
  ContactTransport transport;  ///< each over arrangements
};
NACRE_API MdTransport md_transport(std::span<JobResult const> results, double temperature, int repeats);
/// log10 of the mean in-plane conductivity of the stack [S/cm], over arrangements.
NACRE_API Conduction md_log_conductivity(std::span<JobResult const> results, double temperature);

}  // namespace nacre
