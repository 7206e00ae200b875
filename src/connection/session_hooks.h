#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interner.h"
#include "base/time.h"
#include "connection/role.h"
#include "model/control_event.h"

namespace kd {

// What the sessions of one loop tell the rest of the gatherer, and ask of it. All are called on
// that loop's thread; one that is not set does nothing. `at` is our wall clock. Spans and views
// are valid during the call.
struct SessionHooks {
  using Markets = std::span<const Interner::Id>;

  // Headers of the next upgrade request.
  std::function<std::vector<std::pair<std::string, std::string>>()> credentials = [] {
    return std::vector<std::pair<std::string, std::string>>{};
  };
  // Every frame; the answer says what concerns the connection.
  std::function<ControlEvent(std::int32_t connection, std::string_view text, Micros received)>
      on_frame = [](std::int32_t, std::string_view, Micros) { return ControlEvent{}; };
  // The socket is gone, and all its streams.
  std::function<void(std::int32_t connection, Micros at, std::string_view reason)> on_closed =
      [](std::int32_t, Micros, std::string_view) {};
  // One stream has ended while the socket lives; a new one follows. The sid may be one that
  // nobody has seen.
  std::function<void(std::int32_t connection, std::int64_t sid, Micros at, std::string_view reason)>
      on_stream_ended = [](std::int32_t, std::int64_t, Micros, std::string_view) {};

  using OnMarkets =
      std::function<void(std::int32_t connection, std::int64_t sid, Micros at, Markets markets)>;
  // A command that adds markets was acknowledged.
  OnMarkets on_joined = [](std::int32_t, std::int64_t, Micros, Markets) {};
  // A command that deletes markets is about to be sent. Their frames may still come until it is
  // acknowledged. Called again when the command is repeated.
  OnMarkets on_left = [](std::int32_t, std::int64_t, Micros, Markets) {};
  // It was acknowledged: none of their frames comes any more.
  OnMarkets on_gone = [](std::int32_t, std::int64_t, Micros, Markets) {};
  // Which of these have no valid base on this stream now?
  std::function<std::vector<Interner::Id>(std::int32_t connection, std::int64_t sid,
                                          Markets markets)>
      without_base =
          [](std::int32_t, std::int64_t, Markets) { return std::vector<Interner::Id>{}; };
  // New bases came for markets that had lost theirs.
  OnMarkets on_healed = [](std::int32_t, std::int64_t, Micros, Markets) {};
  // Refused, or asked for three times and not answered; they are asked for again in a minute.
  OnMarkets on_unanswered = [](std::int32_t, std::int64_t, Micros, Markets) {};

  // The socket is open; then every command that goes out.
  std::function<void(std::int32_t connection, Role role, Micros at)> on_open = [](std::int32_t,
                                                                                  Role, Micros) {};
  std::function<void(std::int32_t connection, std::string_view text, Micros at)> on_sent =
      [](std::int32_t, std::string_view, Micros) {};
  // A dial of a session that was never open found nobody, or was refused.
  std::function<void(const std::string& what)> on_unreachable = [](const std::string&) {};
  // The exchange refused our credentials before it ever took them: nothing is tried again.
  std::function<void(const std::string& what)> on_refused = [](const std::string&) {};
};

}  // namespace kd
