#include "common_lattice.hpp"

#include <cstdlib>

#include "nacre/core/error.hpp"
#include "planar.hpp"

namespace nacre::detail {
namespace {

constexpr std::int64_t most_cells = 1'000'000;

Matrix2l adjugate(Matrix2l const& m) { return Matrix2l{{m(1, 1), -m(0, 1)}, {-m(1, 0), m(0, 0)}}; }

std::int64_t index_of(Matrix2l const& m) { return m(0, 0) * m(1, 1) - m(0, 1) * m(1, 0); }

/// a b^-1 where it is known to be integer.
Matrix2l quotient(Matrix2l const& a, Matrix2l const& b) { return a * adjugate(b) / index_of(b); }

void require_small(Matrix2l const& rows, std::size_t layer) {
  require(std::llabs(index_of(rows)) <= most_cells, "the layers share no small cell: layer ", layer + 1, " would need ",
          std::llabs(index_of(rows)), " of its cells (at most ", most_cells,
          "); choose coincidences of which one contains the other, or smaller ones");
}

}  // namespace

std::vector<Eigen::Matrix2i> common_supercells(std::vector<Coincidence> const& contacts, Eigen::Matrix2d const& basis) {
  std::vector<Matrix2l> rows{contacts.front().substrate.cast<std::int64_t>()};
  for (std::size_t k = 0; k < contacts.size(); ++k) {
    Matrix2l const substrate = contacts[k].substrate.cast<std::int64_t>();
    // vectors of the cell so far that lie on the lattice of this contact: P with P R N^-1 integer
    Matrix2l const p = rows[k] * adjugate(substrate);
    std::int64_t const d = std::llabs(index_of(substrate));
    Matrix2l multiple = rows_with_multiple(p.unaryExpr([&](std::int64_t x) { return x % d; }), d);
    if (index_of(multiple) != 1) {
      require_small(multiple * rows[0], 0);
      Matrix2l const reduced = reduced_rows(multiple * rows[0], basis).cast<std::int64_t>();
      multiple = quotient(reduced, rows[0]);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = multiple * rows[i];
        require_small(rows[i], i);
      }
    }
    rows.push_back(quotient(rows[k], substrate) * contacts[k].film.cast<std::int64_t>());
    require_small(rows.back(), k + 1);
  }
  std::vector<Eigen::Matrix2i> result;
  for (auto const& r : rows) result.push_back(r.cast<int>());
  return result;
}

}  // namespace nacre::detail
