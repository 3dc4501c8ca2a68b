#include "nacre/campaign/export.hpp"

#include "campaign/json_schema.hpp"
#include "nacre/campaign/ranking.hpp"
#include "nacre/core/error.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

std::string const cell =
    "2\nLattice=\"4 0 0 0 4 0 0 0 20\" Properties=species:S:1:pos:R:3 pbc=\"T T F\"\nMg 0 0 0\nO 2 0 0.125\n";

Problem problem() {
  return {{{"work_of_adhesion", "J/m^2", Direction::maximize, {}}, {"atom_count", "", Direction::minimize, {}}}, {}};
}

EvaluatedDesign design(std::int64_t number, double adhesion, double atoms) {
  EvaluatedDesign result;
  result.design.values = {number};
  result.why = "along x: slow, O4 to O7";
  result.words = "MgO(001) on \"MgO\"(001), gap 2.1 Å";
  result.choices = {{"material_a", "MgO", 0, 0}, {"shift", "(0.1, 0.5)", 0.1, 0.5}};
  result.objectives = {{adhesion, 0.01, 1e6, std::string(64, 'a')}, {atoms, 0.0, 0.0, std::string(64, 'b')}};
  result.descriptors = {{"area_A2", 16.0}, {"max_strain", 0.0125}, {"mismatch", std::nan("")}};
  result.extras = {{"z_separation", Estimate(2.1, 0.0, 0.0, "")},
                   {"work_of_separation", Estimate::without_value(Status::refused, "polar: Q = 0.5 e")}};
  result.structure = cell;
  result.energy_per_area = std::nan("");
  return result;
}

/// A finished campaign of three candidates, the second of them behind the first, and one reference row.
class Export : public testing::Test {
 protected:
  Export() {
    for (auto const& entry : designs_) given_.push_back(&entry);
    Provenance const provenance{"test",       1, std::string(64, 'c'), std::string(64, 'd'), "rigid-ion:grimes",
                                "nacre 0.1.0"};
    std::vector<EvaluatedDesign const*> const references{&reference_};
    ranking_ = ranking_document(problem(), rank_designs(problem(), given_, references), given_, references,
                                Tier::potential, provenance);
  }
  ExportTable table(ExportSelection const& selection = {}) {
    return make_export(ranking_, selection, [this](Hash128 const& id, Tier) -> std::optional<EvaluatedDesign> {
      for (auto const& entry : designs_) {
        if (entry.design.id() == id) return entry;
      }
      return reference_.design.id() == id ? std::optional(reference_) : std::nullopt;
    });
  }
  std::vector<EvaluatedDesign> designs_{design(1, 2.25, 80), design(2, 2.0, 90), design(3, 1.5, 40)};
  EvaluatedDesign reference_ = design(-1, 0.1, 10);
  std::vector<EvaluatedDesign const*> given_;
  Value ranking_;
};

std::vector<std::string> lines(std::string const& text) {
  auto result = split(text, '\n');
  result.pop_back();
  return result;
}

TEST_F(Export, writes_csv_with_every_objective_and_its_error) {
  auto const all = lines(to_csv(table()));

  std::vector<std::string> data;
  std::copy_if(all.begin(), all.end(), std::back_inserter(data),
               [](auto const& line) { return !line.starts_with('#'); });
  ASSERT_EQ(data.size(), 4u);
  EXPECT_EQ(data[0],
            "rank,front,id,words,work_of_adhesion,work_of_adhesion_stderr,atom_count,atom_count_stderr,tier,status,"
            "model,model_hash,structure,members,max_strain,mismatch,why,dft");
  auto const id = designs_[0].design.id().hex();
  EXPECT_EQ(data[1], "1,1," + id +
                         ",\"MgO(001) on \"\"MgO\"\"(001), gap 2.1 Å\",2.25,0.01,80,0,potential,ok,rigid-ion:grimes," +
                         std::string(64, 'a') + "," + id + "," + id + ",0.0125,,\"along x: slow, O4 to O7\",");
  EXPECT_TRUE(data[3].starts_with("3,2," + designs_[1].design.id().hex()));
}

