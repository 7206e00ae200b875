#pragma once

#include <cstdint>
#include <optional>
#include <regex>
#include <string>

#include "base/log.h"
#include "model/control_event.h"

// Shared by the tests of conversations.
namespace kd {

class NoLog : public LogSink {
  void write(LogLevel, std::string_view, std::string_view,
             std::initializer_list<LogField>) override {}
};

inline std::int64_t id_of(const std::string& text) {
  std::smatch found;
  return std::regex_search(text, found, std::regex("\"id\":([0-9]+)")) ? std::stoll(found[1]) : 0;
}

inline ControlEvent event(ControlEvent::Kind kind, std::optional<std::int64_t> id,
                          std::optional<std::int64_t> sid) {
  ControlEvent event;
  event.kind = kind;
  event.id = id;
  event.sid = sid;
  return event;
}

inline ControlEvent error(std::int64_t code, std::optional<std::int64_t> id,
                          std::optional<std::int64_t> sid) {
  auto answer = event(ControlEvent::Kind::kError, id, sid);
  answer.code = code;
  answer.text = "no";
  return answer;
}

inline Logger no_log() { return {std::make_shared<NoLog>(), "test"}; }

}  // namespace kd
