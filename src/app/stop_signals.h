#pragma once

#include <chrono>

namespace kd {

// Turns SIGINT and SIGTERM into something one can wait for. Make one in the main thread before
// any other thread starts: they inherit that these signals are not delivered.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // True when a signal came, at once or within `wait`. Each signal is told once.
  bool wait(std::chrono::milliseconds wait);

  // From now on they do what they do by default: end the process.
  void release();

 private:
  int descriptor_;
};

}  // namespace kd
