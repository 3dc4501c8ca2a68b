#include "mailbox.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"

namespace nacre {
namespace {

constexpr Envelope envelope{0x4d52464e, 1};  // "NFRM"
constexpr int tag = 1;

struct Fixed {
  std::uint32_t type, outcome;
  std::uint64_t ticket;
  std::int64_t number;
  std::int32_t kind, attempt;
  double seconds;
};
static_assert(sizeof(Fixed) == 40);

}  // namespace

std::string encode(Message const& message) {
  Fixed const fixed{static_cast<std::uint32_t>(message.type),
                    message.outcome,
                    message.ticket,
                    message.number,
                    message.kind,
                    message.attempt,
                    message.seconds};
  std::string body(sizeof fixed, '\0');
  std::memcpy(body.data(), &fixed, sizeof fixed);
  return seal(envelope, body.append(message.payload));
}

Message decode(std::string const& bytes, int peer) {
  auto const body = open_envelope(envelope, bytes);
  Fixed fixed{};
  if (body.size() < sizeof fixed)
    throw Error(concat("message of rank ", peer, " is too short (", body.size(), " bytes)"));
  std::memcpy(&fixed, body.data(), sizeof fixed);
  return {static_cast<Message::Type>(fixed.type),
          fixed.outcome,
          fixed.ticket,
          fixed.number,
          fixed.kind,
          fixed.attempt,
          fixed.seconds,
          body.substr(sizeof fixed),
          peer};
}

Mailbox::~Mailbox() {
  auto const leave = [](auto& transfers) {
    for (auto& transfer : transfers) {
      int done = transfer->complete;
      if (!done) MPI_Test(&transfer->request, &done, MPI_STATUS_IGNORE);
      if (!done) static_cast<void>(transfer.release());
    }
  };
  leave(out_);
  leave(in_);
}

bool Mailbox::finished(Transfer& transfer) {
  if (transfer.complete) return true;
  int done = 0;
  check_mpi(MPI_Test(&transfer.request, &done, MPI_STATUS_IGNORE), "MPI_Test");
  return transfer.complete = done != 0;
}

void Mailbox::send(int peer, Message const& message) {
  auto transfer = std::make_unique<Transfer>();
  transfer->peer = peer;
  transfer->bytes = encode(message);
  if (transfer->bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(concat("cannot send ", transfer->bytes.size(), " bytes to rank ", peer, " (more than 2 GiB)"));
  }
  check_mpi(MPI_Isend(transfer->bytes.data(), static_cast<int>(transfer->bytes.size()), MPI_CHAR, peer, tag,
                      communicator_, &transfer->request),
            "MPI_Isend");
  out_.push_back(std::move(transfer));
}

void Mailbox::start_receiving() {
  for (;;) {
    int found = 0;
    MPI_Message handle = MPI_MESSAGE_NULL;
    MPI_Status status;
    check_mpi(MPI_Improbe(MPI_ANY_SOURCE, tag, communicator_, &found, &handle, &status), "MPI_Improbe");
    if (!found) return;
    int length = 0;
    check_mpi(MPI_Get_count(&status, MPI_CHAR, &length), "MPI_Get_count");
    auto transfer = std::make_unique<Transfer>();
    transfer->peer = status.MPI_SOURCE;
    transfer->bytes.resize(static_cast<std::size_t>(length));
    check_mpi(MPI_Imrecv(transfer->bytes.data(), length, MPI_CHAR, &handle, &transfer->request), "MPI_Imrecv");
    in_.push_back(std::move(transfer));
  }
}

std::optional<Message> Mailbox::receive() {
  start_receiving();
  std::vector<int> waiting;  // peers whose earlier message is not complete
  for (auto transfer = in_.begin(); transfer != in_.end(); ++transfer) {
    int const peer = (*transfer)->peer;
    if (std::ranges::find(waiting, peer) != waiting.end()) continue;
    if (finished(**transfer)) {
      auto const bytes = std::move((*transfer)->bytes);
      in_.erase(transfer);
      return decode(bytes, peer);
    }
    waiting.push_back(peer);
  }
  return std::nullopt;
}

void Mailbox::forget(int peer) {
  std::erase_if(out_, [&](auto& transfer) {
    if (transfer->peer != peer) return false;
    if (!finished(*transfer)) static_cast<void>(transfer.release());
    return true;
  });
}

bool Mailbox::sending() {
  std::erase_if(out_, [](auto const& transfer) { return finished(*transfer); });
  return !out_.empty();
}

}  // namespace nacre
