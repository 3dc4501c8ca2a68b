#include "store_schema.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

constexpr std::int64_t application = 0x4e414352;  // "NACR"

// Numbers that are no counts have no declared type: the affinity REAL would turn -0 into 0.
constexpr char const* tables = R"(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE setup (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, outcome BLOB NOT NULL, work NOT NULL);

CREATE TABLE proposals (number INTEGER PRIMARY KEY, tier TEXT NOT NULL, now NOT NULL, expected_work NOT NULL,
  reason TEXT NOT NULL);
CREATE TABLE proposed_designs (proposal INTEGER, position INTEGER, design TEXT NOT NULL, answers TEXT NOT NULL,
  PRIMARY KEY (proposal, position)) WITHOUT ROWID;

CREATE TABLE outcomes (proposal INTEGER PRIMARY KEY, status TEXT NOT NULL, reason TEXT NOT NULL, work NOT NULL);
CREATE TABLE evaluated_designs (proposal INTEGER, position INTEGER, design TEXT NOT NULL, answers TEXT NOT NULL,
  status TEXT NOT NULL, words TEXT NOT NULL, why TEXT NOT NULL, leaf TEXT NOT NULL, registry TEXT NOT NULL, shift_u, shift_v,
  cell_ax, cell_ay, cell_bx, cell_by, energy_per_area, energy_reason TEXT,
  PRIMARY KEY (proposal, position)) WITHOUT ROWID;
CREATE INDEX evaluated_by_design ON evaluated_designs (design, proposal);
CREATE INDEX evaluated_by_status ON evaluated_designs (proposal, position, status);
CREATE TABLE names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE choices (proposal INTEGER, position INTEGER, number INTEGER, name INTEGER NOT NULL, label TEXT NOT NULL,
  value, second, reason TEXT, PRIMARY KEY (proposal, position, number)) WITHOUT ROWID;
CREATE TABLE descriptors (proposal INTEGER, position INTEGER, number INTEGER, name INTEGER NOT NULL, value,
  reason TEXT, PRIMARY KEY (proposal, position, number)) WITHOUT ROWID;
CREATE TABLE constraints (proposal INTEGER, position INTEGER, number INTEGER, value, reason TEXT,
  PRIMARY KEY (proposal, position, number)) WITHOUT ROWID;
CREATE TABLE objectives (proposal INTEGER, position INTEGER, number INTEGER, value, standard_error, shared_error,
  status TEXT NOT NULL, reason TEXT NOT NULL, work, model INTEGER NOT NULL,
  PRIMARY KEY (proposal, position, number)) WITHOUT ROWID;
CREATE TABLE extras (proposal INTEGER, position INTEGER, number INTEGER, name INTEGER NOT NULL, value, standard_error,
  shared_error,   status TEXT NOT NULL, reason TEXT NOT NULL, work, model INTEGER NOT NULL,
  PRIMARY KEY (proposal, position, number)) WITHOUT ROWID;
CREATE TABLE structures (proposal INTEGER, position INTEGER, extxyz TEXT NOT NULL, PRIMARY KEY (proposal, position));

CREATE TABLE hops (proposal INTEGER, position INTEGER, number INTEGER, name TEXT NOT NULL, forward, backward,
  initial TEXT NOT NULL, saddle TEXT NOT NULL, final TEXT NOT NULL, PRIMARY KEY (proposal, position, number));

CREATE TABLE rounds (proposal INTEGER PRIMARY KEY, so_far BLOB NOT NULL);
CREATE TABLE jobs (proposal INTEGER, position INTEGER, objective INTEGER, number INTEGER, key TEXT NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, value, standard_error, work, result BLOB NOT NULL,
  PRIMARY KEY (proposal, position, objective, number)) WITHOUT ROWID;

CREATE TABLE fits (number INTEGER PRIMARY KEY, size INTEGER NOT NULL, model BLOB NOT NULL);
CREATE TABLE events (number INTEGER PRIMARY KEY, at_proposal INTEGER NOT NULL, kind TEXT NOT NULL,
  payload TEXT NOT NULL, source TEXT UNIQUE);
CREATE TABLE attempts (proposal INTEGER NOT NULL, attempt INTEGER NOT NULL, rank INTEGER NOT NULL, seconds NOT NULL,
  outcome TEXT NOT NULL);
CREATE TABLE snapshot (only INTEGER PRIMARY KEY CHECK (only = 1), proposal INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE ranking (only INTEGER PRIMARY KEY CHECK (only = 1), json TEXT NOT NULL);
CREATE TABLE queue (id TEXT PRIMARY KEY, design TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL,
  level TEXT NOT NULL, words TEXT NOT NULL, priority NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE labels (calculation TEXT PRIMARY KEY, event INTEGER NOT NULL, design TEXT NOT NULL, kind TEXT NOT NULL,
  code TEXT NOT NULL, level TEXT NOT NULL, comparable TEXT NOT NULL, energy NOT NULL, changes_physics INTEGER NOT NULL,
  structure TEXT NOT NULL, payload TEXT NOT NULL);

CREATE VIEW named_descriptors AS SELECT proposal, position, descriptors.number, names.name, value, reason
  FROM descriptors JOIN names ON names.number = descriptors.name;
CREATE VIEW named_choices AS SELECT proposal, position, choices.number, names.name, label, value, second
  FROM choices JOIN names ON names.number = choices.name;
CREATE VIEW named_objectives AS SELECT proposal, position, objectives.number, value, standard_error, status, reason,
  work, names.name AS model FROM objectives JOIN names ON names.number = objectives.model;
CREATE VIEW named_extras AS SELECT proposal, position, extras.number, names.name, value, standard_error, status, reason,
  work, models.name AS model FROM extras JOIN names ON names.number = extras.name
  JOIN names AS models ON models.number = extras.model;
)";

std::int64_t number(Database& database, char const* sql) {
  auto rows = database.query(sql);
  return rows.next() ? rows.integer(0) : 0;
}

void create(Database& database) {
  database.execute("BEGIN IMMEDIATE; " + concat("PRAGMA application_id = ", application, "; ") + tables +
                   concat("INSERT INTO meta VALUES ('schema_version', '", schema_version, "'); COMMIT"));
}

}  // namespace

void prepare_schema(Database& database, bool write) {
  auto const name = database.path().string();
  if (number(database, "SELECT count(*) FROM sqlite_schema") == 0) {
    if (!write) throw Error(concat("'", name, "' is empty"));
    return create(database);
  }
  if (number(database, "PRAGMA application_id") != application) {
    throw Error(concat("'", name, "' is the database of another program"));
  }
  auto rows = database.query("SELECT value FROM meta WHERE key = 'schema_version'");
  auto const version = rows.next() ? parse_integer(rows.text(0)) : std::nullopt;
  if (!version) throw Error(concat("'", name, "' is damaged (no schema version)"));
  if (*version > schema_version) {
    throw Error(concat("'", name, "' has schema version ", *version, ", newer than ", schema_version,
                       " of this program; use the nacre that wrote it, or a newer one"));
  }
  if (*version < schema_version) {
    throw Error(concat("'", name, "' has schema version ", *version, ", older than ", schema_version,
                       " of this program; use the nacre that wrote it, or begin the campaign anew"));
  }
}

}  // namespace nacre
