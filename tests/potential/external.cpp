/// Models in other programs: our own program as the peer gives what the model itself gives; peers that go wrong are
/// told from each other, leave no process and no file behind.
#include "nacre/potential/external.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using testing::HasSubstr;

/// A few atoms in a skewed, left-handed cell.
Crystal skewed() {
  Crystal crystal;
  crystal.lattice << 0.7, 4.1, -0.3, 3.9, 0.0, 0.5, 0.0, 0.2, 5.2;
  crystal.positions.resize(3, 3);
  crystal.positions << 0.1, 2.2, -3.0, 0.2, 1.7, 9.1, 0.0, 2.9, 1.3;
  crystal.numbers = {1, 8, 8};
  return crystal;
}

Crystal dimer() {
  Crystal crystal;
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 2);
  crystal.positions.col(1) << 1.1, 2.0, -0.3;
  crystal.numbers = {8, 1};
  crystal.periodic = {false, false, false};
  return crystal;
}

constexpr char const* inner_model = "lj:0.1,2.2,4.5";

std::string peer_script(std::string const& name) {
  return (test::source_folder() / "tests/potential/peers" / name).string();
}

std::string exec_of(std::string const& fault, std::string const& rest = {}) {
  return concat("exec:/usr/bin/python3 ", peer_script("faulty_exec.py"), " \"", fault, "\" ", rest);
}

std::string exec_of_nacre() { return concat("exec:", test::nacre_program(), " serve --lines --model ", inner_model); }

/// Settings files for tests.
class External : public testing::Test {
 protected:
  std::string settings(std::string const& kind, std::string const& lines) const {
    auto const file = folder_.path() / concat("settings", count_++, ".toml");
    std::ofstream(file) << "name = \"a test\"\nstart_timeout_s = 60\ntimeout_s = 60\n" << lines;
    return kind + ":" + file.string();
  }
  std::string socket_of_nacre(std::string const& more = {}) const {
    return settings("socket",
                    concat("command = [\"", test::nacre_program(), "\", \"serve\", \"{structure}\", \"--model\", \"",
                           inner_model, "\", ", more.empty() ? "\"--unix\", \"{socket}\"]\n" : more));
  }
  std::string faulty_socket(std::string const& fault, std::string const& lines = {}) const {
    return settings("socket", concat("command = [\"/usr/bin/python3\", \"", peer_script("faulty_ipi.py"), "\", \"",
                                     fault, "\", \"{file}\"]\n", lines));
  }
  std::filesystem::path file(std::string const& name) const { return folder_.path() / name; }

 private:
  test::TemporaryFolder folder_;
  mutable int count_ = 0;
};

/// What is said when the model is made or asked.
std::string complaint(std::string const& model, Crystal const& crystal = dimer()) {
  try {
    make_potential(model)->evaluate(crystal);
  } catch (Error const& error) {
    return error.what();
  }
  return "evaluated";
}

void expect_what_the_model_gives(Potential const& peer, double tolerance) {
  auto const model = make_potential(inner_model);
  for (auto const& crystal : {skewed(), dimer(), supercell(skewed(), {2, 1, 1})}) {
    auto const expected = model->evaluate(crystal), found = peer.evaluate(crystal);
    EXPECT_NEAR(found.energy, expected.energy, tolerance);
    EXPECT_LT((found.forces - expected.forces).cwiseAbs().maxCoeff(), tolerance);
    ASSERT_EQ(found.stress.has_value(), expected.stress.has_value());
    if (found.stress.has_value()) {
      EXPECT_LT((*found.stress - *expected.stress).cwiseAbs().maxCoeff(), tolerance);
    }
  }
}

TEST_F(External, lines_carry_every_bit) {
  auto const peer = make_potential(exec_of_nacre());

  expect_what_the_model_gives(*peer, std::numeric_limits<double>::min());
  EXPECT_EQ(peer->cutoff(), 4.5);
  EXPECT_EQ(peer->evaluate(skewed()).edges, make_potential(inner_model)->evaluate(skewed()).edges);
  EXPECT_EQ(peer->evaluate(skewed()).atom_energies, make_potential(inner_model)->evaluate(skewed()).atom_energies);
  EXPECT_EQ(peer->about().at("kind").as_string(), "exec");
}

TEST_F(External, socket_carries_all_but_rounding) {
  // bohr and hartree and back, and a cell turned to a triangle: some roundings of forces near 1 eV/A
  expect_what_the_model_gives(*make_potential(socket_of_nacre()), 1e-12);
  auto const port =
      settings("socket", concat("address = \"inet:0\"\nelements = [\"H\", \"O\"]\ncommand = \"", test::nacre_program(),
                                " serve {structure} --port {port} --model ", inner_model, "\"\n"));
  expect_what_the_model_gives(*make_potential(port), 1e-12);
}

