#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "nacre/core/error.hpp"
#include "store_state.hpp"

namespace nacre {
namespace {

/// Types of statfs(2) whose files other hosts may see: shared memory and locks of WAL do not work there.
constexpr std::array<std::uint32_t, 17> network_file_systems{
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x65735546,  // FUSE: sshfs, gluster and others
    0x19830326,  // BeeGFS
    0x00C36400,  // Ceph
    0x5346414F,  // AFS
    0x6B414653,  // kAFS
    0x73757245,  // Coda
    0x01021997,  // 9P
    0x7461636F,  // OCFS2
    0x01161970,  // GFS2
    0xAAD7AAEA,  // PanFS
    0x013111A8,  // IBRIX
};

}  // namespace

std::string journal_mode(std::filesystem::path const& folder, std::string const& setting) {
  require(setting == "auto" || setting == "wal" || setting == "delete", "invalid journal='", setting,
          "' (known: auto, wal, delete)");
  if (setting != "auto") return setting;
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) {
    throw Error(concat("cannot tell the file system of '", folder.string(), "' (",
                       std::generic_category().message(errno), ")"));
  }
  auto const type = static_cast<std::uint32_t>(info.f_type);
  return std::ranges::find(network_file_systems, type) == network_file_systems.end() ? "wal" : "delete";
}

}  // namespace nacre
