// Six jobs of their own between two that are not, each in three steps that it can go on from. Where x < 1 the fourth one
// throws; NACRE_MANY_JOBS_MS makes a step last.
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/score/objective.hpp"

namespace {

using nacre::Estimate;

constexpr std::size_t count = 6;

class ManyJobs final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"many_jobs", "1", nacre::Direction::maximize, {nacre::Tier::potential}};
  }
  std::vector<nacre::Job> plan(nacre::Candidate const&, nacre::Tier) const override {
    return {nacre::Job{0, "first", 1.0, {}}};
  }
  std::vector<nacre::Job> next(nacre::Candidate const&, std::span<nacre::JobResult const> results) const override {
    std::vector<nacre::Job> jobs;
    if (results.size() == 1)
      for (std::size_t k = 0; k < count; ++k)
        jobs.push_back({1 + k, nacre::concat("part ", k), 10.0, {{"part", double(k)}}, results[0].texts, true});
    if (results.size() == 1 + count) jobs.push_back({1 + count, "last", 1.0, {}});
    return jobs;
  }
  nacre::JobResult run(nacre::Job const& job, nacre::Context& context) const override {
    nacre::JobResult result;
    result.texts["x"] = nacre::shortest(context.candidate().choice("x").value);
    result.estimate = Estimate(1.0, 0.0, 1.0, nacre::sha256_hex("many_jobs"));
    if (!job.separate) return result;
    nacre::require(job.texts.at("x") == result.texts["x"], "the job got another text");
    if (context.candidate().choice("x").value < 1.0 && job.parameters.at("part") == 3.0) throw nacre::Error("planted");
    steps(context);
    result.values = job.parameters;
    double const x = context.candidate().choice("x").value;
    result.estimate.value = -x * x + context.rng(job.key).normal();
    return result;
  }
  Estimate reduce(nacre::Candidate const&, std::span<nacre::JobResult const> results) const override {
    double sum = 0.0, work = 0.0, known = 0.0;
    for (auto const& result : results) {
      work += result.estimate.work;
      if (!result.estimate.ok() || !result.values.contains("part")) continue;
      sum += result.estimate.value;
      known += 1.0;
    }
    return {sum / known, 1.0 / std::sqrt(known), work, nacre::sha256_hex("many_jobs")};
  }

 private:
  /// Each one writes down how far it came.
  static void steps(nacre::Context& context) {
    auto const* text = std::getenv("NACRE_MANY_JOBS_MS");
    auto const pause = std::chrono::milliseconds(text ? *nacre::parse_integer(text) : 0);
    auto const file = context.scratch() / "steps";
    std::filesystem::create_directories(context.scratch());
    auto done = std::filesystem::exists(file) ? *nacre::parse_integer(nacre::read_file(file)) : 0;
    for (; done < 3; ++done) {
      if (context.cancelled()) throw nacre::Stopped("stopped");
      nacre::write_file(file, nacre::concat(done));
      std::this_thread::sleep_for(pause);
    }
  }
};

}  // namespace

NACRE_OBJECTIVE(ManyJobs)
