/// What a search optimises: one C++ class per shared library. See docs/objectives.md for a worked example.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/score/candidate.hpp"

namespace nacre {

struct NACRE_API Info {
  Info(std::string name, std::string unit, Direction direction, std::vector<Tier> tiers, std::string summary = {});
  ~Info();
  Info(Info const&);
  std::string name, unit;
  Direction direction;
  std::vector<Tier> tiers;   ///< the tiers it can give
  std::string summary;       ///< one line, for `nacre objectives`
};

/// A piece of work that runs on one rank.
struct NACRE_API Job {
  std::uint64_t number = 0;      ///< 0, 1, ... within the candidate
  std::string key;               ///< names its random stream
  double expected_work = 1.0;
  std::map<std::string, double> parameters;
};

struct NACRE_API JobResult {
  Estimate estimate;
  std::map<std::string, double> values;  ///< anything `reduce` needs
};

/// What a job may use. Results that several objectives of one candidate share (the relaxed contact) are computed once.
class NACRE_API Context {
 public:
  virtual ~Context();
  virtual Candidate const& candidate() const = 0;
  virtual Tier tier() const = 0;
  /// @throws InputError in a campaign without a potential
  virtual Potential const& potential() const = 0;
  virtual ContactEnergies const& contact_energies() = 0;
  virtual Rng rng(std::string_view purpose) const = 0;   ///< keyed by (seed, purpose, candidate's proposal)
  virtual int threads() const = 0;
  virtual bool cancelled() const = 0;
};

class NACRE_API Objective {
 public:
  virtual ~Objective();
  virtual Info info() const = 0;
  virtual std::vector<Job> plan(Candidate const& candidate, Tier tier) const;   ///< default: one job
  virtual JobResult run(Job const& job, Context& context) const = 0;
  virtual Estimate reduce(Candidate const& candidate, std::span<JobResult const> results) const;  ///< default: the only one
};

}  // namespace nacre

#include "nacre/score/plugin_abi.hpp"
