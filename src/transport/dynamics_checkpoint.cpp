#include "dynamics_checkpoint.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"
#include "nacre/core/text.hpp"

namespace boost::serialization {

template <class Archive, int rows, int columns>
void serialize(Archive& archive, Eigen::Matrix<double, rows, columns>& matrix, unsigned) {
  auto count = static_cast<std::int64_t>(matrix.cols());
  archive& count;
  if (count != matrix.cols()) matrix.resize(matrix.rows(), count);
  for (Eigen::Index i = 0; i < matrix.size(); ++i) archive& matrix.data()[i];
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::DynamicsSample& sample, unsigned) {
  archive& sample.temperature& sample.potential& sample.conserved& sample.pressure;
}

template <class Archive>
void serialize(Archive& archive, nacre::detail::DynamicsProgress& progress, unsigned) {
  auto& state = progress.state;
  archive& progress.stage& progress.steps& state.step& state.crystal.lattice& state.crystal.positions;
  archive& state.velocities& state.chain_position& state.chain_velocity& state.heat& progress.cell_sum;
  archive& progress.cell_count& progress.samples& progress.reference& progress.away& progress.edges;
  archive& progress.trajectory_bytes& progress.frames;
}

}  // namespace boost::serialization

namespace nacre::detail {
namespace {

constexpr Envelope envelope{.magic = 0x4e4d4431, .schema = 1};  // "NMD1"

[[noreturn]] void fail(std::filesystem::path const& path, char const* what) {
  throw Error(concat("cannot ", what, " '", path.string(), "' (", std::strerror(errno), ")"));
}

}  // namespace

void save_progress(std::filesystem::path const& path, DynamicsProgress const& progress, std::string const& identity) {
  std::ostringstream out;
  {
    boost::archive::binary_oarchive archive(out, boost::archive::no_header);
    archive << identity << progress;
  }
  write_file(path, seal(envelope, out.str()));
}

void load_progress(std::filesystem::path const& path, DynamicsProgress& progress, std::string const& identity) {
  auto const bytes = read_file(path);
  std::string payload, found;
  try {
    payload = open_envelope(envelope, bytes);
  } catch (Error const& error) {
    throw Error(concat("'", path.string(), "' is no checkpoint of a run that can go on (", error.what(),
                       "): give another name, or delete it"));
  }
  std::istringstream in(payload);
  boost::archive::binary_iarchive archive(in, boost::archive::no_header);
  archive >> found;
  require(found == identity, "the checkpoint '", path.string(),
          "' is of another run (model, structure or options differ): give another name, or delete it");
  archive >> progress;
}

GrowingFile::GrowingFile(std::filesystem::path path, std::uint64_t keep) : path_(std::move(path)), size_(keep) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) fail(path_, "open");
  auto const end = ::lseek(file_, 0, SEEK_END);
  if (end < 0) fail(path_, "read");
  bool const shorter = static_cast<std::uint64_t>(end) < keep;
  if (!shorter && ::ftruncate(file_, static_cast<off_t>(keep)) == 0 &&
      ::lseek(file_, static_cast<off_t>(keep), SEEK_SET) >= 0)
    return;
  int const error = errno;
  ::close(file_);
  errno = error;
  if (shorter)
    throw Error(concat("'", path_.string(), "' has ", end, " bytes, but the checkpoint counts on ", keep,
                       " (it was changed or lost): delete the checkpoint to start again"));
  fail(path_, "cut");
}

GrowingFile::~GrowingFile() { ::close(file_); }

void GrowingFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write");
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void GrowingFile::sync() {
  if (::fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS) fail(path_, "sync");
}

}  // namespace nacre::detail
