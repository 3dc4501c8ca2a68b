#include "nacre/campaign/outcome.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>
#include <streambuf>

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
void serialize(Archive& archive, nacre::Job& job, unsigned) {
  archive& job.number& job.key& job.expected_work& job.parameters& job.texts& job.separate;
}

template <class Archive>
void serialize(Archive& archive, nacre::JobResult& result, unsigned) {
  archive& result.estimate& result.values& result.details& result.words& result.texts;
}

template <class Archive>
void serialize(Archive& archive, nacre::OpenStudy& open, unsigned) {
  archive& open.design& open.objective& open.study.results& open.study.open;
}

template <class Archive>
void serialize(Archive& archive, nacre::Outcome& outcome, unsigned) {
  archive& outcome.status& outcome.reason& outcome.work& outcome.designs& outcome.open;
}

}  // namespace boost::serialization

namespace nacre {
namespace {

constexpr Envelope outcome_envelope{0x54554f4e, 4};     // "NOUT"
constexpr Envelope job_envelope{0x424f4a4e, 1};         // "NJOB"
constexpr Envelope job_result_envelope{0x53524a4e, 1};  // "NJRS"
constexpr auto flags = boost::archive::no_header;       // the envelope has the versions

/// Reads bytes where they are.
class BytesBuffer final : public std::streambuf {
 public:
  explicit BytesBuffer(std::string& bytes) { setg(bytes.data(), bytes.data(), bytes.data() + bytes.size()); }
};

template <class T>
std::string packed(Envelope const& envelope, T const& object) {
  std::stringbuf buffer(std::ios::out);
  boost::archive::binary_oarchive(buffer, flags) << object;
  return seal(envelope, buffer.view());
}

template <class T>
T unpacked(Envelope const& envelope, std::string const& bytes, char const* what) {
  auto payload = open_envelope(envelope, bytes);
  try {
    BytesBuffer buffer(payload);
    T object;
    boost::archive::binary_iarchive(buffer, flags) >> object;
    return object;
  } catch (std::exception const& error) {
    throw Error(concat("unusable ", what, " (", error.what(), ")"));
  }
}

}  // namespace

std::string pack(Outcome const& outcome) { return packed(outcome_envelope, outcome); }
Outcome unpack_outcome(std::string const& bytes) { return unpacked<Outcome>(outcome_envelope, bytes, "outcome"); }
std::string pack(Job const& job) { return packed(job_envelope, job); }
Job unpack_job(std::string const& bytes) { return unpacked<Job>(job_envelope, bytes, "job"); }
std::string pack(JobResult const& result) { return packed(job_result_envelope, result); }
JobResult unpack_job_result(std::string const& bytes) {
  return unpacked<JobResult>(job_result_envelope, bytes, "result of a job");
}

}  // namespace nacre
