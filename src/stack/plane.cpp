#include "nacre/stack/plane.hpp"

#include <Eigen/LU>
#include <cmath>

#include "planar.hpp"

namespace nacre {

std::vector<Eigen::Matrix2i> lattice_holohedry(Eigen::Matrix2d const& basis, double tolerance) {
  // an isometry maps the reduced vectors, and so every basis, onto vectors of the same lengths
  Eigen::Matrix2i const reduced = detail::reduced_rows(Eigen::Matrix2i::Identity(), basis).transpose();
  Eigen::Matrix2d const cell = basis * reduced.cast<double>();
  Eigen::Matrix2d const metric = cell.transpose() * cell;
  Eigen::Matrix2i inverse{{reduced(1, 1), -reduced(0, 1)}, {-reduced(1, 0), reduced(0, 0)}};
  inverse *= reduced.determinant();
  std::vector<Eigen::Matrix2i> operations;
  for (int code = 0; code < 81; ++code) {  // entries of isometries of a reduced cell are -1, 0 or 1
    Eigen::Matrix2i const g{{code % 3 - 1, code / 3 % 3 - 1}, {code / 9 % 3 - 1, code / 27 - 1}};
    Eigen::Matrix2d const image = g.transpose().cast<double>() * metric * g.cast<double>();
    bool const isometry = (image - metric).cwiseAbs().maxCoeff() <= tolerance * metric.maxCoeff();
    if (std::abs(g.determinant()) == 1 && isometry) operations.push_back(reduced * g * inverse);
  }
  return operations;
}

}  // namespace nacre
