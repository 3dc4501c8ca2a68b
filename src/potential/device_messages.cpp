#include "device_messages.hpp"

#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

constexpr std::string_view mark = "nacreDQ1";
constexpr std::uint64_t longest_message = std::uint64_t{1} << 34;

void write(MessageWriter& writer, Eigen::Matrix3Xd const& columns) {
  writer.array(columns.data(), static_cast<std::size_t>(columns.size()));
}
void write(MessageWriter& writer, Eigen::VectorXd const& values) {
  writer.array(values.data(), static_cast<std::size_t>(values.size()));
}

Eigen::VectorXd read_vector(MessageReader& reader) {
  auto const values = reader.array<double>();
  return Eigen::Map<Eigen::VectorXd const>(values.data(), static_cast<Eigen::Index>(values.size()));
}

Eigen::Matrix3Xd read_columns(MessageReader& reader) {
  auto const values = reader.array<double>();
  if (values.size() % 3 != 0) throw Error("sent a damaged message (columns that are no vectors)");
  return Eigen::Map<Eigen::Matrix3Xd const>(values.data(), 3, static_cast<Eigen::Index>(values.size() / 3));
}

Eigen::Matrix3d read_matrix(MessageReader& reader) {
  auto const columns = read_columns(reader);
  if (columns.cols() != 3) throw Error("sent a damaged message (no matrix)");
  return columns;
}

}  // namespace

char const* MessageReader::take(std::size_t count) {
  if (count > left_.size()) throw Error("sent a damaged message (it ends too soon)");
  auto const* const start = left_.data();
  left_.remove_prefix(count);
  return start;
}

std::size_t MessageReader::length(std::size_t size) {
  auto const count = number<std::uint64_t>();
  if (count > left_.size() / size) throw Error("sent a damaged message (it ends too soon)");
  return static_cast<std::size_t>(count);
}

void write(MessageWriter& writer, Crystal const& crystal) {
  write(writer, Eigen::Matrix3Xd(crystal.lattice));
  write(writer, crystal.positions);
  writer.array(crystal.numbers.data(), crystal.numbers.size());
  writer.array(crystal.oxidation.data(), crystal.oxidation.size());
  for (bool const periodic : crystal.periodic) writer.number(static_cast<char>(periodic));
  writer.text(crystal.name);
}

Crystal read_structure(MessageReader& reader) {
  Crystal crystal;
  crystal.lattice = read_matrix(reader);
  crystal.positions = read_columns(reader);
  crystal.numbers = reader.array<int>();
  crystal.oxidation = reader.array<double>();
  for (auto& periodic : crystal.periodic) periodic = reader.number<char>() != 0;
  crystal.name = reader.text();
  return crystal;
}

void write(MessageWriter& writer, BatchResult const& result) {
  auto const& evaluation = result.evaluation;
  writer.text(result.refusal);
  writer.number(evaluation.energy);
  write(writer, evaluation.atom_energies);
  write(writer, evaluation.forces);
  write(writer, evaluation.stress ? Eigen::Matrix3Xd(*evaluation.stress) : Eigen::Matrix3Xd(3, 0));
  writer.number(evaluation.edges);
  write(writer, evaluation.member_energies);
  write(writer, evaluation.force_deviations);
  writer.number(evaluation.grade);
  writer.number(static_cast<std::uint8_t>(evaluation.trust));
  writer.text(evaluation.warning);
}

BatchResult read_result(MessageReader& reader) {
  BatchResult result;
  auto& evaluation = result.evaluation;
  result.refusal = reader.text();
  evaluation.energy = reader.number<double>();
  evaluation.atom_energies = read_vector(reader);
  evaluation.forces = read_columns(reader);
  if (auto const stress = read_columns(reader); stress.cols() == 3) evaluation.stress = stress;
  evaluation.edges = reader.number<std::int64_t>();
  evaluation.member_energies = read_vector(reader);
  evaluation.force_deviations = read_vector(reader);
  evaluation.grade = reader.number<double>();
  evaluation.trust = static_cast<Trust>(reader.number<std::uint8_t>());
  evaluation.warning = reader.text();
  return result;
}

void send_message(Channel& channel, std::string const& bytes) {
  MessageWriter head;
  for (char const c : mark) head.number(c);
  head.number(static_cast<std::uint64_t>(bytes.size()));
  channel.send(head.bytes(), Deadline::never());
  channel.send(bytes, Deadline::never());
}

std::optional<std::string> receive_message(Channel& channel) {
  auto const head = channel.receive_or_end(mark.size() + sizeof(std::uint64_t), Deadline::never());
  if (!head) return std::nullopt;
  auto const length = MessageReader(std::string_view(*head).substr(mark.size())).number<std::uint64_t>();
  if (!head->starts_with(mark) || length > longest_message) throw Error("sent no message of a shared device");
  return channel.receive(static_cast<std::size_t>(length), Deadline::never());
}

}  // namespace nacre::detail
