#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

#include "nacre/campaign/dft_queue.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/attempt.hpp"
#include "nacre/dft/job.hpp"
#include "nacre/parallel/stop.hpp"
#include "published.hpp"
#include "queue_output.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string action, folder, level, code, kind, state, output;
  std::vector<std::string> ids;
  bool json = false, take_over = false, until_done = false, ask = false;
};

std::vector<std::string> const actions{"list", "show", "submit", "collect", "retry", "cancel", "work", "export"};

dft::Queue view(Options const& options) { return queue_view(options.folder, Published(options.folder).store()); }

/// Without campaign.toml, which says what the objectives are, there is none.
std::optional<Ledger> ledger_of(Options const& options, Store const& store, dft::Queue const& queue) {
  auto const config = readable_campaign(options.folder);
  if (!config) return std::nullopt;
  return campaign_ledger(*config, store, queue);
}

int list(Options const& options) {
  Published const published(options.folder);
  auto const queue = queue_view(options.folder, published.store());
  auto const ledger = ledger_of(options, published.store(), queue);
  if (options.json) {
    auto document = queue_document(queue);
    document["ledger"] = ledger ? to_value(*ledger) : Value();
    std::cout << document.dump() << '\n';
  } else {
    print_queue(queue, options.state);
    if (ledger) print_ledger(*ledger);
  }
  return 0;
}

int show(Options const& options) {
  require(options.ids.size() == 1, "nacre queue show takes one ID (nacre queue list prints them)");
  auto const queue = view(options);
  auto const& calculation = queue.resolve(options.ids.front());
  if (options.json) {
    std::cout << calculation_document(calculation, options.folder).dump() << '\n';
  } else {
    print_calculation(calculation, options.folder);
  }
  return 0;
}

void say(dft::Worker const& worker, dft::PassReport const& report) {
  log_info("queue: ", report.submitted, " submitted, ", report.ended, " ended; ", counts_in_words(worker.queue()));
}

/// One pass by this process, or, if a worker runs, word to it.
int pass_or_tell(Options const& options, bool submit) {
  if (queue_is_worked(options.folder) == true) {
    print_message("nacre: a worker runs in this campaign and takes it from here (nacre queue list)");
    return 0;
  }
  DftQueue queue(read_campaign(options.folder), options.take_over);
  queue.pass(submit);
  std::cout << counts_in_words(queue.worker().queue()) << '\n';
  return 0;
}

/// Candidates by name: a calculation for each, beside those that the campaign asks for.
int submit(Options const& options) {
  auto const config = read_campaign(options.folder);
  if (!options.ids.empty()) {
    Published const published(options.folder);
    auto wanted = config;
    if (!options.level.empty()) wanted.dft.level = dft::to_string(dft::level_from(options.level));
    if (!options.code.empty()) wanted.dft.codes = {std::string(dft::to_string(dft::code_from(options.code)))};
    if (!options.kind.empty()) wanted.queue.kind = options.kind;
    auto const domain = domain_from(config, published.store());
    for (auto const& id : options.ids) {
      auto const design = published.find(published.resolve(id), Tier::potential);
      require(design.has_value() && !design->structure.empty(), "candidate '", id, "' has no relaxed atoms");
      for (auto const& request : requests_for(wanted, *domain, *design, 0.0, "asked for by name")) {
        wish(options.folder, "add",
             Value::Object{{"design", request.design},
                           {"kind", request.kind},
                           {"code", request.code},
                           {"level", request.level},
                           {"words", request.words},
                           {"priority", request.priority},
                           {"why", request.why}});
      }
    }
  }
  return pass_or_tell(options, !options.ask);
}

int tell_about(Options const& options) {
  require(!options.ids.empty(), "nacre queue ", options.action, " needs the ID of a calculation, or of several");
  auto const queue = view(options);
  for (auto const& id : options.ids) {
    auto const& calculation = queue.resolve(id);
    bool const over = dft::is_final(calculation.state), again = options.action == "retry";
    require(again ? over && calculation.state != dft::State::done : !over, "calculation ", calculation.id, " is ",
            dft::to_string(calculation.state),
            again ? " (only what failed, broke or was cancelled is tried again)" : " (there is nothing to cancel)");
    wish(options.folder, options.action, Value::Object{{"id", calculation.id}});
  }
  return pass_or_tell(options, false);
}

