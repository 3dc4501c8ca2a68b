/// Designs as rows of numbers and choices for a Gaussian process.
///
/// Each question, by name and kind, has columns of its own: a real or ordered answer one in [0, 1], a torus six waves
/// (numerics/torus.hpp), a composition one fraction per species, a category one choice by its label. A question that a
/// design does not meet is the choice 0, or the middle of its numbers and 1 in a column of its own: all of these are
/// coordinates, so every kernel of their distances is positive definite on the tree.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "nacre/numerics/gaussian_process.hpp"
#include "nacre/numerics/torus.hpp"
#include "path.hpp"

namespace nacre::detail {

struct EncodedRow {
  Eigen::RowVectorXd numbers;
  Eigen::RowVectorXi choices;
};

class Encoding {
 public:
  /// Columns for all questions of these designs. Labels and questions met later are treated like absent ones.
  explicit Encoding(std::vector<Path const*> const& designs);

  EncodedRow encode(Path const& path) const;
  ProcessForm const& form() const { return form_; }
  int groups() const { return groups_; }
  Eigen::Index numbers() const { return static_cast<Eigen::Index>(form_.groups.size()); }

  /// The continuous answers of a design as coordinates: a real in [0, 1], a torus u and v.
  struct Coordinate {
    std::size_t question = 0;
    int part = 0;             ///< of the answer
    Eigen::Index column = 0;  ///< first column of the question
    bool periodic = false;
  };
  std::vector<Coordinate> coordinates(Path const& path) const;
  static double value_of(Path const& path, Coordinate const& coordinate);
  /// Writes the columns of the coordinates into a row.
  void place(Path const& path, std::vector<Coordinate> const& coordinates, Eigen::VectorXd const& values,
             EncodedRow& row) const;
  /// Derivatives by the coordinates from those by the columns.
  Eigen::VectorXd pull_back(Path const& path, std::vector<Coordinate> const& coordinates, Eigen::VectorXd const& values,
                            Eigen::VectorXd const& by_column) const;

 private:
  struct Column {
    Question question;
    Eigen::Index first = 0;           ///< number column, or index of the category
    Eigen::Index absence = -1;        ///< column that is 1 where the question is absent; -1: it never is
    std::vector<std::string> labels;  ///< of categories, from choice 1 on; of compositions, the species
  };
  Column const* find(Question const& question) const;
  void meet(Question const& question);
  void add_columns(Column& column, bool sometimes_absent);
  void write(Column const& column, Node const& node, std::span<std::int64_t const> answer, EncodedRow& row) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::vector<double>>> descriptors_;  ///< by column and label; empty: none
  ProcessForm form_;
  int groups_ = 0;
  EncodedRow absent_;  ///< a design that answers nothing
};

}  // namespace nacre::detail
