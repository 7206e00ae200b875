#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kd {

// A client made of nothing but a socket on the loopback, for tests that must see each frame as it
// is. Blocking; a read that brings nothing for a minute ends as kTimeout. Confined to one thread.
class RawClient {
 public:
  enum class End : std::uint8_t { kNone, kClosed, kReset, kTimeout };
  struct Answer {
    int status = 0;  // 0: the connection ended first
    std::string head, body;
  };
  struct Frame {
    int opcode = 0;  // RFC 6455: 0 continuation, 1 text, 8 close, 9 ping
    bool last = true;
    bool compressed = false;
    std::string payload;
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // One request, its answer read to the end.
  Answer request(std::string_view method, std::string_view target, std::string_view body = {},
                 const Headers& headers = {});
  // Asks for the exchange's WebSocket as this client; further headers may be given.
  Answer upgrade(std::string_view key_id, const Headers& headers = {});
  // Asks without waiting; next() then shows whether anything was answered.
  void ask_upgrade(std::string_view key_id, const Headers& headers = {});

  void send_text(std::string_view text);
  void send_close(std::uint16_t code);
  // The next frame, pings included; nothing at the end, see end().
  std::optional<Frame> next(std::chrono::milliseconds patience = std::chrono::seconds(60));
  // The next text message, its fragments joined; pings are counted and passed over.
  std::optional<std::string> next_text(
      std::chrono::milliseconds patience = std::chrono::seconds(60));

  End end() const { return end_; }
  std::uint16_t close_code() const { return close_code_; }  // of the close frame that came; or 0
  int pings() const { return pings_; }

 private:
  bool fill(std::chrono::milliseconds patience);
  void ask(std::string_view method, std::string_view target, std::string_view body,
           const Headers& headers);
  Answer read_answer();
  void send_frame(int opcode, std::string_view payload);
  void send_all(std::string_view bytes);

  int socket_ = -1;
  std::string input_;
  End end_ = End::kNone;
  std::uint16_t close_code_ = 0;
  int pings_ = 0;
};

}  // namespace kd
