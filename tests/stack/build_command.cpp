// nacre build and nacre shift-map: the JSON interface, files, refusals.
#include <filesystem>
#include <fstream>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class Build : public testing::Test {
 protected:
  void SetUp() override {
    write("SrTiO3.vasp", to_poscar(test::strontium_titanate()));
    write("MgO.vasp", to_poscar(test::magnesia()));
    write("CeO2.vasp", to_poscar(test::ceria()));
  }
  void write(std::string const& name, std::string const& text) const { std::ofstream(folder_.path() / name) << text; }
  test::ProcessResult run(std::string const& arguments) const {
    return test::run_command("cd " + folder_.path().string() + " && " + test::nacre_program() + " " + arguments);
  }
  Value json(std::string const& arguments) const {
    auto const result = run(arguments + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "standard output");
  }
  std::string refusal(std::string const& arguments) const {
    auto const result = run(arguments);
    EXPECT_EQ(result.status, 2) << result.out;
    EXPECT_EQ(result.out, "");
    return result.err;
  }
  std::filesystem::path path(std::string const& name) const { return folder_.path() / name; }
  test::TemporaryFolder folder_;
};

TEST_F(Build, writes_three_layers_with_their_columns) {
  auto const document = json(
      "build SrTiO3.vasp MgO.vasp SrTiO3.vasp --repeats 1/2/1 --max-strain 0.09 --shifts 0.5,0/0.25,0.5 -o stack.extxyz "
      "--picture stack.svg");

  EXPECT_EQ(document.at("status").as_string(), "ok");
  EXPECT_EQ(document.at("n_atoms").as_integer(), document.at("n_atoms_predicted").as_integer());
  EXPECT_EQ(document.at("layers").size(), 3u);
  EXPECT_EQ(document.at("contacts").size(), 2u);
  EXPECT_EQ(document.at("id").as_string().size(), 32u);
  auto const frames = read_extxyz(path("stack.extxyz"));
  ASSERT_EQ(frames.size(), 1u);
  auto const& layer = frames[0].columns.at("layer");
  EXPECT_EQ(layer.cols(), document.at("n_atoms").as_integer());
  EXPECT_EQ(layer.minCoeff(), 1.0);
  EXPECT_EQ(layer.maxCoeff(), 3.0);
  EXPECT_EQ(frames[0].columns.at("plane").maxCoeff(), 5.0) << "two planes in every layer";
  EXPECT_TRUE(read_file(path("stack.svg")).starts_with("<svg"));
}

TEST_F(Build, gives_the_same_bytes_again) {
  std::string const stack = "build SrTiO3.vasp MgO.vasp --max-strain 0.09 ";
  run(stack + "-o a.cif --picture a.svg");
  run(stack + "-o b.cif --picture b.svg");

  EXPECT_EQ(read_file(path("a.cif")), read_file(path("b.cif")));
  EXPECT_EQ(read_file(path("a.svg")), read_file(path("b.svg")));
}

TEST_F(Build, reads_a_stack_file_as_it_reads_options) {
  write("stack.toml",
        "max_strain = 0.09\ngeometry = \"superlattice\"\n[[layer]]\nfile = \"SrTiO3.vasp\"\ntermination = \"SrO\"\n"
        "strain_weight = 1\n[[layer]]\nfile = \"MgO.vasp\"\nrepeats = 2\nstrain_weight = 0\n[[contact]]\nshift = [0.5, "
        "0.25]\ngap = 2.2\n[closing]\ngap = 2.4\n");

  auto const from_file = json("build stack.toml");
  auto const from_options = json(
      "build SrTiO3.vasp MgO.vasp --repeats 1/2 --terminations SrO/0 --strain-weights 1/0 --max-strain 0.09 "
      "--shifts 0.5,0.25 --gaps 2.2 --superlattice --closing-gap 2.4");

  EXPECT_EQ(from_file.dump(), from_options.dump());
  auto const& strains = from_file.at("layers").as_array()[0].at("principal_strains").as_array();
  EXPECT_EQ(strains[0].as_number(), 0.0) << "all strain is in the other layer";
  EXPECT_EQ(from_file.at("contacts").size(), 2u);
}

TEST_F(Build, snaps_a_twist_and_says_by_how_much) {
  auto const document = json("build MgO.vasp MgO.vasp --twists 37");
  auto const& contact = document.at("contacts").as_array()[0];

  EXPECT_NEAR(contact.at("twist_deg").as_number(), 36.869898, 1e-5);
  EXPECT_NEAR(contact.at("twist_off_deg").as_number(), -0.130102, 1e-5);
  auto const turned = json("build MgO.vasp MgO.vasp --twists -53.1301");  // the same by the fourfold axis
  EXPECT_NEAR(turned.at("contacts").as_array()[0].at("twist_off_deg").as_number(), 0.0, 1e-4);
}

