#include "nacre/potential/device_queue.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What one caller waits for.
struct Request {
  Potential const& model;
  std::vector<Crystal> crystals;
  std::vector<BatchResult> results{};
  std::exception_ptr failure{};
  bool done = false;
};

double edges_of(Request const& request) {
  double edges = 0.0;
  for (auto const& crystal : request.crystals) edges += request.model.expected_work(crystal);
  return edges;
}

using Batch = std::vector<Request*>;

/// All structures of a batch in one evaluation. @throws what the model throws
void evaluate_together(Batch const& batch) {
  std::vector<Crystal> crystals;
  for (auto* request : batch) {
    for (auto& crystal : request->crystals) crystals.push_back(std::move(crystal));
    request->crystals.clear();
  }
  auto const give_back = [&](auto&& take) {
    std::size_t next = 0;
    for (auto* request : batch) {
      auto const count = request->results.size();
      for (std::size_t k = 0; k < count; ++k) take(*request, k, next++);
    }
  };
  try {
    auto results = batch.front()->model.evaluate_many(crystals, 1);
    give_back([&](Request& request, std::size_t k, std::size_t i) { request.results[k] = std::move(results[i]); });
  } catch (...) {
    give_back([&](Request& request, std::size_t, std::size_t i) { request.crystals.push_back(std::move(crystals[i])); });
    throw;
  }
}

/// A batch that breaks the model is taken apart, so that only its culprit fails.
void serve(Batch const& batch) {
  for (auto* request : batch) request->results.resize(request->crystals.size());
  try {
    return evaluate_together(batch);
  } catch (...) {
    if (batch.size() == 1) {
      batch.front()->failure = std::current_exception();
      return;
    }
  }
  for (auto* request : batch) serve({request});
}

}  // namespace

struct DeviceQueue::State {
  explicit State(std::shared_ptr<Potential const> shared) : model(std::move(shared)) {
    int const count = model->device_seconds() ? 2 : 1;  // others are not to be called by two threads at once
    for (int k = 0; k < count; ++k) threads.emplace_back([this] { work(); });
  }
  ~State() {
    {
      std::scoped_lock const lock(mutex);
      stop = true;
    }
    wake.notify_all();
    for (auto& thread : threads) thread.join();
  }

  /// What waits first, with what else of the same model fits.
  Batch next_batch() {
    auto const& shared = waiting.front()->model;
    double const limit = shared.batch_edges();
    double edges = 0.0;
    Batch batch;
    while (!waiting.empty() && &waiting.front()->model == &shared) {
      edges += edges_of(*waiting.front());
      if (!batch.empty() && edges > limit) break;
      batch.push_back(waiting.front());
      waiting.pop_front();
    }
    return batch;
  }

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stop || !waiting.empty(); });
      if (stop) return;
      auto const batch = next_batch();
      lock.unlock();
      auto const start = Clock::now();
      serve(batch);
      double const seconds = seconds_since(start);
      lock.lock();
      measured_s += seconds;
      ++batches;
      for (auto* request : batch) {
        structures += static_cast<std::int64_t>(request->results.size());
        request->done = true;
      }
      done.notify_all();
    }
  }

  std::shared_ptr<Potential const> model;
  std::mutex mutable mutex;
  std::condition_variable wake;
  std::condition_variable mutable done;
  std::deque<Request*> waiting;
  bool stop = false, begun = false;
  Clock::time_point first;
  double measured_s = 0.0;  // in the model, by the queue's own clock
  std::int64_t asked = 0, structures = 0, batches = 0;
  std::vector<std::thread> threads;
};

DeviceQueue::DeviceQueue(std::shared_ptr<Potential const> model) : state_(std::make_unique<State>(std::move(model))) {}
DeviceQueue::~DeviceQueue() = default;

Potential const& DeviceQueue::model() const { return *state_->model; }

std::vector<BatchResult> DeviceQueue::evaluate(Potential const& model, std::vector<Crystal> crystals) {
  if (crystals.empty()) return {};
  Request request{model, std::move(crystals)};
  {
    std::unique_lock lock(state_->mutex);
    if (!state_->begun) state_->first = Clock::now();
    state_->begun = true;
    state_->asked += static_cast<std::int64_t>(request.crystals.size());
    state_->waiting.push_back(&request);
    state_->wake.notify_one();
    state_->done.wait(lock, [&] { return request.done; });
  }
  if (request.failure) std::rethrow_exception(request.failure);
  return std::move(request.results);
}

DeviceQueue::Use DeviceQueue::use() const {
  std::scoped_lock const lock(state_->mutex);
  auto const& s = *state_;
  return {s.begun ? seconds_since(s.first) : 0.0, s.model->device_seconds().value_or(s.measured_s), s.asked, s.structures, s.batches};
}

bool DeviceQueue::wait_until_idle(double seconds) const {
  std::unique_lock lock(state_->mutex);
  return state_->done.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return state_->asked == state_->structures; });
}

std::string DeviceQueue::report() const {
  auto const now = use();
  double const mean = now.batches > 0 ? static_cast<double>(now.structures) / static_cast<double>(now.batches) : 0.0;
  return concat(now.structures, " structures in ", now.batches, " batches (", significant(mean, 3), " each); it computed ",
                significant(100.0 * now.busy_share(), 3), " % of ", significant(now.open_s, 3), " s");
}

}  // namespace nacre
