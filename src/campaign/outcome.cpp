#include "nacre/campaign/outcome.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"

namespace boost::serialization {

template <class Archive>
void serialize(Archive& archive, nacre::Hash128& hash, unsigned) {
  archive& hash.high& hash.low;
}

template <class Archive>
void serialize(Archive& archive, nacre::Design& design, unsigned) {
  archive& design.values;
}

template <class Archive>
void serialize(Archive& archive, nacre::Choice& choice, unsigned) {
  archive& choice.name& choice.label& choice.value& choice.second;
}

template <class Archive>
void serialize(Archive& archive, nacre::Estimate& estimate, unsigned) {
  archive& estimate.value& estimate.standard_error& estimate.shared_error& estimate.status& estimate.reason& estimate.work& estimate.model;
}

template <class Archive, int rows, int columns>
void serialize(Archive& archive, Eigen::Matrix<double, rows, columns>& matrix, unsigned) {
  for (Eigen::Index i = 0; i < matrix.size(); ++i) archive& matrix.data()[i];
}

template <class Archive>
void serialize(Archive& archive, nacre::StoredHop& hop, unsigned) {
  archive& hop.name& hop.forward& hop.backward& hop.initial& hop.saddle& hop.final_image;
}

template <class Archive>
void serialize(Archive& archive, nacre::EvaluatedDesign& design, unsigned) {
  archive& design.design& design.words& design.choices& design.descriptors& design.objectives& design.constraints;
  archive& design.extras& design.structure& design.leaf& design.registry& design.relaxed_shift& design.shift_cell;
  archive& design.energy_per_area& design.why& design.hops;
}

template <class Archive>
void serialize(Archive& archive, nacre::Outcome& outcome, unsigned) {
  archive& outcome.status& outcome.reason& outcome.work& outcome.designs;
}

}  // namespace boost::serialization

namespace nacre {
namespace {
constexpr Envelope envelope{0x54554f4e, 3};        // "NOUT"
constexpr auto flags = boost::archive::no_header;  // the envelope has the versions
}  // namespace

std::string pack(Outcome const& outcome) {
  std::ostringstream stream;
  boost::archive::binary_oarchive(stream, flags) << outcome;
  return seal(envelope, stream.str());
}

Outcome unpack_outcome(std::string const& bytes) {
  auto const payload = open_envelope(envelope, bytes);
  try {
    std::istringstream stream(payload);
    Outcome outcome;
    boost::archive::binary_iarchive(stream, flags) >> outcome;
    return outcome;
  } catch (std::exception const& error) {
    throw Error(concat("unusable outcome (", error.what(), ")"));
  }
}

}  // namespace nacre
