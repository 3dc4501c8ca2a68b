#include "bayes_state.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"

namespace boost::serialization {

template <class Archive>
void serialize(Archive& archive, nacre::Design& design, unsigned) {
  archive& design.values;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::Issued& issued, unsigned) {
  archive& issued.level& issued.designs;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::BayesState& state, unsigned) {
  archive& state.salt& state.initial& state.opened& state.seen& state.asked& state.pending;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::SavedOutput& output, unsigned) {
  archive& output.kind& output.warp& output.index& output.origin& output.knee& output.process;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::SavedSurrogate& surrogate, unsigned) {
  archive& surrogate.present& surrogate.fitted& surrogate.end& surrogate.outputs;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::FreshDesigns::Cursor& cursor, unsigned) {
  archive& cursor.leaf& cursor.started& cursor.ended;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::SavedBayes& saved, unsigned) {
  archive& saved.state& saved.surrogate& saved.cursors;
}

}  // namespace boost::serialization

namespace nacre::detail {
namespace {

constexpr Envelope envelope{0x4e424f43, 1};  // "NBOC"

}  // namespace

std::string save_bayes(SavedBayes const& saved) {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    archive << saved;
  }
  return seal(envelope, bytes.str());
}

SavedBayes load_bayes(std::string const& bytes) {
  std::istringstream in(open_envelope(envelope, bytes));
  SavedBayes saved;
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    archive >> saved;
  } catch (boost::archive::archive_exception const& error) {
    throw Error(concat("unusable state of an engine (", error.what(), ")"));
  }
  return saved;
}

}  // namespace nacre::detail
