#include "nacre/campaign/domain.hpp"

#include "domains.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace detail {
namespace {

Choice choice_of(Node const& node, std::span<std::int64_t const> answer) {
  Choice choice{node.name, {}, static_cast<double>(answer[0]), 0.0};
  switch (node.kind) {
    case NodeKind::categorical: choice.label = node.labels.at(static_cast<std::size_t>(answer[0])); break;
    case NodeKind::ordered:
    case NodeKind::real:
      choice.value = node.number(answer[0]);
      choice.label = significant(choice.value, 6);
      break;
    case NodeKind::torus:
      choice.value = static_cast<double>(answer[0]) / static_cast<double>(torus_grid);
      choice.second = static_cast<double>(answer[1]) / static_cast<double>(torus_grid);
      choice.label = "(" + significant(choice.value, 6) + ", " + significant(choice.second, 6) + ")";
      break;
    case NodeKind::composition:
      for (std::size_t i = 0; i < answer.size(); ++i) {
        choice.label += (i ? " " : "") + node.labels[i] + "=" + std::to_string(answer[i]);
      }
      break;
  }
  return choice;
}

}  // namespace

ContactOptions contact_options(CampaignConfig const& config, std::function<bool()> cancelled) {
  ContactOptions options;
  options.relaxation.fmax = config.potential.fmax;
  options.relaxation.max_steps = config.potential.max_steps;
  options.relaxation.cancelled = std::move(cancelled);
  options.shifts = config.potential.start_shifts;
  options.gaps = config.potential.start_gaps;
  options.rattle = config.potential.rattle;
  options.seed = config.seed;
  options.threads = config.run.threads;
  return options;
}

std::vector<Choice> choices_along(Space const& space, Design const& design) {
  std::vector<Choice> choices;
  std::span<std::int64_t const> rest(design.values);
  for (auto const& node : nodes_along(space, design)) {
    auto const width = static_cast<std::size_t>(node->width());
    choices.push_back(choice_of(*node, rest.first(width)));
    rest = rest.subspan(width);
  }
  return choices;
}

}  // namespace detail

Domain::~Domain() = default;

std::vector<Eigen::Vector2d> Domain::shift_images(Design const&, Eigen::Vector2d const& shift) const { return {shift}; }

std::optional<std::pair<double, double>> Domain::twist_range() const { return std::nullopt; }

std::string Domain::words(Candidate const& candidate) const {
  std::string words;
  for (auto const& choice : candidate.choices) {
    words += (words.empty() ? "" : ", ") + choice.name + " " + choice.label;
  }
  return words;
}

std::unique_ptr<Domain> make_domain(CampaignConfig const& config, std::shared_ptr<Potential const> potential) {
  if (config.space == "variables") return detail::make_variables_domain(config);
  return detail::make_stacks_domain(config, std::move(potential));
}

}  // namespace nacre
