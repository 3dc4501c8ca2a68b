/// What nacre bvse prints and writes.
#pragma once

#include <string>

#include "nacre/core/value.hpp"
#include "nacre/transport/bond_valence_sums.hpp"
#include "nacre/transport/migration.hpp"

namespace nacre {

Value migration_to_value(Crystal const& crystal, SiteEnergy const& field, MigrationMap const& map,
                         MigrationOptions const& options);
std::string migration_table(Crystal const& crystal, SiteEnergy const& field, MigrationMap const& map,
                            MigrationOptions const& options);
/// A frame for each barrier with walks: the framework, then the mobile ion at every point of the walks (columns walk,
/// energy_eV).
std::string walks_to_extxyz(SiteEnergy const& field, MigrationMap const& map);

struct ValenceSums {
  std::vector<double> mismatch;           ///< per atom
  std::vector<int> layer;                 ///< per atom; empty for no layers
  std::vector<ContactMismatch> contacts;  ///< between layers
};
ValenceSums valence_sums(Crystal const& crystal, std::vector<int> const& layer);
Value sums_to_value(Crystal const& crystal, ValenceSums const& sums);
std::string sums_table(Crystal const& crystal, ValenceSums const& sums);

}  // namespace nacre
