#include "store_state.hpp"

namespace nacre {

void Store::put_request(QueueRequest const& request) {
  state_->write([&] {
    state_->database.run("INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?, ?, ?)", request.id, request.design,
                         request.kind, request.code, request.level, request.words, request.priority, request.why);
  });
}

std::vector<QueueRequest> Store::requests() const {
  auto rows = state_->database.query("SELECT id, design, kind, code, level, words, priority, why FROM queue ORDER BY id");
  std::vector<QueueRequest> requests;
  while (rows.next()) {
    requests.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4), rows.text(5), rows.real(6),
         rows.text(7)});
  }
  return requests;
}

void Store::put_label(StoredLabel const& label) {
  state_->write([&] {
    state_->database.run("INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", label.calculation,
                         label.event, label.design, label.kind, label.code, label.level, label.comparable,
                         label.energy_eV, label.changes_physics ? 1 : 0, label.structure, label.payload);
  });
}

std::vector<StoredLabel> Store::labels() const {
  auto rows = state_->database.query(
      "SELECT calculation, event, design, kind, code, level, comparable, energy, changes_physics, structure, payload "
      "FROM labels ORDER BY calculation");
  std::vector<StoredLabel> labels;
  while (rows.next()) {
    labels.push_back({rows.text(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4), rows.text(5),
                      rows.text(6), rows.real(7), rows.integer(8) != 0, rows.text(9), rows.text(10)});
  }
  return labels;
}

}  // namespace nacre
