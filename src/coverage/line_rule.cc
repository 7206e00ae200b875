#include "coverage/line_rule.h"

#include <algorithm>

namespace kd {
namespace {

// The row of a leave's sending has no end; that of its acknowledgement has the same beginning.
bool superseded(const Loss& loss, const std::vector<const Loss*>& all) {
  if (loss.cause != Cause::kLeave || loss.to != kNever) return false;
  return std::ranges::any_of(all, [&](const Loss* other) {
    return other->cause == Cause::kLeave && other->to != kNever && other->from == loss.from;
  });
}

std::vector<const Loss*> losses_of(const StreamEvidence& stream, std::uint32_t index,
                                   const MarketEvidence& market) {
  std::vector<const Loss*> out;
  for (const auto& loss : stream.losses) out.push_back(&loss);
  for (const auto& named : market.losses) {
    const bool all = named.stream == MarketEvidence::kAllStreams;
    if (all ? named.gatherer == stream.gatherer : named.stream == index) out.push_back(&named.loss);
  }
  return out;
}

// Where the stream itself ends, and why.
Span whole(const EvidenceSet& evidence, const StreamEvidence& stream, std::int64_t from) {
  Span span{.covered = {from, stream.end()},
            .gatherer = stream.gatherer,
            .connection = stream.connection,
            .cause = Cause::kUnproven,
            .reason = {}};
  if (stream.closed) {
    span.cause = Cause::kClose;
    span.reason = stream.close_reason;
  } else if (evidence.killed(stream)) {
    span.cause = Cause::kKilled;
  }
  return span;
}

void end_by(Span& span, const Loss& loss) {
  if (loss.from > span.covered.to) return;
  span.covered.to = loss.from;
  span.cause = loss.cause;
  span.reason = loss.reason;
}

}  // namespace

Span span_of(const EvidenceSet& evidence, const MarketEvidence& market,
             const MarketEvidence::Base& base) {
  const auto& stream = evidence.streams()[base.stream];
  auto span = whole(evidence, stream, base.at);
  const auto losses = losses_of(stream, base.stream, market);
  for (const auto* loss : losses) {
    if (loss->to >= base.at && !superseded(*loss, losses)) end_by(span, *loss);
  }
  return span;
}

std::vector<Span> channel_spans(const EvidenceSet& evidence, const StreamEvidence& stream) {
  std::vector<Span> out;
  if (!stream.opened_at) return out;
  auto gaps = stream.losses;
  std::ranges::sort(gaps, {}, &Loss::from);
  auto from = *stream.opened_at + kClockTolerance_us;
  for (const auto& gap : gaps) {
    if (gap.to <= from) continue;
    auto span = whole(evidence, stream, from);
    end_by(span, gap);
    out.push_back(std::move(span));
    from = std::max(from, gap.to);
    if (from >= stream.end()) return out;
  }
  out.push_back(whole(evidence, stream, from));
  return out;
}

}  // namespace kd
