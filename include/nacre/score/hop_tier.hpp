/// What the objectives of hops share: one carrier in the layers of a design, or in its stack (definitions.md 6, 7).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/score/objective.hpp"
#include "nacre/transport/contact_hops.hpp"

namespace nacre {

/// Price 1, for slabs: hops in each strained layer alone. Price 2, for superlattices: hops at the contacts as well.
struct NACRE_API HopTier {
  Status status = Status::failed;
  std::string reason;
  std::vector<LayerHops> layers;       ///< price 1
  std::optional<ContactHops> contact;  ///< price 2
  Crystal stack;                       ///< relaxed, of price 2
  double work = 0.0;
  double model_share = 0.0;            ///< error of a barrier or trap depth by the model, as a share of it
  std::string model;                   ///< identity, with the background of charged cells
  std::vector<std::string> words() const;
};

/// Objectives of one candidate that ask one after the other get what the first one had computed; it counts its work
/// each time.
NACRE_API HopTier const& hop_tier(Context& context);

/// The ion that carries the current of a stack: lithium, sodium, else oxygen, that any layer has. 0: none of these
NACRE_API int mobile_species(Candidate const& candidate);

}  // namespace nacre
