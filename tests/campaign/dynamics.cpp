// A campaign of molecular dynamics in seconds: jobs on any rank, killed inside a trajectory, one result.
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

/// Ceria on zirconia, cut short in every way: few atoms, a short range, picoseconds.
void make_campaign(fs::path const& folder, std::string const& dynamics = "production_ps = 1\n") {
  fs::create_directories(folder);
  auto const structures = (test::source_folder() / "runs/oxide_membranes/structures").string();
  auto const material = [&](char const* name, char const* dopant, char const* site) {
    return concat("[[material]]\nname = \"", name, "\"\nfile = \"", structures, "/", name,
                  ".cif\"\nplanes = [[1, 1, 1]]\nrepeats = 1\n[material.carrier]\ndopant = \"", dopant, "\"\nsite = \"", site,
                  "\"\nfraction = 0.5\n");
  };
  write_file(folder / "campaign.toml",
             "[campaign]\nseed = 5\n[run]\nbudget = 1\nslots = 2\n[search]\nengine = \"random\"\nscreen = 0\n[stacks]\ngeometry = "
             "\"superlattice\"\nmax_area = 30\nmax_strain = 0.07\nmax_atoms = 40\nthickness_test = false\n" +
                 material("CeO2", "Gd", "Ce") + material("ZrO2", "Y", "Zr") +
                 "[potential]\nmodel = \"rigid-ion:grimes\"\ncutoff = 5\nfmax = 0.1\nmax_steps = 60\nstart_shifts = 1\nstart_gaps "
                 "= 1\nrattle = 0\n[dynamics]\ntemperatures = [1500]\ncell_ps = 0.3\nequilibration_ps = 0.1\naccuracy = "
                 "1e-3\nleast_width = 5\ncheckpoint_s = 0\n" +
                 dynamics + "[[objective]]\nname = \"log10_conductivity\"\n");
}

test::ProcessResult run_campaign_in(fs::path const& folder, std::string const& before = {}, int ranks = 1) {
  auto const launcher = ranks > 1 ? "mpirun -n " + std::to_string(ranks) + " " : std::string();
  return test::run_command(before + " " + launcher + test::nacre_program() + " run --quiet " + folder.string());
}

struct Everything {
  std::string hash, jobs;
};

Everything result_of(fs::path const& folder) {
  auto const status = test::run_command(test::nacre_program() + " status --json " + folder.string());
  auto const document = Value::parse_json(status.out, "status");
  EXPECT_EQ(document.at("state").as_string(), "finished");
  auto const jobs = test::run_command("/usr/bin/python3 -c \"import sqlite3; c = sqlite3.connect('" +
                                      (folder / "published/campaign.db").string() +
                                      "'); print(*c.execute('SELECT proposal, number, key, status, reason, value, work FROM jobs "
                                      "ORDER BY proposal, number'), sep=chr(10))\"");
  EXPECT_FALSE(fs::exists(folder / "jobs")) << "checkpoints are left";
  return {document.at("journal_hash").as_string(), jobs.out};
}

Everything const& undisturbed() {
  static Everything const result = [] {
    static test::TemporaryFolder const folder;
    make_campaign(folder.path() / "c");
    auto const run = run_campaign_in(folder.path() / "c");
    EXPECT_EQ(run.status, 0) << run.err;
    return result_of(folder.path() / "c");
  }();
  return result;
}

TEST(CampaignDynamics, runs_every_trajectory_as_a_job_and_says_that_it_is_too_short) {
  auto const& jobs = undisturbed().jobs;

  for (auto const* key : {"expansion at 1500 K of layer 1", "arrangement 2 of stack", "1500 K, stack, arrangement 2, seed 0"})
    EXPECT_NE(jobs.find(key), std::string::npos) << key << "\n" << jobs;
  EXPECT_NE(jobs.find("'refused', 'blocks_too_short"), std::string::npos) << jobs;
}

TEST(CampaignDynamics, runs_the_reference_rows_too) {
  EXPECT_NE(undisturbed().jobs.find("(-2, 6, 'md 1500 K, stack"), std::string::npos) << undisturbed().jobs;
}

TEST(CampaignDynamics, gives_the_same_on_two_ranks) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");

  auto const run = run_campaign_in(folder.path() / "c", {}, 2);

  ASSERT_EQ(run.status, 0) << run.err;
  auto const result = result_of(folder.path() / "c");
  EXPECT_EQ(result.hash, undisturbed().hash);
  EXPECT_EQ(result.jobs, undisturbed().jobs);
}

TEST(CampaignDynamics, goes_on_from_the_checkpoint_of_a_trajectory_to_the_same_bits) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");

  auto const killed = run_campaign_in(folder.path() / "c", "NACRE_DIE_AT=md_checkpoint:30");
  bool const has_checkpoint = fs::exists(folder.path() / "c/jobs");
  auto const resumed = run_campaign_in(folder.path() / "c");

  EXPECT_NE(killed.status, 0) << "it did not die";
  EXPECT_TRUE(has_checkpoint);
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  auto const result = result_of(folder.path() / "c");
  EXPECT_EQ(result.hash, undisturbed().hash);
  EXPECT_EQ(result.jobs, undisturbed().jobs);
}

TEST(CampaignDynamics, runs_a_design_by_itself) {
  test::TemporaryFolder const folder;
  make_campaign(folder.path() / "c");
  ASSERT_EQ(run_campaign_in(folder.path() / "c").status, 0);
  auto const md = test::nacre_program() + " md " + (folder.path() / "c").string() + " --temperature 1500 --ps 0.2 --timestep-fs 2" +
                  " --equilibrate-ps 0.1 --pressure-GPa 0 --cell-ps 0.2 --json";

  auto const none = test::run_command(md);
  auto const db = (folder.path() / "c/published/campaign.db").string();
  auto const id = trim(test::run_command("/usr/bin/python3 -c \"import sqlite3; print(sqlite3.connect('" + db +
                                         "').execute('SELECT design FROM evaluated_designs WHERE proposal = 0').fetchone()[0])\"")
                           .out);
  auto const run = test::run_command(md + " --design " + id);

  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("nothing is ranked"), std::string::npos) << none.err;
  ASSERT_EQ(run.status, 0) << run.err;
  auto const document = Value::parse_json(run.out, "md");
  EXPECT_EQ(document.at("design").as_string(), id);
  EXPECT_EQ(document.at("barostat").as_string(), "normal");
  EXPECT_EQ(document.at("status").as_string(), "ok") << run.out;
}

TEST(CampaignDynamics, refuses_settings_that_make_no_sense) {
  auto const message = [](std::string const& dynamics) {
    test::TemporaryFolder const folder;
    make_campaign(folder.path() / "c", dynamics);
    auto const run = test::run_command(test::nacre_program() + " check " + (folder.path() / "c").string());
    EXPECT_EQ(run.status, 2) << dynamics;
    return run.err;
  };

  EXPECT_NE(message("arrangements = 2\n").find("invalid arrangements = 2"), std::string::npos);
  EXPECT_NE(message("protocol = \"frozen\"\n").find("did you mean 'frozen_random'"), std::string::npos);
  EXPECT_NE(message("rank_temperature = 1400\n").find("none of `temperatures`"), std::string::npos);
  EXPECT_NE(message("production_ps = 0\n").find("production_ps"), std::string::npos);
}

}  // namespace
}  // namespace nacre
