#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "codec/copy_reader.h"

namespace kd {

// What a gatherer's ledger row says of a stream. A view into the row.
struct MergedLedgerRow {
  std::int64_t stream_id = 0;
  std::string_view channel;
  std::string_view event;
  std::optional<std::int64_t> from_us;
  std::optional<std::int64_t> to_us;
  std::vector<std::string_view> tickers;  // none: every market of the stream
};

// Reads a row of the gatherer's `ledger` into `out`, whose memory is used again.
// False: the tickers are no list of texts.
bool read_ledger_event(const CopyRow& row, MergedLedgerRow& out);

}  // namespace kd
