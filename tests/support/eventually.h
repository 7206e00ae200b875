#pragma once

#include <chrono>
#include <thread>

namespace kd {

// Waits until `holds()`; the deadline only ends a hang. False: it never held.
template <typename Condition>
bool eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace kd
