#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kd {

// permessage-deflate (RFC 7692), the server's end. No context is carried from message to message
// on either side, so that a text that goes to many peers is compressed once for all of them, and
// one inflater serves all connections.

// The window we compress with is 2^10 bytes; zlib has no smaller one for raw streams than 2^9.
inline constexpr int kDeflateWindowBits = 10;

// The answer to the offers of a client (the value of its Sec-WebSocket-Extensions); nothing when
// none can be accepted, or none was made.
std::optional<std::string> accept_deflate(std::string_view offers);

// Appends a part of a compressed message that is not worth compressing, at most 65,535 bytes.
//
//     0x00 0x02 0x00 0xfd 0xff "hi"     a stored block: kind, length, its complement, the bytes
void append_stored(std::string& out, std::string_view text);

// Compresses whole messages, or ends of messages. Confined to one thread.
class WsDeflater {
 public:
  WsDeflater();
  ~WsDeflater();
  WsDeflater(const WsDeflater&) = delete;
  WsDeflater& operator=(const WsDeflater&) = delete;

  // What it returns refers to nothing that came before.
  std::string run(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The reverse. Confined to one thread.
class WsInflater {
 public:
  WsInflater();
  ~WsInflater();
  WsInflater(const WsInflater&) = delete;
  WsInflater& operator=(const WsInflater&) = delete;

  // The text of a whole message; nothing when it is damaged or would exceed `max_bytes`.
  std::optional<std::string> run(std::string_view payload, std::size_t max_bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kd
