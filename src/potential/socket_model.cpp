/// The i-PI server: the peer is a client that evaluates.
#include <Eigen/QR>
#include <array>

#include "external_model.hpp"
#include "ipi.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/external.hpp"

namespace nacre {

std::string ipi_socket_file(std::string const& name) {
  return name.starts_with('/') ? name : "/tmp/ipi_" + name;  // the place is part of the protocol
}

namespace {

using external::ExternalModel;
using external::Settings;

/// A crystal as clients take it: the first vector along x, the second in the plane of x and y, as i-PI itself has them
/// (unless it `keeps_cell`), and room around directions that are not periodic.
struct Turned {
  Crystal crystal;
  Eigen::Matrix3d rotation;  ///< theirs = rotation * ours
};

Turned turn(Crystal crystal, bool keeps_cell) {
  constexpr double room = 20.0;  // [Å], more than the reach of most models
  for (int k = 0; k < 3; ++k) {
    if (crystal.periodic[static_cast<std::size_t>(k)]) continue;
    Eigen::Vector3d const direction = crystal.lattice.col(k).normalized();
    Eigen::VectorXd const along = crystal.positions.transpose() * direction;
    double const needed = along.maxCoeff() - along.minCoeff() + room;
    if (crystal.lattice.col(k).norm() < needed) crystal.lattice.col(k) = needed * direction;
  }
  if (keeps_cell) return {std::move(crystal), Eigen::Matrix3d::Identity()};
  Eigen::HouseholderQR<Eigen::Matrix3d> const factors(crystal.lattice);
  Eigen::Matrix3d const triangle = factors.matrixQR().triangularView<Eigen::Upper>();
  Eigen::Matrix3d const q = factors.householderQ();
  Eigen::Matrix3d signs = Eigen::Matrix3d::Zero();
  for (int k = 0; k < 3; ++k) signs(k, k) = triangle(k, k) < 0.0 ? -1.0 : 1.0;
  Eigen::Matrix3d const rotation = signs * q.transpose();
  crystal.lattice = (signs * triangle).eval();
  crystal.positions = (rotation * crystal.positions).eval();
  return {std::move(crystal), rotation};
}

/// One client serves one list of elements: structures with another list need another one.
bool same_atoms(Crystal const& a, Crystal const& b) { return a.numbers == b.numbers && a.periodic == b.periodic; }

class SocketModel final : public ExternalModel {
 public:
  SocketModel(Settings settings, std::string const& name) : ExternalModel("socket", name, std::move(settings)) {
    settle();
  }
  ~SocketModel() override { stop(); }

 private:
  Evaluation ask(Crystal const& crystal) const override {
    auto const turned = turn(crystal, settings_.keeps_cell);
    if (client_.is_open() && !same_atoms(served_, crystal)) leave_for_another();
    if (!client_.is_open()) connect(turned.crystal);
    served_ = crystal;
    auto const answer =
        ipi::ask(client_, turned.crystal.lattice, turned.crystal.positions, Deadline(settings_.timeout));
    Evaluation evaluation;
    evaluation.energy = answer.energy;
    evaluation.forces = turned.rotation.transpose() * answer.forces;
    evaluation.stress = turned.rotation.transpose() * answer.virial * turned.rotation / -crystal.volume();
    return evaluation;
  }

  void part() const noexcept override {
    if (client_.is_open()) ipi::dismiss(client_);
  }

  void leave_for_another() const {
    require(
        !settings_.command.empty(), "the program behind the model '", name(), "' serves ", served_.size(),
        " atoms of other elements or periodicity (the i-PI protocol names no elements); state a command in a settings ",
        "file, so that Nacre starts a program for each composition");
    stop();
  }

  void connect(Crystal const& crystal) const {
    auto listener =
        settings_.port >= 0 ? Listener::at_port(settings_.port) : Listener::at_file(ipi_socket_file(unix_name()));
    if (!settings_.command.empty()) start(command_for(crystal, listener.port()));
    Deadline const deadline(settings_.start_timeout);
    std::optional<Channel> connection;
    while (!connection && !deadline.passed()) {
      check_child();
      connection = listener.accept(Deadline(0.05));
    }
    if (!connection)
      throw Error(concat("did not connect to ", place(listener.port()), " within ", settings_.start_timeout, " s"));
    client_ = std::move(*connection);
  }

  std::string unix_name() const {
    return settings_.unix_name.empty() ? "nacre_" + scratch().filename().string() : settings_.unix_name;
  }
  std::string place(int port) const {
    return settings_.port >= 0 ? concat("port ", port) : concat("the UNIX socket '", ipi_socket_file(unix_name()), "'");
  }

  /// The command with the places of socket and structure filled in; the structure is written for it.
  std::vector<std::string> command_for(Crystal const& crystal, int port) const {
    Frame frame;
    frame.crystal = crystal;
    auto const structure = scratch() / "structure.extxyz";
    write_file(structure, to_extxyz(frame));
    std::array<std::pair<std::string, std::string>, 4> const places{{{"{socket}", unix_name()},
                                                                     {"{file}", ipi_socket_file(unix_name())},
                                                                     {"{port}", std::to_string(port)},
                                                                     {"{structure}", structure.string()}}};
    auto words = settings_.command;
    for (auto& word : words) {
      for (auto const& [mark, text] : places) {
        for (auto at = word.find(mark); at != std::string::npos; at = word.find(mark, at + text.size()))
          word.replace(at, mark.size(), text);
      }
    }
    return words;
  }

  mutable Channel client_;
  mutable Crystal served_;
};

}  // namespace

std::shared_ptr<Potential const> make_socket_model(std::string const& place, std::string const& name) {
  if (place.ends_with(".toml")) return std::make_shared<SocketModel>(external::read_settings(place), name);
  return std::make_shared<SocketModel>(external::settings_at(place, "'" + name + "'"), name);
}

}  // namespace nacre
