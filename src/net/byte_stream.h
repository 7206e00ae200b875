#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/expected.h"
#include "net/http_server.h"

namespace kd {

// One accepted socket, plain or TLS. Confined to the loop's thread. At most one read and one
// write may be under way; their buffers must live until the callback, which is never called
// from inside the call that started it.
class ByteStream {
 public:
  using Done = std::function<void(bool ok, std::size_t bytes)>;

  virtual ~ByteStream() = default;
  virtual void handshake(std::function<void(bool ok)> done) = 0;
  virtual void read_some(char* into, std::size_t capacity, Done done) = 0;
  virtual void write_some(const char* from, std::size_t bytes, Done done) = 0;
  // Written bytes that the other side has not acknowledged, as far as the system tells; of a TLS
  // stream with what TLS adds.
  virtual std::size_t unacknowledged_bytes() = 0;
  virtual void end_of_output() = 0;  // says so to the peer; reading goes on
  virtual void close() = 0;          // what is under way ends with ok = false
  virtual void reset() = 0;          // close() with a TCP reset
};

// Listens and hands each accepted connection to `accepted`.
class StreamAcceptor {
 public:
  using Accepted = std::function<void(std::unique_ptr<ByteStream>)>;

  static Expected<std::unique_ptr<StreamAcceptor>> listen(EventLoop& loop,
                                                          const HttpServer::Options& options,
                                                          Accepted accepted);
  virtual ~StreamAcceptor() = default;
  virtual std::uint16_t port() const = 0;
  virtual void stop() = 0;
};

}  // namespace kd
