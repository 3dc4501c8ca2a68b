/// A Lennard-Jones solid as a model: the smallest Potential with a true minimum and a known stress.
#pragma once

#include "nacre/potential/potential.hpp"

namespace nacre::test {

/// 4 epsilon [(s/r)^12 - (s/r)^6], energy and force shifted to zero at the cutoff. Every element is the same.
class LennardJones final : public Potential {
 public:
  explicit LennardJones(double epsilon = 0.1, double sigma = 2.5, double cutoff = 7.5)
      : epsilon_(epsilon), sigma_(sigma), cutoff_(cutoff) {}
  Evaluation evaluate(Crystal const& crystal) const override;
  std::string name() const override { return "lennard-jones"; }
  std::string identity() const override;
  double cutoff() const override { return cutoff_; }
  std::vector<int> elements() const override { return {18}; }

 private:
  double epsilon_, sigma_, cutoff_;
};

/// Face-centred cubic, conventional cell of four atoms.
Crystal make_fcc(double a);

}  // namespace nacre::test
