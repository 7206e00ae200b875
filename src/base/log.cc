#include "base/log.h"

#include <fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "base/json_quote.h"
#include "base/time.h"

namespace kd {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      break;
  }
  return "error";
}

std::optional<LogLevel> level_from(std::string_view name) {
  for (const auto level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    if (name == name_of(level)) return level;
  }
  return std::nullopt;
}

class SpdlogSink : public LogSink {
 public:
  SpdlogSink(std::shared_ptr<spdlog::logger> logger, LogLevel least, bool json)
      : logger_(std::move(logger)), least_(least), json_(json) {}

  void write(LogLevel level, std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields) override {
    if (level < least_) return;
    const std::string time = fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", wall_now());
    logger_->info(json_ ? json_line(time, level, component, message, fields)
                        : text_line(time, level, component, message, fields));
    logger_->flush();
  }

 private:
  static std::string json_line(std::string_view time, LogLevel level, std::string_view component,
                               std::string_view message, std::initializer_list<LogField> fields) {
    std::string line =
        fmt::format(R"({{"time":"{}","level":"{}","component":)", time, name_of(level));
    line += json_quote(component);
    line += ",\"message\":";
    line += json_quote(message);
    for (const auto& field : fields) {
      line += ',';
      line += json_quote(field.key);
      line += ':';
      if (field.is_text) {
        line += json_quote(field.value);
      } else {
        line += field.value;
      }
    }
    line += '}';
    return line;
  }

  static std::string text_line(std::string_view time, LogLevel level, std::string_view component,
                               std::string_view message, std::initializer_list<LogField> fields) {
    std::string line = fmt::format("{} {:5} {}: {}", time, name_of(level), component, message);
    for (const auto& field : fields) line += fmt::format(" {}={}", field.key, field.value);
    return line;
  }

  std::shared_ptr<spdlog::logger> logger_;
  const LogLevel least_;
  const bool json_;
};

}  // namespace

Expected<std::shared_ptr<LogSink>> open_log(const LogOptions& options) {
  const auto level = level_from(options.level);
  if (!level) {
    return fail(Remedy::kGiveUp,
                "logging.level: '" + options.level + "' is not one of debug, info, warn, error");
  }
  spdlog::sink_ptr sink;
  bool terminal = false;
  if (options.output == "stdout") {
    sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    terminal = isatty(STDOUT_FILENO) != 0;
  } else if (options.output == "stderr") {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    terminal = isatty(STDERR_FILENO) != 0;
  } else {
    try {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.output);
    } catch (const spdlog::spdlog_ex& e) {
      return fail(Remedy::kGiveUp, std::string("logging.output: ") + e.what());
    }
  }
  sink->set_pattern("%v");
  const bool json = options.format == "json" || (options.format == "auto" && !terminal);
  return std::make_shared<SpdlogSink>(std::make_shared<spdlog::logger>("kd", std::move(sink)),
                                      *level, json);
}

}  // namespace kd