/// Until it is stopped; with --until-done until nothing is left to do.
int work(Options const& options) {
  auto const config = read_campaign(options.folder);
  catch_stop_signals();
  DftQueue queue(config, options.take_over);
  log_info("working on the DFT queue of '", options.folder, "' with executor ", config.queue.executor);
  auto pause = config.queue.poll_s;
  for (;;) {
    auto const report = queue.pass(true);
    if (report.submitted + report.ended > 0) say(queue.worker(), report);
    if (options.until_done && report.active == 0 && report.waiting == report.over_budget) break;
    pause = report.unreachable ? std::min(2.0 * pause, 600.0) : config.queue.poll_s;
    auto const end = std::chrono::steady_clock::now() + std::chrono::duration<double>(pause);
    while (!stop_requested() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (stop_requested()) {
      throw Stopped(concat("stopped; ", report.active, " calculations go on by themselves: nacre queue work ",
                           options.folder, " takes them up again"));
    }
  }
  std::cout << counts_in_words(queue.worker().queue()) << '\n';
  return 0;
}

void make_folder(fs::path const& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed || !fs::is_directory(folder))
    throw Error(concat("cannot make folder '", folder.string(), "' (", failed.message(), ")"));
}

/// All labels as extended XYZ: to standard output, or 1000 per file into a folder.
int export_labels(Options const& options) {
  constexpr std::size_t per_file = 1000;
  if (!options.level.empty()) dft::level_from(options.level);
  if (!options.code.empty()) dft::code_from(options.code);
  Published const published(options.folder);
  std::string text;
  std::size_t frames = 0, files = 0;
  auto const flush = [&] {
    auto const number = std::to_string(files++);
    write_file(fs::path(options.output) /
                   concat("labels-", std::string(4 - std::min<std::size_t>(4, number.size()), '0'), number, ".xyz"),
               text);
    text.clear();
  };
  for (auto const& label : published.store().labels()) {
    if (!options.level.empty() && label.level != options.level) continue;
    if (!options.code.empty() && label.code != options.code) continue;
    text += label.structure;
    if (!options.output.empty() && frames == 0) make_folder(options.output);
    if (++frames % per_file == 0 && !options.output.empty()) flush();
  }
  require(frames > 0, "no labels", options.level.empty() ? "" : " of level " + options.level,
          options.code.empty() ? "" : " with " + options.code, " to export in '", options.folder,
          "' (nacre queue list says how far the queue is)");
  if (options.output.empty()) {
    std::cout << text;
  } else if (!text.empty()) {
    flush();
  }
  return 0;
}

int run(Options const& options) {
  require(std::ranges::find(actions, options.action) != actions.end(), "unknown action '", options.action, "'",
          did_you_mean(options.action, actions));
  if (!options.state.empty()) dft::state_from(options.state);
  if (options.action == "list") return list(options);
  if (options.action == "show") return show(options);
  if (options.action == "export") return export_labels(options);
  require(fs::exists(fs::path(options.folder) / "campaign.toml"), "no campaign.toml in '", options.folder, "'");
  if (options.action == "submit") return submit(options);
  if (options.action == "collect") return pass_or_tell(options, false);
  if (options.action == "work") return work(options);
  return tell_about(options);
}

}  // namespace

Command queue_command() {
  return {"queue", "Run, follow and collect the DFT calculations of a campaign", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("ACTION", options->action, "list, show, submit, collect, retry, cancel, work or export");
            line.positional("DIR", options->folder, "the campaign folder");
            line.positionals("ID", options->ids,
                             "calculations, or for submit candidates, by the first digits of their id", false);
            line.option("--level", options->level, "submit, export: of this level");
            line.option("--code", options->code, "submit, export: with this code");
            line.choice("--kind", options->kind, {"scf", "relax"}, "submit: of this kind");
            line.option("--state", options->state, "list: those in this state");
            line.option("--output", options->output, "export: a folder for files of 1000 labels each");
            line.flag("--ask", options->ask, "submit: put them into the queue and leave the rest to a worker");
            line.flag("--until-done", options->until_done, "work: end when nothing is left to do");
            line.flag("--take-over", options->take_over,
                      "the lock of a worker on another host that is known to be dead");
            line.flag("--json", options->json, "print JSON (schema nacre.queue/1)");
            line.example("nacre queue list runs/quickstart");
            line.example("nacre queue work runs/group_iv --until-done");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
