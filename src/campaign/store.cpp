#include "nacre/campaign/store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "store_schema.hpp"
#include "store_state.hpp"

namespace nacre {
namespace {

constexpr char const* file_name = "campaign.db";
constexpr char const* published_folder = "published";

std::filesystem::path checked_path(std::filesystem::path const& folder, Store::Mode mode) {
  require(std::filesystem::is_directory(folder), "no campaign in '", folder.string(),
          "' (no such folder); make one with: nacre init ", folder.string());
  if (mode == Store::Mode::write) return folder / file_name;
  auto const path = folder / published_folder / file_name;
  require(std::filesystem::exists(path), "no results in '", folder.string(), "' (no '", path.string(),
          "' yet); start the campaign with: nacre run ", folder.string());
  return path;
}

void sync_to_disk(std::filesystem::path const& path) {
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int const failed = file < 0 || ::fsync(file) != 0 ? errno : 0;
  if (file >= 0) ::close(file);
  // a folder that cannot be synced (EINVAL on some network file systems) has nothing to sync
  if (failed != 0 && failed != EINVAL) {
    throw Error(concat("cannot sync '", path.string(), "' (", std::generic_category().message(failed), ")"));
  }
}

/// Left behind by a kill.
void remove_old_copies(std::filesystem::path const& folder) {
  for (auto const& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(".campaign.db.")) std::filesystem::remove(entry.path());
  }
}

}  // namespace

void Store::State::begin() {
  if (in_group) return;
  database.execute("BEGIN IMMEDIATE");
  in_group = true;
}

void Store::State::commit() {
  if (!in_group) return;
  try {
    database.execute("COMMIT");
    in_group = false;
  } catch (...) {
    roll_back();
    throw;
  }
}

void Store::State::roll_back() noexcept {
  in_group = false;
  names.clear();  // their rows may be gone
  try {
    database.execute("ROLLBACK");
  } catch (std::exception const&) {  // SQLite has done it already
  }
}

void Store::State::open_for_writing(std::string const& setting) {
  journal = journal_mode(folder, setting);
  if (journal == "delete") database.execute("PRAGMA locking_mode = EXCLUSIVE");
  {
    auto rows = database.query(journal == "wal" ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE");
    auto const got = rows.next() ? rows.text(0) : "";
    if (got != journal) {
      throw Error(concat("cannot use journal mode '", journal, "' for '", database.path().string(), "' (it stays '",
                         got, "'); set [store] journal = \"delete\" in campaign.toml"));
    }
  }
  database.execute("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON");
  // ids lie anywhere in their index: 64 MiB of it stay in memory
  database.execute("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000");
  prepare_schema(database, true);
}

Store::Store(std::filesystem::path const& folder, Mode mode, std::string const& journal) {
  auto const access = mode == Mode::write ? Database::Access::write : Database::Access::immutable;
  state_ = std::make_unique<State>(folder, checked_path(folder, mode), access);
  if (mode == Mode::write) {
    state_->open_for_writing(journal);
  } else {
    prepare_schema(state_->database, false);
  }
}

Store::~Store() {
  if (state_->in_group) state_->roll_back();
}

void Store::begin() { state_->begin(); }
void Store::commit() { state_->commit(); }
bool Store::in_group() const { return state_->in_group; }
std::string Store::journal() const { return state_->journal; }

void Store::publish() {
  commit();
  auto& database = state_->database;
  auto const folder = state_->folder / published_folder;
  auto const target = folder / file_name;
  if (database.changes() == state_->published_changes && std::filesystem::exists(target)) return;
  std::filesystem::create_directories(folder);
  remove_old_copies(folder);
  auto const copy = folder / concat(".campaign.db.", ::getpid(), ".tmp");
  database.run("VACUUM INTO ?", copy.string());
  sync_to_disk(copy);
  std::filesystem::rename(copy, target);
  sync_to_disk(folder);
  state_->published_changes = database.changes();
}

// --- one table each ---

void Store::put_meta(std::string const& key, std::string const& value) {
  require(key != "schema_version", "meta key 'schema_version' is the store's own");
  state_->write([&] { state_->database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value); });
}

