#include "ipi.hpp"

#include <Eigen/LU>
#include <cstdint>
#include <cstring>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"

namespace nacre::ipi {
namespace {

constexpr std::int32_t most_extra_bytes = 1 << 26, most_atoms = 10'000'000;
constexpr double hartree_eV = 2.0 * units::rydberg_eV;
constexpr double bohr = units::bohr_A;
using RowMajor = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;

std::string bytes_of(double const* values, Eigen::Index count) {
  return {reinterpret_cast<char const*>(values), static_cast<std::size_t>(count) * sizeof(double)};
}
std::string bytes_of(std::int32_t value) { return {reinterpret_cast<char const*>(&value), sizeof(value)}; }
/// Row by row.
std::string bytes_of(Eigen::Matrix3d const& matrix) {
  RowMajor const rows = matrix;
  return bytes_of(rows.data(), 9);
}

Eigen::VectorXd receive_reals(Channel& channel, Eigen::Index count, Deadline const& deadline) {
  Eigen::VectorXd values(count);
  auto const bytes = channel.receive(static_cast<std::size_t>(count) * sizeof(double), deadline);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::int32_t receive_integer(Channel& channel, Deadline const& deadline) {
  std::int32_t value = 0;
  auto const bytes = channel.receive(sizeof(value), deadline);
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

Eigen::Matrix3d receive_matrix(Channel& channel, Deadline const& deadline) {
  auto const values = receive_reals(channel, 9, deadline);
  return Eigen::Map<RowMajor const>(values.data());
}

/// Text of any kind that belongs to a message and that we do not use.
void skip_text(Channel& channel, Deadline const& deadline) {
  auto const bytes = receive_integer(channel, deadline);
  if (bytes < 0 || bytes > most_extra_bytes) throw Error(concat("announced ", bytes, " bytes of text"));
  channel.receive(static_cast<std::size_t>(bytes), deadline);
}

void expect_header(Channel& client, char const* expected, Deadline const& deadline) {
  auto const header = receive_header(client, deadline);
  if (header != expected) throw Error(concat("said '", header, "' where '", expected, "' was due"));
}

/// Clients that want an initialisation get one that says nothing.
void make_ready(Channel& client, Deadline const& deadline) {
  send_header(client, "STATUS", deadline);
  auto const status = receive_header(client, deadline);
  if (status == "READY") return;
  if (status != "NEEDINIT")
    throw Error(concat("said '", status, "' where 'READY' was due; is it a client of the i-PI protocol?"));
  send_header(client, "INIT", deadline);
  client.send(bytes_of(std::int32_t{0}) + bytes_of(std::int32_t{1}) + std::string(1, '\0'), deadline);
  send_header(client, "STATUS", deadline);
  expect_header(client, "READY", deadline);
}

/// Some clients (fix ipi of LAMMPS) fill one triangle and leave zeros in the other, which i-PI does not read.
Eigen::Matrix3d symmetric(Eigen::Matrix3d matrix) {
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < i; ++j) {
      bool const one_empty = (matrix(i, j) == 0.0) != (matrix(j, i) == 0.0);
      matrix(i, j) = matrix(j, i) = (one_empty ? 1.0 : 0.5) * (matrix(i, j) + matrix(j, i));
    }
  }
  return matrix;
}

Answer receive_answer(Channel& client, Eigen::Index atoms, Deadline const& deadline) {
  Answer answer;
  answer.energy = receive_reals(client, 1, deadline)[0] * hartree_eV;
  auto const count = receive_integer(client, deadline);
  if (count != atoms) throw Error(concat("gave forces of ", count, " atoms (", atoms, " were asked for)"));
  answer.forces =
      Eigen::Map<Eigen::Matrix3Xd const>(receive_reals(client, 3 * atoms, deadline).eval().data(), 3, atoms);
  answer.forces *= hartree_eV / bohr;
  answer.virial = symmetric(receive_matrix(client, deadline)) * hartree_eV;
  skip_text(client, deadline);
  return answer;
}

}  // namespace

std::string text_of_header(std::string_view bytes) { return printable(trim(bytes)); }

std::string receive_header(Channel& channel, Deadline const& deadline) {
  return text_of_header(channel.receive(header_size, deadline));
}

void send_header(Channel& channel, std::string header, Deadline const& deadline) {
  header.resize(header_size, ' ');
  channel.send(header, deadline);
}

Answer ask(Channel& client, Eigen::Matrix3d const& lattice, Eigen::Matrix3Xd const& positions,
           Deadline const& deadline) {
  make_ready(client, deadline);
  Eigen::Matrix3d const cell = lattice / bohr, inverse = lattice.inverse() * bohr;
  Eigen::Matrix3Xd const sent = positions / bohr;
  send_header(client, "POSDATA", deadline);
  client.send(bytes_of(cell) + bytes_of(inverse) + bytes_of(static_cast<std::int32_t>(sent.cols())) +
                  bytes_of(sent.data(), sent.size()),
              deadline);
  send_header(client, "STATUS", deadline);
  expect_header(client, "HAVEDATA", deadline);
  send_header(client, "GETFORCE", deadline);
  expect_header(client, "FORCEREADY", deadline);
  return receive_answer(client, sent.cols(), deadline);
}

void dismiss(Channel& client) noexcept {
  try {
    send_header(client, "EXIT", Deadline(1.0));
  } catch (std::exception const&) {  // it is gone already
  }
  client.close();
}

Question receive_question(Channel& server, Deadline const& deadline) {
  Question question;
  question.lattice = receive_matrix(server, deadline) * bohr;
  receive_matrix(server, deadline);  // the inverse cell
  auto const atoms = receive_integer(server, deadline);
  if (atoms < 1 || atoms > most_atoms) throw Error(concat("announced ", atoms, " atoms"));
  auto const values = receive_reals(server, 3 * static_cast<Eigen::Index>(atoms), deadline);
  question.positions = Eigen::Map<Eigen::Matrix3Xd const>(values.data(), 3, atoms) * bohr;
  return question;
}

void receive_init(Channel& server, Deadline const& deadline) {
  receive_integer(server, deadline);  // number of the replica
  skip_text(server, deadline);
}

void send_answer(Channel& server, Answer const& answer, Deadline const& deadline) {
  double const energy = answer.energy / hartree_eV;
  Eigen::Matrix3Xd const forces = answer.forces * (bohr / hartree_eV);
  send_header(server, "FORCEREADY", deadline);
  server.send(bytes_of(&energy, 1) + bytes_of(static_cast<std::int32_t>(forces.cols())) +
                  bytes_of(forces.data(), forces.size()) +
                  bytes_of(Eigen::Matrix3d(answer.virial.transpose() / hartree_eV)) + bytes_of(std::int32_t{1}) +
                  std::string(1, '\0'),  // some servers cannot read a text of no bytes
              deadline);
}

}  // namespace nacre::ipi
