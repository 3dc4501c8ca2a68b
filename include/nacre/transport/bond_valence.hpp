/// Bond-valence site energy: what a mobile ion would have at each point of a frozen crystal.
///
/// E(x) = sum over ions of opposite charge of D0/2 {[exp(alpha (Rmin - R)) - 1]^2 - 1}
///      + sum over ions of like charge of 14.4 q q_j / sqrt(n n_j) / R erfc(R / (f (r + r_j))), R < cutoff,
/// without the ions of the mobile element (S. Adams and R. P. Rao, Phys. Status Solidi A 208, 1746 (2011)). Pair
/// parameters of softBV: H. Chen and S. Adams, IUCrJ 4, 614 (2017), doi:10.1107/S2052252517010211;
/// data/softbv_pairs.csv and data/softbv_elements.csv.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

struct Ion {
  int number = 0;  ///< atomic number
  int charge = 0;  ///< formal charge [e], not zero
};

/// "O2-", "Li+" (= "Li1+"). @throws InputError for anything else
NACRE_API Ion parse_ion(std::string_view text);
NACRE_API std::string to_string(Ion ion);  ///< "O2-", "Li1+"

struct BondValencePair {
  double r0;     ///< bond valence s = exp(alpha (r0 - R)) [Å]
  double rmin;   ///< minimum of the Morse form [Å]
  double alpha;  ///< 1/b [1/Å]
  double d0;     ///< twice the depth of the minimum [eV]
};
/// nullopt for ions of like charge and pairs that the table does not have or has without a minimum (alpha <= 0).
NACRE_API std::optional<BondValencePair> find_bond_valence_pair(Ion a, Ion b);
/// @throws InputError with what the table has instead
NACRE_API BondValencePair require_bond_valence_pair(Ion a, Ion b);

struct SiteEnergyOptions {
  double cutoff = 10.0;     ///< ions farther away do not count [Å]
  double screening = 0.74;  ///< f
};

/// An ion exactly at the cutoff does not count, and neither does one that is nearer by rounding only.
inline constexpr double cutoff_margin_A = 1e-9;

/// One kind of framework ion as the mobile ion sees it.
class NACRE_API RadialEnergy {
 public:
  /// @throws InputError for a pair or an element that the tables do not have
  RadialEnergy(Ion mobile, Ion other, SiteEnergyOptions const& options);
  struct Values {
    double energy, first, second;  ///< E, dE/dR, d2E/dR2 [eV, Å]
  };
  Values at(double distance) const;      ///< for a distance > 0
  double energy(double distance) const;  ///< infinity at 0 between like charges

 private:
  bool attractive_;
  BondValencePair pair_{};
  double strength_ = 0.0, range_ = 1.0;  // like charges: strength / R erfc(R / range)
};

struct SiteEnergyDerivatives {
  double energy;             ///< [eV]
  Eigen::Vector3d gradient;  ///< [eV/Å]
  Eigen::Matrix3d hessian;   ///< [eV/Å^2]
};

/// The field of one mobile ion in one crystal, by direct summation over all images within the cutoff.
class NACRE_API SiteEnergy {
 public:
  /// A framework ion or an image of it near the cell.
  struct Image {
    Eigen::Vector3d position;  ///< Cartesian [Å]
    int kind;                  ///< index into kinds()
  };

  /// @param crystal with oxidation states; ions of the mobile element, whatever their charge, and neutral atoms do not
  /// act; directions that are not periodic have no images
  /// @throws InputError for no or fractional oxidation states, missing parameters, or a crystal without other ions
  SiteEnergy(Crystal const& crystal, Ion mobile, SiteEnergyOptions const& options = {});

  double energy(Eigen::Vector3d const& position) const;  ///< Cartesian [Å] -> [eV]
  SiteEnergyDerivatives derivatives(Eigen::Vector3d const& position) const;

  Crystal const& framework() const { return framework_; }   ///< the ions that act, in the order of the crystal
  Eigen::Matrix3Xd const& sites() const { return sites_; }  ///< where the crystal has the mobile element [Å]
  Ion mobile() const { return mobile_; }
  SiteEnergyOptions const& options() const { return options_; }
  std::vector<RadialEnergy> const& kinds() const { return kinds_; }
  std::vector<Image> const& images() const { return images_; }     ///< a fixed order, which sums keep
  Eigen::Vector3d wrapped(Eigen::Vector3d const& position) const;  ///< into the cell along periodic directions

 private:
  std::vector<int> take_ions(Crystal const& crystal);  ///< kind of each framework ion
  void add_images(std::vector<int> const& kind_of);

  Crystal framework_;
  Eigen::Matrix3Xd sites_;
  Ion mobile_;
  SiteEnergyOptions options_;
  Eigen::Matrix3d inverse_;
  std::vector<RadialEnergy> kinds_;
  std::vector<Image> images_;
};

}  // namespace nacre
