/// What the objectives of molecular dynamics share: a doped stack and its layers, each alone, at several temperatures
/// and with several arrangements of dopants, as jobs of their own (definitions.md 1, 5, 6, 8). Price 3: about an hour
/// of a core.
///
/// Steps, each a job: `prepare` gives the relaxed stack and its strained layers; `expansion` the thermal expansion of a
/// doped layer's crystal at one temperature; `arrangement` the dopants and vacancies of the stack or of a layer;
/// `trajectory` moves one of these at one temperature from one seed. Later steps get structures and numbers of earlier
/// ones with the job, so that any rank can run it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/score/md_options.hpp"
#include "nacre/score/objective.hpp"
#include "nacre/transport/contact_transport.hpp"

namespace nacre {

enum class MdStep { prepare, expansion, arrangement, trajectory };

/// What a job looks at; the numbers of the layers are those of the stack.
enum class MdSubject { stack = 0, bottom = 1, top = 2 };

/// Trajectories that are wanted.
struct MdRequest {
  std::vector<double> temperatures;  ///< [K]
  bool layers = true;                ///< with the layers alone, which g needs
  int repeats = 0;                   ///< more of each layer
};

/// Shorter trajectories have no lags to fit: blocks of twice the shortest window, 5 to 5.9 ps.
inline constexpr double least_md_production_ps = 60.0;

/// The jobs for what is wanted that can run now and have no result; numbered on from the results. None: all of them
/// have one, or wait for one that has no value.
NACRE_API std::vector<Job> md_next(Candidate const& candidate, std::span<MdRequest const> wanted,
                                   std::span<JobResult const> results, MdTierOptions const& options = {});
/// Of all jobs for a request [edges], from the descriptors of a design.
NACRE_API double expected_md_work(Candidate const& candidate, MdRequest const& wanted,
                                  MdTierOptions const& options = {});
/// Whether a candidate can be measured; a code and a sentence if not.
NACRE_API std::string md_refusal(Candidate const& candidate, Potential const& potential);
/// The estimate of a trajectory is the mean in-plane tracer conductivity [S/cm]; everything that `md_transport` needs is
/// in the values.
NACRE_API JobResult run_md_job(Job const& job, Context& context, MdTierOptions const& options = {});

/// What a trajectory begins with.
struct MdBeginning {
  Crystal crystal;
  std::vector<int> layer;
};
NACRE_API MdBeginning md_start(Job const& trajectory);

/// g, dS and dR of the results at one temperature and number of repeats, over arrangements. Of jobs that broke (an
/// exception, a worker that died) their arrangement is left out, as long as two are left.
struct MdTransport {
  Conduction in_plane;         ///< mean of g along x and y
  ContactTransport transport;  ///< each over arrangements
  Conduction stress;           ///< mean in-plane one of the stack [GPa], + = tension
  Conduction exchange;         ///< conductance of a contact from committed crossings [S/m^2]
  int arrangements = 0;        ///< that have a say
  int left_out = 0;
};
NACRE_API MdTransport md_transport(std::span<JobResult const> results, double temperature, int repeats);
/// log10 of the mean in-plane conductivity of the stack [S/cm], over arrangements.
NACRE_API Conduction md_log_conductivity(std::span<JobResult const> results, double temperature);

}  // namespace nacre
