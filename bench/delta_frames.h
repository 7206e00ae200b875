#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "codec/frame_decoder.h"

namespace kd::bench {

inline constexpr int kFrames = 4096;

// Order-book changes in today's shape, of 60 markets. `kFramePadding` readable bytes behind each
// text, as the socket's buffer has them.
inline std::vector<std::string> delta_frames() {
  std::vector<std::string> frames;
  for (int i = 0; i < kFrames; ++i) {
    auto text = fmt::format(
        R"({{"type":"orderbook_delta","sid":1,"seq":{},"sending_ts_ms":{},"msg":{{"market_ticker":"KXGOLD15M-26AUG1020{:02}-45","market_id":"1dee1a13-e9cd-4995-9567-3950dbc5d446","price_dollars":"0.{:02}00","delta_fp":"{}.{:02}","side":"{}","ts":"2026-08-11T00:30:42.{:03}Z","ts_ms":{}}}}})",
        i + 1, 1786408242450 + i, i % 60, 1 + i % 98, i % 2 ? -i : i, i % 100, i % 3 ? "yes" : "no",
        i % 1000, 1786408242445 + i);
    text.reserve(text.size() + kFramePadding);
    frames.push_back(std::move(text));
  }
  return frames;
}

}  // namespace kd::bench
