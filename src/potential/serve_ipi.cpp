/// The i-PI client: a model of ours evaluates for a server.
#include "ipi.hpp"
#include "nacre/core/error.hpp"
#include "nacre/potential/external.hpp"

namespace nacre {
namespace {

ipi::Answer evaluate(Crystal& crystal, ipi::Question const& question, Potential const& potential,
                     EvaluationState& state) {
  auto const atoms = question.positions.cols();
  require(atoms == crystal.positions.cols(), "the server asks for ", atoms, " atoms, the structure given has ",
          crystal.positions.cols(),
          " (the i-PI protocol names no elements: both sides must be given the same structure)");
  crystal.lattice = question.lattice;
  crystal.positions = question.positions;
  check(crystal, "the server's structure");
  auto const evaluation = potential.evaluate_next(crystal, state);
  ipi::Answer answer{evaluation.energy, evaluation.forces, Eigen::Matrix3d::Zero()};
  if (evaluation.stress) answer.virial = -crystal.volume() * *evaluation.stress;
  return answer;
}

}  // namespace

std::int64_t serve_ipi(Channel& server, Crystal const& crystal, Potential const& potential) {
  auto const patient = Deadline::never();
  auto moving = crystal;
  EvaluationState state;
  std::optional<ipi::Answer> answer;
  for (std::int64_t served = 0;;) {
    auto const bytes = server.receive_or_end(ipi::header_size, patient);
    auto const header = bytes ? ipi::text_of_header(*bytes) : "EXIT";
    if (header == "EXIT") return served;
    if (header == "STATUS") {
      ipi::send_header(server, answer ? "HAVEDATA" : "READY", patient);
    } else if (header == "INIT") {
      ipi::receive_init(server, patient);
    } else if (header == "POSDATA") {
      answer = evaluate(moving, ipi::receive_question(server, patient), potential, state);
      ++served;
    } else if (header == "GETFORCE" && answer) {
      ipi::send_answer(server, *answer, patient);
      answer.reset();
    } else {
      throw Error(concat("the server said '", header, "' where ", answer ? "GETFORCE" : "POSDATA",
                         " or STATUS was due; is it a server of the i-PI protocol?"));
    }
  }
}

}  // namespace nacre
