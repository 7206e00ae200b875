#include "coverage/watch.h"

#include <algorithm>
#include <utility>

#include "coverage/line_rule.h"

namespace kd {
namespace {

constexpr std::string_view kBookChannel = "orderbook_delta";
constexpr std::uint32_t kGathererBit = 0x80000000;
constexpr std::int64_t kHour_us = 3'600'000'000;
constexpr std::int64_t kAnchorWait_us = 60'000'000;
constexpr std::int64_t kTidyEvery_us = kHour_us / 6;
// A line that is silent for longer is taken for dead; should it go on, all is looked at again.
constexpr std::int64_t kForgetAfter_us = 48 * kHour_us;

std::uint64_t key_of(std::uint32_t market, std::uint32_t line) {
  return std::uint64_t{market} << 32 | line;
}

}  // namespace

CoverageWatch::StreamState& CoverageWatch::state(std::uint32_t stream) {
  if (stream >= states_.size()) states_.resize(stream + 1);
  return states_[stream];
}

CoverageWatch::Touch& CoverageWatch::touch(std::uint32_t market, std::int64_t from) {
  auto& known = touched_[market];
  known.from = std::min(known.from, from);
  known.due = std::min(known.due, from);
  known.last = std::max(known.last, from);
  return known;
}

// Nothing of this stream counted for a market before its first base.
void CoverageWatch::touch_members(std::uint32_t stream, std::int64_t from) {
  for (const auto market : state(stream).members) {
    auto first = kNever;
    for (auto n = heads_.at(market).first; n != kNone; n = nodes_.at(n).next) {
      if (nodes_.at(n).stream == stream) first = std::min(first, nodes_.at(n).at);
    }
    if (first == kNever) continue;
    touch(market, std::max(from, first));
  }
}

void CoverageWatch::on_ledger(const EvidenceRow& row) {
  evidence_.apply(row);
  const bool books = row.channel == kBookChannel;
  const bool drop = row.event == "drop";
  if (drop && books) return on_drop(row);
  const auto loss = loss_of(row);
  if (!books && row.event == "open") on_channel(row.at + kClockTolerance_us);
  if (!books && (drop || loss)) {
    on_channel(std::max(row.from.value_or(kEver), row.to.value_or(kEver)));
  }
  const auto stream = evidence_.find_stream(row.gatherer, row.stream_id);
  if (!loss || !stream || !books) return;
  if (row.tickers.empty()) {
    pending_.emplace_back(*stream, loss->from);
  } else {
    on_named(row, *loss, *stream);
  }
}

// Where it ends its streams go on, without a new base.
void CoverageWatch::on_drop(const EvidenceRow& row) {
  const auto gatherer = evidence_.gatherer(row.gatherer);
  for (std::uint32_t s = 0; s < evidence_.streams().size(); ++s) {
    if (evidence_.streams()[s].gatherer != gatherer) continue;
    pending_.emplace_back(s, row.from.value_or(kEver + 1) - 1);
    if (row.to) pending_.emplace_back(s, *row.to);
  }
}

void CoverageWatch::on_channel(std::int64_t until) {
  channels_until_ = std::max(channels_until_.value_or(kEver), until);
}

// What is known of the line before the loss is given up with it: a market that only this line
// watched is then looked at in full.
void CoverageWatch::on_named(const EvidenceRow& row, const Loss& loss, std::uint32_t stream) {
  for (const auto& ticker : row.tickers) {
    const auto market = names_.find_or_add(ticker);
    auto& its = mark(market, stream);
    if (loss.cause != Cause::kLeave || loss.to != kNever) {
      its.until = std::max(its.until, loss.to);
      if (loss.cause == Cause::kLeave && its.left_from == loss.from) its.left_from = kNever;
    } else if (its.left_from == kNever || its.left_from == loss.from) {
      its.left_from = loss.from;
    } else {
      its.until = kNever;  // left twice
    }
    touch(market, loss.from);
  }
}

CoverageWatch::Mark& CoverageWatch::mark(std::uint32_t market, Line line) {
  return marks_[key_of(market, line)];
}

bool CoverageWatch::marked(std::uint32_t market, const Node& node) const {
  if (marks_.empty()) return false;
  const auto gatherer = evidence_.streams()[node.stream].gatherer;
  for (const Line line : {node.stream, gatherer | kGathererBit}) {
    const auto found = marks_.find(key_of(market, line));
    if (found == marks_.end()) continue;
    if (found->second.left_from != kNever || node.at <= found->second.until) return true;
  }
  return false;
}

void CoverageWatch::on_frozen(std::string_view gatherer, std::string_view ticker, std::int64_t from,
                              std::int64_t to) {
  const auto market = names_.find_or_add(ticker);
  auto& its = mark(market, evidence_.gatherer(gatherer) | kGathererBit);
  if (its.until >= to) return;
  its.until = to;
  touch(market, from);
}

void CoverageWatch::on_base(std::string_view gatherer, std::int64_t stream_id,
                            std::string_view ticker, std::int64_t at) {
  const auto stream = evidence_.stream(evidence_.gatherer(gatherer), stream_id);
  const auto market = names_.find_or_add(ticker);
  auto& head = heads_.at(market);
  auto& touched = touch(market, at);
  bool member = false;
  for (auto n = head.first; n != kNone; n = nodes_.at(n).next) {
    if (nodes_.at(n).stream != stream) continue;
    if (nodes_.at(n).at == at) return;
    member = true;
  }
  auto& its = state(stream);
  if (its.forgotten) replay_from_ = std::min(replay_from_.value_or(kNever), at);
  its.forgotten = false;
  touched.base = std::min(touched.base, at);
  if (!member) its.members.push_back(market);
  if (head.first == kNone) ++watched_;
  const auto node = new_node();
  nodes_.at(node) = {at, stream, head.first};
  head.first = node;
}

void CoverageWatch::on_proof(std::string_view gatherer, std::int64_t stream_id,
                             std::int64_t until) {
  evidence_.prove(gatherer, stream_id, until);
}

void CoverageWatch::on_holes(std::string_view ticker, std::int64_t from, std::int64_t until) {
  const auto market = names_.find_or_add(ticker);
  const auto known = holed_.find(market);
  if (until == kEver && known == holed_.end()) return;
  holed_[market] = until != kEver ? until : std::min(known->second, from);
}

void CoverageWatch::begin(std::int64_t horizon) {
  for (std::uint32_t s = 0; s < evidence_.streams().size(); ++s) {
    auto& its = state(s);
    its.seen_end = evidence_.streams()[s].end();
    its.judged_end = its.seen_end >= horizon ? kNever : its.seen_end;
  }
  horizon_ = horizon;
  // What lies behind the horizon is still to be looked at.
  std::erase_if(pending_, [&](const auto& p) { return p.second < horizon; });
  std::erase_if(touched_, [&](const auto& t) { return t.second.last < horizon; });
  if (channels_until_ && *channels_until_ < horizon) channels_until_.reset();
  tidy();
}

CoverageWatch::Outcome CoverageWatch::advance(std::int64_t horizon) {
  Outcome outcome;
  outcome.replay_from = std::exchange(replay_from_, std::nullopt);
  for (std::uint32_t s = 0; s < evidence_.streams().size(); ++s) {
    judge_stream(s, horizon, outcome);
  }
  if (outcome.replay_from) replay_all(outcome);
  judge_pending(horizon);
  outcome.channels = judge_channels(horizon) || outcome.channels;
  judge_touched(horizon, outcome);
  horizon_ = horizon;
  if (horizon - tidied_ >= kTidyEvery_us) tidy();
  return outcome;
}

void CoverageWatch::judge_stream(std::uint32_t stream, std::int64_t horizon, Outcome& outcome) {
  const auto end = evidence_.streams()[stream].end();
  const auto judged = end >= horizon ? kNever : end;
  auto& its = state(stream);
  const bool catching_up = end < horizon && its.judged_end < end && its.seen_end < end;
  its.seen_end = end;
  // A line that comes from behind is looked at once, where it arrives or stops.
  if (its.judged_end == judged || catching_up) return;
  const auto from = std::min(its.judged_end, judged);
  its.judged_end = judged;
  const auto& channel = evidence_.streams()[stream].channel;
  if (!channel.empty() && channel != kBookChannel) {
    outcome.channels = true;
  } else if (its.forgotten) {
    outcome.replay_from = std::min(outcome.replay_from.value_or(kNever), from);
  } else {
    touch_members(stream, from);
  }
}

// Lines on their way are looked at with the rest.
void CoverageWatch::replay_all(Outcome& outcome) const {
  for (const auto& its : states_) {
    if (its.seen_end > its.judged_end) {
      outcome.replay_from = std::min(*outcome.replay_from, its.judged_end);
    }
  }
}

// Evidence is here before the horizon comes to it: a hole has begun, and has ended, only where the
// horizon lies behind.
bool CoverageWatch::judge_channels(std::int64_t horizon) {
  const bool changed = channels_until_.has_value();
  if (changed && *channels_until_ < horizon) channels_until_.reset();
  return changed;
}

void CoverageWatch::judge_pending(std::int64_t horizon) {
  for (const auto& [stream, from] : pending_) {
    if (from < horizon) touch_members(stream, from);
  }
  std::erase_if(pending_, [&](const auto& p) { return p.second < horizon; });
}

void CoverageWatch::judge_touched(std::int64_t horizon, Outcome& outcome) {
  for (auto it = touched_.begin(); it != touched_.end();) {
    auto& [market, touch] = *it;
    if (touch.due >= horizon) {
      ++it;
      continue;
    }
    // Of a market that nobody watched until then, everything is of interest.
    const bool joined = touch.base < horizon && !covered(market, {touch.base - 1, touch.base});
    const auto from = joined ? kEver : touch.from;
    if (suspicious(market, {from, horizon})) {
      outcome.suspects.push_back({std::string(names_.name(market)), from});
    }
    remove_nodes(market, [&, m = market](const Node& node) { return useless(m, node); });
    if (touch.last < horizon) {
      it = touched_.erase(it);
    } else {
      touch.from = touch.due = horizon;
      if (touch.base != kNever) touch.base = horizon;
      ++it;
    }
  }
}

bool CoverageWatch::suspicious(std::uint32_t market, Interval since) const {
  const auto holed = holed_.find(market);
  if (holed != holed_.end() && holed->second >= since.from) return true;
  return !covered(market, since);
}

bool CoverageWatch::covered(std::uint32_t market, Interval all) const {
  IntervalSet by_any;
  const auto* head = heads_.find(market);
  for (auto n = head == nullptr ? kNone : head->first; n != kNone;) {
    const auto& node = *nodes_.find(n);
    n = node.next;
    if (marked(market, node)) continue;
    IntervalSet line({node.at, end_of(node)});
    for (const auto& drop :
         evidence_.gatherers()[evidence_.streams()[node.stream].gatherer].drops) {
      if (drop.channel == kBookChannel) line.remove(drop.when);
    }
    for (const auto& piece : line.pieces()) by_any.add(piece);
  }
  return by_any.covers(all);
}

std::int64_t CoverageWatch::end_of(const Node& node) const {
  const auto& stream = evidence_.streams()[node.stream];
  auto end = stream.end();
  for (const auto& loss : stream.losses) {
    if (loss.to >= node.at) end = std::min(end, loss.from);
  }
  return end;
}

// Of a stream only the newest base counts from then on, and none once it ended. What a stream that
// is behind may still prove is not given up.
bool CoverageWatch::useless(std::uint32_t market, const Node& node) const {
  const auto judged = std::min(horizon_, states_[node.stream].judged_end);
  if (marked(market, node) && judged == horizon_) return true;
  const auto end = end_of(node);
  if (end < evidence_.streams()[node.stream].end() && end <= judged) return true;
  for (auto n = heads_.find(market)->first; n != kNone; n = nodes_.find(n)->next) {
    const auto& other = *nodes_.find(n);
    if (other.stream == node.stream && other.at > node.at && other.at <= judged) return true;
  }
  return false;
}

void CoverageWatch::remove_nodes(std::uint32_t market,
                                 const std::function<bool(const Node&)>& useless) {
  auto& head = heads_.at(market);
  if (head.first == kNone) return;
  std::vector<std::uint32_t> going;
  for (auto n = head.first; n != kNone; n = nodes_.at(n).next) {
    if (useless(nodes_.at(n))) going.push_back(n);
  }
  if (going.empty()) return;
  auto* link = &head.first;
  while (*link != kNone) {
    const auto n = *link;
    auto& node = nodes_.at(n);
    if (std::ranges::find(going, n) == going.end()) {
      link = &node.next;
      continue;
    }
    *link = node.next;
    node.next = free_;
    free_ = n;
  }
  if (head.first == kNone) --watched_;
}

std::uint32_t CoverageWatch::new_node() {
  if (free_ == kNone) return node_count_++;
  const auto node = free_;
  free_ = nodes_.at(node).next;
  return node;
}

void CoverageWatch::tidy() {
  tidied_ = horizon_;
  for (std::uint32_t s = 0; s < evidence_.streams().size(); ++s) tidy_stream(s);
  std::erase_if(marks_, [&](const auto& entry) {
    const auto line = static_cast<Line>(entry.first);
    const auto& its = entry.second;
    if (line >= kGathererBit) return its.until < horizon_ - kForgetAfter_us;
    return state(line).forgotten || (its.left_from == kNever && its.until < complete_before(line));
  });
  std::erase_if(holed_, [&](const auto& hole) { return hole.second < horizon_ - kForgetAfter_us; });
}

// Every base before was read, and what it proves was judged: a proof comes to production behind all
// that was before it, but for snapshots that waited for their anchors.
std::int64_t CoverageWatch::complete_before(std::uint32_t stream) const {
  const auto proven = evidence_.streams()[stream].proven - kAnchorWait_us;
  return std::min({horizon_ - kHour_us, proven, states_[stream].judged_end});
}

void CoverageWatch::tidy_stream(std::uint32_t stream) {
  const auto& evidence = evidence_.streams()[stream];
  auto& its = state(stream);
  const auto before = complete_before(stream);
  const auto silence = evidence.closed ? kHour_us : kForgetAfter_us;
  const bool dead = its.judged_end == evidence.end() && evidence.end() < horizon_ - silence;
  auto losses = evidence.losses;
  auto lost_until = kEver;
  for (const auto& loss : losses) {
    if (loss.to < before) lost_until = std::max(lost_until, loss.to);
  }
  if (its.forgotten || (!dead && lost_until == kEver)) return;
  for (const auto market : its.members) {
    remove_nodes(market, [&](const Node& node) {
      return node.stream == stream && (dead || node.at <= lost_until);
    });
  }
  std::erase_if(losses, [&](const Loss& loss) { return loss.to < before; });
  evidence_.set_losses(stream, std::move(losses));
  if (dead)
    its = {
        .members = {}, .judged_end = its.judged_end, .seen_end = its.seen_end, .forgotten = true};
}

bool CoverageWatch::wasteful() const {
  constexpr std::size_t kFew = 100'000;
  return names_.size() > 2 * watched_ + kFew || states_.size() > kFew;
}

std::size_t CoverageWatch::bytes() const {
  std::size_t names = 0;
  for (std::uint32_t n = 0; n < names_.size(); ++n) names += names_.name(n).size() + 16;
  std::size_t streams = 0;
  for (const auto& its : states_) streams += sizeof its + its.members.capacity() * 4;
  return names + streams + heads_.bytes() + nodes_.bytes() + marks_.size() * 48 +
         holed_.size() * 32 + touched_.size() * 40;
}

}  // namespace kd
