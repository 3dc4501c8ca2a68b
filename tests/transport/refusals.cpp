// What a model of fixed charges must refuse, by name (definitions.md 4), one by one through the program: status `refused`
// with its reason, exit 0, and no number.
#include <gtest/gtest.h>

#include "hop_crystals.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

struct Refusal {
  std::string name;
  std::string file;      ///< of runs/oxide_membranes/structures, or a key of `made`
  std::string command, options;
  std::string reason;    ///< that the answer's begins with
  std::string absent;    ///< key without a number
};

/// Rock salt with other ions on its places.
Crystal salt(std::vector<int> numbers, std::vector<double> charges) {
  auto crystal = test::rock_salt(12, 4.2);
  crystal.numbers = std::move(numbers);
  crystal.oxidation = std::move(charges);
  return crystal;
}

Crystal made(std::string const& key) {
  if (key == "metal") return salt({12, 12, 12, 12, 13, 13, 13, 13}, std::vector<double>(8, 0.0));
  if (key == "hydroxyl") return salt({12, 1, 1, 12, 8, 8, 8, 8}, {3, 1, 1, 3, -2, -2, -2, -2});
  if (key == "carbonate") return salt({12, 6, 6, 12, 8, 8, 8, 8}, {2, 2, 2, 2, -2, -2, -2, -2});
  if (key == "two charges") return salt({26, 26, 26, 26, 8, 8, 8, 8}, {1, 2, 2, 3, -2, -2, -2, -2});
  if (key == "iron") return salt({26, 26, 26, 26, 8, 8, 8, 8}, {2, 2, 2, 2, -2, -2, -2, -2});
  return salt({12, 12, 12, 12, 8, 8, 8, 8}, {1, 1, 1, 1, -2, -2, -2, -2});  // "reduced"
}

class Refusals : public testing::TestWithParam<Refusal> {
 protected:
  std::string file(Refusal const& row) const {
    auto const structures = test::source_folder() / "runs" / "oxide_membranes" / "structures";
    if (row.file.ends_with(".cif")) return (structures / row.file).string();
    auto const path = (folder_.path() / "crystal.extxyz").string();
    if (row.file == "electron gas" || row.file == "electron gas, slab") {
      auto const built = test::run_command(
          test::nacre_program() + " build " + (structures / "SrTiO3.cif").string() + " " + (structures / "LaAlO3.cif").string() +
          " --planes 0,0,1 --repeats 2 --max-strain 0.04 -o " + path + (row.file == "electron gas" ? " --superlattice" : ""));
      EXPECT_EQ(built.status, 0) << built.err;
      return path;
    }
    if (row.file == "dipoles") {  // of whole fluorite repeats, equal only in the cell that both layers share
      auto const built = test::run_command(test::nacre_program() + " build " + (structures / "CeO2.cif").string() + " " +
                                           (structures / "ZrO2.cif").string() +
                                           " --planes 0,0,1 --repeats 2 --max-strain 0.08 --superlattice -o " + path);
      EXPECT_EQ(built.status, 0) << built.err;
      return path;
    }
    Frame frame;
    frame.crystal = made(row.file);
    write_file(path, to_extxyz(frame));
    return path;
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_P(Refusals, are_by_name) {
  auto const& row = GetParam();

  auto const result = test::run_command(test::nacre_program() + " " + row.command + " " + file(row) + " " + row.options + " --json");

  ASSERT_EQ(result.status, 0) << result.err;
  auto const document = Value::parse_json(result.out, row.name);
  EXPECT_EQ(document.at("status").as_string(), "refused");
  EXPECT_TRUE(document.at("reason").as_string().starts_with(row.reason)) << document.at("reason").as_string();
  auto value = document.at(split(row.absent, '.')[0]);
  if (row.absent.find('.') != std::string::npos) value = value.at(split(row.absent, '.')[1]);
  EXPECT_TRUE(value.is_null() || (value.is_array() && value.as_array().empty())) << row.absent;
}

std::string const grimes = "--model rigid-ion:grimes";
std::string const hop = "--species O " + grimes;

INSTANTIATE_TEST_SUITE_P(
    OfDefinitions4, Refusals,
    testing::Values(Refusal{"metals", "metal", "hop", "--species Mg " + grimes, "metal:", "hop_barrier_eV.x"},
                    Refusal{"hydroxyl", "hydroxyl", "hop", hop, "hydroxyl:", "hop_barrier_eV.x"},
                    Refusal{"carbonate", "carbonate", "hop", hop, "carbonate:", "hop_barrier_eV.x"},
                    Refusal{"mixed valence", "two charges", "hop", hop, "mixed_valence:", "hop_barrier_eV.x"},
                    Refusal{"mixed-valence conductor", "iron", "hop", "--species Fe " + grimes, "mixed_valence:", "hop_barrier_eV.x"},
                    Refusal{"redox", "reduced", "hop", hop, "redox:", "hop_barrier_eV.x"},
                    Refusal{"sites of a metal", "metal", "sites", "--species Mg " + grimes, "metal:", "sites"},
                    Refusal{"energy of a metal", "metal", "energy", grimes, "metal:", "energy_eV"},
                    Refusal{"energy of a hydroxide", "hydroxyl", "energy", grimes, "hydroxyl:", "energy_eV"},
                    Refusal{"relaxation of a metal", "metal", "relax", grimes, "metal:", "energy_eV"},
                    Refusal{"dynamics of a metal", "metal", "md", "--temperature 300 --ps 1 " + grimes, "metal:", "output"},
                    Refusal{"unstable bulk", "SrZrO3.cif", "hop", "--species O --model rigid-ion:pedone2006", "unstable_in_model:",
                            "hop_barrier_eV.z"},
                    Refusal{"sites of an unstable bulk", "SrZrO3.cif", "sites", "--species O --model rigid-ion:pedone2006",
                            "unstable_in_model:", "sites"},
                    Refusal{"oxygen chemical potential", "CeO2.cif", "surface", "--plane 1,1,1 --repeats 3 --oxygen 1000 " + grimes,
                            "oxygen_exchange:", "gamma_J_per_m2"},
                    Refusal{"electron gas", "electron gas", "hop", hop, "polar contact", "hop_barrier_eV.x"},
                    Refusal{"sites beside an electron gas", "electron gas", "sites", hop, "polar contact", "sites"},
                    Refusal{"dipoles of two crystals", "dipoles", "hop", hop, "polar contact", "hop_barrier_eV.x"},
                    Refusal{"sites between dipoles", "dipoles", "sites", hop, "polar contact", "sites"},
                    Refusal{"adhesion of an uncompensated contact", "electron gas, slab", "adhesion", grimes, "polar contact",
                            "W_ad_J_per_m2"}),
    [](auto const& row) {
      auto name = row.param.name;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
      return name;
    });

}  // namespace
}  // namespace nacre
