#include "coverage/evidence.h"

#include <algorithm>
#include <array>

namespace kd {

std::string_view name_of(Cause cause) {
  constexpr std::array<std::string_view, kCauses> kNames{
      "gap", "close", "leave", "drop", "frozen", "killed", "unproven", "not subscribed"};
  return kNames.at(static_cast<std::size_t>(cause));
}

std::optional<Loss> loss_of(const EvidenceRow& row) {
  const bool leave = row.event == "leave";
  if (!leave && row.event != "gap") return std::nullopt;
  return Loss{.from = row.from.value_or(kEver),
              .to = row.to.value_or(kNever),
              .cause = leave ? Cause::kLeave : Cause::kGap,
              .reason = row.reason};
}

std::int64_t StreamEvidence::end() const { return std::min(proven, closed.value_or(kNever)); }

std::uint32_t EvidenceSet::gatherer(std::string_view name) {
  const auto known = std::ranges::find(gatherers_, name, &Gatherer::name);
  if (known != gatherers_.end()) return static_cast<std::uint32_t>(known - gatherers_.begin());
  gatherers_.push_back({std::string(name), {}, {}});
  return static_cast<std::uint32_t>(gatherers_.size() - 1);
}

std::uint32_t EvidenceSet::stream(std::uint32_t gatherer, std::int64_t stream_id) {
  const auto next = static_cast<std::uint32_t>(streams_.size());
  const auto [known, added] = stream_index_.try_emplace({gatherer, stream_id}, next);
  if (added) {
    auto& stream = streams_.emplace_back();
    stream.gatherer = gatherer;
    stream.stream_id = stream_id;
  }
  return known->second;
}

std::optional<std::uint32_t> EvidenceSet::find_stream(std::string_view gatherer,
                                                      std::int64_t stream_id) const {
  const auto known = std::ranges::find(gatherers_, gatherer, &Gatherer::name);
  if (known == gatherers_.end()) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(known - gatherers_.begin());
  const auto stream = stream_index_.find({index, stream_id});
  if (stream == stream_index_.end()) return std::nullopt;
  return stream->second;
}

void EvidenceSet::apply(const EvidenceRow& row) {
  const auto index = gatherer(row.gatherer);
  auto& its = gatherers_[index];
  if (row.event == "start") {
    if (std::ranges::find(its.starts, row.at) == its.starts.end()) its.starts.push_back(row.at);
  } else if (row.event == "drop") {
    // Both ends of a drop are lost.
    const auto from = row.from.value_or(kEver);
    const Interval when{from == kEver ? kEver : from - 1, row.to.value_or(kNever)};
    const bool known = std::ranges::any_of(its.drops, [&](const Drop& drop) {
      return drop.channel == row.channel && drop.when == when;
    });
    if (!known) its.drops.push_back({row.channel, when, row.reason});
  } else if (row.stream_id != 0) {
    apply_to_stream(streams_[stream(index, row.stream_id)], row);
  }
}

void EvidenceSet::apply_to_stream(StreamEvidence& stream, const EvidenceRow& row) {
  if (row.connection >= 0) stream.connection = row.connection;
  if (!row.channel.empty()) stream.channel = row.channel;
  if (row.event == "open") stream.opened_at = row.at;
  if (row.event == "close") {
    const auto closed = row.from.value_or(kEver);
    if (!stream.closed || closed < *stream.closed) stream.close_reason = row.reason;
    stream.closed = std::min(stream.closed.value_or(kNever), closed);
  }
  if (!row.tickers.empty()) return;
  auto loss = loss_of(row);
  if (!loss) return;
  const bool known = std::ranges::any_of(stream.losses, [&](const Loss& l) {
    return l.from == loss->from && l.to == loss->to && l.cause == loss->cause;
  });
  if (!known) stream.losses.push_back(*std::move(loss));
}

void EvidenceSet::prove(std::string_view name, std::int64_t stream_id, std::int64_t until) {
  auto& its = streams_[stream(gatherer(name), stream_id)];
  its.proven = std::max(its.proven, until);
}

void EvidenceSet::set_losses(std::uint32_t stream, std::vector<Loss> losses) {
  streams_.at(stream).losses = std::move(losses);
}

bool EvidenceSet::killed(const StreamEvidence& stream) const {
  if (stream.closed || !stream.opened_at) return false;
  const auto& starts = gatherers_.at(stream.gatherer).starts;
  return std::ranges::any_of(starts, [&](std::int64_t at) { return at > *stream.opened_at; });
}

}  // namespace kd
