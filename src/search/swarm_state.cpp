#include "swarm_state.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/deque.hpp>
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
void serialize(Archive& archive, nacre::detail::Ticket& ticket, unsigned) {
  archive& ticket.number& ticket.member& ticket.level& ticket.epoch& ticket.designs;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::TieredState& state, unsigned) {
  archive& state.seen& state.epoch& state.pending& state.ready;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::Belief& belief, unsigned) {
  archive& belief.chance& belief.velocity;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::Habit& habit, unsigned) {
  archive& habit.inertia& habit.cognitive& habit.social& habit.factor& habit.differential;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::Particle& particle, unsigned) {
  archive& particle.placed& particle.position& particle.previous& particle.beliefs& particle.best& particle
      .stalled& particle.settled& particle.habit& particle.trial;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::SwarmState& swarm, unsigned) {
  archive& swarm.particles& swarm.turn& swarm.local_due& swarm.leaf;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::FreshDesigns::Cursor& cursor, unsigned) {
  archive& cursor.leaf& cursor.started& cursor.ended;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::SavedState& state, unsigned) {
  archive& state.tiered& state.swarm& state.cursors& state.local;
}

}  // namespace boost::serialization

namespace nacre::detail {
namespace {

constexpr Envelope envelope{0x4e535743, 3};  // "NSWC"

}  // namespace

std::string save_state(SavedState const& state) {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    archive << state;
  }
  return seal(envelope, bytes.str());
}

SavedState load_state(std::string const& bytes) {
  std::istringstream in(open_envelope(envelope, bytes));
  SavedState state;
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    archive >> state;
  } catch (boost::archive::archive_exception const& error) {
    throw Error(concat("unusable state of an engine (", error.what(), ")"));
  }
  return state;
}

}  // namespace nacre::detail
