#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <limits>
#include <random>
#include <system_error>

#include "nacre/campaign/store.hpp"
#include "nacre/core/child.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

constexpr double stale_after_s = 600.0;

std::string first_line(char const* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Who holds a lock; everything needed to tell from this host whether it still runs.
struct Holder {
  std::string host, token, boot, machine, processes, start;
  std::int64_t pid = 0;
};

std::string random_token() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += std::to_string(device()) + "-";
  return Hash128::of(bytes).hex();
}

Holder this_process() {
  std::array<char, 256> host{}, space{};
  ::gethostname(host.data(), host.size() - 1);
  static_cast<void>(::readlink("/proc/self/ns/pid", space.data(), space.size() - 1));
  auto const pid = static_cast<std::int64_t>(::getpid());
  return {host.data(),
          random_token(),
          first_line("/proc/sys/kernel/random/boot_id"),
          first_line("/etc/machine-id"),
          space.data(),
          start_of_process(pid),
          pid};
}

std::string to_json(Holder const& holder) {
  return Value(Value::Object{{"host", holder.host},
                             {"pid", holder.pid},
                             {"uuid", holder.token},
                             {"boot", holder.boot},
                             {"machine", holder.machine},
                             {"processes", holder.processes},
                             {"start", holder.start}})
             .dump() +
         "\n";
}

/// Nothing if the file is gone or no lock.
std::optional<Holder> read_holder(fs::path const& path) {
  try {
    auto const value = Value::parse_json(read_file(path), path.string());
    auto const text = [&](char const* key) { return value.at(key).as_string(); };
    return Holder{text("host"),
                  text("uuid"),
                  text("boot"),
                  text("machine"),
                  text("processes"),
                  text("start"),
                  value.at("pid").as_integer()};
  } catch (Error const&) {
    return std::nullopt;
  }
}

/// Seconds by which `earlier` was touched before `later`, both by the clock of their file system; negative: gone.
double age(fs::path const& earlier, fs::path const& later) {
  struct stat a {
  }, b{};
  if (::stat(earlier.c_str(), &a) != 0 || ::stat(later.c_str(), &b) != 0) return -1.0;
  auto const seconds = static_cast<double>(b.st_mtim.tv_sec - a.st_mtim.tv_sec) +
                       1e-9 * static_cast<double>(b.st_mtim.tv_nsec - a.st_mtim.tv_nsec);
  return std::max(0.0, seconds);
}

enum class Life { running, dead, unknown };

Life life_of(Holder const& holder, Holder const& self) {
  if (holder.host != self.host) return Life::unknown;
  if (holder.boot != self.boot) {  // the same machine after a reboot, or another one of that name
    return !self.machine.empty() && holder.machine == self.machine ? Life::dead : Life::unknown;
  }
  if (holder.processes != self.processes) return Life::unknown;  // another container
  if (::kill(static_cast<pid_t>(holder.pid), 0) != 0 && errno == ESRCH) return Life::dead;
  return holder.start == start_of_process(holder.pid) ? Life::running : Life::dead;
}

class Acquisition {
 public:
  Acquisition(fs::path const& folder, bool take_over)
      : folder_(folder), lock_(folder / "campaign.lock"), self_(this_process()), take_over_(take_over) {
    mine_ = folder / (".campaign.lock." + self_.token);
    write_file(mine_, to_json(self_));
  }
  ~Acquisition() {
    std::error_code ignored;
    fs::remove(mine_, ignored);
  }
  Acquisition(Acquisition const&) = delete;
  Acquisition& operator=(Acquisition const&) = delete;

  void run() {
    for (int attempt = 0; attempt < 100; ++attempt) {
      if (link_mine(lock_)) return;
      auto const holder = read_holder(lock_);
      if (!holder && fs::exists(lock_)) refuse_unreadable();
      if (!holder) continue;  // released meanwhile
      require_gone(*holder, lock_);
      if (inherit(*holder)) return;
    }
    throw Error(concat("cannot take the lock '", lock_.string(), "' (others take it all the time); try again"));
  }

