#include "process_state.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"

namespace boost::serialization {

template <class Archive, class Number, int Rows, int Columns>
void save(Archive& archive, Eigen::Matrix<Number, Rows, Columns> const& matrix, unsigned) {
  auto const rows = static_cast<std::int64_t>(matrix.rows()), columns = static_cast<std::int64_t>(matrix.cols());
  std::vector<Number> const numbers(matrix.data(), matrix.data() + matrix.size());
  archive << rows << columns << numbers;
}

template <class Archive, class Number, int Rows, int Columns>
void load(Archive& archive, Eigen::Matrix<Number, Rows, Columns>& matrix, unsigned) {
  std::int64_t rows = 0, columns = 0;
  std::vector<Number> numbers;
  archive >> rows >> columns >> numbers;
  if (rows < 0 || columns < 0 || static_cast<std::size_t>(rows * columns) != numbers.size()) {
    throw nacre::Error("unusable state of a Gaussian process (a matrix of the wrong size)");
  }
  matrix.resize(rows, columns);
  std::copy(numbers.begin(), numbers.end(), matrix.data());
}

template <class Archive, class Number, int Rows, int Columns>
void serialize(Archive& archive, Eigen::Matrix<Number, Rows, Columns>& matrix, unsigned version) {
  split_free(archive, matrix, version);
}

template <class Archive>
void serialize(Archive& archive, nacre::CategoryForm& form, unsigned) {
  archive& form.choices& form.descriptors;
}

template <class Archive>
void serialize(Archive& archive, nacre::ProcessForm& form, unsigned) {
  archive& form.groups& form.categories& form.tiers;
}

template <class Archive>
void serialize(Archive& archive, nacre::ProcessParameters& p, unsigned) {
  archive& p.lengths& p.variance& p.noise& p.mismatch& p.descriptor_lengths& p.main_effects& p.common& p.links;
}

}  // namespace boost::serialization

namespace nacre {

/// What is written: everything but what `condition` and `append` work out.
struct ProcessState {
  std::int64_t dimensions = 0, fitted = 0;
  std::vector<std::int64_t> used;
  Eigen::VectorXd shift, scale, value_shift, value_scale;
  ProcessParameters parameters;
  ProcessForm form;
  Eigen::MatrixXd coordinates;  ///< divided by their lengths
  Eigen::MatrixXi choices;
  Eigen::VectorXi tiers;
  Eigen::VectorXd values, noise;
  double evidence = 0.0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& dimensions& fitted& used& shift& scale& value_shift& value_scale& parameters& form& coordinates& choices&
        tiers& values& noise& evidence;
  }

  static ProcessState of(GaussianProcess const& process);
  GaussianProcess restored() &&;
};

ProcessState ProcessState::of(GaussianProcess const& p) {
  auto const size = p.size();
  return {p.dimensions_,
          std::min(p.fitted_, size),
          {p.used_.begin(), p.used_.end()},
          p.shift_,
          p.scale_,
          p.value_shift_,
          p.value_scale_,
          p.parameters_,
          p.form_,
          p.coordinates_.topRows(size),
          p.choices_.topRows(size),
          p.tiers_.head(size),
          p.values_.head(size),
          p.noise_.head(size),
          p.evidence_};
}

// The observations behind the fit are appended one by one as they were, so that the factor has the same bits. What is
// stored is divided by the lengths already; multiplying would round, so the factor is made with lengths of 1.
GaussianProcess ProcessState::restored() && {
  GaussianProcess p;
  p.dimensions_ = dimensions;
  p.used_.assign(used.begin(), used.end());
  p.shift_ = shift;
  p.scale_ = scale;
  p.value_shift_ = value_shift;
  p.value_scale_ = value_scale;
  p.form_ = form;
  p.parameters_ = parameters;
  p.parameters_.lengths.setOnes();
  p.coordinates_ = coordinates.topRows(fitted);
  p.choices_ = choices.topRows(fitted);
  p.tiers_ = tiers.head(fitted);
  p.values_ = values.head(fitted);
  p.noise_ = noise.head(fitted);
  p.evidence_ = evidence;
  p.condition();
  for (Eigen::Index i = fitted; i < values.size(); ++i) {
    p.append_standardised(coordinates.row(i), choices.row(i), tiers[i], values[i], noise[i]);
  }
  p.update_weights();
  p.parameters_.lengths = parameters.lengths;
  return p;
}

namespace {

constexpr Envelope envelope{0x4e475052, 2};  // "NGPR"

}  // namespace

std::string GaussianProcess::save() const {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    auto const state = ProcessState::of(*this);
    archive << state;
  }
  return seal(envelope, bytes.str());
}

GaussianProcess GaussianProcess::load(std::string const& bytes) {
  std::istringstream in(open_envelope(envelope, bytes));
  ProcessState state;
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    archive >> state;
  } catch (boost::archive::archive_exception const& error) {
    throw Error(concat("unusable state of a Gaussian process (", error.what(), ")"));
  }
  return std::move(state).restored();
}

}  // namespace nacre
