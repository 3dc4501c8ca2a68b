#include "encoding.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/units.hpp"

namespace nacre::detail {
namespace {

/// Waves of a cell with the area of 1.
std::array<TorusWave, 3> waves_of(Node const& node) {
  auto waves = torus_waves(node.cell);
  auto const area = std::abs(node.cell(0, 0) * node.cell(1, 1) - node.cell(0, 1) * node.cell(1, 0));
  for (auto& wave : waves) wave.weight /= area;
  return waves;
}

double phase_of(TorusWave const& wave, double u, double v) {
  return 2.0 * units::pi * (wave.reciprocal.x() * u + wave.reciprocal.y() * v);
}

void write_torus(Node const& node, double u, double v, Eigen::Index first, EncodedRow& row) {
  for (auto const& wave : waves_of(node)) {
    auto const radius = std::sqrt(wave.weight) / (2.0 * units::pi), phase = phase_of(wave, u, v);
    row.numbers[first++] = radius * std::cos(phase);
    row.numbers[first++] = radius * std::sin(phase);
  }
}

double fraction_of(Node const& node, std::int64_t answer) {
  return node.count() > 1 ? static_cast<double>(answer) / static_cast<double>(node.count() - 1) : 0.5;
}

/// Descriptors with each number scaled by its range, so that the farthest choices are about 1 apart.
Eigen::MatrixXd scaled_descriptors(std::vector<std::vector<double>> const& lists) {
  auto const dimensions = static_cast<Eigen::Index>(lists.front().size());
  Eigen::MatrixXd result(static_cast<Eigen::Index>(lists.size()) + 1, dimensions);  // choice 0: absent
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (Eigen::Index d = 0; d < dimensions; ++d) {
      result(static_cast<Eigen::Index>(i) + 1, d) = lists[i][static_cast<std::size_t>(d)];
    }
  }
  for (Eigen::Index d = 0; d < dimensions; ++d) {
    auto numbers = result.col(d).tail(result.rows() - 1).array();
    auto const low = numbers.minCoeff(), high = numbers.maxCoeff();
    numbers = high > low ? ((numbers - low) / (high - low)).eval() : Eigen::ArrayXd::Zero(numbers.size()).eval();
    result(0, d) = 0.5;
  }
  return result / std::sqrt(static_cast<double>(dimensions));
}

}  // namespace

Encoding::Encoding(std::vector<Path const*> const& designs) {
  for (auto const* design : designs) {
    for (auto const& question : design->questions) meet(question);
  }
  for (auto& column : columns_) {
    auto const absent =
        std::ranges::any_of(designs, [&](Path const* design) { return design->answer(column.question) == nullptr; });
    add_columns(column, absent);
  }
  absent_ = {Eigen::RowVectorXd::Zero(numbers()),
             Eigen::RowVectorXi::Zero(static_cast<Eigen::Index>(form_.categories.size()))};
  for (auto const& column : columns_) {
    auto const& node = *column.question.node;
    if (node.kind == NodeKind::real || node.kind == NodeKind::ordered) absent_.numbers[column.first] = 0.5;
    if (node.kind == NodeKind::composition) {
      auto const species = static_cast<Eigen::Index>(column.labels.size());
      absent_.numbers.segment(column.first, species).setConstant(1.0 / static_cast<double>(species));
    }
    if (column.absence >= 0) absent_.numbers[column.absence] = 1.0;
  }
}

Encoding::Column const* Encoding::find(Question const& question) const {
  auto const found = std::ranges::find_if(columns_, [&](Column const& one) { return one.question.same(question); });
  return found == columns_.end() ? nullptr : &*found;
}

void Encoding::meet(Question const& question) {
  auto const* known = find(question);
  if (!known) {
    columns_.push_back({question, 0, -1, {}});
    descriptors_.emplace_back();
    known = &columns_.back();
  }
  auto const& node = *question.node;
  if (known->question.node == question.node && !known->labels.empty()) return;
  auto const index = static_cast<std::size_t>(known - columns_.data());
  auto& column = columns_[index];
  bool const described = column.labels.size() == descriptors_[index].size() && !node.descriptors.empty();
  for (std::size_t i = 0; i < node.labels.size(); ++i) {
    if (node.kind == NodeKind::ordered || std::ranges::find(column.labels, node.labels[i]) != column.labels.end())
      continue;
    column.labels.push_back(node.labels[i]);
    if (described) descriptors_[index].push_back(node.descriptors[i]);
  }
}

