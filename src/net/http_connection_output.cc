#include <algorithm>
#include <utility>

#include "net/http_connection.h"

namespace kd {

namespace {

constexpr std::chrono::milliseconds kPace{50};  // of an output with a limited rate

}  // namespace

void HttpConnection::send(std::string_view head, std::string_view tail) {
  if (state_ != State::kWebSocket) return;
  if (deflate_) {
    append_message(service_->deflater.run(std::string(head).append(tail)), true);
    return flush_soon();
  }
  append_ws_header(pending_, WsOpcode::kText, head.size() + tail.size());
  pending_.append(head).append(tail);
  flush_soon();
}

void HttpConnection::send(std::string_view head, const SharedText& tail) {
  if (!deflate_) return send(head, tail.text());
  if (state_ != State::kWebSocket) return;
  if (tail.deflated_.empty()) tail.deflated_ = service_->deflater.run(tail.text());
  std::string payload;
  append_stored(payload, head);
  append_message(payload += tail.deflated_, true);
  flush_soon();
}

void HttpConnection::send_in_fragments(std::string_view text, std::size_t fragment_bytes,
                                       std::string_view ping_payload) {
  if (state_ != State::kWebSocket) return;
  const std::string packed = deflate_ ? service_->deflater.run(text) : std::string();
  std::string_view rest = deflate_ ? packed : text;
  for (bool first = true;; first = false) {
    const std::string_view part = rest.substr(0, fragment_bytes);
    rest.remove_prefix(part.size());
    append_ws_header(pending_, first ? WsOpcode::kText : WsOpcode::kContinuation, part.size(),
                     {.last = rest.empty(), .compressed = first && deflate_});
    pending_.append(part);
    if (rest.empty()) break;
    append_ws_header(pending_, WsOpcode::kPing, ping_payload.size());
    pending_.append(ping_payload);
  }
  flush_soon();
}

void HttpConnection::append_message(std::string_view payload, bool compressed) {
  append_ws_header(pending_, WsOpcode::kText, payload.size(),
                   {.last = true, .compressed = compressed});
  pending_.append(payload);
}

void HttpConnection::send_control(WsOpcode opcode, std::string_view payload) {
  if (state_ != State::kWebSocket) return;
  append_ws_header(pending_, opcode, payload.size());
  pending_.append(payload);
  flush_soon();
}

WsProgress HttpConnection::progress() const {
  if (state_ == State::kClosed) return at_end_;
  const std::uint64_t appended = taken_bytes_ + buffered_bytes();
  return {.appended_bytes = appended - std::min(appended, ws_begin_),
          .taken_bytes = taken_bytes_ - std::min(taken_bytes_, ws_begin_),
          .unacknowledged_bytes = 0,
          .closed_in_order = close_answered_};
}

WsProgress HttpConnection::last_progress() const {
  WsProgress progress = this->progress();
  if (state_ != State::kClosed) progress.unacknowledged_bytes = stream_->unacknowledged_bytes();
  return progress;
}

void HttpConnection::limit_rate(std::size_t bytes_per_second) {
  bytes_per_second_ = bytes_per_second;
  allowed_bytes_ = 0;
}

void HttpConnection::flush_soon() {
  if (flush_posted_ || !writing_.empty()) return;
  flush_posted_ = true;
  last_progress_ = Clock::now();  // nothing was unwritten until now
  service_->loop.post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void HttpConnection::flush() {
  if (state_ == State::kClosed || frozen_ || !writing_.empty()) return;
  if (!pending_.empty()) {
    writing_.swap(pending_);
    written_ = 0;
    return write_more();
  }
  if (state_ == State::kDraining) stream_->end_of_output();
}

// How many of `wanted` bytes may be written now.
std::size_t HttpConnection::allowance(std::size_t wanted) {
  if (bytes_per_second_ == 0) return wanted;
  const std::size_t bytes = std::min(wanted, allowed_bytes_);
  allowed_bytes_ -= bytes;
  return bytes;
}

void HttpConnection::write_later() {
  timer_.after(kPace, [self = shared_from_this()] {
    if (self->state_ == State::kClosed || self->frozen_) return;
    self->allowed_bytes_ =
        std::max<std::size_t>(1, self->bytes_per_second_ / (1000 / kPace.count()));
    self->write_more();
  });
}

void HttpConnection::write_more() {
  const std::size_t allowed = allowance(writing_.size() - written_);
  if (allowed == 0) return write_later();
  stream_->write_some(
      writing_.data() + written_, allowed,
      [self = shared_from_this()](bool ok, std::size_t bytes) { self->on_written(ok, bytes); });
}

void HttpConnection::on_written(bool ok, std::size_t bytes) {
  if (state_ == State::kClosed) return;
  if (!ok || service_->stopped) return finish(false);
  last_progress_ = Clock::now();
  written_ += bytes;
  taken_bytes_ += bytes;
  if (frozen_) return;
  if (written_ < writing_.size()) return write_more();
  writing_.clear();
  written_ = 0;
  flush();
}

}  // namespace kd
