/// Models that live in another program: over an i-PI socket (socket:...) or as lines of extxyz on pipes (exec:...); and
/// Nacre's models served to other programs the same two ways (docs/external.md).
///
/// i-PI: V. Kapil et al., Comput. Phys. Commun. 236, 214 (2019), doi:10.1016/j.cpc.2018.09.020.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/channel.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// @param place "FILE.toml" (settings), "unix:NAME" or "inet:PORT" (a peer that the user starts)
/// @throws InputError for settings that make no sense; Error if the peer does not come or breaks on the probe structure
NACRE_API std::shared_ptr<Potential const> make_socket_model(std::string const& place, std::string const& name);

/// @param command "FILE.toml" (settings) or a command line, started at once
NACRE_API std::shared_ptr<Potential const> make_exec_model(std::string const& command, std::string const& name);

/// Answers an i-PI server until it says EXIT or leaves. The protocol does not name elements: `crystal` does, and which
/// directions are periodic. @return number of evaluations
/// @throws InputError for what the model does not cover or another number of atoms, Error for what is no i-PI protocol
NACRE_API std::int64_t serve_ipi(Channel& server, Crystal const& crystal, Potential const& potential);

/// Answers frames of extxyz with frames of extxyz, as exec models are asked, until the input ends.
NACRE_API std::int64_t serve_lines(std::istream& in, std::ostream& out, Potential const& potential);

/// The file behind the name of a UNIX socket in the i-PI protocol: /tmp/ipi_NAME, or NAME if it begins with '/'.
NACRE_API std::string ipi_socket_file(std::string const& name);

}  // namespace nacre