  std::string const& token() const { return self_.token; }

 private:
  /// A hard link is made or not, even over NFS, where the answer may get lost: then the link count tells.
  bool link_mine(fs::path const& name) const {
    int const failed = ::link(mine_.c_str(), name.c_str()) == 0 ? 0 : errno;
    struct stat info {};
    if (failed == 0 || (::stat(mine_.c_str(), &info) == 0 && info.st_nlink > 1)) return true;
    if (failed == EEXIST) return false;
    throw Error(concat("cannot create '", name.string(), "' (", std::generic_category().message(failed), ")"));
  }

  void refuse_unreadable() const {
    if (take_over_ || age(lock_, mine_) > stale_after_s) {
      fs::remove(lock_);
      return;
    }
    throw Error(
        concat("cannot read the lock '", lock_.string(), "'; if nothing writes this campaign, pass --take-over"));
  }

  void require_gone(Holder const& holder, fs::path const& file) const {
    auto const life = life_of(holder, self_);
    if (life == Life::dead) return;
    auto const seconds = age(file, mine_);
    if (life == Life::unknown && (take_over_ || seconds > stale_after_s)) return;
    throw Error(concat("campaign '", folder_.string(), "' is being written by process ", holder.pid, " on host '",
                       holder.host, "' (last sign of life ", significant(std::max(0.0, seconds), 3),
                       " s ago); stop it with: nacre stop ", folder_.string(),
                       life == Life::unknown ? ", or pass --take-over if it is gone" : ""));
  }

  /// Only one process at a time may claim the lock of one dead holder, and only while it is still that one's.
  bool inherit(Holder const& dead) {
    auto const claim = folder_ / (".campaign.lock.after." + dead.token);
    if (!link_mine(claim)) {
      auto const heir = read_holder(claim);
      if (!heir) return false;
      require_gone(*heir, claim);
      fs::remove(claim);  // the heir died, too
      return false;
    }
    auto const now = read_holder(lock_);
    bool const still = now && now->token == dead.token;
    if (still) {
      log_warning("taking over the campaign from process ", dead.pid, " on host '", dead.host, "', which is gone");
      fs::rename(mine_, lock_);
    }
    fs::remove(claim);
    return still;
  }

  fs::path folder_, lock_, mine_;
  Holder self_;
  bool take_over_;
};

}  // namespace

CampaignLock::CampaignLock(std::filesystem::path const& folder, bool take_over) : path_(folder / "campaign.lock") {
  require(fs::is_directory(folder), "no campaign in '", folder.string(), "' (no such folder)");
  Acquisition acquisition(folder, take_over);
  acquisition.run();
  token_ = acquisition.token();
}

CampaignLock::~CampaignLock() {
  std::error_code ignored;
  auto const holder = read_holder(path_);
  if (holder && holder->token == token_) fs::remove(path_, ignored);
}

void CampaignLock::heartbeat() {
  auto const holder = read_holder(path_);
  if (!holder || holder->token != token_) {
    throw Error(concat("the lock '", path_.string(), "' was taken over",
                       holder ? concat(" by process ", holder->pid, " on host '", holder->host, "'") : "",
                       "; this process stops writing"));
  }
  if (::utimensat(AT_FDCWD, path_.c_str(), nullptr, 0) != 0) {
    throw Error(concat("cannot touch '", path_.string(), "' (", std::generic_category().message(errno), ")"));
  }
}

std::optional<bool> campaign_is_held(std::filesystem::path const& folder) {
  auto const holder = read_holder(folder / "campaign.lock");
  if (!holder) return false;
  auto const life = life_of(*holder, this_process());
  return life == Life::unknown ? std::nullopt : std::optional(life == Life::running);
}

}  // namespace nacre
