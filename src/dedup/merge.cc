#include "dedup/merge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "codec/copy_row.h"

namespace kd {
namespace {

constexpr std::int64_t kFirstListingUs = 1'622'505'600'000'000;  // 2021-06-01
constexpr std::int64_t kHourUs = 3'600'000'000;

FrozenLines::Change change_of(const CopyRow& row, const RowOrigin& origin) {
  constexpr std::size_t kTicker = 4;  // of orderbook_deltas
  constexpr std::size_t kStream = 10;
  return {.gatherer = origin.gatherer,
          .stream_id = row.int8(kStream).value_or(0),
          .stamp_us = origin.stamp_us,
          .ticker = row.bytes(kTicker)};
}

}  // namespace

void MergedRows::clear() {
  direct.clear();
  staged.clear();
  refused.clear();
  partitions.clear();
  duplicates = 0;
}

StampBounds StampBounds::at(std::int64_t now_us) { return {kFirstListingUs, now_us + kHourUs}; }

TableMerge::TableMerge(const TableSpec& spec, Options options)
    : spec_(spec), options_(std::move(options)), seen_(options_.seen) {
  for (const auto column : spec.key) {
    if (column == kEndOfKey) break;
    if (!key_ranges_.empty() && key_ranges_.back().last == column) {
      ++key_ranges_.back().last;
    } else {
      key_ranges_.push_back({column, column + 1});
    }
  }
  for (const auto& id : options_.gatherers) {
    CopyRowWriter(gatherer_column_.emplace_back()).bytes(id);
  }
  CopyRowWriter(row_head_).begin_row(
      static_cast<std::int16_t>(spec.keep_last - spec.keep_first + 1));
}

void TableMerge::add(const Page& page, std::int64_t now_us, MergedRows& out, FrozenLines* lines) {
  // Our clock may be behind; a position is a clock too, bounded by the exchange's.
  const auto bounds = StampBounds::at(std::max(now_us, page.end.position));
  last_partition_ = -1;
  CopyReader reader(page.rows, spec_.columns);
  CopyRow row;
  while (reader.next(row)) {
    RowOrigin origin{position_of(row), row.int8(spec_.stamp).value_or(0),
                     static_cast<std::uint32_t>(page.gatherer), 0};
    if (!accept_stamp(bounds, origin)) {
      refuse(row, origin, out);
      continue;
    }
    if (lines != nullptr) lines->on_change(change_of(row, origin));
    auto answer = SeenSet::Answer::kUnknown;
    if (spec_.remembers) {
      answer = seen_.insert(identity_of(row, page.gatherer), origin.stamp_us, now_us);
    }
    if (answer == SeenSet::Answer::kSeen) {
      ++out.duplicates;
      continue;
    }
    const bool direct =
        answer == SeenSet::Answer::kNew && !spec_.always_staged && !goes_elsewhere(row);
    keep(row, origin, direct ? out.direct : out.staged);
    note_partition(origin.stamp_us, out);
  }
  KD_CHECK(reader.complete());
}

// Gives the row another stamp where the table allows that.
bool TableMerge::accept_stamp(const StampBounds& bounds, RowOrigin& origin) const {
  if (spec_.odd_stamp == OddStamp::kKept || bounds.hold(origin.stamp_us)) return true;
  if (spec_.odd_stamp == OddStamp::kRefused || !bounds.hold(origin.position)) return false;
  origin.stamp_us = origin.position;
  return true;
}

bool TableMerge::goes_elsewhere(const CopyRow& row) const {
  return spec_.source_column >= 0 &&
         row.bytes(static_cast<std::size_t>(spec_.source_column)) == "rest";
}

Identity TableMerge::identity_of(const CopyRow& row, std::size_t gatherer) const {
  IdentityMixer mixer(options_.seed + (spec_.key_has_gatherer ? gatherer : 0));
  for (const auto& range : key_ranges_) mixer.add(row.encoded(range.first, range.last));
  return mixer.finish();
}

void TableMerge::keep(const CopyRow& row, const RowOrigin& origin, RowSet& out) const {
  const auto kept = row.encoded(spec_.keep_first, spec_.keep_last);
  const auto& gatherer = gatherer_column_[origin.gatherer];
  auto& bytes = out.bytes;
  bytes.insert(bytes.end(), row_head_.begin(), row_head_.end());
  const auto begin = bytes.size();
  bytes.insert(bytes.end(), kept.begin(), kept.end());
  if (spec_.odd_stamp == OddStamp::kPositionInstead) {
    const auto offset = row.encoded(spec_.keep_first, spec_.stamp).size();
    CopyRowWriter::patch_int8(bytes, begin + offset, origin.stamp_us);
  }
  bytes.insert(bytes.end(), gatherer.begin(), gatherer.end());
  out.origins.push_back(origin);
  out.origins.back().end = static_cast<std::uint32_t>(bytes.size());
}

void TableMerge::refuse(const CopyRow& row, const RowOrigin& origin, MergedRows& out) const {
  out.refused.push_back({.gatherer = origin.gatherer,
                         .position = origin.position,
                         .reason = fmt::format("time {} is not between 2021-06-01 and an hour "
                                               "from now",
                                               origin.stamp_us),
                         .frame = std::string(row.whole())});
}

void TableMerge::note_partition(std::int64_t stamp_us, MergedRows& out) {
  if (options_.partition_us == 0) return;
  const auto partition = stamp_us / options_.partition_us;
  if (partition == last_partition_) return;
  last_partition_ = partition;
  const auto known =
      std::any_of(out.partitions.begin(), out.partitions.end(),
                  [&](std::int64_t other) { return other / options_.partition_us == partition; });
  if (!known) out.partitions.push_back(stamp_us);
}

}  // namespace kd
