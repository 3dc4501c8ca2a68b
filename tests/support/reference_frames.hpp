/// Frames of ../shared/reference/mlip: structures with energies, forces, stresses and edges by the authors' code of a model,
/// in double precision.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>

#include "nacre/crystal/io.hpp"
#include "nacre/potential/potential.hpp"
#include "support/support.hpp"

namespace nacre::test {

inline void expect_reference_frame(Potential const& model, Frame const& frame, double force_tolerance) {
  auto const evaluation = model.evaluate(frame.crystal);
  auto const atoms = static_cast<double>(frame.crystal.size());

  EXPECT_NEAR(evaluation.energy / atoms, std::stod(frame.info.at("energy")) / atoms, 1e-5);
  EXPECT_LT((evaluation.forces - frame.columns.at("forces")).cwiseAbs().maxCoeff(), force_tolerance);
  std::istringstream words(frame.info.at("stress"));
  Eigen::Matrix3d stress;
  for (auto& component : stress.reshaped()) words >> component;
  EXPECT_LT((*evaluation.stress - stress).cwiseAbs().maxCoeff(), 1e-6);
  EXPECT_EQ(std::to_string(evaluation.edges), frame.info.at("n_edges"));
}

/// Every chosen frame of the model. Models in single precision: energies of 10 eV/atom carry up to 5e-6 eV/atom, forces of
/// 10 eV/A carry 2e-5 eV/A.
/// @return how many there were
inline int expect_reference_frames(Potential const& model, std::string const& name, double force_tolerance,
                                   std::function<bool(Frame const&)> const& is_chosen = [](Frame const&) { return true; }) {
  int evaluated = 0;
  for (auto const& frame : read_extxyz(shared_file("reference/mlip/reference.extxyz"))) {
    if (frame.info.at("model") != name || !is_chosen(frame)) continue;
    SCOPED_TRACE(frame.info.at("structure") + " " + frame.info.at("variant"));
    expect_reference_frame(model, frame, force_tolerance);
    ++evaluated;
  }
  return evaluated;
}

}  // namespace nacre::test
