#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "store_state.hpp"

namespace nacre {

std::string answers_text(Design const& design) {
  std::vector<std::string> words;
  for (auto const answer : design.values) words.push_back(std::to_string(answer));
  return join(words, " ");
}

Design design_from(std::string const& answers) {
  Design design;
  for (auto const& word : split_words(answers)) {
    auto const answer = parse_integer(word);
    if (!answer) throw Error(concat("damaged design '", answers, "' in the store ('", word, "' is no integer)"));
    design.values.push_back(*answer);
  }
  return design;
}

namespace {

/// The reason beside a NULL.
char const* unless_nan(double value, char const* reason) { return std::isnan(value) ? reason : ""; }

/// Row of a name, made if it is new.
std::int64_t name_number(Database& database, std::map<std::string, std::int64_t>& names, std::string const& name) {
  auto const known = names.find(name);
  if (known != names.end()) return known->second;
  database.run("INSERT OR IGNORE INTO names (name) VALUES (?)", name);
  auto rows = database.query("SELECT number FROM names WHERE name = ?", name);
  rows.next();
  return names[name] = rows.integer(0);
}

class OutcomeWriter {
 public:
  OutcomeWriter(Database& database, std::map<std::string, std::int64_t>& names, std::int64_t proposal)
      : database_(database), names_(names), proposal_(proposal) {}

  void write(Outcome const& outcome) {
    database_.run("INSERT INTO outcomes VALUES (?, ?, ?, ?)", proposal_, to_string(outcome.status), outcome.reason,
                  outcome.work);
    for (position_ = 0; position_ < static_cast<std::int64_t>(outcome.designs.size()); ++position_) {
      auto const& design = outcome.designs[static_cast<std::size_t>(position_)];
      write_design(design, outcome.status);
      write_choices(design);
      write_numbers(design);
      write_estimates(design);
      if (!design.structure.empty()) {
        database_.run("INSERT INTO structures VALUES (?, ?, ?)", proposal_, position_, design.structure);
      }
      write_hops(design);
    }
  }

 private:
  /// The first objective that is not ok speaks for the design.
  static Status status_of(EvaluatedDesign const& design, Status task) {
    for (auto const& estimate : design.objectives) {
      if (!estimate.ok()) return estimate.status;
    }
    return task;
  }

  void write_design(EvaluatedDesign const& design, Status task) {
    auto const& cell = design.shift_cell;
    database_.run("INSERT INTO evaluated_designs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, nullif(?, ''))", proposal_,
                  position_, design.design.id().hex(), answers_text(design.design), to_string(status_of(design, task)),
                  design.words, design.why, design.leaf.hex(), design.registry, design.relaxed_shift.x(), design.relaxed_shift.y(),
                  cell(0, 0), cell(1, 0), cell(0, 1), cell(1, 1), design.energy_per_area,
                  unless_nan(design.energy_per_area, "no atoms"));
  }

  void write_hops(EvaluatedDesign const& design) {
    std::int64_t number = 0;
    for (auto const& hop : design.hops)
      database_.run("INSERT INTO hops VALUES (?,?,?,?,?,?,?,?,?)", proposal_, position_, number++, hop.name, hop.forward,
                    hop.backward, hop.initial, hop.saddle, hop.final_image);
  }

  void write_choices(EvaluatedDesign const& design) {
    std::int64_t number = 0;
    for (auto const& choice : design.choices) {
      database_.run("INSERT INTO choices VALUES (?,?,?,?,?,?,?, nullif(?, ''))", proposal_, position_, number++,
                    name(choice.name), choice.label, choice.value, choice.second,
                    unless_nan(choice.value + choice.second, "no number"));
    }
  }

  void write_numbers(EvaluatedDesign const& design) {
    std::int64_t number = 0;
    for (auto const& [descriptor, value] : design.descriptors) {
      database_.run("INSERT INTO descriptors VALUES (?,?,?,?,?, nullif(?, ''))", proposal_, position_, number++,
                    name(descriptor), value, unless_nan(value, "missing"));
    }
    number = 0;
    for (double const value : design.constraints) {
      database_.run("INSERT INTO constraints VALUES (?,?,?,?, nullif(?, ''))", proposal_, position_, number++, value,
                    unless_nan(value, "not known"));
    }
  }

  void write_estimates(EvaluatedDesign const& design) {
    std::int64_t number = 0;
    for (auto const& estimate : design.objectives) {
      database_.run("INSERT INTO objectives VALUES (?,?,?,?,?,?,?,?,?,?)", proposal_, position_, number++, estimate.value,
                    estimate.standard_error, estimate.shared_error, to_string(estimate.status), estimate.reason, estimate.work,
                    name(estimate.model));
    }
    number = 0;
    for (auto const& [extra, estimate] : design.extras) {
      database_.run("INSERT INTO extras VALUES (?,?,?,?,?,?,?,?,?,?,?)", proposal_, position_, number++, name(extra),
                    estimate.value, estimate.standard_error, estimate.shared_error, to_string(estimate.status), estimate.reason, estimate.work,
                    name(estimate.model));
    }
  }

  std::int64_t name(std::string const& text) { return name_number(database_, names_, text); }

  Database& database_;
  std::map<std::string, std::int64_t>& names_;
  std::int64_t proposal_, position_ = 0;
};

/// value, standard_error, shared_error, status, reason, work, model from this column on
Estimate estimate_at(Rows const& rows, int column) {
  Estimate estimate;
  estimate.value = rows.real(column);
  estimate.standard_error = rows.real(column + 1);
  estimate.shared_error = rows.real(column + 2);
  estimate.status = status_from(rows.text(column + 3));
  estimate.reason = rows.text(column + 4);
  estimate.work = rows.real(column + 5);
  estimate.model = rows.text(column + 6);
  return estimate;
}

/// Reads the rows of one proposal; every table by (position, number).
class OutcomeReader {
 public:
  OutcomeReader(Database& database, std::int64_t proposal) : database_(database), proposal_(proposal) {}

