#include "nacre/core/communicator.hpp"

namespace nacre {

Communicator::~Communicator() = default;

}  // namespace nacre
