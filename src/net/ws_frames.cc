#include "net/ws_frames.h"

#include <utility>

namespace kd {

namespace {

constexpr std::size_t kMaxControlBytes = 125;

bool is_control(WsOpcode opcode) { return (static_cast<unsigned>(opcode) & 8U) != 0; }

bool is_known(WsOpcode opcode) {
  const auto value = static_cast<unsigned>(opcode);
  return value <= 2 || (value >= 8 && value <= 10);
}

unsigned char byte_at(const std::string& text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

}  // namespace

void append_ws_header(std::string& out, WsOpcode opcode, std::size_t payload_bytes,
                      WsFrameBits bits) {
  const auto put = [&out](std::uint64_t value) { out.push_back(static_cast<char>(value & 0xff)); };
  put((bits.last ? 0x80U : 0U) | (bits.compressed ? 0x40U : 0U) | static_cast<unsigned>(opcode));
  if (payload_bytes < 126) {
    put(payload_bytes);
    return;
  }
  const int length_bytes = payload_bytes <= 0xffff ? 2 : 8;
  put(length_bytes == 2 ? 126 : 127);
  for (int i = length_bytes - 1; i >= 0; --i) put(payload_bytes >> (8 * i));
}

std::optional<WsMessage> WsFrameReader::next() {
  while (!fault_) {
    const auto header = read_header();
    if (!header || !acceptable(*header)) break;
    if (input_.size() - used_ < header->header_bytes + header->payload_bytes) break;
    if (auto message = join(*header, take_payload(*header))) return message;
  }
  input_.erase(0, used_);
  used_ = 0;
  return std::nullopt;
}

std::optional<WsFrameReader::Header> WsFrameReader::read_header() {
  const std::size_t available = input_.size() - used_;
  if (available < 2) return std::nullopt;
  const unsigned char first = byte_at(input_, used_);
  const unsigned char second = byte_at(input_, used_ + 1);
  if ((first & (compression_ ? 0x30 : 0x70)) != 0) {
    refuse(1002, "reserved bits are set");
    return std::nullopt;
  }
  if ((second & 0x80) == 0) {
    refuse(1002, "a client must mask its frames");
    return std::nullopt;
  }
  Header header{};
  header.last = (first & 0x80) != 0;
  header.compressed = (first & 0x40) != 0;
  header.opcode = static_cast<WsOpcode>(first & 0x0f);
  const unsigned length = second & 0x7f;
  const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  header.header_bytes = 2 + length_bytes + 4;
  if (available < header.header_bytes) return std::nullopt;
  header.payload_bytes = length_bytes == 0 ? length : 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    header.payload_bytes = header.payload_bytes << 8 | byte_at(input_, used_ + 2 + i);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    header.mask[i] = byte_at(input_, used_ + 2 + length_bytes + i);
  }
  return header;
}

bool WsFrameReader::refuse(std::uint16_t code, std::string reason) {
  fault_ = WsFault{code, std::move(reason)};
  return false;
}

bool WsFrameReader::acceptable(const Header& header) {
  if (!is_known(header.opcode)) return refuse(1002, "unknown opcode");
  if (header.compressed && header.opcode != WsOpcode::kText && header.opcode != WsOpcode::kBinary) {
    return refuse(1002, "only the first frame of a message says that it is compressed");
  }
  if (is_control(header.opcode)) {
    if (header.last && header.payload_bytes <= kMaxControlBytes) return true;
    return refuse(1002, "a control frame is fragmented or too long");
  }
  if ((header.opcode == WsOpcode::kContinuation) != partial_.has_value()) {
    return refuse(1002, "fragments out of order");
  }
  const std::size_t before = partial_ ? partial_->payload.size() : 0;
  if (header.payload_bytes > max_message_bytes_ - before) {
    return refuse(1009, "message too big");
  }
  return true;
}

std::string WsFrameReader::take_payload(const Header& header) {
  std::string payload = input_.substr(used_ + header.header_bytes, header.payload_bytes);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<char>(static_cast<unsigned char>(payload[i]) ^ header.mask[i % 4]);
  }
  used_ += header.header_bytes + header.payload_bytes;
  return payload;
}

std::optional<WsMessage> WsFrameReader::join(const Header& header, std::string payload) {
  if (is_control(header.opcode)) return WsMessage{header.opcode, std::move(payload), false};
  if (!partial_) {
    WsMessage message{header.opcode, std::move(payload), header.compressed};
    if (header.last) return message;
    partial_ = std::move(message);
    return std::nullopt;
  }
  partial_->payload += payload;
  if (!header.last) return std::nullopt;
  return std::exchange(partial_, std::nullopt);
}

}  // namespace kd
