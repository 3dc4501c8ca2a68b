/// A queue whose calculations are lines of shell, on this host.
#pragma once

#include <chrono>
#include <fstream>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/worker.hpp"
#include "support/support.hpp"

namespace nacre::dft {

using test::TemporaryFolder;

inline void write_text(std::filesystem::path const& path, std::string const& text) { std::ofstream(path) << text; }

/// Done if it ended with status 0 and its output says so; the class of a failure is what stands behind "class ".
inline Judgement judge_shell(Calculation const&, std::filesystem::path const& folder, AttemptFacts const& facts) {
  std::ifstream in(folder / "out");
  std::string first, second;
  in >> first >> second;
  Judgement judgement;
  judgement.code = first == "fine" ? "fine" : "no word of success";
  judgement.done = facts.exit == 0 && first == "fine";
  if (!judgement.done) judgement.failure = first == "class" ? second : "crashed";
  if (!judgement.done && facts.exit && *facts.exit > 128) judgement.failure = "killed";
  judgement.reason = concat("ended with ", facts.exit.value_or(-1));
  judgement.label["folder"] = folder.string();
  return judgement;
}

inline Request request(std::string const& name, double priority = 0.0) {
  return {name, "scf", "shell", "pbe", name, priority};
}

/// Short waits; the commands are looked up by the name of the design.
struct ShellQueue {
  TemporaryFolder folder;
  std::map<std::string, std::string> commands;
  std::vector<std::pair<std::string, std::string>> delivered;  ///< id, folder
  std::function<std::optional<Change>(Calculation const&, std::string const&)> remedy =
      [](Calculation const&, std::string const&) { return std::optional<Change>(); };
  WorkerOptions options = [] {
    WorkerOptions short_ones;
    short_ones.max_jobs = 2;
    short_ones.limit_s = 60.0;
    short_ones.beat_s = 0.1;
    short_ones.settle_s = 0.2;
    short_ones.unknown_s = 0.3;
    short_ones.retry_wait_s = 0.01;
    return short_ones;
  }();

  WorkerHooks hooks() {
    WorkerHooks result;
    result.prepare = [this](Calculation const& calculation) {
      Payload payload;
      auto const command = commands.find(calculation.request.design);
      require(command != commands.end(), "no command for '", calculation.request.design, "'");
      payload.command = command->second;
      payload.files["input"] = calculation.attempts.back().change ? calculation.attempts.back().change->description : "first";
      return payload;
    };
    result.judge = judge_shell;
    result.remedy = remedy;
    result.deliver = [this](Calculation const& calculation, Value const& label) {
      delivered.emplace_back(calculation.id, label.at("folder").as_string());
    };
    return result;
  }
  std::unique_ptr<Worker> worker(std::unique_ptr<Executor> executor = make_local_executor()) {
    return std::make_unique<Worker>(folder.path(), options, std::move(executor), hooks());
  }
};

/// Passes until `enough`, or until patience ends.
template <class Enough>
bool work_until(Worker& worker, Enough const& enough) {
  for (int i = 0; i < 1500; ++i) {
    worker.pass(true);
    if (enough()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

inline bool work_to_the_end(Worker& worker) {
  return work_until(worker, [&] {
    return std::ranges::all_of(worker.queue().all(), [](auto const& calculation) { return is_final(calculation.state); });
  });
}

}  // namespace nacre::dft
