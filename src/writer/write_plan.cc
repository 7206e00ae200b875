#include "writer/write_plan.h"

#include <algorithm>
#include <utility>

namespace kd {
namespace {

// Cuts off the first rows of `range` that still fit; at least one.
RowRange cut(RowRange& range, std::size_t rows, std::size_t bytes) {
  const auto begin = offset_of(*range.batch, range.first);
  auto last = std::min(range.last, range.first + std::max<std::size_t>(rows, 1));
  while (last > range.first + 1 && offset_of(*range.batch, last) - begin > bytes) {
    last = range.first + (last - range.first) / 2;
  }
  RowRange head{range.batch, range.first, last};
  range.first = last;
  return head;
}

std::size_t byte_count(const RowRanges& part) {
  std::size_t bytes = 0;
  for (const auto& range : part) bytes += bytes_of(range).size();
  return bytes;
}

}  // namespace

std::size_t rows_in(const RowRanges& part) {
  std::size_t rows = 0;
  for (const auto& range : part) rows += range.rows();
  return rows;
}

WritePlan::WritePlan(std::vector<QueuedBatch>& batches, Bounds bounds) : batches_(batches) {
  RowRanges part;
  for (auto& batch : batches) {
    RowRange left{&batch.rows, batch.first_row, batch.rows.rows()};
    while (left.rows() > 0) {
      const auto rows = rows_in(part);
      const auto bytes = byte_count(part);
      const bool full = rows >= bounds.rows || bytes + bytes_of(left).size() > bounds.bytes;
      if (full && !part.empty()) {
        parts_.push_back(std::exchange(part, {}));
      } else {
        part.push_back(cut(left, bounds.rows - rows, bounds.bytes - bytes));
      }
    }
  }
  if (!part.empty()) parts_.push_back(std::move(part));
  std::ranges::reverse(parts_);
}

std::optional<SpillPlace> WritePlan::place_behind_part() const {
  const auto& range = part().back();
  const auto from = std::ranges::find_if(
      batches_, [&](const QueuedBatch& batch) { return &batch.rows == range.batch; });
  const auto at = from->spilled;
  if (!at) return std::nullopt;
  if (range.last == range.batch->rows()) return SpillPlace{at->file_id, at->end};
  const auto within = static_cast<std::int64_t>(offset_of(*range.batch, range.last));
  return SpillPlace{at->file_id, at->rows_offset + within};
}

bool WritePlan::refused() {
  const auto rows = rows_in(part());
  if (rows == 1) return true;
  auto whole = std::move(parts_.back());
  parts_.pop_back();
  RowRanges first;
  RowRanges second;
  std::size_t seen = 0;
  for (auto range : whole) {
    const auto before = std::min(range.rows(), rows / 2 - std::min(seen, rows / 2));
    seen += range.rows();
    if (before > 0) first.push_back({range.batch, range.first, range.first + before});
    if (before < range.rows()) second.push_back({range.batch, range.first + before, range.last});
  }
  parts_.push_back(std::move(second));
  parts_.push_back(std::move(first));
  return false;
}

}  // namespace kd
