#include "store_state.hpp"

namespace nacre {

void Store::put_queue_entry(QueueEntry const& entry) {
  state_->write([&] {
    auto& database = state_->database;
    database.run("INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?, ?)", entry.number, entry.design, entry.code,
                 entry.level, entry.state, entry.words, entry.structure);
    database.run("DELETE FROM queue_files WHERE entry = ?", entry.number);
    std::int64_t position = 0;
    for (auto const& [name, content] : entry.files) {
      database.run("INSERT INTO queue_files VALUES (?, ?, ?, ?)", entry.number, position++, name, content);
    }
  });
}

std::vector<QueueEntry> Store::queue() const {
  auto rows = state_->database.query(
      "SELECT number, design, code, level, state, words, structure FROM queue "
      "ORDER BY number");
  std::vector<QueueEntry> entries;
  while (rows.next()) {
    QueueEntry entry{rows.integer(0), rows.text(1), rows.text(2), rows.text(3),
                     rows.text(4),    rows.text(5), rows.text(6), {}};
    auto files =
        state_->database.query("SELECT name, content FROM queue_files WHERE entry = ? ORDER BY position", entry.number);
    while (files.next()) entry.files.emplace_back(files.text(0), files.text(1));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace nacre
