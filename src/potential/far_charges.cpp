#include "nacre/potential/far_charges.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ionic_sum.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "neighbor_table.hpp"

namespace nacre {
namespace {

constexpr double least_factor = 1e-16;  // of the waves left out

class FarCharges final : public Potential {
 public:
  FarCharges(FarChargeOptions const& options, std::string name) : options_(options), name_(std::move(name)) {}
  Evaluation evaluate(Crystal const& crystal) const override;
  std::string name() const override { return name_; }
  std::string identity() const override {
    Sha256 sum;
    sum.update("nacre.far_charges/1").update(options_.width).update(options_.dielectric).update(units::coulomb_eV_A);
    return sum.update(std::uint64_t(options_.slab_correction)).update(std::uint64_t(options_.background)).hex();
  }
  double cutoff() const override { return 4.0 * options_.width; }
  std::vector<int> elements() const override {
    std::vector<int> numbers(largest_atomic_number);
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
  }
  Contents contents() const override { return {.bonds = false, .charges = true}; }
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override {
    auto options = options_;
    options.slab_correction = on;
    return std::make_shared<FarCharges>(options, name_);
  }
  std::shared_ptr<Potential const> with_background() const override {
    auto options = options_;
    options.background = true;
    return std::make_shared<FarCharges>(options, name_);
  }

 private:
  Eigen::VectorXd charges_of(Crystal const& crystal) const;
  void add_waves(Crystal const& crystal, Eigen::VectorXd const& charges, Evaluation& result) const;
  void add_slab_correction(Crystal const& crystal, Eigen::VectorXd const& charges, Evaluation& result) const;

  FarChargeOptions options_;
  std::string name_;
};

Eigen::VectorXd FarCharges::charges_of(Crystal const& crystal) const {
  auto charged = crystal;
  if (charged.oxidation.empty()) assign_oxidation(charged);
  require(charged.oxidation.size() == charged.size(), charged.oxidation.size(), " formal charges for ", charged.size(), " atoms");
  Eigen::VectorXd const charges = Eigen::Map<Eigen::VectorXd const>(charged.oxidation.data(), static_cast<Eigen::Index>(charged.size()));
  require(options_.background || std::abs(charges.sum()) < 1e-6, "the formal charges sum to ", charges.sum(), " e ('", name_,
          "' has no background); give charges that sum to zero, or --background");
  return charges;
}

Evaluation FarCharges::evaluate(Crystal const& crystal) const {
  detail::require_sane(crystal);
  require(crystal.periodic[0] && crystal.periodic[1] && crystal.periodic[2], "'", name_, "' needs a cell that is periodic in three directions");
  auto const charges = charges_of(crystal);
  Evaluation result;
  result.forces.setZero(3, crystal.positions.cols());
  result.stress = Eigen::Matrix3d::Zero();
  add_waves(crystal, charges, result);
  if (options_.slab_correction) add_slab_correction(crystal, charges, result);
  return result;
}

/// Sum over half of the waves, twice. Edges are ions times waves.
void FarCharges::add_waves(Crystal const& crystal, Eigen::VectorXd const& charges, Evaluation& result) const {
  Eigen::Matrix3d const reciprocal = 2.0 * units::pi * crystal.lattice.inverse().transpose();
  double const volume = crystal.volume(), width2 = options_.width * options_.width;
  double const limit = -std::log(least_factor) / width2;
  double const factor = 2.0 * units::pi * units::coulomb_eV_A / (volume * options_.dielectric);
  Eigen::Vector3i reach;
  for (Eigen::Index d = 0; d < 3; ++d) reach[d] = static_cast<int>(std::sqrt(limit) * crystal.lattice.col(d).norm() / (2.0 * units::pi));
  for (int a = 0; a <= reach[0]; ++a) {
    for (int b = a == 0 ? 0 : -reach[1]; b <= reach[1]; ++b) {
      for (int c = a == 0 && b == 0 ? 1 : -reach[2]; c <= reach[2]; ++c) {
        Eigen::Vector3d const wave = reciprocal * Eigen::Vector3d(a, b, c);
        double const g2 = wave.squaredNorm();
        if (g2 > limit) continue;
        Eigen::ArrayXd const phase = (wave.transpose() * crystal.positions).transpose().array();
        Eigen::ArrayXd const cosine = charges.array() * phase.cos(), sine = charges.array() * phase.sin();
        double const real = cosine.sum(), imaginary = sine.sum();
        double const weight = 2.0 * factor * std::exp(-width2 * g2) / g2, energy = weight * (real * real + imaginary * imaginary);
        result.energy += energy;
        result.forces += 2.0 * weight * wave * (real * sine - imaginary * cosine).matrix().transpose();
        *result.stress += energy / volume * (2.0 * (width2 + 1.0 / g2) * wave * wave.transpose() - Eigen::Matrix3d::Identity());
        result.edges += static_cast<std::int64_t>(charges.size());
      }
    }
  }
}

void FarCharges::add_slab_correction(Crystal const& crystal, Eigen::VectorXd const& charges, Evaluation& result) const {
  Eigen::Vector3d const normal = crystal.lattice.col(0).cross(crystal.lattice.col(1)).normalized();
  Eigen::VectorXd height = crystal.positions.transpose() * normal;
  detail::require_whole_slab(height, std::abs(normal.dot(crystal.lattice.col(2))));
  height.array() -= height.mean();
  double const volume = crystal.volume(), dipole = charges.dot(height);
  double const factor = 2.0 * units::pi * units::coulomb_eV_A / (volume * options_.dielectric);
  result.energy += factor * dipole * dipole;
  result.forces -= 2.0 * factor * dipole * normal * charges.transpose();
  *result.stress += factor * dipole * dipole / volume * (2.0 * normal * normal.transpose() - Eigen::Matrix3d::Identity());
}

}  // namespace

std::shared_ptr<Potential const> make_far_charges(FarChargeOptions const& options, std::string const& name) {
  require(options.width >= 1.0 && options.width <= 20.0, "invalid width ", options.width, " Å in '", name, "' (1 to 20)");
  require(options.dielectric >= 1.0 && options.dielectric <= 1e4, "invalid dielectric constant ", options.dielectric, " in '", name, "' (1 to 10000)");
  return std::make_shared<FarCharges>(options, name);
}

}  // namespace nacre
