#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/deque.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/set.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"
#include "session.hpp"

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
void serialize(Archive& archive, nacre::Estimate& estimate, unsigned) {
  archive& estimate.value& estimate.standard_error& estimate.shared_error& estimate.status& estimate.reason& estimate.work& estimate.model;
}

template <class Archive>
void serialize(Archive& archive, nacre::Observation& one, unsigned) {
  archive& one.proposal& one.design& one.tier& one.objectives& one.constraints;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::OpenPoint& open, unsigned) {
  archive& open.proposal& open.tier& open.design;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::OpenBlock& block, unsigned) {
  archive& block.missing& block.results;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::SessionState& state, unsigned) {
  archive& state.first_budget& state.proposals& state.next_id& state.queue& state.pending& state.blocks& state
      .observations& state.ids& state.proposed;
}

}  // namespace boost::serialization

namespace nacre::detail {
namespace {

constexpr Envelope envelope{0x4e415354, 2};  // "NAST"

}  // namespace

std::string save_session(SessionState const& state, std::string const& identity, std::string const& proposer) {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    archive << identity << proposer << state;
  }
  return seal(envelope, bytes.str());
}

SessionState load_session(std::string const& bytes, std::string const& identity, std::string& proposer) {
  std::istringstream in(open_envelope(envelope, bytes));
  SessionState state;
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    std::string saved;
    archive >> saved >> proposer;
    require(saved == identity, "it belongs to another space (only the budget may change)");
    archive >> state;
  } catch (boost::archive::archive_exception const& error) {
    throw Error(error.what());
  }
  return state;
}

}  // namespace nacre::detail
