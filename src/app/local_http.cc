#include "app/local_http.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace kd {
namespace {

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool bind_to(const Socket& socket, std::uint16_t port) {
  const auto address = loopback(port);
  const int on = 1;  // as every server does: ports in TIME_WAIT are free
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // NOLINTNEXTLINE: the socket interface's own cast
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

void set_deadline(const Socket& socket, std::chrono::milliseconds wait) {
  timeval limit{};
  limit.tv_sec = wait.count() / 1000;
  limit.tv_usec = (wait.count() % 1000) * 1000;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

Expected<LocalHttpAnswer> parse_answer(const std::string& text, const std::string& where) {
  const auto space = text.find(' ');
  const auto body = text.find("\r\n\r\n");
  LocalHttpAnswer answer;
  if (!text.starts_with("HTTP/1.") || space == std::string::npos || body == std::string::npos) {
    return fail(Remedy::kRetry, where + ": no HTTP answer");
  }
  std::from_chars(text.data() + space + 1, text.data() + space + 4, answer.status);
  answer.body = text.substr(body + 4);
  return answer;
}

}  // namespace

Expected<LocalHttpAnswer> local_http(std::string_view method, std::uint16_t port,
                                     std::string_view target, std::chrono::milliseconds wait) {
  const std::string where = fmt::format("http://127.0.0.1:{}{}", port, target);
  const auto problem = [&] {
    return fail(Remedy::kRetry, where + ": " + std::system_category().message(errno));
  };
  const Socket socket;
  set_deadline(socket, wait);
  const auto address = loopback(port);
  // NOLINTNEXTLINE: the socket interface's own cast
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return problem();
  }
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      method, target, port);
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return problem();
  }
  std::string text;
  std::array<char, 16'384> part{};
  for (;;) {
    const auto size = ::recv(socket.get(), part.data(), part.size(), 0);
    if (size == 0) return parse_answer(text, where);
    if (size < 0) return problem();
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

Expected<std::uint16_t> free_local_port() {
  const Socket socket;
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  // NOLINTNEXTLINE: the socket interface's own cast
  if (!bind_to(socket, 0) ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return fail(Remedy::kGiveUp, std::string("no free TCP port on 127.0.0.1: ") +
                                     std::system_category().message(errno));
  }
  return ntohs(address.sin_port);
}

bool local_port_is_free(std::uint16_t port) {
  const Socket socket;
  return bind_to(socket, port);
}

}  // namespace kd
