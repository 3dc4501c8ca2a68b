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
#include "worker.hpp"

namespace nacre {
namespace {

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

constexpr int largest_with_local_worker = 8;  // ranks; above, rank 0 only coordinates
constexpr double shortest_sleep_s = 50e-6, longest_sleep_s = 1e-3;
constexpr double longest_goodbye_s = 10.0;  // for the stop messages to leave

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
  /// How rank 0 sees a worker, its own or another rank's.
  struct Peer {
    int rank = 0;
    std::size_t broadcasts = 0;  ///< sent to it
    std::optional<Assignment> running;
    Clock::time_point since;
    bool lost = false;  ///< `running` outlived its deadline
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
  int exceptions = std::uncaught_exceptions();

  State(ParallelContext& owner, FarmWork work)
      : context(owner), mailbox(*owner.state().mailbox), ticket(owner.state().ticket) {
    if (context.size() <= largest_with_local_worker) {
      peers.push_back({});
      local = std::make_unique<Worker>(std::move(work));
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

  void cancel(Peer const& peer) {
    if (peer.rank == 0) {
      local->cancel(peer.running->ticket);
    } else {
      Message message;
      message.type = Message::Type::cancel;
      message.ticket = peer.running->ticket;
      mailbox.send(peer.rank, message);
    }
  }

  /// Broadcasts up to `count` that the peer has not had.
  void bring_up_to(Peer& peer, std::size_t count) {
    for (; peer.broadcasts < count; ++peer.broadcasts) give(peer, {++ticket, true, broadcasts[peer.broadcasts]});
  }

  void free_broadcasts() {
    auto least = broadcasts.size();
    for (auto const& peer : peers) least = std::min(least, peer.broadcasts);
    for (; broadcasts_freed < least; ++broadcasts_freed) broadcasts[broadcasts_freed].payload = {};
  }

  void dispatch() {
    for (auto& peer : peers) {
      if (peer.running) continue;
      if (queue.empty()) {
        bring_up_to(peer, broadcasts.size());
        continue;
      }
      bring_up_to(peer, queue.front().broadcasts);
      peer.running = {++ticket, false, std::move(queue.front().task)};
      peer.since = Clock::now();
      queue.pop_front();
      give(peer, *peer.running);
    }
    free_broadcasts();
  }

  void take(Answer answer, int rank) {
    auto const peer = std::ranges::find(peers, rank, &Peer::rank);
    if (answer.ticket <= tickets_before) return;  // a lost worker of an earlier farm
    if (!peer->running || peer->running->ticket != answer.ticket) {
      throw Error(concat("rank ", rank, " answered task ", answer.result.number, ", which it was not given"));
    }
    if (peer->lost) {
      log_warning("rank ", rank, " answered task ", answer.result.number, " after its deadline; ignored");
    } else {
      answer.result.rank = rank;
      ready.push_back(std::move(answer.result));
    }
    peer->running.reset();
    peer->lost = false;
    if (rank == 0) local->abandon(false);
  }

  void give_up_late() {
    for (auto& peer : peers) {
      if (!peer.running || peer.lost) continue;
      auto const& task = peer.running->task;
      auto const seconds = seconds_since(peer.since);
      if (task.deadline_s <= 0.0 || seconds < task.deadline_s) continue;
      log_warning("rank ", peer.rank, " is lost: task ", task.number, " has run for ", seconds, " s (deadline ",
                  task.deadline_s, " s)");
      peer.lost = true;
      if (peer.rank == 0) local->abandon(true);
      cancel(peer);
      ready.push_back({task.number, task.kind, task.attempt, FarmResult::Outcome::lost, {}, seconds, peer.rank});
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
    }
    give_up_late();
    dispatch();
  }

  /// Nobody is left to run what waits, and the lost ones had as long again to come back.
  void require_worker() const {
    double overdue = 0.0;
    for (auto const& peer : peers) {
      if (!peer.lost) return;
      overdue = std::max(overdue, 2.0 * peer.running->task.deadline_s - seconds_since(peer.since));
    }
    if (queue.empty() || overdue > 0.0) return;
    throw Error(concat("every worker is lost (", queue.size(),
                       " tasks are waiting, the running ones outlived their deadline); run again to go on"));
  }

  void sleep(double seconds) const {
    if (local) {
      local->wait(seconds);
    } else {
      std::this_thread::sleep_for(Seconds(seconds));
    }
  }

  bool any_lost() const { return std::ranges::any_of(peers, &Peer::lost); }
  int running() const {
    return static_cast<int>(std::ranges::count_if(peers, [](auto const& peer) { return peer.running && !peer.lost; }));
  }

  void drop_queue_and_cancel() {
    queue.clear();
    for (auto const& peer : peers) {
      if (peer.running && !peer.lost) cancel(peer);
    }
  }

  void say_goodbye() {
    drop_queue_and_cancel();
    while (running() > 0) {
      pump();
      sleep(longest_sleep_s);
    }
    Message stop;
    stop.type = Message::Type::stop;
    stop.outcome = any_lost();
    if (any_lost()) context.leave_without_finalising();
    for (int rank = 1; rank < context.size(); ++rank) mailbox.send(rank, stop);
    auto const start = Clock::now();
    while (mailbox.sending() && (!any_lost() || seconds_since(start) < longest_goodbye_s)) sleep(longest_sleep_s);
  }
};

Farm::Farm(ParallelContext& context, FarmWork work) : state_(std::make_unique<State>(context, std::move(work))) {}

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
  return state_->queue.size() + static_cast<std::size_t>(state_->running()) + state_->ready.size();
}

int Farm::workers() const { return static_cast<int>(std::ranges::count(state_->peers, false, &State::Peer::lost)); }

int Farm::busy() const { return state_->running(); }

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
    case Message::Type::stop:
      if (message.outcome) {  // this rank may be the lost one
        context.leave_without_finalising();
        worker.abandon(true);
      }
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

void serve(ParallelContext& context, FarmWork work) {
  auto& mailbox = *context.state().mailbox;
  Worker worker(std::move(work));
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
