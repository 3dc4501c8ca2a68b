/// The tables of campaign.db and what is checked before the first of them is read. docs/schema.md explains every
/// column.
#pragma once

#include "store_sqlite.hpp"

namespace nacre {

inline constexpr std::int64_t schema_version = 5;
inline constexpr std::int64_t reference_rows = -1;  ///< in the place of a proposal's number

/// Makes the tables of an empty database, or checks that they are ours.
/// @throws Error for a damaged or newer file, or one of another program
void prepare_schema(Database& database, bool write);

}  // namespace nacre
