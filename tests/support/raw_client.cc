#include "support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace kd {

namespace {

std::size_t content_length(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer_bytes) {
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("nobody listens on the port");
  }
}

RawClient::~RawClient() { ::close(socket_); }

void RawClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawClient::fill(std::chrono::milliseconds patience) {
  pollfd waiting{socket_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) {
    end_ = End::kTimeout;
    return false;
  }
  char buffer[65536];
  const auto got = ::recv(socket_, buffer, sizeof(buffer), 0);
  if (got > 0) {
    input_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  end_ = got == 0 ? End::kClosed : End::kReset;
  return false;
}

RawClient::Answer RawClient::read_answer() {
  Answer answer;
  std::size_t head_end = 0;
  while ((head_end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(std::chrono::seconds(60))) return answer;
  }
  answer.head = input_.substr(0, head_end + 4);
  input_.erase(0, head_end + 4);
  const std::size_t length = content_length(answer.head);
  while (input_.size() < length && fill(std::chrono::seconds(60))) {
  }
  answer.body = input_.substr(0, length);
  input_.erase(0, answer.body.size());
  answer.status = std::stoi(answer.head.substr(9, 3));
  return answer;
}

void RawClient::ask(std::string_view method, std::string_view target, std::string_view body,
                    const Headers& headers) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send_all(text + "\r\n" + std::string(body));
}

RawClient::Answer RawClient::request(std::string_view method, std::string_view target,
                                     std::string_view body, const Headers& headers) {
  ask(method, target, body, headers);
  return read_answer();
}

void RawClient::ask_upgrade(std::string_view key_id, const Headers& headers) {
  Headers all = {{"Connection", "Upgrade"},
                 {"Upgrade", "websocket"},
                 {"Sec-WebSocket-Version", "13"},
                 {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                 {"KALSHI-ACCESS-KEY", std::string(key_id)}};
  all.insert(all.end(), headers.begin(), headers.end());
  ask("GET", "/trade-api/ws/v2", {}, all);
}

RawClient::Answer RawClient::upgrade(std::string_view key_id, const Headers& headers) {
  ask_upgrade(key_id, headers);
  return read_answer();
}

// A mask of zeros leaves the payload as it is.
void RawClient::send_frame(int opcode, std::string_view payload) {
  std::string bytes{static_cast<char>(0x80 | opcode)};
  if (payload.size() < 126) {
    bytes.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    bytes.push_back(static_cast<char>(payload.size() <= 0xffff ? 0xfe : 0xff));
    for (int i = payload.size() <= 0xffff ? 1 : 7; i >= 0; --i) {
      bytes.push_back(static_cast<char>(payload.size() >> (8 * i) & 0xff));
    }
  }
  send_all(bytes.append(4, '\0').append(payload));
}

void RawClient::send_text(std::string_view text) { send_frame(1, text); }

void RawClient::send_close(std::uint16_t code) {
  send_frame(8, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
}

std::optional<RawClient::Frame> RawClient::next(std::chrono::milliseconds patience) {
  for (;;) {
    const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(input_[at]); };
    const std::size_t length = input_.size() < 2 ? 0 : byte(1) & 0x7fU;
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (input_.size() >= 2 + more) {
      std::size_t payload = more == 0 ? length : 0;
      for (std::size_t i = 0; i < more; ++i) payload = payload << 8 | byte(2 + i);
      if (input_.size() >= 2 + more + payload) {
        Frame frame{byte(0) & 0x0f, (byte(0) & 0x80U) != 0, (byte(0) & 0x40U) != 0,
                    input_.substr(2 + more, payload)};
        input_.erase(0, 2 + more + payload);
        if (frame.opcode == 9) ++pings_;
        if (frame.opcode == 8 && payload >= 2) {
          close_code_ =
              static_cast<std::uint16_t>(static_cast<unsigned char>(frame.payload[0]) << 8 |
                                         static_cast<unsigned char>(frame.payload[1]));
        }
        return frame;
      }
    }
    if (!fill(patience)) return std::nullopt;
  }
}

std::optional<std::string> RawClient::next_text(std::chrono::milliseconds patience) {
  std::string text;
  for (;;) {
    const auto frame = next(patience);
    if (!frame || frame->opcode == 8) return std::nullopt;
    if (frame->opcode > 1) continue;
    text += frame->payload;
    if (frame->last) return text;
  }
}

}  // namespace kd
