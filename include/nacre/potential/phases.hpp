/// Bulk phases that layers may turn into, and their energies in one model (definitions.md 3: reactions, reservoirs).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/crystal/phase_diagram.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// A crystal to start from; every model relaxes it.
struct KnownPhase {
  std::string name;    ///< "TiO2 anatase"
  Crystal crystal;     ///< named by its formula
  std::string source;  ///< of the cell
};
/// The list that ships with Nacre (data/phases.json), in its order.
NACRE_API std::vector<KnownPhase> const& known_phases();
/// Those whose elements are all among `numbers` and in the model.
NACRE_API std::vector<KnownPhase> known_phases_of(std::vector<int> const& numbers, Potential const& potential);

/// The lower of two minima: of the phase in its symmetry, and of its displaced cell with every freedom, which may find
/// a distorted form.
struct PhaseEnergy {
  std::string name;
  SymbolAmounts amounts;  ///< per formula unit
  double energy = 0.0;    ///< [eV/atom]; defined if the status is ok
  double gain = 0.0;      ///< of the distorted form over the symmetric one [eV/atom]
  Status status = Status::ok;
  std::string reason;
  double work = 0.0;
  std::string model;  ///< identity
};
NACRE_API PhaseEnergy phase_energy(KnownPhase const& phase, Potential const& potential);

/// Energies of phases, kept as files in a folder, one per phase and model: never mixed between models. A folder that
/// cannot be written is no error; values are then computed anew.
class NACRE_API PhaseCache {
 public:
  /// @param folder empty: nothing is kept
  explicit PhaseCache(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// NACRE_CACHE_DIR, else nacre in XDG_CACHE_HOME or ~/.cache; empty without any of them.
  static std::filesystem::path default_folder();
  PhaseEnergy get(KnownPhase const& phase, Potential const& potential) const;

 private:
  std::filesystem::path folder_;
};

/// Text that reads back to the same bits.
NACRE_API std::string to_text(PhaseEnergy const& energy);
/// @throws InputError for anything else
NACRE_API PhaseEnergy phase_energy_from(std::string const& text);

/// Amounts of a crystal's elements per formula unit, in the order that `formula` writes them.
NACRE_API SymbolAmounts amounts_of(Crystal const& crystal);

}  // namespace nacre