std::optional<std::string> Store::meta(std::string const& key) const {
  auto rows = state_->database.query("SELECT value FROM meta WHERE key = ?", key);
  return rows.next() ? std::optional(rows.text(0)) : std::nullopt;
}

void Store::put_setup(std::string const& key, std::string const& outcome, double work) {
  state_->write([&] {
    state_->database.run("INSERT INTO setup (key, outcome, work) VALUES (?, ?, ?)", key, Bytes{outcome}, work);
  });
}

std::optional<std::string> Store::setup(std::string const& key) const {
  auto rows = state_->database.query("SELECT outcome FROM setup WHERE key = ?", key);
  return rows.next() ? std::optional(rows.text(0)) : std::nullopt;
}

void Store::put_proposal(StoredProposal const& proposal) {
  state_->write([&] {
    auto& database = state_->database;
    database.run("INSERT INTO proposals VALUES (?, ?, ?, ?, ?)", proposal.number, to_string(proposal.tier),
                 proposal.now, proposal.expected_work, proposal.reason);
    for (std::size_t i = 0; i < proposal.designs.size(); ++i) {
      auto const& design = proposal.designs[i];
      database.run("INSERT INTO proposed_designs VALUES (?, ?, ?, ?)", proposal.number, static_cast<std::int64_t>(i),
                   design.id().hex(), answers_text(design));
    }
  });
}

std::int64_t Store::proposal_count() const {
  auto rows = state_->database.query("SELECT count(*) FROM proposals");
  rows.next();
  return rows.integer(0);
}

std::optional<StoredProposal> Store::proposal(std::int64_t number) const {
  auto rows = state_->database.query("SELECT tier, now, expected_work, reason FROM proposals WHERE number = ?", number);
  if (!rows.next()) return std::nullopt;
  StoredProposal proposal{number, tier_from(rows.text(0)), {}, rows.real(1), rows.real(2), rows.text(3)};
  auto designs =
      state_->database.query("SELECT answers FROM proposed_designs WHERE proposal = ? ORDER BY position", number);
  while (designs.next()) proposal.designs.push_back(design_from(designs.text(0)));
  return proposal;
}

void Store::put_outcome(std::int64_t proposal, Outcome const& outcome) {
  require(proposal >= 0, "invalid proposal number ", proposal);
  state_->write([&] {
    if (state_->database.query("SELECT 1 FROM outcomes WHERE proposal = ?", proposal).next()) {
      throw Error(concat("proposal ", proposal, " has a result already"));
    }
    insert_outcome(state_->database, state_->names, proposal, outcome);
  });
}

std::optional<Outcome> Store::outcome(std::int64_t number, Detail detail) const {
  return select_outcome(state_->database, number, detail);
}

void Store::put_reference(Outcome const& outcome) {
  state_->write([&] {
    delete_outcome(state_->database, reference_rows);
    insert_outcome(state_->database, state_->names, reference_rows, outcome);
  });
}

std::optional<Outcome> Store::reference() const {
  return select_outcome(state_->database, reference_rows, Detail::all);
}

void Store::put_attempt(StoredAttempt const& attempt) {
  state_->write([&] {
    state_->database.run("INSERT INTO attempts VALUES (?, ?, ?, ?, ?)", attempt.proposal, attempt.attempt, attempt.rank,
                         attempt.seconds, attempt.outcome);
  });
}

std::vector<StoredAttempt> Store::attempts() const {
  auto rows = state_->database.query(
      "SELECT proposal, attempt, rank, seconds, outcome FROM attempts "
      "ORDER BY proposal, attempt, rowid");
  std::vector<StoredAttempt> attempts;
  while (rows.next()) {
    attempts.push_back({rows.integer(0), static_cast<int>(rows.integer(1)), static_cast<int>(rows.integer(2)),
                        rows.real(3), rows.text(4)});
  }
  return attempts;
}

