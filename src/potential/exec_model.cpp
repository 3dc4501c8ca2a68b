/// A program that reads structures as extxyz on its standard input and writes them back with energies and forces.
#include <algorithm>
#include <istream>
#include <map>
#include <ostream>

#include "external_model.hpp"
#include "nacre/core/channel.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/external.hpp"

namespace nacre {
namespace {

using external::ExternalModel;
using external::Settings;

constexpr char const* greeting_word = "nacre-exec";
constexpr int protocol_version = 1;
constexpr char const* refusal_mark = "refused:";
constexpr double patience_s = 5.0;  // for a greeting, before the user is told what is awaited

/// A frame of extxyz, line by line: a count, a comment, as many lines as the count says. Nothing at the end of the
/// input.
template <class NextLine>
std::optional<std::string> read_frame_text(NextLine const& next_line) {
  auto first = next_line();
  while (first && trim(*first).empty()) first = next_line();
  if (!first) return std::nullopt;
  auto const atoms = parse_integer(trim(*first));
  if (!atoms || *atoms < 1 || *atoms > 10'000'000)
    throw Error(concat("sent '", printable(first->substr(0, 80)), "' where a number of atoms was due"));
  std::string text = *first + '\n';
  for (std::int64_t i = 0; i <= *atoms; ++i) {
    auto const line = next_line();
    if (!line) throw Error("ended in the middle of a structure");
    text += *line + '\n';
  }
  return text;
}

/// Numbers behind a key of the comment line; nothing if it is not there. @throws Error for another count
std::optional<Eigen::VectorXd> numbers_of(Frame const& frame, std::string const& key, std::size_t count) {
  auto const found = frame.info.find(key);
  if (found == frame.info.end()) return std::nullopt;
  auto const words = split_words(found->second);
  Eigen::VectorXd numbers(static_cast<Eigen::Index>(count));
  for (std::size_t i = 0; i < count; ++i) {
    auto const number = i < words.size() && words.size() == count ? parse_double(words[i]) : std::nullopt;
    if (!number) throw Error(concat("gave ", key, "=\"", printable(found->second), "\" (", count, " numbers are due)"));
    numbers[static_cast<Eigen::Index>(i)] = *number;
  }
  return numbers;
}

Evaluation evaluation_of(Frame const& frame, Crystal const& asked) {
  if (frame.crystal.size() != asked.size())
    throw Error(concat("gave ", frame.crystal.size(), " atoms (", asked.size(), " were asked for)"));
  if (frame.crystal.numbers != asked.numbers) throw Error("gave back other elements, or in another order");
  auto const energy = numbers_of(frame, "energy", 1);
  if (!energy) throw Error("gave no 'energy' in the comment line");
  auto const forces = frame.columns.find("forces");
  if (forces == frame.columns.end() || forces->second.rows() != 3) throw Error("gave no column 'forces:R:3'");
  Evaluation evaluation;
  evaluation.energy = (*energy)[0];
  evaluation.forces = forces->second;
  if (auto const stress = numbers_of(frame, "stress", 9))
    evaluation.stress = Eigen::Map<Eigen::Matrix3d const>(stress->data());
  if (auto const energies = frame.columns.find("energies");
      energies != frame.columns.end() && energies->second.rows() == 1)
    evaluation.atom_energies = energies->second.row(0).transpose();
  return evaluation;
}

/// What a peer gave is the peer's fault, not the user's.
Frame parse_answer(std::string const& text) {
  try {
    return parse_extxyz(text, "its answer").front();
  } catch (InputError const& error) {
    throw Error(concat("gave no readable structure: ", error.what()));
  }
}

/// The words behind the version, as an extxyz comment line has them: name="...", elements="O Mg", cutoff_A=6.
std::map<std::string, std::string> read_greeting(std::string const& line) {
  auto const words = split_words(line);
  auto const version = words.size() > 1 ? parse_integer(words[1]) : std::nullopt;
  if (version != protocol_version) {
    throw Error(concat("speaks version '", words.size() > 1 ? printable(words[1]) : "",
                       "' of the protocol; this Nacre speaks version ", protocol_version));
  }
  auto const rest = trim(
      trim(line.substr(line.find(greeting_word) + std::string_view(greeting_word).size())).substr(words[1].size()));
  return parse_answer(concat("1\n", rest, " pbc=\"F F F\"\nH 0 0 0\n")).info;
}

class ExecModel final : public ExternalModel {
 public:
  ExecModel(Settings settings, std::string const& name) : ExternalModel("exec", name, std::move(settings)) {
    require(!settings_.command.empty(), "the model '", name, "' names no command (exec:COMMAND, or exec:FILE.toml)");
    attempt([&] { begin(); });
    settle();
  }
  ~ExecModel() override { stop(); }

