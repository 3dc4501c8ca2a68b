// Text dumps of LAMMPS: https://docs.lammps.org/dump.html; triclinic boxes:
// https://docs.lammps.org/Howto_triclinic.html
#include <algorithm>
#include <numeric>

#include "frame_source.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

enum class Coordinates { plain, scaled };

/// Word numbers of the columns in use; -1: absent.
struct Columns {
  int count = 0, id = -1, element = -1, type = -1, mass = -1;
  std::array<int, 3> position{-1, -1, -1}, image{-1, -1, -1};
  Coordinates coordinates = Coordinates::plain;
  bool unwrapped = false;
};

struct Row {
  std::int64_t id;
  int number;
  Eigen::Vector3d x;
};

int element_of_mass(double mass) {
  int best = 0;
  for (int z = 1; z <= largest_atomic_number; ++z)
    if (best == 0 || std::abs(atomic_mass(z) - mass) < std::abs(atomic_mass(best) - mass)) best = z;
  return std::abs(atomic_mass(best) - mass) < 0.3 ? best : 0;
}

class DumpSource final : public FrameSource {
 public:
  DumpSource(LineReader reader, TrajectoryOptions const& options)
      : FrameSource(std::move(reader)), types_(options.types) {}

  std::optional<SourceFrame> read() override {
    lines_.skip_blank();
    if (!lines_.peek()) return std::nullopt;
    SourceFrame result;
    std::int64_t atoms = 0;
    bool box = false;
    for (;;) {
      std::string const item(lines_.need("ITEM: ATOMS"));
      require(item.starts_with("ITEM:"), "found '", item.substr(0, 40), "' in ", lines_.place(),
              " (a line that starts with ITEM: expected)");
      if (item.starts_with("ITEM: NUMBER OF ATOMS")) {
        atoms = read_count(lines_, lines_.need("number of atoms"), "number of atoms");
      } else if (item.starts_with("ITEM: BOX BOUNDS")) {
        read_box(item, result.frame);
        box = true;
      } else if (item.starts_with("ITEM: ATOMS")) {
        require(atoms > 0 && box, "no number of atoms or no box before ", lines_.place());
        read_atoms(read_columns(item), atoms, result);
        return result;
      } else {
        lines_.need("value of an ITEM");  // TIMESTEP, UNITS, TIME
      }
    }
  }

 private:
  void read_box(std::string const& item, TrajectoryFrame& frame) {
    auto const words = split_words(item.substr(std::string_view("ITEM: BOX BOUNDS").size()));
    bool const general = words.size() >= 2 && words[0] == "abc";
    bool const tilted = words.size() >= 3 && words[0] == "xy";
    Eigen::Matrix<double, 3, 4> rows = Eigen::Matrix<double, 3, 4>::Zero();
    for (int k = 0; k < 3; ++k) {
      Words line(lines_.need("bounds of the box"));
      for (int i = 0; i < (general ? 4 : tilted ? 3 : 2); ++i)
        rows(k, i) = lines_.number(line.next(), "bound of the box");
    }
    std::size_t const first = general ? 2 : tilted ? 3 : 0;
    for (std::size_t k = 0; k < 3 && first + k < words.size(); ++k) frame.periodic[k] = words[first + k] == "pp";
    if (general) {
      frame.lattice = rows.leftCols<3>().transpose();
      frame.origin = rows.col(3);
      return;
    }
    double const xy = rows(0, 2), xz = rows(1, 2), yz = rows(2, 2);  // the bounds of a tilted box enclose its corners
    double const xlo = rows(0, 0) - std::min({0.0, xy, xz, xy + xz}),
                 xhi = rows(0, 1) - std::max({0.0, xy, xz, xy + xz});
    double const ylo = rows(1, 0) - std::min(0.0, yz), yhi = rows(1, 1) - std::max(0.0, yz);
    frame.origin = {xlo, ylo, rows(2, 0)};
    frame.lattice << xhi - xlo, xy, xz, 0.0, yhi - ylo, yz, 0.0, 0.0, rows(2, 1) - rows(2, 0);
  }

