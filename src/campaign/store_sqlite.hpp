/// SQLite behind three small classes; sqlite3.h is seen in store_sqlite.cpp and nowhere else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace nacre {

/// Bytes to be stored as a BLOB; strings are stored as TEXT.
struct Bytes {
  std::string_view bytes;
};

class Database;

/// A prepared statement at work: values bound by construction, then row by row, reset at the end.
class Rows {
 public:
  template <class... Values>
  Rows(Database const& database, sqlite3_stmt* statement, Values const&... values)
      : database_(database), statement_(statement) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Rows();
  Rows(Rows const&) = delete;
  Rows& operator=(Rows const&) = delete;

  bool next();
  std::int64_t integer(int column) const;
  double real(int column) const;       ///< NULL is NaN
  std::string text(int column) const;  ///< or bytes
  bool null(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, std::int64_t{value}); }
  void bind(int index, double value);  ///< NaN is NULL
  void bind(int index, std::string_view text);
  void bind(int index, std::string const& text) { bind(index, std::string_view(text)); }
  void bind(int index, char const* text) { bind(index, std::string_view(text)); }
  void bind(int index, Bytes bytes);
  void bind(int index, std::nullopt_t);  ///< NULL

  Database const& database_;
  sqlite3_stmt* statement_;
};

/// A connection with its prepared statements, each made once.
class Database {
 public:
  enum class Access { write, immutable };
  Database(std::filesystem::path const& path, Access access);
  ~Database();
  Database(Database const&) = delete;
  Database& operator=(Database const&) = delete;

  /// Several statements without parameters.
  void execute(std::string const& sql);
  /// @param sql lives as long as the database (a literal)
  template <class... Values>
  Rows query(char const* sql, Values const&... values) {
    return Rows(*this, statement(sql), values...);
  }
  /// A statement without rows.
  template <class... Values>
  void run(char const* sql, Values const&... values) {
    Rows rows(*this, statement(sql), values...);
    while (rows.next()) {
    }
  }
  std::int64_t changes() const;  ///< rows changed on this connection so far
  std::filesystem::path const& path() const { return path_; }
  /// Throws what the last call met: Stopped for a full disk, else Error.
  [[noreturn]] void fail() const;
  void check(int code) const;

 private:
  sqlite3_stmt* statement(char const* sql);

  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
  std::map<void const*, sqlite3_stmt*> statements_;  ///< by the address of the literal
};

}  // namespace nacre