void Store::put_fit(std::int64_t number, std::int64_t size, std::string const& model) {
  state_->write([&] { state_->database.run("INSERT INTO fits VALUES (?, ?, ?)", number, size, Bytes{model}); });
}

std::optional<std::string> Store::fit(std::int64_t number) const {
  auto rows = state_->database.query("SELECT model FROM fits WHERE number = ?", number);
  return rows.next() ? std::optional(rows.text(0)) : std::nullopt;
}

void Store::put_event(StoredEvent const& event) {
  state_->write([&] {
    state_->database.run("INSERT INTO events VALUES (?, ?, ?, ?, nullif(?, ''))", event.number, event.at_proposal,
                         event.kind, event.payload, event.source);
  });
}

std::vector<StoredEvent> Store::events() const {
  auto rows = state_->database.query("SELECT number, at_proposal, kind, payload, source FROM events ORDER BY number");
  std::vector<StoredEvent> events;
  while (rows.next()) {
    events.push_back({rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4)});
  }
  return events;
}

bool Store::took(std::string const& source) const {
  return state_->database.query("SELECT 1 FROM events WHERE source = ?", source).next();
}

void Store::put_snapshot(std::int64_t proposal, std::string const& bytes) {
  state_->write(
      [&] { state_->database.run("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?)", proposal, Bytes{bytes}); });
}

std::optional<std::pair<std::int64_t, std::string>> Store::snapshot() const {
  auto rows = state_->database.query("SELECT proposal, bytes FROM snapshot");
  if (!rows.next()) return std::nullopt;
  return std::pair{rows.integer(0), rows.text(1)};
}

void Store::put_ranking(std::string const& json) {
  state_->write([&] { state_->database.run("INSERT OR REPLACE INTO ranking VALUES (1, ?)", json); });
}

std::optional<std::string> Store::ranking() const {
  auto rows = state_->database.query("SELECT json FROM ranking");
  return rows.next() ? std::optional(rows.text(0)) : std::nullopt;
}

std::vector<std::pair<std::string, std::int64_t>> Store::ledger(Tier tier) const {
  auto rows = state_->database.query(
      "SELECT coalesce(e.status, o.status, 'pending') AS word, count(*) FROM proposals p "
      "JOIN proposed_designs d ON d.proposal = p.number LEFT JOIN outcomes o ON o.proposal = p.number "
      "LEFT JOIN evaluated_designs e ON e.proposal = p.number AND e.position = d.position "
      "WHERE p.tier = ? GROUP BY word ORDER BY word",
      to_string(tier));
  std::vector<std::pair<std::string, std::int64_t>> ledger;
  while (rows.next()) ledger.emplace_back(rows.text(0), rows.integer(1));
  return ledger;
}

std::optional<std::int64_t> Store::find_design(Hash128 const& design, Tier tier) const {
  auto rows = state_->database.query(
      "SELECT e.proposal FROM evaluated_designs e JOIN proposals p "
      "ON p.number = e.proposal WHERE e.design = ? AND p.tier = ? ORDER BY e.proposal LIMIT 1",
      design.hex(), to_string(tier));
  return rows.next() ? std::optional(rows.integer(0)) : std::nullopt;
}

std::vector<std::string> Store::designs_beginning_with(std::string const& digits, std::int64_t limit) const {
  auto rows = state_->database.query(
      "SELECT DISTINCT design FROM evaluated_designs WHERE design >= ? AND design < ? ORDER BY design LIMIT ?", digits,
      digits + "g", limit);  // g follows the last hexadecimal digit
  std::vector<std::string> designs;
  while (rows.next()) designs.push_back(rows.text(0));
  return designs;
}

}  // namespace nacre
