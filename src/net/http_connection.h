#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "net/byte_stream.h"
#include "net/http_server.h"
#include "net/http_text.h"
#include "net/ws_deflate.h"
#include "net/ws_frames.h"

namespace kd {

// What a connection needs of its server, which may be gone first.
struct HttpService {
  EventLoop& loop;
  HttpServer::Options options;
  HttpServer::Handlers handlers;
  bool stopped = false;
  WsDeflater deflater{};
  WsInflater inflater{};
};

// One accepted connection: HTTP requests, then perhaps a WebSocket. Confined to the loop's thread.
class HttpConnection final : public WsPeer, public std::enable_shared_from_this<HttpConnection> {
 public:
  using Clock = std::chrono::steady_clock;

  HttpConnection(std::shared_ptr<HttpService> service, std::unique_ptr<ByteStream> stream);

  void start();
  // Called about once a second: ends the connection when it is stuck.
  void check(Clock::time_point now);
  bool finished() const { return state_ == State::kClosed; }

  using WsPeer::send;
  void send(std::string_view head, std::string_view tail) override;
  void send(std::string_view head, const SharedText& tail) override;
  void send_in_fragments(std::string_view text, std::size_t fragment_bytes,
                         std::string_view ping_payload) override;
  void ping(std::string_view payload) override { send_control(WsOpcode::kPing, payload); }
  std::size_t buffered_bytes() const override {
    return pending_.size() + writing_.size() - written_;
  }
  void close(std::uint16_t code, std::string_view reason) override;
  WsProgress progress() const override;
  WsProgress last_progress() const override;
  bool is_open() const override { return state_ == State::kWebSocket; }
  void abort() override { finish(true); }
  void cut() override { finish(false); }
  void freeze() override { frozen_ = true; }
  void limit_rate(std::size_t bytes_per_second) override;

 private:
  enum class State {
    kHandshake,
    kHttp,
    kUpgrading,  // the answer waits; what comes is kept
    kWebSocket,
    kDraining,  // the last bytes are going out; what still comes in is ignored
    kClosed,
  };

  void read_more();
  void take(std::string_view bytes);
  void serve_requests();
  void serve(const HttpRequestReader::Read& read);
  void upgrade(const HttpRequest& request);
  void decide(const HttpRequest& request, const UpgradeDecision& decision);
  void accept(const HttpRequest& request, const UpgradeDecision& decision);
  void serve_messages();
  void serve(const WsMessage& message);
  void serve_text(const WsMessage& message);

  void append_message(std::string_view payload, bool compressed);
  void answer(const HttpResponse& response, bool keep_alive, bool with_body = true);
  void send_control(WsOpcode opcode, std::string_view payload);
  void drain_and_close();
  void flush_soon();
  void flush();
  void write_more();
  std::size_t allowance(std::size_t wanted);
  void write_later();
  void on_written(bool ok, std::size_t bytes);
  void finish(bool reset);

  const std::shared_ptr<HttpService> service_;
  const std::unique_ptr<ByteStream> stream_;
  State state_ = State::kHandshake;
  Clock::time_point last_progress_ = Clock::now();
  std::array<char, 16 << 10> input_;
  HttpRequestReader requests_;
  std::optional<WsFrameReader> frames_;
  WsHandlers handlers_;
  bool ws_open_ = false;  // on_close is still owed
  bool deflate_ = false;  // agreed on
  bool frozen_ = false;
  bool close_sent_ = false;
  bool close_answered_ = false;
  std::uint64_t taken_bytes_ = 0;  // by the operating system, ever
  std::uint64_t ws_begin_ = 0;     // where among them the WebSocket's own begin
  WsProgress at_end_;

  std::string pending_;  // to be written next
  std::string writing_;  // being written, up to written_ already gone
  std::size_t written_ = 0;
  bool flush_posted_ = false;

  std::size_t bytes_per_second_ = 0;  // 0: no limit
  std::size_t allowed_bytes_ = 0;     // by that limit, until the timer's next call
  Timer timer_;                       // delays the upgrade, then paces the output
};

}  // namespace kd
