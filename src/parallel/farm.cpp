#include "nacre/parallel/farm.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <thread>
#include <vector>

#include "context_state.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "worker.hpp"

namespace nacre {
namespace {

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

constexpr int largest_with_local_worker = 8;  // ranks; above, rank 0 only coordinates
constexpr double shortest_sleep_s = 50e-6, longest_sleep_s = 1e-3;
constexpr double longest_goodbye_s = 10.0;  // for running tasks to end, then for the stop messages to leave
constexpr double longest_silence_s = 2.0;   // of a rank after its task had to end
constexpr double look_every_s = 0.5;        // for processes that are gone
constexpr double longest_ahead_s = 0.05;    // a task that takes longer has none sent behind it
constexpr double ahead_s = 0.05;            // of tasks sent to a worker: rank 0 may wait for its disk
constexpr std::size_t most_ahead = 32;

double seconds_since(Clock::time_point start) { return Seconds(Clock::now() - start).count(); }

Message message_of(Assignment const& assignment) {
  auto const& task = assignment.task;
  return {assignment.broadcast ? Message::Type::broadcast : Message::Type::task,
          0,
          assignment.ticket,
          task.number,
          task.kind,
          task.attempt,
          task.deadline_s,
          task.payload,
          0};
}

Assignment assignment_of(Message message) {
  return {message.ticket,
          message.type == Message::Type::broadcast,
          {message.number, message.kind, message.attempt, std::move(message.payload), message.seconds}};
}

Answer answer_of(Message message) {
  return {message.ticket,
          {message.number, message.kind, message.attempt, static_cast<FarmResult::Outcome>(message.outcome),
           std::move(message.payload), message.seconds, message.peer}};
}

}  // namespace

struct Farm::State {
  struct Running {
    Assignment assignment;
    std::size_t broadcasts = 0;  ///< that it may see
  };
  /// How rank 0 sees a worker, its own or another rank's.
  struct Peer {
    int rank = 0;
    std::size_t broadcasts = 0;   ///< sent to it
    std::deque<Running> running;  ///< the task it is at, then those sent ahead
    Clock::time_point since;      ///< it is at the first one
    std::vector<std::uint64_t> forgotten;  ///< tickets that others have now: their answers are ignored
    bool lost = false, dead = false;       ///< silent; its process is gone
    Clock::time_point hope;                ///< until which a silent one may come back
  };
  struct Queued {
    FarmTask task;
    std::size_t broadcasts = 0;  ///< submitted before it
  };

  ParallelContext& context;
  Mailbox& mailbox;
  std::uint64_t& ticket;
  std::uint64_t const tickets_before = ticket;
  std::unique_ptr<Worker> local;
  std::vector<Peer> peers;
  std::deque<Queued> queue;
  std::vector<FarmTask> broadcasts;
  std::size_t broadcasts_freed = 0;  ///< payloads that every worker has
  std::deque<FarmResult> ready;
  double pace = 1.0;                 ///< seconds of recent tasks
  Clock::time_point looked = Clock::now();  ///< for processes that are gone
  int exceptions = std::uncaught_exceptions();

  State(ParallelContext& owner, FarmWorkshop workshop)
      : context(owner), mailbox(*owner.state().mailbox), ticket(owner.state().ticket) {
    if (context.size() <= largest_with_local_worker) {
      peers.push_back({});
      local = std::make_unique<Worker>(std::move(workshop));
    }
    for (int rank = 1; rank < context.size(); ++rank) {
      peers.emplace_back();
      peers.back().rank = rank;
    }
  }

  void give(Peer const& peer, Assignment const& assignment) {
    if (peer.rank == 0) {
      local->give(assignment);
    } else {
      mailbox.send(peer.rank, message_of(assignment));
    }
  }

