/// A design with the questions it answers, and designs made from others question by question.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/rng.hpp"
#include "nacre/search/space.hpp"

namespace nacre::detail {

/// Questions of the same name and kind are compared in a model; `occurrence` counts those met before on the path.
struct Question {
  std::shared_ptr<Node const> node;
  int occurrence = 0;
  std::size_t start = 0;  ///< of the answer in the design

  bool same(Question const& other) const {
    return node->kind == other.node->kind && occurrence == other.occurrence && node->name == other.node->name;
  }
};

struct Path {
  Design design;
  std::vector<Question> questions;
  /// The answer to a question, or null.
  std::int64_t const* answer(Question const& question) const;
  std::span<std::int64_t const> answer(std::size_t question) const;
};

/// @throws Error if the design does not belong to the space
Path path_of(Space const& space, Design const& design);

/// Answers one question by appending to the path; `question.start` is the size of the path before.
using Answer = std::function<void(Question const& question, std::vector<std::int64_t>& path)>;
/// Down the tree by `answer`, then canonical. Nothing at a dead end or if the design is not allowed.
std::optional<Path> walk(Space const& space, Answer const& answer);

/// Appends the base's answer to the question as far as it means the same here (a label, a number within range); false
/// if it has none.
bool append_same(Path const& base, Question const& question, std::vector<std::int64_t>& path);

struct Mutation {
  double rate = 0.3;  ///< share of the questions that are answered anew
  double step = 0.1;  ///< deviation of numbers, in units of their range
};
std::optional<Path> mutated(Space const& space, Path const& base, Mutation const& mutation, Rng& rng);
std::optional<Path> random_path(Space const& space, Rng& rng);

/// The base with another answer to one question; questions behind it that the base did not meet are answered by `rng`.
std::optional<Path> changed(Space const& space, Path const& base, std::size_t question,
                            std::vector<std::int64_t> const& answer, Rng& rng);
/// Other answers to a question that is not continuous: all choices, the neighbours of a value, one atom exchanged.
std::vector<std::vector<std::int64_t>> other_answers(Path const& base, std::size_t question);

/// Design `index` of a Latin hypercube of `size` designs: each question meets each part of its answers once.
std::optional<Path> hypercube_path(Space const& space, std::uint64_t salt, int index, int size, Rng& rng);

}  // namespace nacre::detail
