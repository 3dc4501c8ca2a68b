/// Tables with a header, as spreadsheets write them (RFC 4180: quotes, commas and line ends inside of them).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct DataTable {
  std::string origin;                          ///< for messages
  std::vector<std::string> header;             ///< a column without a name has the name ""
  std::vector<std::vector<std::string>> rows;  ///< as long as the header
  std::vector<int> lines;                      ///< where each row begins

  /// @throws InputError with the known names
  NACRE_API std::size_t column(std::string const& name) const;
};

/// @throws InputError with the line for a row of another length, a quote that is not closed, a name that stands twice,
///         or no row at all
NACRE_API DataTable parse_csv(std::string_view text, std::string const& origin);

/// Empty, or NA, NaN, null, none in any case.
NACRE_API bool is_missing(std::string_view cell);
/// NaN for a missing one. @throws InputError naming line and column for anything else that is no finite number
NACRE_API double number_at(DataTable const& table, std::size_t row, std::size_t column);

}  // namespace nacre