TEST_F(External, peers_conform_to_what_holds_for_every_potential) {
  test::PotentialTolerances const tolerance{1e-4, 1e-6, 1e-7, 1e-11};
  for (auto const& name : {exec_of_nacre(), socket_of_nacre()}) {
    auto const peer = make_potential(name);
    test::expect_forces_are_derivatives(*peer, skewed(), tolerance);
    test::expect_symmetries(*peer, skewed(), tolerance);
    test::expect_bookkeeping(*peer, skewed());
  }
}

TEST_F(External, identity_is_that_of_statement_command_and_probe) {
  auto const of = [](std::string const& model) { return make_potential(model)->identity(); };
  auto const plain = "elements = [\"H\", \"O\"]\n";

  EXPECT_EQ(of(exec_of("none")), of(exec_of("none")));
  EXPECT_NE(of(exec_of("none")), of(exec_of("none", "more")));
  EXPECT_EQ(of(faulty_socket("none", plain)), of(faulty_socket("none", plain)));
  EXPECT_NE(of(faulty_socket("none", plain)), of(faulty_socket("none", "elements = [\"H\"]\n")));
  // of one statement and one command, told by the energy of the probe structure
  std::ofstream(file("depth")) << "0.1";
  auto const deep = settings(
      "exec", concat("command = ['sh', '-c', '", test::nacre_program(), " serve --lines --model lj:$(cat ",
                     file("depth").string(), "),2.2,4.5 | sed -u \"s/name=[^\\\"]*\\\"[^\\\"]*\\\"/name=x/\"']\n"));
  auto const before = of(deep);
  EXPECT_EQ(of(deep), before);
  std::ofstream(file("depth")) << "0.2";
  EXPECT_NE(of(deep), before);
}

TEST_F(External, faults_of_a_program_are_told_apart) {
  auto const message = [&](std::string const& fault) { return complaint(exec_of(fault)); };

  EXPECT_EQ(message("none"), "evaluated");
  EXPECT_THAT(message("dies at start"),
              testing::AllOf(HasSubstr("ended with status 1"), HasSubstr("no such model file 'best.pt'")));
  EXPECT_THAT(message("version"), HasSubstr("speaks version '7' of the protocol; this Nacre speaks version 1"));
  EXPECT_THAT(message("dies"),
              testing::AllOf(HasSubstr("closed the connection"), HasSubstr("last words: out of memory")));
  EXPECT_THAT(message("killed"), HasSubstr("ended with status 137"));
  EXPECT_THAT(message("nan"), HasSubstr("an energy that is no number"));
  EXPECT_THAT(message("infinite force"), HasSubstr("forces that are no numbers"));
  EXPECT_THAT(message("atoms"), HasSubstr("gave 9 atoms (8 were asked for)"));  // of the probe structure
  EXPECT_THAT(message("elements"), HasSubstr("other elements"));
  EXPECT_THAT(message("garbage"), HasSubstr("sent 'Traceback: something went wrong'"));
  EXPECT_THAT(message("no energy"), HasSubstr("no 'energy'"));
  EXPECT_THAT(message("half"), HasSubstr("closed the connection"));
  EXPECT_THAT(complaint("exec:/no/such/program"), HasSubstr("'/no/such/program'"));
  EXPECT_THAT(complaint("exec:"), HasSubstr("names no command"));
  EXPECT_THAT(complaint("exec:python3 'x"), HasSubstr("missing closing quote"));
  EXPECT_THAT(complaint("exec:true"), HasSubstr("closed the connection"));
}

TEST_F(External, program_that_hangs_is_given_up) {
  auto const command = [&](char const* fault) {
    return concat("command = [\"/usr/bin/python3\", \"", peer_script("faulty_exec.py"), "\", \"", fault, "\"]\n");
  };
  auto const short_time = "timeout_s = 0.3\nstart_timeout_s = 0.3\n";
  auto const file_of = [&](std::string const& lines) {
    auto const path = file("short.toml");
    std::ofstream(path) << "name = \"a test\"\n" << lines;
    return "exec:" + path.string();
  };

  EXPECT_THAT(complaint(file_of(command("silent") + short_time)),
              HasSubstr("did not say 'nacre-exec 1' on its standard output within 0.3 s"));
  EXPECT_THAT(complaint(file_of(command("hangs") + "timeout_s = 0.3\n")), HasSubstr("did not answer in time"));
  std::ofstream(file("absent.toml")) << "name = \"a test\"\nstart_timeout_s = 0.3\ncommand = \"sleep 60\"\n";
  EXPECT_THAT(complaint("socket:" + file("absent.toml").string()), HasSubstr("did not connect to the UNIX socket"));
}

