#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coverage/evidence.h"

namespace kd {

// What one base proves, and why no more.
struct Span {
  Interval covered;  // may be empty
  std::uint32_t gatherer = 0;
  std::int32_t connection = -1;
  Cause cause = Cause::kUnproven;  // of its end
  std::string reason;
};

// The rule of docs/kalshi-data/message-router, "Evidence": a base covers its market behind its own
// time and up to the first of: a loss that it lies before or in, its stream's close, and its
// stream's last watermark. Pure.
Span span_of(const EvidenceSet& evidence, const MarketEvidence& market,
             const MarketEvidence::Base& base);

// The same for a channel without books (trades, lifecycle events): a stream covers everything from
// its opening to its end but its gaps, since what comes behind a gap is complete again. It is
// counted from kClockTolerance_us after its opening, which is known by the gatherer's clock only.
inline constexpr std::int64_t kClockTolerance_us = 1'000'000;
std::vector<Span> channel_spans(const EvidenceSet& evidence, const StreamEvidence& stream);

}  // namespace kd
