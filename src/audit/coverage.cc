#include "audit/coverage.h"

#include <algorithm>

namespace kd {
namespace {

constexpr std::int64_t kBegin = INT64_MIN;
constexpr std::int64_t kEnd = INT64_MAX;

bool names(const std::vector<std::string>& tickers, std::string_view ticker) {
  return tickers.empty() || std::ranges::find(tickers, ticker) != tickers.end();
}

}  // namespace

void EvidenceCoverage::ledger(const LedgerRow& row) {
  const Hole hole{row.from.value_or(kBegin), row.to.value_or(kEnd), row.tickers};
  if (row.event == "drop") {
    if (row.channel == "orderbook_delta") drops_.push_back(hole);
    return;
  }
  auto& stream = streams_[row.stream];
  if (row.event == "gap") stream.gaps.push_back(hole);
  if (row.event == "leave") stream.leaves.push_back(hole);
  if (row.event == "close") stream.closed = std::min(stream.closed.value_or(kEnd), hole.from);
}

void EvidenceCoverage::snapshot(std::int64_t stream, std::string_view ticker, std::int64_t at) {
  bases_[std::string(ticker)].push_back({stream, at});
}

void EvidenceCoverage::watermark(std::int64_t stream, std::int64_t proven_until) {
  auto& newest = streams_[stream].watermark;
  newest = std::max(newest, proven_until);
}

bool EvidenceCoverage::covers(std::string_view ticker, std::int64_t at) const {
  const auto bases = bases_.find(std::string(ticker));
  if (bases == bases_.end()) return false;
  const auto dropped = std::ranges::any_of(
      drops_, [&](const Hole& drop) { return drop.from <= at && at <= drop.to; });
  if (dropped) return false;
  return std::ranges::any_of(bases->second, [&](const Base& base) {
    return base.at < at && at <= proven_until(base, ticker);
  });
}

std::int64_t EvidenceCoverage::proven_until(const Base& base, std::string_view ticker) const {
  const auto found = streams_.find(base.stream);
  if (found == streams_.end()) return kBegin;
  const auto& stream = found->second;
  auto until = std::min(stream.watermark, stream.closed.value_or(kEnd));
  for (const auto& gap : stream.gaps) {
    if (gap.hits(base.at, ticker)) until = std::min(until, gap.from);
  }
  for (const auto& leave : stream.leaves) {
    // The row of its sending has no end; that of its acknowledgement has the same beginning.
    const bool ended = leave.to == kEnd && std::ranges::any_of(stream.leaves, [&](const Hole& l) {
                         return l.to != kEnd && l.from == leave.from && names(l.tickers, ticker);
                       });
    if (!ended && leave.hits(base.at, ticker)) until = std::min(until, leave.from);
  }
  return until;
}

bool EvidenceCoverage::Hole::hits(std::int64_t base, std::string_view ticker) const {
  return to >= base && names(tickers, ticker);
}

}  // namespace kd
