// XDATCAR of VASP: https://www.vasp.at/wiki/index.php/XDATCAR; the header comes again before each frame if the cell
// changes.
#include <cmath>

#include <Eigen/LU>

#include "frame_source.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

bool opens_frame(std::string_view line) { return lower_case(trim(line)).starts_with("direct"); }

class XdatcarSource final : public FrameSource {
 public:
  using FrameSource::FrameSource;

  std::optional<SourceFrame> read() override {
    lines_.skip_blank();
    auto const line = lines_.peek();
    if (!line) return std::nullopt;
    if (!opens_frame(*line)) {
      read_header();
      lines_.skip_blank();
    }
    auto const opening = lines_.need("'Direct configuration='");
    require(opens_frame(opening), "found '", opening.substr(0, 40), "' in ", lines_.place(),
            " ('Direct configuration=' expected); this is no XDATCAR, LAMMPS dump or extxyz file");
    SourceFrame result;
    result.frame.lattice = lattice_;
    result.numbers = numbers_;
    PositionList fractional;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      Eigen::Vector3d const x = read_vector("position");
      fractional.add(x[0], x[1], x[2]);
    }
    result.frame.positions = lattice_ * fractional.matrix();
    return result;
  }

 private:
  Eigen::Vector3d read_vector(std::string_view what) {
    Words words(lines_.need(what));
    Eigen::Vector3d x;
    for (int k = 0; k < 3; ++k) {
      auto const word = words.next();
      if (word.empty() && !lines_.peek()) lines_.need(what);
      x[k] = lines_.number(word, what);
    }
    return x;
  }

  void read_header() {
    lines_.need("comment");
    double const scale = lines_.number(trim(lines_.need("scale factor")), "scale factor");
    require(scale != 0.0, "scale factor 0 in ", lines_.place());
    for (int k = 0; k < 3; ++k) lattice_.col(k) = read_vector("lattice vector");
    double const volume = std::abs(lattice_.determinant());
    require(volume > 0.0, "cell of volume 0 in ", lines_.place(), " (the lattice vectors lie in a plane)");
    lattice_ *= scale > 0.0 ? scale : std::cbrt(-scale / volume);
    auto const symbols = split_words(lines_.need("line of element symbols"));
    auto const symbols_place = lines_.place();
    auto const counts = split_words(lines_.need("line of atom counts"));
    require(!symbols.empty() && counts.size() == symbols.size(), "found ", counts.size(), " counts for ",
            symbols.size(), " elements in ", lines_.place());
    numbers_.clear();
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      int const number = require_atomic_number(symbols[i].substr(0, symbols[i].find_first_of("_/")), symbols_place);
      auto const count = read_count(lines_, counts[i], "number of atoms");
      require(count + static_cast<std::int64_t>(numbers_.size()) < 20'000'000, "more than 2e7 atoms in ",
              lines_.place());
      numbers_.insert(numbers_.end(), static_cast<std::size_t>(count), number);
    }
  }

  Eigen::Matrix3d lattice_ = Eigen::Matrix3d::Identity();
  std::vector<int> numbers_;
};

}  // namespace

std::unique_ptr<FrameSource> make_xdatcar_source(LineReader reader) {
  return std::make_unique<XdatcarSource>(std::move(reader));
}

}  // namespace nacre::detail
