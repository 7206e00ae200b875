#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/expected.h"

namespace kd {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogField {
  std::string_view key;
  std::string value;
  bool is_text = true;  // false: a number or truth value, written to JSON as it is
};

// kv("rows", 5000): a value that a reader of the log may want to filter by.
template <typename T>
LogField kv(std::string_view key, const T& value) {
  constexpr bool kBare = std::is_integral_v<T> && !std::is_same_v<T, char>;
  return {key, fmt::format("{}", value), !kBare};
}

struct LogOptions {
  std::string level = "info";     // debug | info | warn | error
  std::string format = "auto";    // json | text | auto (text on a terminal)
  std::string output = "stdout";  // stdout | stderr | a file's path
};

// Where lines go. Any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogLevel level, std::string_view component, std::string_view message,
                     std::initializer_list<LogField> fields) = 0;
};

Expected<std::shared_ptr<LogSink>> open_log(const LogOptions& options);

// Writes lines of one component. A value; any thread.
class Logger {
 public:
  Logger(std::shared_ptr<LogSink> sink, std::string component)
      : sink_(std::move(sink)), component_(std::move(component)) {}

  // The same sink, another component.
  Logger with(std::string component) const { return {sink_, std::move(component)}; }

  using Fields = std::initializer_list<LogField>;
  void debug(std::string_view message, Fields fields = {}) const {
    sink_->write(LogLevel::kDebug, component_, message, fields);
  }
  void info(std::string_view message, Fields fields = {}) const {
    sink_->write(LogLevel::kInfo, component_, message, fields);
  }
  void warn(std::string_view message, Fields fields = {}) const {
    sink_->write(LogLevel::kWarn, component_, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) const {
    sink_->write(LogLevel::kError, component_, message, fields);
  }

 private:
  std::shared_ptr<LogSink> sink_;
  std::string component_;
};

}  // namespace kd
