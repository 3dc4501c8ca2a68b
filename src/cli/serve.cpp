#include <iostream>
#include <memory>

#include "model_options.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/external.hpp"

namespace nacre {
namespace {

struct Options {
  std::string file, unix_name, host = "localhost";
  ModelOptions model;
  std::int64_t port = 0;
  double wait = 10.0;
  bool lines = false;
};

Channel connect(Options const& options) {
  require(options.wait >= 0.0 && options.wait <= 1e6, "invalid wait=", options.wait, " (0 to 1e6 s)");
  if (!options.unix_name.empty()) return connect_to_file(ipi_socket_file(options.unix_name), Deadline(options.wait));
  return connect_to_port(options.host, static_cast<int>(options.port), Deadline(options.wait));
}

int run(Options const& options) {
  bool const socket = !options.unix_name.empty() || options.port != 0;
  require(socket != options.lines && (options.unix_name.empty() || options.port == 0),
          "give one of --unix NAME, --port PORT (of an i-PI server) and --lines (standard input and output)");
  require(options.port >= 0 && options.port <= 65535, "invalid port=", options.port, " (1 to 65535)");
  require(options.file.empty() == options.lines,
          options.lines ? "FILE has no use with --lines (each structure names its elements)"
                        : "missing FILE (the i-PI protocol names no elements)");
  auto const potential = options.model.potential();
  std::int64_t served = 0;
  if (options.lines) {
    served = serve_lines(std::cin, std::cout, *potential);
  } else {
    auto const crystal = read_crystal(options.file);
    auto server = connect(options);
    served = serve_ipi(server, crystal, *potential);
  }
  log_info("served ", served, served == 1 ? " structure" : " structures");
  return 0;
}

}  // namespace

Command serve_command() {
  return {"serve", "Let another program use a model: as a client of an i-PI server, or on standard input and output",
          [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("FILE", options->file, "structure whose elements, in this order, the server moves", false);
            options->model.declare(line);
            line.option("--unix", options->unix_name, "socket of the i-PI server: /tmp/ipi_NAME, or a path");
            line.option("--port", options->port, "port of the i-PI server");
            line.option("--host", options->host, "its host");
            line.option("--wait", options->wait, "how long to try to connect [s]");
            line.flag("--lines", options->lines,
                      "read structures as extxyz on standard input, write them with energy and forces");
            line.example("nacre serve POSCAR --model rigid-ion:grimes --unix driver");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