 private:
  Evaluation ask(Crystal const& crystal) const override {
    if (!peer_.is_open()) begin();
    Frame frame;
    frame.crystal = crystal;
    Deadline const deadline(settings_.timeout);
    peer_.send(to_extxyz(frame), deadline);
    auto const text = read_frame_text([&]() -> std::optional<std::string> {
      auto line = peer_.receive_line(deadline);
      if (!line.starts_with(refusal_mark)) return line;
      input_error("the program behind the model '", name(), "' refuses the structure (",
                  printable(trim(line.substr(std::string_view(refusal_mark).size()))), ")");
    });
    return evaluation_of(parse_answer(*text), crystal);
  }

  void part() const noexcept override { peer_.close(); }

  void begin() const {
    auto [ours, theirs] = make_channel_pair();
    peer_ = std::move(ours);
    start(settings_.command, theirs);
    Deadline const deadline(settings_.start_timeout);
    if (!peer_.has_input(Deadline(std::min(patience_s, settings_.start_timeout)))) say_what_is_awaited();
    constexpr int most_chatter = 10'000;  // lines that libraries print while they load
    std::string line;
    for (int i = 0; i < most_chatter && !line.starts_with(greeting_word); ++i) {
      if (!peer_.has_input(deadline)) break;
      line = peer_.receive_line(deadline);
    }
    if (!line.starts_with(greeting_word))
      throw Error(concat("did not say '", greeting_word, ' ', protocol_version, "' on its standard output within ",
                         settings_.start_timeout, " s, the line with which such a program begins (docs/external.md)"));
    greet(printable(line));
  }

  /// Before a user wonders: many a script has no greeting, or does not flush it.
  void say_what_is_awaited() const {
    log_info("waiting for the program behind the model '", name(), "' to say '", greeting_word, ' ', protocol_version,
             "' on its standard output, for up to ", settings_.start_timeout, " s");
  }

  void greet(std::string const& line) const {
    auto const stated = read_greeting(line);
    if (!greeting_.empty() && greeting_ != line)
      throw Error(concat("now says '", line, "', before it said '", greeting_, "'"));
    greeting_ = line;
    if (auto const found = stated.find("elements"); found != stated.end()) state_elements(split_words(found->second));
    if (auto const found = stated.find("cutoff_A"); found != stated.end()) state_cutoff(parse_double(found->second));
  }

  mutable Channel peer_;
};

}  // namespace

std::shared_ptr<Potential const> make_exec_model(std::string const& command, std::string const& name) {
  if (command.ends_with(".toml") && command.find(' ') == std::string::npos)
    return std::make_shared<ExecModel>(external::read_settings(command), name);
  Settings settings;
  settings.command = external::words_of(command);
  settings.folder = std::filesystem::current_path();
  return std::make_shared<ExecModel>(std::move(settings), name);
}

namespace {

Frame answer_to(Crystal const& crystal, Evaluation const& evaluation) {
  Frame frame;
  frame.crystal = crystal;
  frame.info["energy"] = shortest(evaluation.energy);
  frame.columns["forces"] = evaluation.forces;
  if (evaluation.atom_energies.size() == evaluation.forces.cols() && evaluation.forces.cols() > 0)
    frame.columns["energies"] = evaluation.atom_energies.transpose();
  if (!evaluation.stress) return frame;
  std::vector<std::string> words;
  for (double const component : evaluation.stress->reshaped()) words.push_back(shortest(component));
  frame.info["stress"] = join(words, " ");
  return frame;
}

std::string greeting_of(Potential const& potential) {
  std::vector<std::string> symbols;
  for (auto const z : potential.elements()) symbols.emplace_back(symbol(z));
  return concat(greeting_word, ' ', protocol_version, " name=\"nacre ", potential.identity(), "\" elements=\"",
                join(symbols, " "), "\" cutoff_A=", shortest(potential.cutoff()));
}

}  // namespace

std::int64_t serve_lines(std::istream& in, std::ostream& out, Potential const& potential) {
  out << greeting_of(potential) << std::endl;
  auto const next_line = [&]() -> std::optional<std::string> {
    std::string line;
    return std::getline(in, line) ? std::optional(line) : std::nullopt;
  };
  for (std::int64_t served = 0;; ++served) {
    auto const text = [&] {
      try {
        return read_frame_text(next_line);
      } catch (Error const& error) {
        input_error("standard input ", error.what());
      }
    }();
    if (!text) return served;
    try {
      auto const crystal = parse_extxyz(*text, "standard input").front().crystal;
      out << to_extxyz(answer_to(crystal, potential.evaluate(crystal))) << std::flush;
    } catch (InputError const& error) {
      out << refusal_mark << ' ' << error.what() << std::endl;
    }
  }
}

}  // namespace nacre
