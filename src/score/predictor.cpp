#include "nacre/score/predictor.hpp"

namespace nacre {

Predictor::~Predictor() = default;

}  // namespace nacre
