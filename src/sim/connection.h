#pragma once

#include <memory>
#include <string_view>

#include "net/http_server.h"
#include "sim/exchange.h"
#include "sim/faults.h"

namespace kd::sim {

// One WebSocket: ties a session to its socket, and does to it what faults order. Confined to the
// loop's thread.
class Connection final : public SessionPort {
 public:
  // `number`: 1, 2, 3 … over all clients.
  Connection(Exchange& exchange, int client, std::int64_t number, std::shared_ptr<WsPeer> peer);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view text) override;
  void send(std::string_view head, const SharedText& tail) override;
  std::size_t unsent_bytes() const override { return peer_->buffered_bytes(); }
  WsProgress progress() const override { return peer_->progress(); }
  WsProgress last_progress() const override { return peer_->last_progress(); }
  bool is_open() const override { return peer_->is_open(); }
  std::int64_t now_ms() const override;
  void snapshot_answered(MarketIndex market, std::int64_t sending_ms) override;

  // A half-open one hears nothing.
  void on_text(std::string_view text);
  void ping();

  FaultyConnection for_faults() const;
  // How it behaves from now on. One that was half-open and is no more is reset.
  void behave(const ConnectionFaults& faults);
  void strike(const FaultSpec& blow);
  // With a close frame, on behalf of the fault.
  void close(std::uint16_t code, FaultKind fault);

 private:
  void abort_by(FaultKind fault);

  Exchange& exchange_;
  const std::int64_t number_;
  const std::shared_ptr<WsPeer> peer_;
  std::unique_ptr<Session> session_;
};

}  // namespace kd::sim
