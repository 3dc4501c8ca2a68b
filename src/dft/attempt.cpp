#include "nacre/dft/attempt.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <sstream>
#include <system_error>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/executor.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;

/// Runs once: @NAMES@ are replaced. What it writes is read by `read_attempt`.
constexpr char const* script = R"sh(#!/bin/bash
@HEADER@# @TITLE@
# Written by nacre for one attempt, and runs once: a second start ends at the next lines.
folder=@FOLDER@
cd "$folder" || exit 96
mkdir claim 2>/dev/null || exit 97
printf 'host %s\npid %s\nstart %s\nbegan %s\n' "$(hostname)" "$$" "$(cut -d' ' -f22 /proc/$$/stat 2>/dev/null)" \
  "$(date +%s)" > claim/info.part && mv claim/info.part claim/info
printf '%-8s' '' > exitcode.part   # these blocks are there when the disk is full
finish() { printf '%-8s' "$1" 1<> exitcode.part; mv exitcode.part exitcode; exit "$1"; }

export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
@PROLOGUE@
work="$folder" scratch=@SCRATCH@
if [ -n "$scratch" ]; then
  work=$(mktemp -d "$scratch/nacre-XXXXXX") || finish 95
  cp -r @FILES@ "$work"/ || finish 95
fi
cd "$work" || finish 95

child='' beat=''
pass_on() { echo "$1" > "$folder/claim/signal"; [ -n "$child" ] && kill -TERM "$child" 2>/dev/null; }
trap 'pass_on TERM' TERM
trap 'pass_on USR1' USR1
trap 'pass_on LIMIT' USR2
@COMMAND@ &
child=$!

# A sign of life: seconds since anything here grew.
(
  began=$(date +%s) changed=$(date +%s) size=-1 limit=@LIMIT@
  while :; do
    now=$(date +%s)
    new=$(du -sb --exclude=claim . 2>/dev/null | cut -f1)
    [ "$new" = "$size" ] || { size=$new; changed=$now; }
    echo "$((now - changed))" > "$folder/claim/beat"
    [ -e "$folder/claim/given_up" ] && { kill -KILL "$child" 2>/dev/null; exit; }   # another attempt takes its place
    if [ "$limit" -gt 0 ] && [ $((now - began)) -ge "$limit" ]; then
      kill -USR2 $$
      sleep 10
      kill -KILL "$child" 2>/dev/null
      exit
    fi
    sleep @BEAT@
    kill -0 $$ 2>/dev/null && [ -d "$folder" ] || { kill -KILL "$child" 2>/dev/null; exit; }   # nobody waits for it
  done
) &
beat=$!
disown "$beat"   # its end is nobody's news

wait "$child"; status=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done   # a signal only interrupted the wait
kill -KILL "$beat" 2>/dev/null   # a TERM may be lost while it begins
if [ "$work" != "$folder" ]; then
  cp -r @COPY@ "$folder"/ 2>/dev/null
  cd "$folder" && rm -rf "$work"
fi
finish "$status"
)sh";

std::string replaced(std::string text, std::string const& mark, std::string const& value) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

/// A comment stays on its line.
std::string one_line(std::string text) {
  for (auto& c : text) c = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return text;
}

std::string script_of(fs::path const& folder, Payload const& payload, ScriptOptions const& options) {
  std::string files;
  for (auto const& [name, content] : payload.files) files += shell_quoted(name) + " ";
  for (auto const& name : payload.taken_over) {
    std::error_code none;
    if (fs::exists(folder / name, none)) files += shell_quoted(name) + " ";
  }
  auto const whole = [](double seconds) { return std::to_string(static_cast<long>(std::ceil(seconds))); };
  auto text = replaced(script, "@HEADER@", options.header);
  text = replaced(text, "@TITLE@", one_line(options.title));
  text = replaced(text, "@FOLDER@", shell_quoted(folder.string()));
  text = replaced(text, "@SCRATCH@", payload.scratch.empty() ? "''" : "\"" + payload.scratch + "\"");
  text = replaced(text, "@FILES@", files);
  text = replaced(text, "@COPY@", payload.copy_back.empty() ? "./*" : join(payload.copy_back, " "));
  text = replaced(text, "@LIMIT@", whole(options.limit_s));
  text = replaced(text, "@BEAT@", shortest(options.beat_s));
  text = replaced(text, "@PROLOGUE@", payload.prologue);
  return replaced(text, "@COMMAND@", payload.command);  // last: what the user wrote is not looked into
}

