#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "codec/table.h"
#include "codec/tape_reader.h"

namespace kd {

// What `kalshi-data tape …` is asked for. Values.

enum class TapeFormat : std::uint8_t { kSummary, kNdjson, kRaw, kCsv };

struct TapeOptions {
  std::vector<std::filesystem::path> paths;  // segments, and directories of them
  TapeReader::Times times;
  std::optional<std::int32_t> connection;  // only this one
  TapeFormat format = TapeFormat::kNdjson;
  std::optional<Table> table;  // decode: only this one
};

}  // namespace kd
