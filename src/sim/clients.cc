#include "sim/clients.h"

namespace kd::sim {

int Clients::number_of(std::string_view id) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].id == id) return static_cast<int>(i);
  }
  if (clients_.size() == kMaxClients) return -1;
  clients_.push_back({});
  clients_.back().id = id;
  return static_cast<int>(clients_.size() - 1);
}

}  // namespace kd::sim
