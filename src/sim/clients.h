#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kd::sim {

// A set of clients: bit n stands for the n-th client that ever connected.
using ClientMask = std::uint64_t;
inline constexpr int kMaxClients = 64;

struct Client {
  std::string id;     // its key id
  int connected = 0;  // WebSockets open now
  int opened = 0;     // WebSockets ever opened
  bool seen = false;  // had one open at some time
  // Attempts to connect within the current second of real time.
  std::int64_t second = 0;
  int attempts = 0;
};

// Everybody who connected, by key id. A value.
class Clients {
 public:
  // The number of `id`, given out on first use; -1 when all bits are taken.
  int number_of(std::string_view id);
  Client& at(int number) { return clients_[static_cast<std::size_t>(number)]; }
  const std::vector<Client>& all() const { return clients_; }

 private:
  std::vector<Client> clients_;
};

constexpr ClientMask bit_of(int client) { return ClientMask{1} << client; }

// Whether play may begin.
struct StartCondition {
  int expected = 0;

  // `ready`: clients that watch everything; `gone`: clients that were connected and left, which
  // are never waited for.
  bool met(int ready, int gone) const {
    return expected == 0 || (ready > 0 && ready + gone >= expected);
  }
};

}  // namespace kd::sim