TEST_F(Export, opens_csv_with_provenance_that_is_toml) {
  std::string toml;
  for (auto const& line : lines(to_csv(table()))) {
    if (line.starts_with("# ")) toml += line.substr(2) + "\n";
  }

  auto const head = Value::parse_toml(toml, "head");

  EXPECT_EQ(head.at("journal_hash").as_string(), std::string(64, 'd'));
  EXPECT_EQ(head.at("unit").at("work_of_adhesion").as_string(), "J/m^2");
  EXPECT_EQ(head.at("direction").at("atom_count").as_string(), "minimize");
  EXPECT_EQ(head.at("reference").at(reference_.words).at("work_of_adhesion").as_number(), 0.1);
}

TEST_F(Export, obeys_its_schemas) {
  NACRE_NEEDS_JSON_SCHEMA();

  EXPECT_EQ(test::schema_violation(ranking_, "ranking"), "");
  EXPECT_EQ(test::schema_violation(export_document(table()), "export"), "");
  EXPECT_NE(test::schema_violation(ranking_, "export"), "");
}

TEST_F(Export, writes_all_that_is_stored_as_json) {
  auto const document = export_document(table());

  auto const& best = document.at("candidates").as_array()[0];
  EXPECT_EQ(best.at("descriptors").dump(), R"({"area_A2": 16, "max_strain": 0.0125, "mismatch": null})");
  EXPECT_EQ(best.at("extras").at("work_of_separation").at("reason").as_string(), "polar: Q = 0.5 e");
  EXPECT_EQ(best.at("structure").as_string(), cell);
  EXPECT_EQ(best.at("objectives").at("work_of_adhesion").at("work").as_number(), 1e6);
  EXPECT_EQ(document.at("references").size(), 1u);
}

TEST_F(Export, selects_the_best_or_the_first_front) {
  EXPECT_EQ(table({2, false}).rows.size(), 2u);

  auto const front = table({20, true});

  ASSERT_EQ(front.rows.size(), 2u);
  EXPECT_EQ(front.rows[1].entry.at("id").as_string(), designs_[2].design.id().hex());
}

TEST_F(Export, writes_frames_that_read_back_with_their_values) {
  auto const frames = parse_extxyz(to_extxyz(table()), "export");

  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].crystal.numbers, (std::vector<int>{12, 8}));
  EXPECT_EQ(frames[0].info.at("id"), designs_[0].design.id().hex());
  EXPECT_EQ(frames[0].info.at("words"), designs_[0].words);
  EXPECT_EQ(frames[0].info.at("why"), designs_[0].why);
  EXPECT_EQ(frames[0].info.at("work_of_adhesion"), "2.25");
  EXPECT_EQ(frames[2].info.at("rank"), "3");
}

TEST_F(Export, fills_a_folder_and_replaces_an_earlier_export) {
  test::TemporaryFolder const folder;
  auto const goal = folder.path() / "new" / "poscars";
  write_export_folder(goal, export_files(table(), "poscar"));
  EXPECT_EQ(std::distance(fs::directory_iterator(goal), {}), 4);

  write_export_folder(goal, export_files(table({1, false}), "cif"));

  auto const name = "001_" + designs_[0].design.id().hex() + ".cif";
  EXPECT_EQ(std::distance(fs::directory_iterator(goal), {}), 2);
  EXPECT_EQ(read_crystal(goal / name).size(), 2u);
  EXPECT_NE(read_file(goal / "index.csv").find("," + name + ","), std::string::npos);
}

TEST_F(Export, keeps_its_hands_off_the_files_of_others) {
  test::TemporaryFolder const folder;
  auto const files = export_files(table(), "poscar");
  write_export_folder(folder.path(), files);
  write_file(folder.path() / "notes.txt", "mine");

  EXPECT_THROW(write_export_folder(folder.path(), files), InputError);

  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 5);
  EXPECT_THROW(write_export_folder(folder.path() / "notes.txt", files), InputError);
}

TEST_F(Export, says_that_plain_variables_have_no_atoms) {
  for (auto& entry : designs_) entry.structure.clear();

  EXPECT_THROW(to_extxyz(table()), InputError);
  EXPECT_THROW(export_files(table(), "cif"), InputError);
  EXPECT_THROW(export_files(table(), "cfi"), InputError);
  EXPECT_NE(to_csv(table()).find("," + std::string(64, 'a') + ",," + designs_[0].design.id().hex() + ","),
            std::string::npos);
}

}  // namespace
}  // namespace nacre
