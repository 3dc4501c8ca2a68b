/// Rows of a tall matrix that span it best: the square submatrix of (nearly) the largest determinant, as S. A. Goreinov
/// et al., How to find a good submatrix (2010), find it. Every other row is a combination of these with coefficients of
/// at most 1.001; how far above 1 they are for a new row says how far it extrapolates (E. V. Podryabinkin and A. V.
/// Shapeev, Comput. Mater. Sci. 140, 171 (2017)).
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct NACRE_API MaxVol {
  std::vector<Eigen::Index> rows;  ///< as many as the matrix has columns
  Eigen::MatrixXd inverse;         ///< of the submatrix of these rows
};
/// Starts by Gaussian elimination with row pivoting, then swaps while a coefficient exceeds 1.001; ties to the lowest
/// row, then column. @throws InputError for a matrix whose columns are linearly dependent, or with fewer rows than
/// columns
NACRE_API MaxVol find_maxvol(Eigen::MatrixXd const& matrix);

/// Largest coefficient, in size, of a row as a combination of the rows chosen.
NACRE_API double extrapolation(MaxVol const& chosen, Eigen::VectorXd const& row);

}  // namespace nacre