TEST_F(Build, takes_matrices) {
  auto const document = json("build MgO.vasp MgO.vasp --matrices 2,1,-1,2:2,-1,1,2 --gaps 2.1");

  EXPECT_EQ(document.at("layers").as_array()[0].at("n_cells").as_integer(), 5);
  EXPECT_NE(refusal("build MgO.vasp MgO.vasp --matrices 2,1,-1,2:1,2,2,-1").find("mirror image"), std::string::npos);
}

TEST_F(Build, refuses_overlaps_without_writing) {
  auto const document = json("build MgO.vasp MgO.vasp --gaps 0.8 -o overlap.extxyz");

  EXPECT_EQ(document.at("status").as_string(), "refused");
  EXPECT_NE(document.at("reason").as_string().find("overlap of "), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("overlap.extxyz")));
  EXPECT_EQ(json("build MgO.vasp MgO.vasp --gaps 0.8 --allow-overlap -o overlap.extxyz").at("status").as_string(), "ok");
  EXPECT_TRUE(std::filesystem::exists(path("overlap.extxyz")));
}

TEST_F(Build, refuses_what_is_wrong_with_its_place) {
  write("empty.toml", "");
  write("typo.toml", "[[layer]]\nfile = \"MgO.vasp\"\nplain = [0, 0, 1]\n[[layer]]\nfile = \"MgO.vasp\"\n");

  EXPECT_NE(refusal("build MgO.vasp").find("one crystal is no stack"), std::string::npos);
  EXPECT_NE(refusal("build empty.toml").find("layer"), std::string::npos);
  EXPECT_NE(refusal("build typo.toml").find("did you mean 'plane'"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp missing.vasp").find("missing.vasp"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp MgO.vasp --planes 0,0").find("--planes"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp MgO.vasp --shifts 0.1,nan").find("finite"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp MgO.vasp --gaps -2").find("positive"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp MgO.vasp --terminations Xx").find("known: 0 = MgO-MgO"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp CeO2.vasp --max-area 15").find("no match"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp MgO.vasp -o stack.pdb").find("unknown format"), std::string::npos);
  EXPECT_NE(refusal("build MgO.vasp MgO.vasp --max-atoms 3").find("would have 4 atoms"), std::string::npos);
}

TEST_F(Build, slides_and_counts_what_differs) {
  auto const map = json("shift-map MgO.vasp MgO.vasp --twists 36.87 --model rigid-ion:grimes --cutoff 6 --grid 2");

  EXPECT_EQ(map.at("status").as_string(), "ok");
  EXPECT_EQ(map.at("n_irreducible").as_integer(), 3);
  std::int64_t total = 0;
  for (auto const& point : map.at("points").as_array()) total += point.at("multiplicity").as_integer();
  EXPECT_EQ(total, 4);
  EXPECT_EQ(map.at("energies_J_per_m2").size(), 2u);
  EXPECT_LE(map.at("minimum").at("energy_J_per_m2").as_number(), map.at("maximum").at("energy_J_per_m2").as_number());
  auto const fixed = json("shift-map MgO.vasp MgO.vasp --model rigid-ion:grimes --cutoff 6 --grid 2 --gap-mode fixed --gaps 1");
  EXPECT_EQ(fixed.at("status").as_string(), "refused");
  EXPECT_TRUE(fixed.at("minimum").is_null());
  EXPECT_NE(refusal("shift-map MgO.vasp MgO.vasp --model rigid-ion:grimes --grid 0").find("invalid grid"),
            std::string::npos);
  EXPECT_NE(refusal("shift-map MgO.vasp MgO.vasp --model rigid-ion:grimes --contact 2").find("no contact 2"),
            std::string::npos);
}

TEST(StackPictures, in_the_documents_are_what_the_program_draws) {
  test::TemporaryFolder const folder;
  auto const drawn = test::run_command("NACRE=" + test::nacre_program() + " " +
                                       (test::source_folder() / "scripts/stack_pictures").string() + " " +
                                       folder.path().string());
  ASSERT_EQ(drawn.status, 0) << drawn.err;
  int pictures = 0;
  for (auto const& entry : std::filesystem::directory_iterator(test::source_folder() / "docs/images")) {
    auto const name = entry.path().filename();
    if (name.extension() != ".svg" || !std::filesystem::exists(folder.path() / name)) continue;
    EXPECT_EQ(read_file(entry.path()), read_file(folder.path() / name)) << name;
    ++pictures;
  }
  EXPECT_EQ(pictures, 4);
}

}  // namespace
}  // namespace nacre
