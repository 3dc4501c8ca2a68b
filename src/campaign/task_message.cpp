#include "task_message.hpp"

#include <charconv>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {

namespace detail {

Value to_value(Design const& design) {
  Value::Array values;
  for (auto const value : design.values) values.emplace_back(value);
  return values;
}

Design design_from(Value const& value) {
  Design design;
  for (auto const& item : value.as_array()) design.values.push_back(item.as_integer());
  return design;
}

EvaluationTask evaluation_task(std::string const& payload) {
  auto const fields = split_fields(payload);
  auto const value = Value::parse_json(fields.at(0), "a task");
  EvaluationTask task{tier_from(value.at("tier").as_string()), value.at("model").as_integer(), {}, fields.at(1)};
  for (auto const& design : value.at("designs").as_array()) task.designs.push_back(design_from(design));
  return task;
}

JobTask job_task(std::string const& payload) {
  auto const fields = split_fields(payload);
  auto const value = Value::parse_json(fields.at(0), "a task");
  return {value.at("owner").as_integer(), static_cast<std::int32_t>(value.at("objective").as_integer()),
          design_from(value.at("design")), unpack_job(fields.at(1)), value.at("name").as_string()};
}

}  // namespace detail

using detail::to_value;

std::string join_fields(std::vector<std::string> const& fields) {
  std::string bytes;
  for (auto const& field : fields) bytes += std::to_string(field.size()) + ':' + field;
  return bytes;
}

std::vector<std::string> split_fields(std::string const& bytes) {
  std::vector<std::string> fields;
  for (std::size_t start = 0; start < bytes.size();) {
    std::size_t length = 0;
    auto const [end, error] = std::from_chars(bytes.data() + start, bytes.data() + bytes.size(), length);
    auto const begin = static_cast<std::size_t>(end - bytes.data()) + 1;
    if (error != std::errc() || begin > bytes.size() || bytes[begin - 1] != ':' || length > bytes.size() - begin) {
      throw Error(concat("damaged message (byte ", start, " of ", bytes.size(), ")"));
    }
    fields.push_back(bytes.substr(begin, length));
    start = begin + length;
  }
  return fields;
}

std::string pack(EvaluationTask const& task) {
  Value value;
  value["tier"] = to_string(task.tier);
  value["model"] = task.model;
  value["designs"] = Value::array();
  for (auto const& design : task.designs) value["designs"].push_back(to_value(design));
  return join_fields({value.dump(), task.so_far});
}

std::string pack(JobTask const& task) {
  Value value;
  value["owner"] = task.owner;
  value["objective"] = task.objective;
  value["design"] = to_value(task.design);
  value["name"] = task.name;
  return join_fields({value.dump(), pack(task.job)});
}

std::string pack(FitTask const& task) {
  Value value = Value::array();
  for (std::size_t i = 0; i < task.designs.size(); ++i) {
    Value row;
    row["design"] = to_value(task.designs[i]);
    for (auto const& estimate : task.estimates[i]) {
      row["values"].push_back(estimate.ok() ? Value(estimate.value) : Value());
      row["errors"].push_back(estimate.ok() ? Value(estimate.own_error()) : Value());
    }
    value.push_back(row);
  }
  return value.dump();
}

}  // namespace nacre
