#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.h"

namespace kd {

// Cuts the bytes of one connection into HTTP/1.1 requests. Confined to one thread.
class HttpRequestReader {
 public:
  explicit HttpRequestReader(std::size_t max_body_bytes);
  ~HttpRequestReader();
  HttpRequestReader(const HttpRequestReader&) = delete;
  HttpRequestReader& operator=(const HttpRequestReader&) = delete;

  struct Read {
    HttpRequest request;
    bool upgrade = false;  // asks for a WebSocket
    bool keep_alive = true;
  };

  void feed(std::string_view bytes);
  // The next whole request; nothing when more bytes are needed or after a fault.
  std::optional<Read> next();
  // The status to refuse a malformed (400), chunked (411) or too large (413, 431) request with; 0
  // without fault.
  int fault() const { return fault_; }
  // What was fed and belongs to no request: the first WebSocket frames behind an upgrade.
  std::string take_rest();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string input_;
  int fault_ = 0;
};

void append_http_response(std::string& out, const HttpResponse& response, bool keep_alive,
                          bool with_body = true);
// The 101 that answers a request with this Sec-WebSocket-Key; `extensions` may be empty.
void append_ws_accept(std::string& out, std::string_view client_key,
                      std::string_view extensions = {});

}  // namespace kd
