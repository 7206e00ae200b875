#include "sim/connection.h"

#include <string>
#include <utility>

#include "sim/player.h"

namespace kd::sim {

namespace {

constexpr std::string_view kHeartbeatPayload = "heartbeat";

}  // namespace

Connection::Connection(Exchange& exchange, int client, std::int64_t number,
                       std::shared_ptr<WsPeer> peer)
    : exchange_(exchange), number_(number), peer_(std::move(peer)) {
  session_ = exchange_.open_session(*this, client);
}

Connection::~Connection() { exchange_.close_session(std::move(session_)); }

void Connection::send(std::string_view text) {
  const std::size_t fragment_bytes = session_->behaviour().fragment_bytes;
  if (fragment_bytes == 0) return peer_->send(text);
  peer_->send_in_fragments(text, fragment_bytes, kHeartbeatPayload);
}

void Connection::send(std::string_view head, const SharedText& tail) {
  if (session_->behaviour().fragment_bytes == 0) return peer_->send(head, tail);
  send(std::string(head).append(tail.text()));
}

std::int64_t Connection::now_ms() const { return exchange_.clock.now(real_now_ms()); }

void Connection::snapshot_answered(MarketIndex market, std::int64_t sending_ms) {
  exchange_.snapshot_answered(market, sending_ms, session_->client());
}

void Connection::on_text(std::string_view text) {
  if (!session_->behaviour().half_open) session_->on_command(text, real_now_ms());
}

void Connection::ping() {
  const ConnectionFaults& faults = session_->behaviour();
  if (!faults.no_pings && !faults.silent && !faults.half_open) peer_->ping(kHeartbeatPayload);
}

FaultyConnection Connection::for_faults() const {
  const SessionOwner& owner = session_->owner();
  return {.number = number_,
          .client = owner.id,
          .connection = owner.connection,
          .channels = session_->channels()};
}

void Connection::behave(const ConnectionFaults& faults) {
  const ConnectionFaults before = session_->behaviour();
  if (before == faults) return;
  session_->behave(faults);
  if (before.half_open && !faults.half_open) return abort_by(FaultKind::kHalfOpen);
  if (faults.half_open) peer_->freeze();
  if (faults.bytes_per_second != before.bytes_per_second) {
    peer_->limit_rate(faults.bytes_per_second);
  }
}

void Connection::strike(const FaultSpec& blow) {
  switch (blow.kind) {
    case FaultKind::kReset:
      return abort_by(blow.kind);
    case FaultKind::kCut:
      session_->end_by(facts_of(blow.kind).name);
      session_->leave();
      return peer_->cut();
    case FaultKind::kClose:
      return close(static_cast<std::uint16_t>(blow.amount), blow.kind);
    case FaultKind::kEndSid:
      return session_->end_subscriptions(blow.channel, static_cast<WsError>(blow.amount));
    default:
      return;
  }
}

void Connection::abort_by(FaultKind fault) {
  session_->end_by(facts_of(fault).name);
  session_->leave();
  peer_->abort();
}

void Connection::close(std::uint16_t code, FaultKind fault) {
  session_->end_by(facts_of(fault).name);
  session_->leave();
  peer_->close(code, "");
}

}  // namespace kd::sim
