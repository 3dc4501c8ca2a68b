/// The i-PI protocol: messages of 12 letters, then numbers as the machine has them, in hartree and bohr.
#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>

#include "nacre/core/channel.hpp"

namespace nacre::ipi {

struct Answer {
  double energy = 0.0;      ///< [eV]
  Eigen::Matrix3Xd forces;  ///< [eV/Å]
  Eigen::Matrix3d virial;   ///< minus dE/dstrain, symmetric [eV]
};

/// One structure to a client, and what it makes of it.
/// @throws Error saying what the client did ("sent 7 atoms, 8 were asked for", ...)
Answer ask(Channel& client, Eigen::Matrix3d const& lattice, Eigen::Matrix3Xd const& positions,
           Deadline const& deadline);
/// Good bye; what goes wrong is of no interest.
void dismiss(Channel& client) noexcept;

struct Question {
  Eigen::Matrix3d lattice;     ///< columns [Å]
  Eigen::Matrix3Xd positions;  ///< [Å]
};

inline constexpr std::size_t header_size = 12;
std::string text_of_header(std::string_view bytes);  ///< without the blanks at its end
std::string receive_header(Channel& channel, Deadline const& deadline);
void send_header(Channel& channel, std::string header, Deadline const& deadline);
Question receive_question(Channel& server, Deadline const& deadline);
void receive_init(Channel& server, Deadline const& deadline);
void send_answer(Channel& server, Answer const& answer, Deadline const& deadline);

}  // namespace nacre::ipi
