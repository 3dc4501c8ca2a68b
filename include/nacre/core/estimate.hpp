/// A number with its honesty: value, standard error, status and reason, work, and the model that gave it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "nacre/core/api.hpp"

namespace nacre {

/// Where a number comes from: descriptors and a learned predictor; an interatomic potential; a DFT code.
enum class Tier : std::uint8_t { descriptor, potential, dft };

enum class Direction : std::uint8_t { minimize, maximize };

/// What became of a calculation. Only `ok` carries a value that may be ranked; everything else is data, too.
enum class Status : std::uint8_t {
  ok,
  failed,         ///< the calculation broke; `reason` has a code such as "not_converged", "atoms_too_close"
  refused,        ///< the quantity is not defined here, e.g. polar, non-stoichiometric
  not_bonded,     ///< definitions.md 3: the layers did not join
  reacted,        ///< definitions.md 3: reacted_or_phase_change
  bound,          ///< only a bound is known
  timeout,        ///< killed by the wall-time limit
  crashed,        ///< every attempt died
  cancelled,
};

NACRE_API std::string_view to_string(Tier tier);
NACRE_API std::string_view to_string(Direction direction);
NACRE_API std::string_view to_string(Status status);
/// @throws InputError with a suggestion for an unknown word
NACRE_API Tier tier_from(std::string_view word);
NACRE_API Direction direction_from(std::string_view word);
NACRE_API Status status_from(std::string_view word);

/// Never a bare number. `value` and `standard_error` are NaN unless the status is ok (or bound).
struct NACRE_API Estimate {
  Estimate() = default;
  Estimate(double value, double standard_error, double work, std::string model);
  ~Estimate();
  Estimate(Estimate const&);
  Estimate(Estimate&&) noexcept;
  Estimate& operator=(Estimate const&);
  Estimate& operator=(Estimate&&) noexcept;

  /// A status other than ok, with its reason code and, behind a colon, details for the user.
  static Estimate without_value(Status status, std::string reason, double work = 0.0, std::string model = {});
  bool ok() const { return status == Status::ok; }
  /// What is left of the standard error where candidates of one kind are compared.
  double own_error() const;

  double value = std::numeric_limits<double>::quiet_NaN();
  double standard_error = std::numeric_limits<double>::quiet_NaN();  ///< zero only if the value is exact
  double shared_error = 0.0;  ///< the part of it that near candidates share: it moves all of them alike
  Status status = Status::failed;
  std::string reason;   ///< empty when ok
  double work = 0.0;    ///< deterministic counts (model evaluations x edges, grid points), never seconds
  std::string model;    ///< identity (64 hex digits) of the model that gave it
};

}  // namespace nacre