  void tell(Peer const& peer, Message::Type type, std::uint64_t about) {
    if (peer.rank == 0) {
      type == Message::Type::drop ? local->drop(about) : local->cancel(about);
    } else if (!peer.dead) {
      Message message;
      message.type = type;
      message.ticket = about;
      mailbox.send(peer.rank, message);
    }
  }

  void cancel(Peer const& peer) { tell(peer, Message::Type::cancel, peer.running.back().assignment.ticket); }

  /// Broadcasts up to `count` that the peer has not had.
  void bring_up_to(Peer& peer, std::size_t count) {
    for (; peer.broadcasts < count; ++peer.broadcasts) give(peer, {++ticket, true, broadcasts[peer.broadcasts]});
  }

  void free_broadcasts() {
    auto least = broadcasts.size();
    for (auto const& peer : peers) least = peer.dead ? least : std::min(least, peer.broadcasts);
    for (; broadcasts_freed < least; ++broadcasts_freed) broadcasts[broadcasts_freed].payload = {};
  }

  void start_next(Peer& peer) {
    auto next = std::move(queue.front());
    queue.pop_front();
    bring_up_to(peer, next.broadcasts);
    if (peer.running.empty()) peer.since = Clock::now();
    peer.running.push_back({{++ticket, false, std::move(next.task)}, next.broadcasts});
    give(peer, peer.running.back().assignment);
  }

  /// Everybody has a task before anybody has two. A worker that is at a long one gets none ahead.
  void dispatch() {
    bool const ahead = pace < longest_ahead_s;
    auto const most = ahead ? std::clamp(static_cast<std::size_t>(ahead_s / pace), std::size_t{2}, most_ahead) : 1;
    for (std::size_t depth = 1; depth <= most && !queue.empty(); ++depth) {
      for (auto& peer : peers) {
        bool const free = !peer.lost && peer.running.size() < depth;
        if (free && !queue.empty() && (depth == 1 || seconds_since(peer.since) < longest_ahead_s)) start_next(peer);
      }
    }
    for (auto& peer : peers) {
      if (queue.empty() && peer.running.empty() && !peer.lost) bring_up_to(peer, broadcasts.size());
    }
    free_broadcasts();
  }

  /// Tasks sent ahead to a worker that turned out to be at a long one go to others.
  void take_back() {
    for (auto& peer : peers) {
      if (peer.lost || peer.running.size() < 2 || seconds_since(peer.since) < longest_ahead_s) continue;
      while (peer.running.size() > 1 && peer.running.back().broadcasts == broadcasts.size()) {  // others saw no more
        tell(peer, Message::Type::drop, peer.running.back().assignment.ticket);
        queue_again(peer);
      }
    }
  }

  /// The last task of a peer.
  void queue_again(Peer& peer) {
    auto last = std::move(peer.running.back());
    peer.running.pop_back();
    peer.forgotten.push_back(last.assignment.ticket);
    queue.push_front({std::move(last.assignment.task), last.broadcasts});
  }

  void take(Answer answer, int rank) {
    auto const peer = std::ranges::find(peers, rank, &Peer::rank);
    if (answer.ticket <= tickets_before) return;  // a lost worker of an earlier farm
    bool const hung = answer.result.outcome == FarmResult::Outcome::hung;
    if (hung && rank == 0) context.leave_a_thread();
    bool const forgotten = std::ranges::find(peer->forgotten, answer.ticket) != peer->forgotten.end();
    std::erase_if(peer->forgotten, [&](auto const old) { return old <= answer.ticket; });  // answers come in order
    if (forgotten) {
      if (peer->lost) log_warning("rank ", rank, " answers again");
      peer->lost = false;
      return;
    }
    if (peer->running.empty() || peer->running.front().assignment.ticket != answer.ticket) {
      throw Error(concat("rank ", rank, " answered task ", answer.result.number, ", which it was not given"));
    }
    if (hung)
      log_warning("task ", answer.result.number, " hangs on rank ", rank, " after ", significant(answer.result.seconds, 3),
                  " s; its thread was left behind and another one goes on");
    pace += 0.1 * (std::max(answer.result.seconds, 1e-5) - pace);
    answer.result.rank = rank;
    ready.push_back(std::move(answer.result));
    peer->running.pop_front();
    peer->since = Clock::now();
  }

