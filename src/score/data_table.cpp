#include "nacre/score/data_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

struct Record {
  int line = 1;
  std::vector<std::string> cells;
};

class CsvReader {
 public:
  CsvReader(std::string_view text, std::string const& origin) : text_(text), origin_(origin) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  /// Lines that are empty are left out.
  std::vector<Record> read() {
    std::vector<Record> records;
    while (place_ < text_.size()) {
      auto record = next_record();
      if (record.cells.size() > 1 || !record.cells.front().empty()) records.push_back(std::move(record));
    }
    return records;
  }

 private:
  Record next_record() {
    Record record{line_, {}};
    while (true) {
      record.cells.push_back(place_ < text_.size() && text_[place_] == '"' ? quoted() : plain());
      if (place_ < text_.size() && text_[place_] == ',') {
        ++place_;
        continue;
      }
      if (place_ < text_.size() && text_[place_] == '\r') ++place_;
      if (place_ < text_.size() && text_[place_] == '\n') ++place_;
      ++line_;
      return record;
    }
  }
  std::string plain() {
    auto const start = place_;
    while (place_ < text_.size() && text_[place_] != ',' && text_[place_] != '\n' && text_[place_] != '\r') ++place_;
    return trim(text_.substr(start, place_ - start));
  }
  std::string quoted() {
    int const opened = line_;
    std::string cell;
    for (++place_; place_ < text_.size(); ++place_) {
      if (text_[place_] == '\n') ++line_;
      if (text_[place_] != '"') {
        cell += text_[place_];
      } else if (place_ + 1 < text_.size() && text_[place_ + 1] == '"') {
        cell += text_[++place_];
      } else {
        ++place_;
        require(place_ == text_.size() || text_[place_] == ',' || text_[place_] == '\n' || text_[place_] == '\r',
                "text behind a closing quote in '", origin_, "' line ", line_, " (a comma expected)");
        return cell;
      }
    }
    input_error("a quote that is not closed in '", origin_, "' line ", opened);
  }

  std::string_view text_;
  std::string const& origin_;
  std::size_t place_ = 0;
  int line_ = 1;
};

}  // namespace

std::size_t DataTable::column(std::string const& name) const {
  auto const found = std::find(header.begin(), header.end(), name);
  require(found != header.end(), "unknown column '", name, "' of '", origin, "'", did_you_mean(name, header));
  return static_cast<std::size_t>(found - header.begin());
}

DataTable parse_csv(std::string_view text, std::string const& origin) {
  auto records = CsvReader(text, origin).read();
  require(records.size() >= 2, "found no rows in '", origin, "' (a line of column names, then one line per row)");
  DataTable table{origin, std::move(records.front().cells), {}, {}};
  for (auto const& name : table.header)
    require(name.empty() || std::count(table.header.begin(), table.header.end(), name) == 1, "column '", name,
            "' stands twice in '", origin, "'; rename one");
  for (std::size_t i = 1; i < records.size(); ++i) {
    require(records[i].cells.size() == table.header.size(), "found ", records[i].cells.size(), " cells in '", origin,
            "' line ", records[i].line, " (", table.header.size(), " as in the header expected)");
    table.lines.push_back(records[i].line);
    table.rows.push_back(std::move(records[i].cells));
  }
  return table;
}

bool is_missing(std::string_view cell) {
  auto const word = lower_case(cell);
  return word.empty() || word == "na" || word == "nan" || word == "null" || word == "none";
}

double number_at(DataTable const& table, std::size_t row, std::size_t column) {
  auto const& cell = table.rows[row][column];
  if (is_missing(cell)) return std::numeric_limits<double>::quiet_NaN();
  auto const value = parse_double(cell);
  require(value && std::isfinite(*value), "no number '", cell, "' in '", table.origin, "' line ", table.lines[row],
          " column '", table.header[column], "'; columns of words belong into --categories");
  return *value;
}

}  // namespace nacre
