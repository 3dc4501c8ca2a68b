#include "store_sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cmath>
#include <limits>
#include <system_error>

#include "nacre/core/error.hpp"

namespace nacre {

Rows::~Rows() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Rows::bind(int index, std::int64_t value) { database_.check(sqlite3_bind_int64(statement_, index, value)); }

void Rows::bind(int index, double value) {
  if (std::isnan(value)) return bind(index, std::nullopt);
  database_.check(sqlite3_bind_double(statement_, index, value));
}

void Rows::bind(int index, std::string_view text) {
  auto const* start = text.data() ? text.data() : "";
  database_.check(sqlite3_bind_text64(statement_, index, start, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Rows::bind(int index, Bytes bytes) {
  auto const* start = bytes.bytes.data() ? bytes.bytes.data() : "";
  database_.check(sqlite3_bind_blob64(statement_, index, start, bytes.bytes.size(), SQLITE_TRANSIENT));
}

void Rows::bind(int index, std::nullopt_t) { database_.check(sqlite3_bind_null(statement_, index)); }

bool Rows::next() {
  errno = 0;
  int const code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail();
  return false;
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Rows::real(int column) const {
  return null(column) ? std::numeric_limits<double>::quiet_NaN() : sqlite3_column_double(statement_, column);
}

std::string Rows::text(int column) const {
  auto const* bytes = static_cast<char const*>(sqlite3_column_blob(statement_, column));
  return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

bool Rows::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

namespace {

/// '?', '#' and '%' have a meaning in the file names that SQLite takes as URIs.
std::string uri_of(std::filesystem::path const& path) {
  std::string uri = "file:";
  for (char const c : std::filesystem::absolute(path).string()) {
    if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else if (c == '%') {
      uri += "%25";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

Database::Database(std::filesystem::path const& path, Access access) : path_(path) {
  bool const write = access == Access::write;
  int const flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  int const code =
      sqlite3_open_v2((write ? path.string() : uri_of(path)).c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    std::string const reason = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close_v2(handle_);
    throw Error(concat("cannot open '", path.string(), "' (", reason, ")"));
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, 10'000);  // somebody looks into the file with another program
}

Database::~Database() {
  for (auto const& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

void Database::execute(std::string const& sql) {
  errno = 0;
  check(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

std::int64_t Database::changes() const { return sqlite3_total_changes64(handle_); }

sqlite3_stmt* Database::statement(char const* sql) {
  auto const known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  sqlite3_stmt* made = nullptr;
  check(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr));
  return statements_.emplace(sql, made).first->second;
}

void Database::check(int code) const {
  if (code != SQLITE_OK) fail();
}

void Database::fail() const {
  int const last = errno;  // SQLite does not always pass it on
  int const code = sqlite3_errcode(handle_) & 0xff;
  int const system = sqlite3_system_errno(handle_) != 0 ? sqlite3_system_errno(handle_) : last;
  bool const io = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
  if (code == SQLITE_FULL || (io && (system == ENOSPC || system == EDQUOT || system == EFBIG))) {
    throw Stopped(concat("cannot write '", path_.string(),
                         "' (the disk, the quota or the file size limit is full); everything acknowledged is stored: "
                         "free space and run again"));
  }
  std::string reason = sqlite3_errmsg(handle_);
  if (io && system != 0) reason += ", " + std::generic_category().message(system);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    throw Error(concat("'", path_.string(), "' is damaged (", reason, "); restore it from a backup, or take ",
                       "published/campaign.db, the last copy that was complete"));
  }
  throw Error(concat("cannot use '", path_.string(), "' (", reason, ")"));
}

}  // namespace nacre
