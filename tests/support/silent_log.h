#pragma once

#include "base/log.h"

namespace kd {

// Log lines that nobody wants to see.
class SilentLog : public LogSink {
  void write(LogLevel, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
};

inline Logger silent_logger() { return {std::make_shared<SilentLog>(), "test"}; }

}  // namespace kd
