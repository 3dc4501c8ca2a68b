// The section [dft]: where and when calculations run; its tables [dft.local], [dft.slurm] and [dft.generic].
#include "config_table.hpp"

namespace nacre::config {

using C = CampaignConfig;

Table<C::Queue> const& queue_table() {
  using Q = C::Queue;
  static Table<Q> const table{
      key("executor", &Q::executor, one_of({"local", "slurm", "generic", "replay"}), "",
          "where calculations run: this host, Slurm, the commands of [dft.generic]; replay: labels from a file"),
      key("kind", &Q::kind, one_of({"scf", "relax"}), "",
          "of a candidate: a single point at the geometry of the potential tier, or a relaxation"),
      key("explore", &Q::explore, Rule{false, 0.0, 1.0, false, {}}, "",
          "share of `top` (rounded down) that is drawn at random among the others, so that errors of the cheap tier "
          "show"),
      key("references", &Q::references, any(), "",
          "bulks and single layers, too, so that energies of the contact exist"),
      key("correct", &Q::correct, any(), "",
          "labels correct the values of the cheaper tiers, and so move the search (docs/dft_queue.md)"),
      key("static", &Q::static_after, any(), "",
          "after each relaxation a static calculation at its geometry, with static_kpoint_density"),
      key("fixed_layers", &Q::fixed_layers, at_least(1), "",
          "layers whose atoms stay where they are in relaxations: [1] is the lower one"),
      key("max_atoms", &Q::max_atoms, at_least(2), "atoms", "largest stack that is calculated itself"),
      key("proxy", &Q::proxy, any(), "",
          "larger stacks are stood for by untwisted cells with their planes and terminations at the high-symmetry shifts "
          "of the contact, marked as proxies everywhere; else they are left out"),
      key("hops", &Q::hops, at_least(0), "",
          "of each candidate: first the one that limits the way along its contact, then those of its strained layers; "
          "both ends and the saddle as frozen single points. Needs an objective of hops"),
      key("band", &Q::band, any(), "", "also the climbing-image elastic band of each of these hops"),
      key("biased_above", &Q::biased_above, inside(0, 1), "",
          "a family of candidates of which a larger share has no value is marked biased"),
      key("max_jobs", &Q::max_jobs, at_least(1), "", "with the scheduler, or running here, at a time"),
      key("cores", &Q::cores, at_least(1), "", "of one calculation"),
      key("walltime_min", &Q::walltime_min, above(0), "min",
          "limit of one calculation; the code stops itself before it"),
      key("max_core_hours", &Q::max_core_hours, at_least(0), "h", "asked for by jobs that are not over; 0: no limit"),
      key("budget_core_hours", &Q::budget_core_hours, at_least(0), "h",
          "spent and asked for in all; what would pass it waits; 0: no limit"),
      key("stall_min", &Q::stall_min, at_least(0), "min",
          "a calculation that writes nothing for so long is ended; 0: never"),
      key("unknown_min", &Q::unknown_min, at_least(0), "min",
          "a job that the scheduler does not know is given up so long after its last sign of life"),
      key("settle_s", &Q::settle_s, at_least(0), "s",
          "files of another host may show up so long after the end of a job"),
      key("retry_wait_s", &Q::retry_wait_s, at_least(0), "s",
          "before a calculation runs again after a failure of the machine; doubles each time"),
      key("poll_s", &Q::poll_s, above(0), "s", "between two looks of nacre queue work"),
      key("replay", &Q::replay, any(), "",
          "of executor replay: file with one label per line and the proposal it follows"),
  };
  return table;
}

Table<C::Launch> const& launch_table() {
  using L = C::Launch;
  static Table<L> const table{
      key("prologue", &L::prologue, any(), "", "lines of a shell before the program: \"module load espresso\""),
      key("command", &L::command, any(), "",
          "how the program is started: \"srun --mpi=pmix {command}\", \"mpirun -n {cores} {command}\""),
      key("scratch", &L::scratch, any(), "", "folder on the node to run in: \"$TMPDIR\"; without it the attempt's own"),
      key("copy_back", &L::copy_back, any(), "",
          "patterns of files that come back from scratch; without it what the reader of the outputs needs"),
  };
  return table;
}

Table<dft::SlurmOptions> const& slurm_table() {
  using S = dft::SlurmOptions;
  static Table<S> const table{
      key("account", &S::account, any(), "", "as sbatch takes it"),
      key("partition", &S::partition, any(), "", "as sbatch takes it"),
      key("qos", &S::qos, any(), "", "as sbatch takes it"),
      key("constraint", &S::constraint, any(), "", "as sbatch takes it"),
      key("nodes", &S::nodes, at_least(1), "", "of one calculation"),
      key("memory_MB", &S::memory_MB, at_least(0), "MB",
          "per node of one calculation; 0: the default of the partition"),
      key("extra", &S::extra, any(), "", "further options of sbatch: \"--gres=gpu:1\""),
      key("answer_s", &S::answer_s, above(0), "s", "a command of Slurm that takes longer counts as unreachable"),
  };
  return table;
}

Table<dft::GenericOptions> const& generic_table() {
  using G = dft::GenericOptions;
  static Table<G> const table{
      key("submit", &G::submit, any(), "",
          "prints the job's number as the last word of its first line: \"qsub {script}\""),
      key("status", &G::status, any(), "",
          "prints something about job {id}, or fails if there is none: \"qstat {id}\""),
      key("cancel", &G::cancel, any(), "", "\"qdel {id}\""),
      key("find", &G::find, any(), "", "prints the number of the job called {name}, for submissions without an answer"),
      key("pending", &G::pending, any(), "", "expression that the answer about a waiting job matches; looked at first"),
      key("ended", &G::ended, any(), "", "expression for one that has ended; any other answer: it runs"),
      key("header", &G::header, any(), "", "lines at the top of job.sh: \"#PBS -l walltime={hours}\""),
      key("answer_s", &G::answer_s, above(0), "s",
          "a command that takes longer counts as unreachable, as exit status 255"),
  };
  return table;
}

}  // namespace nacre::config
