// Any scheduler with commands to submit, ask and cancel; they are given in the campaign file.
#include <cmath>
#include <regex>

#include "nacre/core/child.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/executor.hpp"

namespace nacre::dft {
namespace {

std::regex read_expression(std::string const& text, char const* key) {
  try {
    return std::regex(text, std::regex::ECMAScript);
  } catch (std::regex_error const& error) {
    input_error("invalid ", key, " = '", text, "' (", error.what(), ")");
  }
}

void replace_all(std::string& text, std::string const& mark, std::string const& value) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
}

class GenericExecutor final : public Executor {
 public:
  explicit GenericExecutor(GenericOptions options)
      : options_(std::move(options)),
        pending_(read_expression(options_.pending, "pending")),
        ended_(read_expression(options_.ended, "ended")) {
    require(!options_.submit.empty() && !options_.status.empty() && !options_.cancel.empty(),
            "a generic executor needs 'submit', 'status' and 'cancel' in [dft.generic]");
  }
  std::string name() const override { return "generic"; }

  std::string header(Ticket const& ticket) const override {
    std::string lines;
    for (auto const& line : options_.header) lines += filled(line, ticket, false) + "\n";
    return lines;
  }

  std::string submit(Ticket const& ticket) override {
    auto const answer = ask(options_.submit, ticket);
    if (*answer.status != 0) throw Refused(trim(answer.err.empty() ? answer.out : answer.err));
    auto const number = last_word(answer.out);
    if (number.empty()) throw Unreachable("the submit command printed no job number");
    return number;
  }

  std::vector<JobFact> poll(std::vector<Ticket> const& tickets) override {
    std::vector<JobFact> facts;
    for (auto const& ticket : tickets) facts.push_back(look(ticket));
    return facts;
  }

  void cancel(Ticket const& ticket) override {
    auto known = ticket;
    if (known.handle.empty()) known.handle = found(ticket);
    if (!known.handle.empty()) ask(options_.cancel, known);
  }

 private:
  static std::string last_word(std::string const& text) {
    auto const lines = split(trim(text), '\n');
    auto const words = lines.empty() ? std::vector<std::string>() : split_words(lines.front());
    return words.empty() ? std::string() : words.back();
  }

  static std::string filled(std::string text, Ticket const& ticket, bool quoted) {
    auto const word = [&](std::string const& value) { return quoted ? shell_quoted(value) : value; };
    auto const minutes = static_cast<long>(std::ceil(ticket.limit_s / 60.0));
    auto const two = [](long n) { return concat(n < 10 ? "0" : "", n); };
    replace_all(text, "{script}", word((ticket.folder / "job.sh").string()));
    replace_all(text, "{folder}", word(ticket.folder.string()));
    replace_all(text, "{name}", word(ticket.name));
    replace_all(text, "{id}", word(ticket.handle));
    replace_all(text, "{cores}", std::to_string(ticket.cores));
    replace_all(text, "{minutes}", std::to_string(minutes));
    replace_all(text, "{hours}", concat(minutes / 60, ":", two(minutes % 60), ":00"));
    return text;
  }

  Captured ask(std::string const& command, Ticket const& ticket) const {
    Captured answer;
    try {
      answer = capture({"/bin/sh", "-c", filled(command, ticket, true)}, options_.answer_s);
    } catch (Error const& error) {
      throw Unreachable(error.what());
    }
    if (!answer.status) throw Unreachable(concat("no answer within ", options_.answer_s, " s to '", command, "'"));
    if (*answer.status == 255) throw Unreachable(trim(answer.err));
    return answer;
  }

  std::string found(Ticket const& ticket) const {
    if (options_.find.empty()) return {};
    auto const answer = ask(options_.find, ticket);
    return *answer.status == 0 ? last_word(answer.out) : std::string();
  }

  JobFact look(Ticket const& ticket) const {
    JobFact fact;
    auto known = ticket;
    if (known.handle.empty()) known.handle = found(ticket);
    fact.handle = known.handle;
    fact.phase = JobPhase::gone;
    if (known.handle.empty()) return fact;
    auto const answer = ask(options_.status, known);
    if (*answer.status != 0) return fact;
    auto const lines = split(trim(answer.out), '\n');
    fact.state = lines.empty() ? std::string() : trim(lines.back());
    fact.phase = std::regex_search(answer.out, pending_) ? JobPhase::pending
                 : std::regex_search(answer.out, ended_) ? JobPhase::ended
                                                         : JobPhase::running;
    return fact;
  }

  GenericOptions options_;
  std::regex pending_, ended_;
};

}  // namespace

std::unique_ptr<Executor> make_generic_executor(GenericOptions options) {
  return std::make_unique<GenericExecutor>(std::move(options));
}

}  // namespace nacre::dft
