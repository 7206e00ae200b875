#include "backfill/trade_fill.h"

namespace kd {

FillCounts& FillCounts::operator+=(const FillCounts& other) {
  pages += other.pages;
  read += other.read;
  added += other.added;
  refused += other.refused;
  return *this;
}

Expected<FillCounts> TradeFill::fill(const TradeWindow& window, const std::stop_token& stop) {
  FillCounts counts;
  TradeRows rows(window, options_.wanted);
  KD_TRY(const auto cutoff, pages_.cutoff(stop));
  for (const auto& range : tier_ranges(window, cutoff)) KD_DO(read(range, rows, counts, stop));
  KD_DO(read_moved(window, cutoff, rows, counts, stop));
  const FilledWindow done{.window = window,
                          .read = rows.total_rows(),
                          .added = counts.added,
                          .refused = rows.total_refused()};
  step("window");
  KD_TRY(const auto added, store_.finish(rows, options_.job, options_.started, done));
  counts.added += added;
  step("finished");
  return counts;
}

// What left the live tier while we read it is asked for where it is now.
Expected<void> TradeFill::read_moved(const TradeWindow& window, Micros cutoff, TradeRows& rows,
                                     FillCounts& counts, const std::stop_token& stop) {
  for (;;) {
    KD_TRY(const auto now, pages_.cutoff(stop));
    const auto moved = moved_range(window, cutoff, now);
    if (!moved) return {};
    cutoff = now;
    KD_DO(read(*moved, rows, counts, stop));
  }
}

// The rows of the last page stay, to be stored together with the window's end.
Expected<void> TradeFill::read(const TierRange& range, TradeRows& rows, FillCounts& counts,
                               const std::stop_token& stop) {
  std::string cursor;
  do {
    KD_TRY(const auto page, pages_.read(range, options_.ticker, cursor, stop));
    KD_DO(store_page(rows, counts));
    rows.add(page.content, page.received);
    ++counts.pages;
    counts.read = rows.total_rows();
    counts.refused = rows.total_refused();
    if (options_.on_page) options_.on_page(counts);
    cursor = page.content.cursor;
  } while (!cursor.empty());
  return {};
}

Expected<void> TradeFill::store_page(TradeRows& rows, FillCounts& counts) {
  if (rows.rows() == 0 && rows.refused().empty()) return {};
  KD_TRY(const auto added, store_.add(rows));
  counts.added += added;
  rows.clear();
  step("page");
  return {};
}

}  // namespace kd