void Encoding::add_columns(Column& column, bool sometimes_absent) {
  auto const& node = *column.question.node;
  auto const add = [&](Eigen::Index count, bool one_group) {
    for (Eigen::Index i = 0; i < count; ++i) form_.groups.push_back(one_group ? groups_ : groups_++);
    if (one_group) ++groups_;
  };
  column.first = numbers();
  switch (node.kind) {
    case NodeKind::categorical: {
      column.first = static_cast<Eigen::Index>(form_.categories.size());
      CategoryForm form{static_cast<int>(column.labels.size()) + 1, {}};
      auto const& lists = descriptors_[static_cast<std::size_t>(&column - columns_.data())];
      auto const equal_sizes =
          std::ranges::all_of(lists, [&](auto const& list) { return list.size() == lists[0].size(); });
      if (lists.size() == column.labels.size() && !lists.empty() && !lists[0].empty() && equal_sizes) {
        form.descriptors = scaled_descriptors(lists);
      }
      form_.categories.push_back(std::move(form));
      return;
    }
    case NodeKind::torus:
      add(6, true);
      break;
    case NodeKind::composition:
      add(static_cast<Eigen::Index>(column.labels.size()), false);
      break;
    case NodeKind::ordered:
    case NodeKind::real:
      add(1, true);
      break;
  }
  if (!sometimes_absent) return;
  column.absence = numbers();
  add(1, true);
}

void Encoding::write(Column const& column, Node const& node, std::span<std::int64_t const> answer,
                     EncodedRow& row) const {
  switch (node.kind) {
    case NodeKind::categorical: {
      auto const& label = node.labels[static_cast<std::size_t>(answer[0])];
      auto const found = std::ranges::find(column.labels, label);
      row.choices[column.first] =
          found == column.labels.end() ? 0 : static_cast<int>(found - column.labels.begin()) + 1;
      return;
    }
    case NodeKind::torus:
      write_torus(node, static_cast<double>(answer[0]) / torus_grid, static_cast<double>(answer[1]) / torus_grid,
                  column.first, row);
      break;
    case NodeKind::composition:
      row.numbers.segment(column.first, static_cast<Eigen::Index>(column.labels.size())).setZero();
      for (std::size_t i = 0; i < answer.size(); ++i) {
        auto const found = std::ranges::find(column.labels, node.labels[i]);
        if (found == column.labels.end()) continue;
        row.numbers[column.first + (found - column.labels.begin())] = static_cast<double>(answer[i]) / node.total;
      }
      break;
    case NodeKind::ordered:
    case NodeKind::real:
      row.numbers[column.first] = fraction_of(node, answer[0]);
      break;
  }
  if (column.absence >= 0) row.numbers[column.absence] = 0.0;
}

EncodedRow Encoding::encode(Path const& path) const {
  auto row = absent_;
  for (std::size_t i = 0; i < path.questions.size(); ++i) {
    if (auto const* column = find(path.questions[i])) write(*column, *path.questions[i].node, path.answer(i), row);
  }
  return row;
}

std::vector<Encoding::Coordinate> Encoding::coordinates(Path const& path) const {
  std::vector<Coordinate> result;
  for (std::size_t i = 0; i < path.questions.size(); ++i) {
    auto const& node = *path.questions[i].node;
    auto const* column = find(path.questions[i]);
    if (!column) continue;
    if (node.kind == NodeKind::real && node.count() > 1) result.push_back({i, 0, column->first, false});
    if (node.kind != NodeKind::torus) continue;
    for (int part = 0; part < 2; ++part) result.push_back({i, part, column->first, true});
  }
  return result;
}

double Encoding::value_of(Path const& path, Coordinate const& coordinate) {
  auto const& node = *path.questions[coordinate.question].node;
  auto const answer = path.answer(coordinate.question)[static_cast<std::size_t>(coordinate.part)];
  return coordinate.periodic ? static_cast<double>(answer) / torus_grid : fraction_of(node, answer);
}

void Encoding::place(Path const& path, std::vector<Coordinate> const& coordinates, Eigen::VectorXd const& values,
                     EncodedRow& row) const {
  for (std::size_t i = 0; i < coordinates.size(); ++i) {
    auto const& one = coordinates[i];
    auto const index = static_cast<Eigen::Index>(i);
    if (!one.periodic) {
      row.numbers[one.column] = values[index];
    } else if (one.part == 0) {
      write_torus(*path.questions[one.question].node, values[index], values[index + 1], one.column, row);
    }
  }
}

Eigen::VectorXd Encoding::pull_back(Path const& path, std::vector<Coordinate> const& coordinates,
                                    Eigen::VectorXd const& values, Eigen::VectorXd const& by_column) const {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(values.size());
  for (std::size_t i = 0; i < coordinates.size(); ++i) {
    auto const& one = coordinates[i];
    auto const index = static_cast<Eigen::Index>(i);
    if (!one.periodic) {
      result[index] = by_column[one.column];
      continue;
    }
    if (one.part != 0) continue;
    auto column = one.column;
    for (auto const& wave : waves_of(*path.questions[one.question].node)) {
      auto const phase = phase_of(wave, values[index], values[index + 1]), radius = std::sqrt(wave.weight);
      auto const turn = radius * (-std::sin(phase) * by_column[column] + std::cos(phase) * by_column[column + 1]);
      result[index] += turn * wave.reciprocal.x();
      result[index + 1] += turn * wave.reciprocal.y();
      column += 2;
    }
  }
  return result;
}

}  // namespace nacre::detail
