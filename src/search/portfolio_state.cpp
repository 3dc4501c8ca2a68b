#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>

#include "local_phase.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"

namespace boost::serialization {

template <class Archive>
void serialize(Archive& archive, nacre::Design& design, unsigned) {
  archive& design.values;
}

template <class Archive>
void save(Archive& archive, Eigen::VectorXd const& vector, unsigned) {
  std::vector<double> const numbers(vector.begin(), vector.end());
  archive << numbers;
}

template <class Archive>
void load(Archive& archive, Eigen::VectorXd& vector, unsigned) {
  std::vector<double> numbers;
  archive >> numbers;
  vector = Eigen::VectorXd::Map(numbers.data(), static_cast<Eigen::Index>(numbers.size()));
}

template <class Archive>
void serialize(Archive& archive, Eigen::VectorXd& vector, unsigned version) {
  split_free(archive, vector, version);
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::Start& start, unsigned) {
  archive& start.method& start.x& start.value& start.step& start.population& start.periodic& start.key;
}

template <class Archive>
void save(Archive& archive, nacre::detail::PortfolioRun const& one, unsigned) {
  auto const& run = *one.run;
  archive << one.id << one.arm << one.limit << one.told << one.best;
  archive << run.start() << run.log() << run.handed() << run.told() << run.values();
}

template <class Archive>
void load(Archive& archive, nacre::detail::PortfolioRun& one, unsigned) {
  nacre::detail::Start start;
  std::vector<double> log, values;
  std::vector<char> handed, told;
  archive >> one.id >> one.arm >> one.limit >> one.told >> one.best;
  archive >> start >> log >> handed >> told >> values;
  one.run = std::make_shared<nacre::detail::Run>(std::move(start), std::move(log));
  one.run->restore(std::move(handed), std::move(told), std::move(values));
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::PortfolioRun& one, unsigned version) {
  split_free(archive, one, version);
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::PortfolioState& state, unsigned) {
  archive& state.next_id& state.opened& state.doublings& state.spent& state.best& state.least& state.active;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::Portfolio::Asked& asked, unsigned) {
  archive& asked.run& asked.slot& asked.x;
}

}  // namespace boost::serialization

namespace nacre::detail {
namespace {

template <class... Parts>
std::string pack(Parts const&... parts) {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    (archive << ... << parts);
  }
  return bytes.str();
}

template <class... Parts>
void unpack(std::string const& bytes, Parts&... parts) {
  std::istringstream in(bytes);
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    (archive >> ... >> parts);
  } catch (boost::archive::archive_exception const& error) {
    throw Error(concat("unusable state of the local phase (", error.what(), ")"));
  }
}

}  // namespace

std::string Portfolio::save() const { return pack(state_); }

void Portfolio::load(std::string const& bytes) {
  PortfolioState state;
  unpack(bytes, state);
  if (state.best.size() != static_cast<Eigen::Index>(periodic_.size()) || state.spent.size() != arms) {
    throw Error("state of a portfolio of other dimensions");
  }
  state_ = std::move(state);
}

std::string LocalPhase::save() const {
  auto const portfolio = portfolio_.save();
  return pack(portfolio, waiting_);
}

void LocalPhase::load(std::string const& bytes) {
  std::string portfolio;
  unpack(bytes, portfolio, waiting_);
  portfolio_.load(portfolio);
  drawn_ = {};
}

}  // namespace nacre::detail
