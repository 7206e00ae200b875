#include "dedup/ledger_event.h"

#include "dedup/copy_arrays.h"

namespace kd {
namespace {

constexpr std::size_t kStream = 2;
constexpr std::size_t kChannel = 5;
constexpr std::size_t kEvent = 6;
constexpr std::size_t kFrom = 7;
constexpr std::size_t kTo = 8;
constexpr std::size_t kTickers = 11;

}  // namespace

bool read_ledger_event(const CopyRow& row, MergedLedgerRow& out) {
  out.stream_id = row.int8(kStream).value_or(0);
  out.channel = row.bytes(kChannel);
  out.event = row.bytes(kEvent);
  out.from_us = row.int8(kFrom);
  out.to_us = row.int8(kTo);
  out.tickers.clear();
  return row.is_null(kTickers) || read_text_array(row.bytes(kTickers), out.tickers);
}

}  // namespace kd
