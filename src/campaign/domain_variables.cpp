// A space of plain variables: the domain of analytic objectives and of objectives that bring their own physics.
#include <cmath>

#include "domains.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/search/variables.hpp"

namespace nacre::detail {
namespace {


class VariablesDomain final : public Domain {
 public:
  explicit VariablesDomain(CampaignConfig const& config)
      : space_(make_variable_space(config.variables, config.known_constraints,
                                   (config.folder / "campaign.toml").string())) {
    for (auto const& variable : config.variables.as_array()) {
      names_.push_back(variable.at("name").as_string());
      kinds_.push_back(variable.at("kind").as_string());
      auto const* choices = variable.find(kinds_.back() == "composition" ? "species" : "choices");
      widths_.push_back(width_of(kinds_.back(), choices ? choices->size() : 0));
    }
  }

  std::vector<SetupTask> setup_tasks() const override { return {}; }
  std::string run_setup(SetupTask const& task) const override { throw Error(concat("no set-up task '", task.key, "' here")); }
  void absorb(SetupTask const&, std::string const&) override {}
  std::shared_ptr<Space const> space() const override { return space_; }

  Candidate describe(Design const& design) const override {
    Candidate candidate;
    candidate.id = design.id();
    candidate.choices = choices_along(*space_, design);
    return candidate;
  }
  Candidate build(Design const& design, std::string&) const override { return describe(design); }

  /// Per variable: 1 if active, then its value, one-hot category, or cosine and sine of the torus angles.
  Eigen::VectorXd features(Candidate const& candidate) const override {
    Eigen::Index total = 0;
    for (auto const width : widths_) total += 1 + width;
    Eigen::VectorXd features = Eigen::VectorXd::Zero(total);
    Eigen::Index start = 0;
    for (std::size_t v = 0; v < names_.size(); ++v) {
      for (auto const& choice : candidate.choices) {
        if (choice.name != names_[v]) continue;
        features(start) = 1.0;
        fill(features.segment(start + 1, widths_[v]), kinds_[v], choice);
      }
      start += 1 + widths_[v];
    }
    return features;
  }

  std::vector<std::string> feature_names() const override {
    std::vector<std::string> names;
    for (std::size_t v = 0; v < names_.size(); ++v) {
      names.push_back(names_[v] + "_active");
      for (Eigen::Index i = 0; i < widths_[v]; ++i) names.push_back(names_[v] + "_" + std::to_string(i));
    }
    return names;
  }

  double expected_work(Design const&, Tier) const override { return 0.0; }  // what the objectives' jobs state
  std::shared_ptr<Potential const> potential() const override { return nullptr; }
  Hash128 leaf(Design const& design) const override { return discrete_part(*space_, design).id(); }
  std::vector<Design> references() const override { return {}; }
  std::vector<std::string> notes() const override { return {concat(names_.size(), " variables")}; }

 private:
  static Eigen::Index width_of(std::string const& kind, std::size_t choices) {
    if (kind == "categorical" || kind == "composition") return static_cast<Eigen::Index>(choices);
    return kind == "torus" ? 4 : 1;
  }

  static void fill(Eigen::Ref<Eigen::VectorXd> block, std::string const& kind, Choice const& choice) {
    if (kind == "categorical") {
      block(static_cast<Eigen::Index>(choice.value)) = 1.0;
    } else if (kind == "torus") {
      block << std::cos(2 * units::pi * choice.value), std::sin(2 * units::pi * choice.value),
          std::cos(2 * units::pi * choice.second), std::sin(2 * units::pi * choice.second);
    } else if (kind == "composition") {
      auto const counts = split(choice.label, ' ');
      for (Eigen::Index i = 0; i < block.size(); ++i) {
        block(i) = parse_double(split(counts.at(static_cast<std::size_t>(i)), '=').back()).value_or(0.0);
      }
    } else {
      block(0) = choice.value;
    }
  }

  std::shared_ptr<Space const> space_;
  std::vector<std::string> names_, kinds_;
  std::vector<Eigen::Index> widths_;
};

}  // namespace

std::unique_ptr<Domain> make_variables_domain(CampaignConfig const& config) {
  return std::make_unique<VariablesDomain>(config);
}

}  // namespace nacre::detail
