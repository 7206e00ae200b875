#include "support/cuttable_proxy.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

#include "base/check.h"

namespace kd {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  KD_CHECK(path.size() < sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  return address;
}

const sockaddr* as_address(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // as the socket API asks for
}

std::filesystem::path make_directory() {
  std::string name = std::filesystem::temp_directory_path() / "kdx-XXXXXX";
  KD_CHECK(::mkdtemp(name.data()) != nullptr);
  return name;
}

}  // namespace

CuttableProxy::CuttableProxy(const ConnectOptions& server)
    : directory_(make_directory()), file_name_(fmt::format(".s.PGSQL.{}", server.port)) {
  server_path_ = server.host + "/" + file_name_;
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(directory_ / file_name_);
  KD_CHECK(::bind(listener_, as_address(address), sizeof(address)) == 0);
  KD_CHECK(::listen(listener_, 16) == 0);
  thread_ = std::jthread([this] { run(); });
}

CuttableProxy::~CuttableProxy() {
  stop_ = true;
  thread_.join();
  for (const auto& pair : pairs_) {
    ::close(pair.client);
    ::close(pair.server);
  }
  ::close(listener_);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

ConnectOptions CuttableProxy::through(ConnectOptions options) const {
  options.host = directory_;
  return options;
}

void CuttableProxy::run() {
  constexpr int kTickMs = 20;
  while (!stop_) {
    std::vector<pollfd> sockets{{listener_, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      sockets.push_back({pair.client, POLLIN, 0});
      sockets.push_back({pair.server, POLLIN, 0});
    }
    if (cut_) sockets.clear();
    if (::poll(sockets.data(), sockets.size(), kTickMs) <= 0) continue;
    const auto pairs = pairs_;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto [client, server] = pairs[i];
      const bool lives = (sockets[2 * i + 1].revents == 0 || move(client, server, true)) &&
                         (sockets[2 * i + 2].revents == 0 || move(server, client, false));
      if (!lives) close_pair(pairs[i]);
    }
    if (sockets[0].revents != 0) accept_one();
  }
}

void CuttableProxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(server_path_);
  if (::connect(server, as_address(address), sizeof(address)) != 0) {
    ::close(client);
    ::close(server);
    return;
  }
  pairs_.push_back({client, server});
}

bool CuttableProxy::move(int from, int to, bool to_server) {
  std::array<char, 16'384> buffer;
  const auto size = ::recv(from, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  if (to_server && bytes_left_ >= 0 && (bytes_left_ -= size) < 0) cut_ = true;
  if (cut_) return true;
  return ::send(to, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
}

void CuttableProxy::close_pair(const Pair& pair) {
  ::close(pair.client);
  ::close(pair.server);
  std::erase_if(pairs_, [&](const Pair& other) { return other.client == pair.client; });
}

}  // namespace kd