TEST_F(External, structure_that_a_peer_refuses_is_refused_and_the_peer_goes_on) {
  auto const model = make_potential(settings("exec", concat("probe = \"none\"\ncommand = [\"/usr/bin/python3\", \"",
                                                            peer_script("faulty_exec.py"), "\", \"refuses\"]\n")));
  auto hydrogen = dimer();
  hydrogen.numbers = {1, 1};
  auto unknown = dimer();
  unknown.numbers = {1, 92};
  std::vector<Crystal> const crystals{dimer(), hydrogen, unknown};
  auto const results = model->evaluate_many(crystals, 2);

  EXPECT_THAT(results[0].refusal, HasSubstr("no oxygen today"));
  EXPECT_EQ(results[1].refusal, "");
  EXPECT_EQ(results[1].evaluation.energy, 1.5);
  EXPECT_THAT(results[2].refusal, HasSubstr("does not know the element 'U'"));
  EXPECT_EQ(model->elements(), (std::vector<int>{1, 8}));
}

TEST_F(External, program_that_died_is_started_again_for_the_next_structure) {
  auto const marker = file("died").string();
  auto const model =
      make_potential(settings("exec", concat("probe = \"none\"\ncommand = [\"/usr/bin/python3\", \"",
                                             peer_script("faulty_exec.py"), "\", \"dies\", \"", marker, "\"]\n")));

  EXPECT_THROW(model->evaluate(dimer()), Error);
  EXPECT_EQ(model->evaluate(dimer()).energy, 1.5);
}

TEST_F(External, faults_of_a_socket_client_are_told_apart) {
  auto const message = [&](std::string const& fault) { return complaint(faulty_socket(fault)); };

  EXPECT_EQ(message("none"), "evaluated");
  EXPECT_EQ(message("needs init"), "evaluated");
  EXPECT_THAT(message("dies at start"), testing::AllOf(HasSubstr("status 1"), HasSubstr("no such input file")));
  EXPECT_THAT(message("dies"),
              testing::AllOf(HasSubstr("closed the connection"), HasSubstr("segmentation fault of a kind")));
  EXPECT_THAT(message("killed"), HasSubstr("status 137"));
  EXPECT_THAT(message("nan"), HasSubstr("an energy that is no number"));
  EXPECT_THAT(message("atoms"), HasSubstr("gave forces of 3 atoms (2 were asked for)"));
  EXPECT_THAT(message("protocol"), HasSubstr("said 'HTTP/1.1 200' where 'READY' was due"));
  EXPECT_THAT(message("extras"), HasSubstr("announced -5 bytes"));
}

TEST_F(External, leaves_no_process_and_no_file) {
  for (auto const* fault : {"none", "hangs"}) {
    auto const path = file("short.toml");
    std::ofstream(path) << "name = \"a test\"\ntimeout_s = 0.3\naddress = \"unix:" << file("place").string()
                        << "\"\ncommand = [\"/usr/bin/python3\", \"" << peer_script("faulty_ipi.py") << "\", \""
                        << fault << "\", \"{file}\"]\n";
    complaint("socket:" + path.string());

    EXPECT_FALSE(std::filesystem::exists(file("place"))) << fault;
    EXPECT_EQ(test::run_command(concat("pgrep -f -- ", file("plac").string(), "[e]")).out, "") << fault;
  }
}

TEST_F(External, file_of_a_dead_listener_is_taken_over_and_that_of_a_living_one_is_not) {
  auto const place = file("place");
  test::run_command(concat("/usr/bin/python3 -c \"import socket; s = socket.socket(socket.AF_UNIX); s.bind('",
                           place.string(), "')\""));
  ASSERT_TRUE(std::filesystem::exists(place));
  auto const listener = Listener::at_file(place);

  EXPECT_THROW(Listener::at_file(place), Error);
  EXPECT_TRUE(std::filesystem::exists(place));
}

TEST_F(External, settings_that_make_no_sense_are_refused_by_line) {
  EXPECT_THAT(complaint(settings("exec", "comand = \"x\"\n")),
              testing::AllOf(HasSubstr("line 4"), HasSubstr("did you mean 'command'")));
  EXPECT_THAT(complaint(settings("socket", "address = \"tcp:5\"\n")), HasSubstr("cannot read the address 'tcp:5'"));
  EXPECT_THAT(complaint(settings("socket", "cutoff_A = -3\n")), HasSubstr("must be positive"));
  EXPECT_THAT(complaint(settings("socket", "elements = [\"Xx\"]\n")), HasSubstr("'Xx'"));
  EXPECT_THAT(complaint("socket:inet:70000"), HasSubstr("cannot read the address"));
  EXPECT_THAT(complaint("socket:/no/such.toml"), HasSubstr("/no/such.toml"));
}

TEST_F(External, server_that_asks_for_other_atoms_is_told_so) {
  auto const structure = file("one.extxyz");
  std::ofstream(structure) << "1\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3\nH 0 0 0\n";
  auto const said = complaint(
      settings("socket", concat("command = [\"", test::nacre_program(), "\", \"serve\", \"", structure.string(),
                                "\", \"--model\", \"lj:1,2\", \"--unix\", \"{socket}\"]\n")));

  EXPECT_THAT(said, testing::AllOf(HasSubstr("closed the connection"),
                                   HasSubstr("the server asks for 2 atoms, the structure given has 1")));
}

}  // namespace
}  // namespace nacre
