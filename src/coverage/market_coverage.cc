#include "coverage/market_coverage.h"

#include <algorithm>
#include <bit>

namespace kd {
namespace {

constexpr std::string_view kBookChannel = "orderbook_delta";

struct Line {
  std::vector<Span> spans;
  IntervalSet covered;
};

std::vector<Line> lines_of(const EvidenceSet& evidence, std::vector<Span> spans,
                           std::string_view channel) {
  std::vector<Line> lines(evidence.gatherers().size());
  for (auto& span : spans) {
    auto& line = lines.at(span.gatherer);
    line.covered.add(span.covered);
    line.spans.push_back(std::move(span));
  }
  for (std::size_t g = 0; g < lines.size(); ++g) {
    for (const auto& drop : evidence.gatherers()[g].drops) {
      if (drop.channel == channel) lines[g].covered.remove(drop.when);
    }
  }
  return lines;
}

// The end that lies last before the line was missing.
const Span* last_end(const Line& line, std::int64_t at) {
  const Span* last = nullptr;
  for (const auto& span : line.spans) {
    if (span.covered.to > at) continue;
    if (last == nullptr || span.covered.to > last->covered.to ||
        (span.covered.to == last->covered.to && span.covered.from > last->covered.from)) {
      last = &span;
    }
  }
  return last;
}

void blame(const Line& line, std::uint32_t gatherer, Interval piece,
           const EvidenceSet::Gatherer& its, std::string_view channel,
           std::vector<LineLoss>& losses) {
  IntervalSet rest(piece);
  for (const auto& drop : its.drops) {
    if (drop.channel != channel) continue;
    const auto dropped = rest.within(drop.when);
    for (const auto& part : dropped.pieces()) {
      losses.push_back({part, drop.when.from, gatherer, -1, Cause::kDrop, drop.reason});
    }
    rest.remove(drop.when);
  }
  for (const auto& part : rest.pieces()) {
    const auto* span = last_end(line, part.from);
    if (span == nullptr) {
      losses.push_back({part, kEver, gatherer, -1, Cause::kNotSubscribed, {}});
    } else {
      losses.push_back(
          {part, span->covered.to, gatherer, span->connection, span->cause, span->reason});
    }
  }
}

std::vector<Segment> timeline_of(const std::vector<Line>& lines, Interval window) {
  std::vector<std::int64_t> bounds{window.from, window.to};
  std::vector<IntervalSet> inside;
  for (const auto& line : lines) {
    inside.push_back(line.covered.within(window));
    for (const auto& piece : inside.back().pieces()) {
      bounds.push_back(piece.from);
      bounds.push_back(piece.to);
    }
  }
  std::ranges::sort(bounds);
  std::vector<Segment> out;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (bounds[i] == bounds[i + 1]) continue;
    std::uint32_t who = 0;
    for (std::size_t g = 0; g < inside.size(); ++g) {
      if (inside[g].contains(bounds[i + 1])) who |= 1U << g;
    }
    if (!out.empty() && out.back().lines == who) {
      out.back().when.to = bounds[i + 1];
    } else {
      out.push_back({{bounds[i], bounds[i + 1]}, who});
    }
  }
  return out;
}

std::vector<Hole> holes_of(const MarketCoverage& coverage) {
  std::vector<Hole> out;
  for (const auto& segment : coverage.timeline) {
    if (segment.lines != 0) continue;
    auto& hole = out.emplace_back(Hole{segment.when, {}});
    for (const auto& loss : coverage.losses) {
      auto part = loss;
      part.when = common(loss.when, segment.when);
      if (!part.when.empty()) hole.lines.push_back(std::move(part));
    }
    std::ranges::stable_sort(hole.lines, std::ranges::greater{}, &LineLoss::since);
  }
  return out;
}

MarketCoverage coverage_by(const EvidenceSet& evidence, const std::vector<Line>& lines,
                           std::string_view channel, Interval window) {
  MarketCoverage out{.window = window, .timeline = {}, .losses = {}, .holes = {}};
  if (window.empty()) return out;
  for (std::uint32_t g = 0; g < lines.size(); ++g) {
    const auto missing = lines[g].covered.missing_in(window);
    for (const auto& piece : missing.pieces()) {
      blame(lines[g], g, piece, evidence.gatherers()[g], channel, out.losses);
    }
  }
  out.timeline = timeline_of(lines, window);
  out.holes = holes_of(out);
  return out;
}

std::vector<Span> spans_of(const EvidenceSet& evidence, const MarketEvidence& market) {
  std::vector<Span> spans;
  spans.reserve(market.bases.size());
  for (const auto& base : market.bases) spans.push_back(span_of(evidence, market, base));
  return spans;
}

// When the market was let go for good: no line covers it, had a base or asked for one since; or,
// behind its planned close, when the first line let it go.
std::int64_t left_for_good(const EvidenceSet& evidence, const MarketEvidence& market,
                           const MarketTimes& times) {
  std::int64_t last = kEver;
  std::int64_t first_behind_close = kNever;
  for (const auto& named : market.losses) {
    const auto at = named.loss.from;
    if (named.loss.cause != Cause::kLeave) continue;
    last = std::max(last, at);
    if (times.closed && at >= *times.closed) first_behind_close = std::min(first_behind_close, at);
  }
  if (last == kEver || first_behind_close != kNever) return first_behind_close;
  const auto later = [&](std::int64_t at) { return at > last; };
  if (std::ranges::any_of(market.unanswered, later)) return kNever;
  const bool goes_on = std::ranges::any_of(market.bases, [&](const auto& base) {
    return later(base.at) || later(span_of(evidence, market, base).covered.to);
  });
  return goes_on ? kNever : last;
}

}  // namespace

int Segment::count() const { return std::popcount(lines); }

Interval window_of(const EvidenceSet& evidence, const MarketEvidence& market,
                   const MarketTimes& times, const CoverageQuestion& question,
                   std::optional<std::int64_t> known_since) {
  auto from = known_since.value_or(kNever);
  for (const auto& base : market.bases) from = std::min(from, base.at);
  if (times.opened && *times.opened > question.recording_start) from = *times.opened;
  auto to = std::min(question.asked.to, left_for_good(evidence, market, times));
  if (times.settled) to = std::min(to, *times.settled);
  return {std::max(from, question.asked.from), to};
}

MarketCoverage market_coverage(const EvidenceSet& evidence, const MarketEvidence& market,
                               const Interval& window) {
  return coverage_by(evidence, lines_of(evidence, spans_of(evidence, market), kBookChannel),
                     kBookChannel, window);
}

MarketCoverage channel_coverage(const EvidenceSet& evidence, const std::string& channel,
                                Interval asked, std::optional<std::int64_t> known_since) {
  std::vector<Span> spans;
  auto first = known_since.value_or(kNever);
  for (const auto& stream : evidence.streams()) {
    if (stream.channel != channel) continue;
    auto its = channel_spans(evidence, stream);
    for (auto& span : its) first = std::min(first, span.covered.from);
    spans.insert(spans.end(), std::make_move_iterator(its.begin()),
                 std::make_move_iterator(its.end()));
  }
  return coverage_by(evidence, lines_of(evidence, std::move(spans), channel), channel,
                     {std::max(first, asked.from), asked.to});
}

}  // namespace kd
