#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kd {

enum class WsOpcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// How a frame differs from a whole, uncompressed message.
struct WsFrameBits {
  bool last = true;         // false: fragments follow
  bool compressed = false;  // RSV1, on the first frame of a message only (RFC 7692, 6)
};

// Appends the header of an unmasked frame, as a server sends it (RFC 6455, 5.2):
//
//     0x81 0x05 "hello"                 text of 5 bytes
//     0x81 0x7e 0x01 0x2c ...           text of 300 bytes: 16-bit length, big endian
//     0x81 0x7f 0x00 .. 8 bytes ...     65,536 bytes and more: 64-bit length
void append_ws_header(std::string& out, WsOpcode opcode, std::size_t payload_bytes,
                      WsFrameBits bits = {});

struct WsMessage {
  WsOpcode opcode;  // kText, kBinary or a control opcode; fragments are already joined
  std::string payload;
  bool compressed = false;
};

struct WsFault {
  std::uint16_t code;  // for the close frame: 1002 protocol error, 1009 too big
  std::string reason;
};

// Cuts what a client sent into messages. Clients mask; a control frame may arrive between the
// fragments of a message. Confined to one thread.
class WsFrameReader {
 public:
  // `compression`: messages may come compressed, as was agreed at the upgrade.
  explicit WsFrameReader(std::size_t max_message_bytes, bool compression = false)
      : max_message_bytes_(max_message_bytes), compression_(compression) {}

  void feed(std::string_view bytes) { input_.append(bytes); }
  // The next whole message; nothing when more bytes are needed or after a fault.
  std::optional<WsMessage> next();
  const std::optional<WsFault>& fault() const { return fault_; }

 private:
  struct Header {
    bool last;
    bool compressed;
    WsOpcode opcode;
    std::size_t header_bytes;
    std::size_t payload_bytes;
    unsigned char mask[4];
  };
  std::optional<Header> read_header();
  bool refuse(std::uint16_t code, std::string reason);
  bool acceptable(const Header& header);
  std::string take_payload(const Header& header);
  std::optional<WsMessage> join(const Header& header, std::string payload);

  const std::size_t max_message_bytes_;
  const bool compression_;
  std::string input_;
  std::size_t used_ = 0;  // bytes of input_ already taken
  std::optional<WsMessage> partial_;
  std::optional<WsFault> fault_;
};

}  // namespace kd