  /// Its task is lost; what was sent ahead was not begun.
  void lose(Peer& peer, std::string const& why) {
    log_warning("rank ", peer.rank, " is lost: ", why);
    peer.lost = true;
    if (!peer.running.empty()) {
      cancel(peer);
      auto const& task = peer.running.front().assignment.task;
      peer.hope = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(task.deadline_s));
      while (peer.running.size() > 1) queue_again(peer);
      ready.push_back({task.number, task.kind, task.attempt, FarmResult::Outcome::lost, {}, seconds_since(peer.since),
                       peer.rank});
      peer.forgotten.push_back(peer.running.front().assignment.ticket);
      peer.running.clear();
    }
    if (peer.dead) mailbox.forget(peer.rank);
  }

  void give_up_silent() {
    for (auto& peer : peers) {
      if (peer.rank == 0 || peer.running.empty() || peer.lost) continue;
      auto const& task = peer.running.front().assignment.task;
      auto const seconds = seconds_since(peer.since);
      if (task.deadline_s <= 0.0 || seconds < task.deadline_s + grace_after(task.deadline_s) + longest_silence_s) continue;
      lose(peer, concat("task ", task.number, " has run for ", significant(seconds, 3), " s (deadline ",
                        task.deadline_s, " s) and it says nothing"));
    }
  }

  void give_up_dead() {
    if (seconds_since(looked) < look_every_s) return;
    looked = Clock::now();
    for (auto& peer : peers) {
      if (peer.dead || peer.rank == 0 || !context.state().processes.gone(peer.rank)) continue;
      peer.dead = true;
      lose(peer, "its process is gone");
    }
  }

  void pump() {
    if (local) {
      while (auto answer = local->take()) take(std::move(*answer), 0);
    }
    if (context.size() > 1) {
      while (auto message = mailbox.receive()) {
        int const peer = message->peer;
        take(answer_of(std::move(*message)), peer);
      }
      mailbox.sending();
      give_up_silent();
      give_up_dead();
    }
    take_back();
    dispatch();
  }

  /// Nobody is left to run what waits, and none may come back.
  void require_worker() const {
    for (auto const& peer : peers) {
      if (!peer.lost || (!peer.dead && Clock::now() < peer.hope)) return;
    }
    if (queue.empty()) return;
    throw Error(concat("every worker is lost (", queue.size(), " tasks are waiting); run again to go on"));
  }

  void sleep(double seconds) const {
    if (local) {
      local->wait(seconds);
    } else {
      std::this_thread::sleep_for(Seconds(seconds));
    }
  }

  bool any_lost() const { return std::ranges::any_of(peers, &Peer::lost); }
  int busy() const {
    return static_cast<int>(std::ranges::count_if(peers, [](auto const& peer) { return !peer.running.empty(); }));
  }
  std::size_t running() const {
    std::size_t count = 0;
    for (auto const& peer : peers) count += peer.running.size();
    return count;
  }

  void drop_queue_and_cancel() {
    queue.clear();
    for (auto& peer : peers) {
      while (peer.running.size() > 1) {
        tell(peer, Message::Type::drop, peer.running.back().assignment.ticket);
        queue_again(peer);
      }
      if (!peer.running.empty()) cancel(peer);
    }
    queue.clear();
  }

