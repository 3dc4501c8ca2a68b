/// How far the surroundings of atoms are from those that a model is known for.
///
/// Per element the features (Potential::features) of a stated set of structures give a mean, principal components and
/// what they leave. Along the components a grade is the largest coefficient by which the surroundings are a combination of
/// the active set, those of the stated set that span it best (D-optimality, numerics/maxvol.hpp). What no component holds
/// counts over the largest such rest in the set. The grade is the larger of the two: up to 1 for the set's own atoms. A
/// ridge of 1 % of the mean feature keeps sets of few surroundings from having no rest.
#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/potential/committee.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

class NACRE_API FeatureSet {
 public:
  /// @param origin says what the structures are
  /// @throws InputError if the model has no features, or there are no structures
  FeatureSet(Potential const& model, std::span<Crystal const> structures, std::string origin);
  /// @throws InputError for a value that to_value did not write
  explicit FeatureSet(Value const& value);
  Value to_value() const;

  /// Of every atom; infinite for an element that the set lacks.
  Eigen::VectorXd grades(Potential const& model, Crystal const& crystal) const;
  std::string const& origin() const { return origin_; }
  std::string const& model_identity() const { return identity_; }
  /// Elements with fewer than ten surroundings in the set: their grade rests on the ridge.
  std::vector<int> rare() const;

 private:
  struct Element {
    std::int64_t surroundings = 0;
    Eigen::VectorXd mean;
    Eigen::MatrixXd components;  ///< columns, each over its standard deviation in the set
    Eigen::MatrixXd active;      ///< inverse of the active set: rows of 1 and coordinates along the components
    double rest = 0.0;           ///< largest outside the components of the set, the ridge added
    double grade(Eigen::VectorXd const& feature) const;
    Eigen::VectorXd coordinates(Eigen::VectorXd const& feature) const;
    double outside(Eigen::VectorXd const& feature) const;
  };
  static Element fit(Eigen::MatrixXd const& features);

  std::map<int, Element> elements_;
  std::string origin_, identity_;
};

inline constexpr TrustWindow usual_grades{2.0, 10.0};

/// The model with the grade of every structure, its trust by the window and a warning that names the atom.
/// @throws InputError for a set that was made with another model
NACRE_API std::shared_ptr<Potential const> make_ranged(std::shared_ptr<Potential const> model, FeatureSet set,
                                                       TrustWindow const& window, std::string const& name);

}  // namespace nacre
