#include "nacre/core/error.hpp"

namespace nacre {

Error::Error(std::string const& message) : std::runtime_error(message) {}
Error::~Error() = default;
InputError::InputError(std::string const& message) : Error(message) {}
InputError::~InputError() = default;
Stopped::Stopped(std::string const& message) : Error(message) {}
Stopped::~Stopped() = default;

}  // namespace nacre
