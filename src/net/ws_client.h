#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "net/event_loop.h"
#include "net/tls_trust.h"

namespace kd {

// Why a WebSocket ended.
struct WsEnd {
  enum class Kind : std::uint8_t {
    kUnreachable,  // no TCP or TLS connection: name, port, certificate
    kRefused,      // an HTTP answer other than 101; `code` is its status
    kClosed,       // a close frame; `code` is its close code
    kLost,         // reset, end of stream, protocol error
  };
  Kind kind{};
  int code = 0;
  std::string what;       // names the host
  bool on_write = false;  // kLost while we were sending
  bool too_big = false;   // kLost because of a message above max_message_bytes
};

// The client's end of one WebSocket, ws:// or wss:// (TLS 1.2 and up, certificate and host name
// verified). Confined to the loop's thread, handlers included.
class WsClient {
 public:
  struct Options {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;  // of the upgrade request
    std::string ca_file;  // PEM of a further trusted authority; empty: the system's
    std::shared_ptr<const TlsTrust> trust;  // shared with other clients; null: made from ca_file
    // Offers permessage-deflate. What we send stays uncompressed: it is little, and a compressor
    // takes more memory than all else of a connection.
    bool deflate = true;
    std::chrono::milliseconds connect_timeout{10'000};
    // A longer message, inflated, ends the connection and says so.
    std::size_t max_message_bytes = std::size_t{64} << 20;
  };
  struct Handlers {
    std::function<void()> on_open;
    // One whole message and when it was read. At least 64 readable bytes follow the text, which
    // is valid during the call.
    std::function<void(std::string_view text, Micros received)> on_text;
    // Exactly once, unless abandon() came first. Nothing is called afterwards.
    std::function<void(const WsEnd& end)> on_end;
  };

  // Starts to connect. The handlers are called from the loop, never from inside open().
  static std::shared_ptr<WsClient> open(EventLoop& loop, Options options, Handlers handlers);
  virtual ~WsClient() = default;

  // Queues one text message; only after on_open.
  virtual void send(std::string text) = 0;
  // Sends a close frame and ends within a second; on_end follows.
  virtual void close() = 0;
  // Ends at once; no handler is called any more.
  virtual void abandon() = 0;
  // When the last frame of any kind came, pings included.
  virtual std::chrono::steady_clock::time_point last_activity() const = 0;
  // When the last ping came, by the wall clock; nullopt before the first.
  virtual std::optional<Micros> last_ping() const = 0;
  // The other side took up our offer of permessage-deflate.
  virtual bool deflates() const = 0;
};

// The parts of a URL such as "wss://host:443/trade-api/ws/v2?x=1".
struct UrlParts {
  bool tls = false;
  std::string host;
  std::string port;  // never empty: the scheme's default stands in
  std::string path;  // with the query; "/" when absent
};
// Understands ws, wss, http, https. False for anything else.
bool split_url(std::string_view url, UrlParts& parts);

}  // namespace kd
