/// Ranks of a computer that share its devices: the first of them own one each and serve it to the others.
#pragma once

#include <memory>

#include "nacre/campaign/config.hpp"
#include "nacre/core/communicator.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre::detail {

/// The model of a campaign's settings. @throws InputError naming the line
std::shared_ptr<Potential const> load_potential(CampaignConfig const& config);

/// Made by all ranks together, before anything else asks for the model; lives as long as the model is asked.
class DeviceShare {
 public:
  /// @param config null on a rank that could not read it (others may have: they need not wait for it)
  DeviceShare(CampaignConfig const* config, Communicator& world, int local_rank);
  ~DeviceShare();
  DeviceShare(DeviceShare const&) = delete;
  DeviceShare& operator=(DeviceShare const&) = delete;

  /// Null where nothing is shared: the rank has a model of its own. Each call gives a line to the device of its own, which
  /// no thread that hangs holds up. @throws Error if the owner is gone
  std::shared_ptr<Potential const> model() const;
  /// What kept this rank from sharing; empty if nothing did.
  std::string const& failure() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nacre::detail