  void say_goodbye() {
    drop_queue_and_cancel();
    auto start = Clock::now();
    while (running() > 0 && seconds_since(start) < longest_goodbye_s) {
      pump();
      sleep(longest_sleep_s);
    }
    bool const clean = !any_lost() && running() == 0;
    if (local && running() > 0) local->abandon();
    Message stop;
    stop.type = Message::Type::stop;
    stop.outcome = !clean;
    if (!clean) context.leave_without_finalising();
    for (auto const& peer : peers) {
      if (peer.rank > 0 && !peer.dead) mailbox.send(peer.rank, stop);
    }
    start = Clock::now();
    while (mailbox.sending() && (clean || seconds_since(start) < longest_goodbye_s)) sleep(longest_sleep_s);
  }
};

Farm::Farm(ParallelContext& context, FarmWorkshop workshop)
    : state_(std::make_unique<State>(context, std::move(workshop))) {}

Farm::~Farm() {
  if (std::uncaught_exceptions() > state_->exceptions) return;
  try {
    state_->say_goodbye();
  } catch (std::exception const& error) {
    log_warning("the ranks were not told to stop (", error.what(), ")");
    state_->context.leave_without_finalising();
  }
}

void Farm::submit(FarmTask task) {
  state_->queue.push_back({std::move(task), state_->broadcasts.size()});
  state_->pump();
}

void Farm::broadcast(FarmTask task) {
  state_->broadcasts.push_back(std::move(task));
  state_->pump();
}

std::optional<FarmResult> Farm::wait(double seconds) {
  auto const start = Clock::now();
  double pause = shortest_sleep_s;
  for (;;) {
    state_->pump();
    if (!state_->ready.empty()) {
      auto result = std::move(state_->ready.front());
      state_->ready.pop_front();
      return result;
    }
    state_->require_worker();
    double const left = seconds - seconds_since(start);
    if (left <= 0.0 || outstanding() == 0) return std::nullopt;
    state_->sleep(std::min(pause, left));
    pause = std::min(2.0 * pause, longest_sleep_s);
  }
}

std::size_t Farm::outstanding() const {
  return state_->queue.size() + state_->running() + state_->ready.size();
}

int Farm::workers() const { return static_cast<int>(std::ranges::count(state_->peers, false, &State::Peer::lost)); }

int Farm::busy() const { return state_->busy(); }

void Farm::cancel_all() { state_->drop_queue_and_cancel(); }

namespace {

/// @return false at the stop message
bool obey(Message message, ParallelContext& context, Worker& worker) {
  switch (message.type) {
    case Message::Type::task:
    case Message::Type::broadcast:
      worker.give(assignment_of(std::move(message)));
      return true;
    case Message::Type::cancel:
      worker.cancel(message.ticket);
      return true;
    case Message::Type::drop:
      worker.drop(message.ticket);
      return true;
    case Message::Type::stop:
      if (message.outcome) {  // this rank may be the lost one
        context.leave_without_finalising();
        worker.abandon();
      }
      if (worker.left_a_thread()) context.leave_a_thread();
      return false;
    case Message::Type::result:
      break;
  }
  throw Error(concat("rank ", context.rank(), " got a message that is not for a worker"));
}

void send_answers(Worker& worker, Mailbox& mailbox, int rank) {
  while (auto answer = worker.take()) {
    auto& result = answer->result;
    mailbox.send(0, {Message::Type::result, static_cast<std::uint32_t>(result.outcome), answer->ticket, result.number,
                     result.kind, result.attempt, result.seconds, std::move(result.payload), rank});
  }
}

}  // namespace

void serve(ParallelContext& context, FarmWorkshop workshop) {
  auto& mailbox = *context.state().mailbox;
  Worker worker(std::move(workshop));
  double pause = shortest_sleep_s;
  for (;;) {
    send_answers(worker, mailbox, context.rank());
    mailbox.sending();
    if (auto message = mailbox.receive()) {
      if (!obey(std::move(*message), context, worker)) return;
      pause = shortest_sleep_s;
      continue;
    }
    worker.wait(pause);
    pause = std::min(2.0 * pause, longest_sleep_s);
  }
}

}  // namespace nacre
