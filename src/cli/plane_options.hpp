/// How commands name a plane and read a crystal that is cut along it.
#pragma once

#include <Eigen/Core>
#include <string>

#include "nacre/cli/command.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// "h,k,l" of an option, made coprime (and said). @throws InputError if it is none, or all are zero
Eigen::Vector3i parse_plane(std::string const& option, std::string const& text);

/// Whether formal charges must sum to zero; a crystal that gets a charged carrier may start with an excess.
enum class Balance { required, carrier };

struct CrystalOptions {
  std::string file, charges;
  double tolerance = 1e-3;  ///< [Å] files with four digits are symmetric to this

  void declare(CommandLine& line);
  void declare_charges(CommandLine& line);
  Crystal read() const;
  /// With formal charges: those of --charges, else of the file, else zero for an element, else the one neutral choice
  /// of common ones. Where there is no such choice it has none, and that is said.
  /// Formal charges are given, those of the file, or guessed. @throws InputError if they must balance and do not
  Crystal read_with_charges(Balance balance = Balance::required) const;
};

}  // namespace nacre
