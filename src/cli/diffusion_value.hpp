/// What `nacre diffusion` asks for and prints; `nacre arrhenius` reads its JSON back, `nacre md --stream` prints it, too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nacre/core/value.hpp"
#include "nacre/transport/diffusion.hpp"

namespace nacre {

Value diffusion_to_value(DiffusionResult const& result);
std::string diffusion_to_text(DiffusionResult const& result);

/// "5:15"; nothing for an empty text. @throws InputError
std::optional<Window> parse_window(std::string const& text);
/// Heights "12.5,31"; none for "auto" or an empty text. @throws InputError
std::vector<double> parse_contacts(std::string const& text);

}  // namespace nacre