  Columns read_columns(std::string const& item) const {
    auto const words = split_words(item.substr(std::string_view("ITEM: ATOMS").size()));
    auto const find = [&](std::string_view name) {
      auto const at = std::find(words.begin(), words.end(), name);
      return at == words.end() ? -1 : static_cast<int>(at - words.begin());
    };
    Columns columns;
    columns.count = static_cast<int>(words.size());
    columns.id = find("id");
    columns.element = find("element");
    columns.type = find("type");
    columns.mass = find("mass");
    columns.image = {find("ix"), find("iy"), find("iz")};
    struct Kind {
      char const* suffix;
      Coordinates coordinates;
      bool unwrapped;
    };
    for (auto const& kind : {Kind{"u", Coordinates::plain, true}, Kind{"su", Coordinates::scaled, true},
                             Kind{"", Coordinates::plain, false}, Kind{"s", Coordinates::scaled, false}}) {
      std::array<int, 3> const at{find(concat("x", kind.suffix)), find(concat("y", kind.suffix)),
                                  find(concat("z", kind.suffix))};
      if (std::min({at[0], at[1], at[2]}) < 0) continue;
      columns.position = at;
      columns.coordinates = kind.coordinates;
      columns.unwrapped = kind.unwrapped;
      break;
    }
    require(columns.position[0] >= 0, "no positions in ", lines_.place(),
            " (columns x y z, xs ys zs, xu yu zu or xsu ysu zsu expected)");
    require(columns.element >= 0 || (columns.type >= 0 && !types_.empty()) || columns.mass >= 0, "no elements in ",
            lines_.place(), " (no column 'element'); say what the types are with --types 1:Zr,2:O");
    return columns;
  }

  void read_atoms(Columns const& columns, std::int64_t atoms, SourceFrame& result) {
    auto& frame = result.frame;
    bool const images = !columns.unwrapped && std::min({columns.image[0], columns.image[1], columns.image[2]}) >= 0;
    frame.unwrapped = columns.unwrapped || images;
    std::vector<Row> rows;
    rows.reserve(std::min(static_cast<std::size_t>(atoms), last_atoms_));
    for (std::int64_t i = 0; i < atoms; ++i) rows.push_back(read_row(columns, images, frame, i));
    last_atoms_ = rows.size();
    auto const by_id = [](Row const& a, Row const& b) { return a.id < b.id; };
    if (!std::is_sorted(rows.begin(), rows.end(), by_id)) std::sort(rows.begin(), rows.end(), by_id);
    for (std::size_t i = 1; i < rows.size(); ++i)
      if (rows[i].id == rows[i - 1].id)
        input_error("atom id ", rows[i].id, " twice in the frame that ends in ", lines_.place());
    frame.positions.resize(3, static_cast<Eigen::Index>(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      frame.positions.col(static_cast<Eigen::Index>(i)) = rows[i].x;
      result.numbers.push_back(rows[i].number);
    }
  }

  Row read_row(Columns const& columns, bool images, TrajectoryFrame const& frame, std::int64_t index) {
    words_.clear();
    Words line(lines_.need("atom"));
    for (auto word = line.next(); !word.empty(); word = line.next()) words_.push_back(word);
    if (static_cast<int>(words_.size()) < columns.count && !lines_.peek()) lines_.need("columns of the atom");
    // peek() may move the buffer that the words lie in, but only at the end of the file, where we have left
    if (static_cast<int>(words_.size()) < columns.count)
      input_error("found ", words_.size(), " columns in ", lines_.place(), " (", columns.count, " expected)");
    auto const word = [&](int column) { return words_[static_cast<std::size_t>(column)]; };
    Row row{columns.id < 0 ? index : whole(word(columns.id), "id"), 0, {}};
    for (int k = 0; k < 3; ++k)
      row.x[k] = lines_.number(word(columns.position[static_cast<std::size_t>(k)]), "position");
    if (columns.coordinates == Coordinates::scaled) row.x = frame.origin + frame.lattice * row.x;
    if (images) {
      for (std::size_t k = 0; k < 3; ++k)
        row.x += static_cast<double>(whole(word(columns.image[k]), "image flag")) *
                 frame.lattice.col(static_cast<Eigen::Index>(k));
    }
    row.number = number_of(columns, word);
    return row;
  }

  template <class Word>
  int number_of(Columns const& columns, Word const& word) const {
    if (columns.element >= 0) {
      auto const name = word(columns.element);
      auto const known = atomic_number(name);
      return known ? *known : require_atomic_number(name, lines_.place());
    }
    if (columns.type >= 0 && !types_.empty()) {
      auto const type = whole(word(columns.type), "type");
      auto const found = type >= 0 && type < 1'000'000 ? types_.find(static_cast<int>(type)) : types_.end();
      if (found == types_.end()) input_error("type ", type, " in ", lines_.place(), " is not in --types");
      return found->second;
    }
    double const mass = lines_.number(word(columns.mass), "mass");
    int const number = element_of_mass(mass);
    require(number > 0, "mass ", mass, " in ", lines_.place(),
            " is that of no element; say what the types are with --types");
    return number;
  }

  std::int64_t whole(std::string_view text, std::string_view what) const {
    auto const value = parse_integer(text);
    if (!value)
      input_error("unreadable ", what, " '", text.substr(0, 40), "' in ", lines_.place(), " (whole number expected)");
    return *value;
  }

  std::map<int, int> types_;
  std::vector<std::string_view> words_;
  std::size_t last_atoms_ = 0;
};

}  // namespace

std::unique_ptr<FrameSource> make_dump_source(LineReader reader, TrajectoryOptions const& options) {
  return std::make_unique<DumpSource>(std::move(reader), options);
}

}  // namespace nacre::detail