double seconds_of(timespec const& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Seconds since 1970 of the last change of a file; 0 if there is none.
double changed(fs::path const& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? seconds_of(status.st_mtim) : 0.0;
}

/// Small files that a script on another host writes: absent, empty or half of them is no error.
std::string peek(fs::path const& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

void write_attempt(fs::path const& folder, Payload const& payload, ScriptOptions const& options) {
  try {
    fs::create_directories(folder.parent_path());
    if (!fs::create_directory(folder))
      throw Error(concat("'", folder.string(), "' is there already; nothing is reused"));
  } catch (fs::filesystem_error const& error) {
    if (error.code() == std::errc::no_space_on_device)
      throw Stopped(concat("cannot make '", folder.string(), "' (the disk is full); free space and run again"));
    throw Error(concat("cannot make '", folder.string(), "' (", error.code().message(), ")"));
  }
  for (auto const& [name, content] : payload.files) write_file(folder / name, content);
  for (auto const& name : payload.taken_over) {
    std::error_code none;
    if (!fs::exists(payload.from / name, none)) continue;
    fs::create_directories((folder / name).parent_path());
    fs::copy(payload.from / name, folder / name, fs::copy_options::recursive);
  }
  write_file(folder / "job.sh", script_of(fs::absolute(folder), payload, options));
  fs::permissions(folder / "job.sh", fs::perms::owner_exec | fs::perms::group_exec, fs::perm_options::add);
}

AttemptFacts read_attempt(fs::path const& folder) {
  AttemptFacts facts;
  auto const claim = folder / "claim";
  facts.last_sign = changed(claim);
  facts.claimed = facts.last_sign > 0.0;
  facts.revoked = facts.claimed && changed(claim / "revoked") > 0.0;
  std::istringstream info(peek(claim / "info"));
  for (std::string line; std::getline(info, line);) {
    auto const words = split_words(line);
    if (words.size() != 2) continue;
    if (words[0] == "host") facts.host = words[1];
    if (words[0] == "pid") facts.pid = parse_integer(words[1]).value_or(0);
    if (words[0] == "start") facts.start = words[1];
    if (words[0] == "began") facts.began = parse_double(words[1]).value_or(0.0);
  }
  facts.last_sign = std::max(facts.last_sign, changed(claim / "beat"));
  facts.idle_s = parse_double(trim(peek(claim / "beat"))).value_or(0.0);
  facts.signal = trim(peek(claim / "signal"));
  facts.ended = changed(folder / "exitcode");
  facts.finished = facts.ended > 0.0;
  if (auto const code = parse_integer(trim(peek(folder / "exitcode")))) facts.exit = static_cast<int>(*code);
  return facts;
}

void end_soon(fs::path const& folder) { write_file(folder / "claim" / "given_up", ""); }

bool revoke(fs::path const& folder) {
  if (::mkdir((folder / "claim").c_str(), 0755) == 0) {
    std::ofstream(folder / "claim" / "revoked") << "by nacre: the job was given up before it began\n";
    return true;
  }
  if (errno == EEXIST) return changed(folder / "claim" / "revoked") > 0.0;
  throw Error(concat("cannot claim '", folder.string(), "' (", std::generic_category().message(errno), ")"));
}

}  // namespace nacre::dft