  std::optional<Outcome> read(Store::Detail detail) {
    auto rows = database_.query("SELECT status, reason, work FROM outcomes WHERE proposal = ?", proposal_);
    if (!rows.next()) return std::nullopt;
    outcome_ = {status_from(rows.text(0)), rows.text(1), rows.real(2), {}, {}};
    read_designs();
    if (detail == Store::Detail::all) read_structures(), read_hops();
    read_choices();
    read_numbers();
    read_estimates();
    return std::move(outcome_);
  }

 private:
  EvaluatedDesign& at(std::int64_t position) {
    if (position < 0 || position >= static_cast<std::int64_t>(outcome_.designs.size())) {
      throw Error(concat("'", database_.path().string(), "' is damaged (proposal ", proposal_, " has no design ",
                         position, ")"));
    }
    return outcome_.designs[static_cast<std::size_t>(position)];
  }

  void read_designs() {
    auto rows = database_.query(
        "SELECT answers, words, leaf, registry, shift_u, shift_v, cell_ax, cell_ay, cell_bx, "
        "cell_by, energy_per_area, why FROM evaluated_designs WHERE proposal = ? ORDER BY position",
        proposal_);
    while (rows.next()) {
      EvaluatedDesign design;
      design.design = design_from(rows.text(0));
      design.words = rows.text(1);
      design.leaf = Hash128::from_hex(rows.text(2));
      design.registry = rows.text(3);
      design.relaxed_shift = {rows.real(4), rows.real(5)};
      design.shift_cell << rows.real(6), rows.real(8), rows.real(7), rows.real(9);
      design.energy_per_area = rows.real(10);
      design.why = rows.text(11);
      outcome_.designs.push_back(std::move(design));
    }
  }

  void read_structures() {
    auto structures =
        database_.query("SELECT position, extxyz FROM structures WHERE proposal = ? ORDER BY position", proposal_);
    while (structures.next()) at(structures.integer(0)).structure = structures.text(1);
  }

  void read_hops() {
    auto rows = database_.query(
        "SELECT position, name, forward, backward, initial, saddle, final FROM hops WHERE proposal = ? "
        "ORDER BY position, number",
        proposal_);
    while (rows.next())
      at(rows.integer(0))
          .hops.push_back({rows.text(1), rows.real(2), rows.real(3), rows.text(4), rows.text(5), rows.text(6)});
  }

  void read_choices() {
    auto rows = database_.query(
        "SELECT position, names.name, label, value, second FROM choices JOIN names "
        "ON names.number = choices.name WHERE proposal = ? ORDER BY position, choices.number",
        proposal_);
    while (rows.next()) at(rows.integer(0)).choices.push_back({rows.text(1), rows.text(2), rows.real(3), rows.real(4)});
  }

  void read_numbers() {
    auto rows = database_.query(
        "SELECT position, names.name, value FROM descriptors JOIN names "
        "ON names.number = descriptors.name WHERE proposal = ? "
        "ORDER BY position, descriptors.number",
        proposal_);
    while (rows.next()) at(rows.integer(0)).descriptors.emplace_back(rows.text(1), rows.real(2));
    auto constraints = database_.query(
        "SELECT position, value FROM constraints WHERE proposal = ? "
        "ORDER BY position, number",
        proposal_);
    while (constraints.next()) at(constraints.integer(0)).constraints.push_back(constraints.real(1));
  }

  void read_estimates() {
    auto rows = database_.query(
        "SELECT position, value, standard_error, shared_error, status, reason, work, names.name FROM objectives "
        "JOIN names ON names.number = objectives.model WHERE proposal = ? "
        "ORDER BY position, objectives.number",
        proposal_);
    while (rows.next()) at(rows.integer(0)).objectives.push_back(estimate_at(rows, 1));
    auto extras = database_.query(
        "SELECT position, names.name, value, standard_error, shared_error, status, reason, work, models.name "
        "FROM extras JOIN names ON names.number = extras.name JOIN names AS models "
        "ON models.number = extras.model WHERE proposal = ? ORDER BY position, extras.number",
        proposal_);
    while (extras.next()) at(extras.integer(0)).extras.emplace_back(extras.text(1), estimate_at(extras, 2));
  }

  Database& database_;
  std::int64_t proposal_;
  Outcome outcome_;
};

}  // namespace

void insert_outcome(Database& database, std::map<std::string, std::int64_t>& names, std::int64_t proposal,
                    Outcome const& outcome) {
  OutcomeWriter(database, names, proposal).write(outcome);
}

std::optional<Outcome> select_outcome(Database& database, std::int64_t proposal, Store::Detail detail) {
  return OutcomeReader(database, proposal).read(detail);
}

void delete_outcome(Database& database, std::int64_t proposal) {
  database.run("DELETE FROM outcomes WHERE proposal = ?", proposal);
  database.run("DELETE FROM evaluated_designs WHERE proposal = ?", proposal);
  database.run("DELETE FROM choices WHERE proposal = ?", proposal);
  database.run("DELETE FROM descriptors WHERE proposal = ?", proposal);
  database.run("DELETE FROM constraints WHERE proposal = ?", proposal);
  database.run("DELETE FROM objectives WHERE proposal = ?", proposal);
  database.run("DELETE FROM extras WHERE proposal = ?", proposal);
  database.run("DELETE FROM structures WHERE proposal = ?", proposal);
  database.run("DELETE FROM hops WHERE proposal = ?", proposal);
}

}  // namespace nacre
