/// What the sources of the store share.
#pragma once

#include <map>

#include "nacre/campaign/store.hpp"
#include "store_sqlite.hpp"

namespace nacre {

/// "wal" on a local disk, "delete" on a network file system; `setting` other than "auto" decides.
std::string journal_mode(std::filesystem::path const& folder, std::string const& setting);

std::string answers_text(Design const& design);
Design design_from(std::string const& answers);

/// Rows of an outcome under the number of its proposal.
void insert_outcome(Database& database, std::map<std::string, std::int64_t>& names, std::int64_t proposal,
                    Outcome const& outcome);
std::optional<Outcome> select_outcome(Database& database, std::int64_t proposal, Store::Detail detail);
void delete_outcome(Database& database, std::int64_t proposal);

struct Store::State {
  State(std::filesystem::path const& home, std::filesystem::path const& file, Database::Access access)
      : folder(home), database(file, access) {}

  /// Runs `write` in the open group, or in one of its own. What throws leaves nothing of the group.
  template <class Write>
  void write(Write const& write) {
    bool const alone = !in_group;
    if (alone) begin();
    try {
      write();
    } catch (...) {
      roll_back();
      throw;
    }
    if (alone) commit();
  }
  void open_for_writing(std::string const& setting);
  void begin();
  void commit();
  void roll_back() noexcept;

  std::filesystem::path folder;
  mutable Database database;
  std::map<std::string, std::int64_t> names;  ///< rows of `names` met so far
  std::string journal;
  bool in_group = false;
  std::int64_t published_changes = -1;
};

}  // namespace nacre
