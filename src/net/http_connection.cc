#include "net/http_connection.h"

#include <algorithm>
#include <utility>

namespace kd {

namespace {

constexpr std::chrono::seconds kHandshakeLimit{10};
constexpr std::chrono::seconds kIdleLimit{75};
constexpr std::chrono::seconds kDrainLimit{5};

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpService> service,
                               std::unique_ptr<ByteStream> stream)
    : service_(std::move(service)),
      stream_(std::move(stream)),
      requests_(service_->options.max_body_bytes),
      timer_(service_->loop) {}

void HttpConnection::start() {
  stream_->handshake([self = shared_from_this()](bool ok) {
    if (self->state_ != State::kHandshake) return;
    if (!ok) return self->finish(false);
    self->state_ = State::kHttp;
    self->last_progress_ = Clock::now();
    self->read_more();
  });
}

void HttpConnection::check(Clock::time_point now) {
  if (frozen_) return;
  const auto quiet = now - last_progress_;
  const bool unwritten = buffered_bytes() > 0;
  const bool stuck = (state_ == State::kHandshake && quiet > kHandshakeLimit) ||
                     (state_ == State::kHttp && !unwritten && quiet > kIdleLimit) ||
                     (state_ == State::kDraining && !unwritten && quiet > kDrainLimit) ||
                     (unwritten && quiet > service_->options.stall_limit);
  if (stuck) finish(true);
}

void HttpConnection::read_more() {
  stream_->read_some(input_.data(), input_.size(),
                     [self = shared_from_this()](bool ok, std::size_t bytes) {
                       if (self->state_ == State::kClosed || self->frozen_) return;
                       if (!ok || self->service_->stopped) return self->finish(false);
                       self->take({self->input_.data(), bytes});
                       if (self->state_ != State::kClosed) self->read_more();
                     });
}

void HttpConnection::take(std::string_view bytes) {
  // While something is unwritten, only written bytes count as progress.
  if (buffered_bytes() == 0) last_progress_ = Clock::now();
  if (state_ == State::kHttp || state_ == State::kUpgrading) {
    requests_.feed(bytes);
    serve_requests();
  } else if (state_ == State::kWebSocket) {
    frames_->feed(bytes);
    serve_messages();
  } else if (state_ == State::kDraining && close_sent_) {
    frames_->feed(bytes);
    while (const auto message = frames_->next()) {
      close_answered_ = close_answered_ || message->opcode == WsOpcode::kClose;
    }
    if (close_answered_) finish(false);  // the server's part (RFC 6455, 7.1.1)
  }
}

void HttpConnection::serve_requests() {
  while (state_ == State::kHttp) {
    const auto read = requests_.next();
    if (!read) break;
    serve(*read);
  }
  if (state_ == State::kHttp && requests_.fault() != 0) {
    answer({requests_.fault(), "text/plain", "malformed request\n", {}}, false);
  }
}

void HttpConnection::serve(const HttpRequestReader::Read& read) {
  if (read.upgrade && service_->handlers.upgrade) return upgrade(read.request);
  answer(service_->handlers.request(read.request), read.keep_alive, read.request.method != "HEAD");
}

void HttpConnection::answer(const HttpResponse& response, bool keep_alive, bool with_body) {
  append_http_response(pending_, response, keep_alive, with_body);
  flush_soon();
  if (!keep_alive) drain_and_close();
}

void HttpConnection::upgrade(const HttpRequest& request) {
  auto decision = service_->handlers.upgrade(request);
  if (decision.delay.count() == 0) return decide(request, decision);
  state_ = State::kUpgrading;
  timer_.after(decision.delay, [self = shared_from_this(), request, decision] {
    if (self->state_ == State::kUpgrading) self->decide(request, decision);
  });
}

void HttpConnection::decide(const HttpRequest& request, const UpgradeDecision& decision) {
  if (decision.hang_up) return finish(true);
  if (decision.accept) return accept(request, decision);
  answer(decision.refusal, false);
}

void HttpConnection::accept(const HttpRequest& request, const UpgradeDecision& decision) {
  std::optional<std::string> deflate;
  if (service_->options.deflate)
    deflate = accept_deflate(request.header("Sec-WebSocket-Extensions"));
  deflate_ = deflate.has_value();
  append_ws_accept(pending_, request.header("Sec-WebSocket-Key"), deflate.value_or(""));
  flush_soon();
  ws_begin_ = taken_bytes_ + buffered_bytes();
  frames_.emplace(service_->options.max_message_bytes, deflate_);
  state_ = State::kWebSocket;
  ws_open_ = true;
  handlers_ = decision.accept(shared_from_this());
  frames_->feed(requests_.take_rest());
  serve_messages();
}

void HttpConnection::serve_messages() {
  while (state_ == State::kWebSocket) {
    const auto message = frames_->next();
    if (!message) break;
    serve(*message);
  }
  if (state_ == State::kWebSocket && frames_->fault()) {
    close(frames_->fault()->code, frames_->fault()->reason);
  }
}

void HttpConnection::serve(const WsMessage& message) {
  switch (message.opcode) {
    case WsOpcode::kText:
      return serve_text(message);
    case WsOpcode::kPing:
      return send_control(WsOpcode::kPong, message.payload);
    case WsOpcode::kPong:
      if (handlers_.on_pong) handlers_.on_pong(message.payload);
      return;
    case WsOpcode::kClose:
      send_control(WsOpcode::kClose, std::string_view(message.payload).substr(0, 2));
      return drain_and_close();
    default:
      return close(1003, "text only");
  }
}

void HttpConnection::serve_text(const WsMessage& message) {
  if (!message.compressed) return handlers_.on_text(message.payload);
  const auto text = service_->inflater.run(message.payload, service_->options.max_message_bytes);
  if (!text) return close(1007, "damaged compressed message");
  handlers_.on_text(*text);
}

void HttpConnection::close(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason;
  send_control(WsOpcode::kClose, payload);
  close_sent_ = true;
  drain_and_close();
}

void HttpConnection::drain_and_close() {
  if (state_ != State::kClosed) state_ = State::kDraining;
}

void HttpConnection::finish(bool reset) {
  if (state_ == State::kClosed) return;
  at_end_ = last_progress();
  state_ = State::kClosed;
  timer_.cancel();
  reset ? stream_->reset() : stream_->close();
  pending_ = {};
  if (!std::exchange(ws_open_, false)) return;
  service_->loop.post([self = shared_from_this()] {
    const WsHandlers handlers = std::exchange(self->handlers_, {});
    if (!self->service_->stopped && handlers.on_close) handlers.on_close();
  });
}

}  // namespace kd
