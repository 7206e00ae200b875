#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "coverage/evidence.h"
#include "coverage/market_coverage.h"
#include "database/connection.h"

namespace kd {

// How far back evidence is read behind what is asked, so that the end of a line, and the cause of
// a hole that began earlier, are known: one day, µs.
inline constexpr std::int64_t kLookBack_us = 86'400'000'000;

// The evidence in production about exchange times from `since` on. Proofs are read before what
// limits them, so that a row that comes meanwhile can only take away.
// Confined to the thread of its connection; call inside one transaction.
class EvidenceReader {
 public:
  explicit EvidenceReader(Connection& production) : production_(production) {}

  // When the platform began to record, exchange time: its first base or, where that is earlier,
  // what is proven of the stream that ended first; nothing while there is neither. Who knew it
  // before pays only for what is earlier than `known`.
  Expected<std::optional<std::int64_t>> recording_start(
      std::optional<std::int64_t> known = std::nullopt);

  // All streams that are proven until `since` or later, and what the ledger says of them.
  Expected<EvidenceSet> streams(std::int64_t since);

  using PerMarket = std::function<Expected<void>(const std::string& ticker, const MarketEvidence&,
                                                 const MarketTimes&)>;
  // Each market with a base in those streams, in order of ticker. `since` as above; `until`
  // bounds the bases. With `only`: of these alone, with or without a base.
  Expected<void> each_market(const EvidenceSet& streams, std::int64_t since, std::int64_t until,
                             const PerMarket& handle);
  Expected<void> each_market_of(const EvidenceSet& streams, std::int64_t since, std::int64_t until,
                                std::span<const std::string> only, const PerMarket& handle);

 private:
  using Named = std::map<std::string, MarketEvidence, std::less<>>;  // without bases

  Expected<Named> named_losses(const EvidenceSet& streams, std::int64_t floor,
                               const std::string& only);
  Expected<std::map<std::string, MarketTimes, std::less<>>> times_of(const std::string& only);

  Connection& production_;
};

// A row of "gatherer, stream_id, connection, channel, event, at, from_ts, to_ts, reason, tickers"
// as kLedgerColumns selects it.
extern const std::string_view kLedgerColumns;
EvidenceRow evidence_row(const SqlRow& row);

// Hands over the rows of a SELECT in pages, so that memory does not grow with their number. Inside
// a transaction; not nested.
Expected<void> for_each_row(Connection& connection, const std::string& sql,
                            const std::function<Expected<void>(const SqlRow&)>& handle);

// '{"A","B"}': a text[] parameter.
std::string text_array(std::span<const std::string> texts);
std::string bigint_array(std::span<const std::int64_t> numbers);

// The oldest moment at which evidence of these streams may stand, µs.
std::int64_t floor_of(const EvidenceSet& streams, std::int64_t since);

}  // namespace kd
