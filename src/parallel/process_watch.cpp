#include "process_watch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "nacre/core/text.hpp"

namespace nacre {
namespace {

std::string contents(std::string const& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// State and start of a process from its stat file (proc(5)), whose second field, in parentheses, may hold anything.
struct Stat {
  std::string state, start;
};

std::optional<Stat> stat_of(std::string const& id) {
  auto const text = contents("/proc/" + id + "/stat");
  auto const name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  auto const fields = split_words(text.substr(name_end + 1));  // from the third field on
  if (fields.size() < 20) return std::nullopt;
  return Stat{fields[0], fields[19]};
}

}  // namespace

std::string ProcessWatch::mine() {
  std::error_code error;
  auto const space = std::filesystem::read_symlink("/proc/self/ns/pid", error).string();
  auto const self = std::filesystem::read_symlink("/proc/self", error).string();
  auto const stat = stat_of(self);
  auto const boot = std::string(trim(contents("/proc/sys/kernel/random/boot_id")));
  if (error || !stat || boot.empty()) return {};
  return boot + ' ' + space + ' ' + self + ' ' + stat->start;
}

ProcessWatch::ProcessWatch(std::vector<std::string> const& all) {
  auto const here = split_words(mine());
  for (auto const& one : all) {
    auto const words = split_words(one);
    bool const seen = words.size() == 4 && here.size() == 4 && words[0] == here[0] && words[1] == here[1];
    processes_.push_back(seen ? std::optional(Process{words[2], words[3]}) : std::nullopt);
  }
}

bool ProcessWatch::gone(int rank) const {
  auto const index = static_cast<std::size_t>(rank);
  if (index >= processes_.size() || !processes_[index]) return false;
  auto const& id = processes_[index]->id;
  auto const stat = stat_of(id);
  std::error_code error;
  if (!stat) return !std::filesystem::exists("/proc/" + id, error) && !error;
  return stat->state == "Z" || stat->state == "X" || stat->start != processes_[index]->start;
}

}  // namespace nacre
