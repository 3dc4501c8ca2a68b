/// The kernel of Gaussian processes, its parameters as one vector, and the likelihood of data under them.
#pragma once

#include <vector>

#include "nacre/numerics/gaussian_process.hpp"

namespace nacre::detail {

/// Where each parameter stands in the vector that is searched.
struct ParameterLayout {
  ParameterLayout(ProcessForm const& form, Eigen::Index inputs);
  Eigen::Index lengths = 0;                     ///< number of groups; they come first
  Eigen::Index variance, noise;                 ///< positions
  Eigen::Index mismatch, categories;            ///< first position, number
  std::vector<Eigen::Index> descriptor_length;  ///< position for each category, -1 without descriptors
  Eigen::Index main_effects = -1, common = -1;  ///< -1: not searched
  Eigen::Index links, size;                     ///< first position; number of all
};
std::vector<int> groups_of(ProcessForm const& form, Eigen::Index inputs);

ProcessParameters parameters_of(Eigen::VectorXd const& point, ProcessForm const& form, Eigen::Index inputs);
Eigen::VectorXd point_of(ProcessParameters const& parameters, ProcessForm const& form, Eigen::Index inputs);

/// Normal prior of one element of the vector.
struct Prior {
  double mean, deviation;
};
Prior prior_of(Eigen::Index parameter, ParameterLayout const& layout, ProcessFit const& options);
struct Bounds {
  double low, high;
};
Bounds bounds_of(Eigen::Index parameter, ParameterLayout const& layout, ProcessFit const& options);

/// o_j by choice, and T by tier.
struct KernelTables {
  std::vector<Eigen::MatrixXd> alike;
  Eigen::MatrixXd between;
};
KernelTables tables_of(ProcessForm const& form, ProcessParameters const& parameters);

/// C·T of one point with the rows of `choices` and `tiers` from `first` on.
Eigen::ArrayXd discrete_factor(KernelTables const& tables, ProcessParameters const& parameters,
                               Eigen::MatrixXi const& choices, Eigen::VectorXi const& tiers, Eigen::Index first,
                               Eigen::Index end, int const* query_choices, int query_tier);

/// Lower half of the covariance of scaled coordinates, with its noise.
Eigen::MatrixXd covariance_of(Eigen::MatrixXd const& coordinates, Eigen::MatrixXi const& choices,
                              Eigen::VectorXi const& tiers, Eigen::VectorXd const& noise, Eigen::Index points,
                              KernelTables const& tables, ProcessParameters const& parameters);

}  // namespace nacre::detail
