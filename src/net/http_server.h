#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "net/event_loop.h"

namespace kd {

struct HttpRequest {
  std::string method;  // upper case, as sent
  std::string target;  // path and query exactly as sent, still percent-encoded
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  // Empty when absent. Names are compared without regard to case.
  std::string_view header(std::string_view name) const;
  // The target up to the first '?', still percent-encoded.
  std::string_view path() const;
  // The target behind the first '?', empty when there is none.
  std::string_view query() const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beyond content type and length
};

// Text that many peers get alike: what compressing it takes is done once. Confined to one thread.
class SharedText {
 public:
  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  // The text, to be written anew.
  std::string& rewrite() {
    deflated_.clear();
    text_.clear();
    return text_;
  }

 private:
  friend class HttpConnection;
  std::string text_;
  mutable std::string deflated_;  // of text_; empty: not needed so far
};

// How far the bytes that were handed to a peer got. Counted from the upgrade on.
struct WsProgress {
  std::uint64_t appended_bytes = 0;  // handed over
  std::uint64_t taken_bytes = 0;     // of those, taken by the operating system
  // Of those taken, not acknowledged by the other side's system. Only in WsPeer::last_progress().
  std::uint64_t unacknowledged_bytes = 0;
  bool closed_in_order = false;  // the client answered our close frame: it has read all of it
};

// The server's end of one WebSocket. Confined to the loop's thread.
//
// Messages are appended to a buffer that goes out with one write per turn of the loop, so a
// thousand sends cost one system call. After the socket is gone every call is a no-op.
class WsPeer {
 public:
  virtual ~WsPeer() = default;

  // One text message: head followed by tail. Passing a shared tail to many peers saves
  // building the message once per peer.
  virtual void send(std::string_view head, std::string_view tail) = 0;
  void send(std::string_view text) { send(text, std::string_view()); }
  virtual void send(std::string_view head, const SharedText& tail) = 0;
  // One text message in fragments of so many bytes, with a ping between any two.
  virtual void send_in_fragments(std::string_view text, std::size_t fragment_bytes,
                                 std::string_view ping_payload) = 0;

  virtual void ping(std::string_view payload) = 0;  // at most 125 bytes
  // Bytes handed over and not yet taken by the operating system.
  virtual std::size_t buffered_bytes() const = 0;
  virtual WsProgress progress() const = 0;
  // The same with what only the system knows, which costs a call; once the connection has ended,
  // how far things had come then.
  virtual WsProgress last_progress() const = 0;
  // Whether what is sent goes anywhere: not once either side has begun to close.
  virtual bool is_open() const = 0;
  // Sends a close frame behind what is buffered, then ends the connection.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Ends the connection at once with a TCP reset; what is buffered is lost.
  virtual void abort() = 0;
  // Ends the connection at once without a close frame; what is buffered is lost.
  virtual void cut() = 0;
  // From now on nothing is read and nothing written, while the connection stays.
  virtual void freeze() = 0;
  // Writes no more than this from now on; 0: as fast as the client takes it.
  virtual void limit_rate(std::size_t bytes_per_second) = 0;
};

struct WsHandlers {
  std::function<void(std::string_view text)> on_text;     // one whole message
  std::function<void(std::string_view payload)> on_pong;  // may be empty
  // Called exactly once, whoever ended the connection; never from inside a call of WsPeer.
  std::function<void()> on_close;
};

// What to do with a request to upgrade. Without `accept` it is refused with `refusal`.
struct UpgradeDecision {
  HttpResponse refusal;
  std::function<WsHandlers(std::shared_ptr<WsPeer>)> accept;
  std::chrono::milliseconds delay{0};  // before the answer
  bool hang_up = false;                // a TCP reset is the only answer
};

// Serves HTTP/1.1 with keep-alive and WebSocket upgrades on one listener, plain or TLS.
//
// Confined to the loop's thread: handlers run there and must not wait. A peer that takes no
// byte for `stall_limit` while something is buffered for it is dropped.
class HttpServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;        // 0: any free port, see port()
    std::string certificate_file;  // PEM chain; empty: plain
    std::string key_file;
    std::chrono::seconds stall_limit{30};
    std::size_t max_body_bytes = 1 << 20;
    std::size_t max_message_bytes = 16 << 20;  // of one incoming WebSocket message
    bool deflate = false;                      // agree to permessage-deflate where it is offered
  };
  struct Handlers {
    std::function<HttpResponse(const HttpRequest&)> request;
    std::function<UpgradeDecision(const HttpRequest&)> upgrade;  // empty: no WebSockets here
  };

  // Listens at once, serves as soon as the loop runs. The error names host:port and the reason.
  static Expected<std::unique_ptr<HttpServer>> start(EventLoop& loop, const Options& options,
                                                     Handlers handlers);
  // Closes the listener and every connection; no handler is called afterwards.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  struct Impl;

 private:
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace kd
