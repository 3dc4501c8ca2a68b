/// What goes wrong, in three kinds: InputError (the user can fix it), Error (the outside world failed), assert (our bug).
///
/// A message states the problem with the value met, then the reason, then what to do; lower case, names quoted, no
/// full stop. A candidate that does not relax is none of these: it is an Estimate with a status and a reason.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

#include "nacre/core/api.hpp"

namespace nacre {

/// The outside world failed: file, MPI, database, child process. Exit status 1.
class NACRE_API Error : public std::runtime_error {
 public:
  explicit Error(std::string const& message);
  ~Error() override;
};

/// The input is wrong and the user can fix it. Exit status 2.
class NACRE_API InputError : public Error {
 public:
  explicit InputError(std::string const& message);
  ~InputError() override;
};

/// A request to stop was obeyed; the run can be resumed. Exit status 3.
class NACRE_API Stopped : public Error {
 public:
  explicit Stopped(std::string const& message);
  ~Stopped() override;
};

/// The parts written one after the other, as operator<< writes them (numbers with 12 digits).
template <class... Parts>
std::string concat(Parts const&... parts) {
  std::ostringstream out;
  out.precision(12);
  (out << ... << parts);
  return out.str();
}

/// Throws InputError with the parts as its message.
template <class... Parts>
[[noreturn]] void input_error(Parts const&... parts) {
  throw InputError(concat(parts...));
}

/// Throws InputError unless `condition` holds.
template <class... Parts>
void require(bool condition, Parts const&... parts) {
  if (!condition) throw InputError(concat(parts...));
}

}  // namespace nacre
