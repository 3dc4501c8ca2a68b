#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/stack/plane.hpp"
#include "plane_options.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  CrystalOptions crystal;
  std::int64_t max_index = 1;
  bool json = false;
};

void print_json(std::vector<PlaneFamily> const& families) {
  Value planes = Value::array();
  for (auto const& f : families) {
    planes.push_back(Value::Object{{"hkl", Value::Array{f.miller.x(), f.miller.y(), f.miller.z()}},
                                   {"multiplicity", f.multiplicity},
                                   {"area_A2", f.area},
                                   {"spacing_A", f.spacing}});
  }
  Value const document = Value::Object{{"count", static_cast<std::int64_t>(families.size())},
                                       {"count_laue", static_cast<std::int64_t>(count_laue_families(families))},
                                       {"planes", planes}};
  std::cout << document.dump() << '\n';
}

void print_table(std::vector<PlaneFamily> const& families) {
  TextTable table({"plane", "multiplicity", "area [A^2]", "spacing [A]", "opposite face"});
  for (auto const& f : families) {
    table.row({plane_name(f.miller), std::to_string(f.multiplicity), significant(f.area, 6), significant(f.spacing, 6),
               families[f.opposite].miller == f.miller ? "the same" : plane_name(families[f.opposite].miller)});
  }
  std::cout << table.str() << families.size() << (families.size() == 1 ? " plane" : " planes") << ", "
            << count_laue_families(families) << " where opposite faces count once\n";
}

int planes(Options const& options) {
  require(options.max_index >= 1 && options.max_index <= 50, "invalid --max-index ", options.max_index, " (1 to 50)");
  auto const crystal = options.crystal.read();
  auto const families = find_plane_families(crystal, static_cast<int>(options.max_index), options.crystal.tolerance);
  if (options.json) {
    print_json(families);
  } else {
    print_table(families);
  }
  return 0;
}

}  // namespace

Command planes_command() {
  return {"planes", "planes of a crystal that its symmetry keeps apart", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            options->crystal.declare(line);
            line.option("--max-index", options->max_index, "largest |h|, |k|, |l| in the cell of the file");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre planes SrTiO3.cif --max-index 2");
            return [options] { return planes(*options); };
          }};
}

}  // namespace nacre
