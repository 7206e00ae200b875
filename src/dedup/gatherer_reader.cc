#include "dedup/gatherer_reader.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/time.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr auto kMeasureInterval = 3s;

}  // namespace

GathererReader::GathererReader(Options options, PageBoard& board, DedupObserver& observer,
                               Logger log)
    : options_(std::move(options)),
      board_(board),
      observer_(observer),
      log_(std::move(log)),
      backoff_(options_.backoff),
      thread_([this] { run(); }) {}

GathererReader::~GathererReader() = default;

void GathererReader::join() {
  if (thread_.joinable()) thread_.join();
}

void GathererReader::run() {
  while (!board_.stopped()) {
    adopt_epoch();
    if (epoch_ == 0) {
      measure_at_rest();
      board_.wait_until(Clock::now() + 1s);
    } else if (connect_if_needed()) {
      poll_what_is_due();
      tell_gatherer();
      board_.wait_until(next_due());
    }
  }
  connected_ = false;
}

void GathererReader::adopt_epoch() {
  auto epoch = board_.epoch_after(epoch_);
  if (!epoch) return;
  epoch_ = epoch->number;
  if (epoch_ == 0) return;
  consumer_ = std::move(epoch->consumer);
  for (std::size_t t = 0; t < kTableCount; ++t) {
    Table fresh;
    fresh.next = std::move(epoch->cursors[options_.index * kTableCount + t]);
    fresh.row_bytes = tables_[t].row_bytes;
    tables_[t] = std::move(fresh);
  }
}

bool GathererReader::connect_if_needed() {
  if (session_) return true;
  auto session = GathererSession::open(options_.connect, options_.shard);
  if (!session) {
    lose_connection(session.error(), 0);
    return false;
  }
  session_ = *std::move(session);
  connected_ = true;
  told_away_.reset();
  told_deaf_ = false;
  backoff_.reset();
  for (auto& table : tables_) table.trusted = false;
  log_.info("connected to gatherer", {kv("gatherer", options_.id)});
  return true;
}

void GathererReader::lose_connection(const Error& error, std::size_t table) {
  session_.reset();
  connected_ = false;
  board_.set_mode(options_.index, std::nullopt);
  if (told_away_ != error.remedy) {
    told_away_ = error.remedy;
    log_.warn("gatherer is away", {kv("gatherer", options_.id), kv("error", error.what)});
  }
  observer_.on_gatherer_error(options_.index, table);
  const auto until = Clock::now() + backoff_.next(std::random_device{}());
  while (Clock::now() < until && !board_.stopped()) board_.wait_until(until);
}

void GathererReader::poll_what_is_due() {
  for (std::size_t t = 0; t < kTableCount && !board_.stopped(); ++t) {
    if (Clock::now() < tables_[t].due) continue;
    if (const auto polled = poll(t); !polled) {
      lose_connection(polled.error(), t);
      return;
    }
  }
}

GathererReader::Clock::time_point GathererReader::next_due() const {
  auto earliest = Clock::now() + 1s;
  for (const auto& table : tables_) earliest = std::min(earliest, table.due);
  return earliest;
}

Expected<void> GathererReader::poll(std::size_t t) {
  auto& table = tables_[t];
  const auto started = Clock::now();
  if (!may_poll(t)) {
    table.due = started + 5ms;
    return measure(t);
  }
  const auto begun_us = to_us(wall_now());
  KD_DO(check_cursor(t));
  choose_mode(t);
  const auto limit =
      page_rows(table.mode, options_.polling[t].batch_rows, table.row_bytes, options_.modes);
  KD_TRY(const auto looked_at, read_page(t, limit, begun_us));
  const bool is_last = looked_at < limit;
  if (is_last) table.starts_over = false;
  table.due = is_last ? started + options_.polling[t].interval : started;
  return is_last ? Expected<void>{} : measure(t);
}

// Not while production is the slower one; and proofs only once it is known of every other table
// that it still is the one of before.
bool GathererReader::may_poll(std::size_t t) const {
  if (!board_.has_room(options_.index, t)) return false;
  return t != kProofs || std::all_of(tables_.begin(), tables_.end() - 1,
                                     [](const Table& table) { return table.trusted; });
}

Expected<void> GathererReader::check_cursor(std::size_t t) {
  auto& table = tables_[t];
  const auto& spec = table_specs()[t];
  if (std::exchange(table.trusted, true)) return {};
  table.measured_at = {};
  if (table.next.position == 0) return measure(t);
  KD_TRY(const bool holds, session_->has_row(spec, table.next));
  if (!holds) {
    log_.warn(
        "the row at the cursor is gone: reading from the oldest row",
        {kv("gatherer", options_.id), kv("table", spec.name), kv("position", table.next.position)});
    start_over(t);
    // Proofs that were read wait for rows of a table that is no more.
    if (t != kProofs) start_over(kProofs);
  }
  return measure(t);
}

void GathererReader::start_over(std::size_t t) {
  auto& table = tables_[t];
  if (table.rewinds) return;  // is about to
  observer_.on_rewind(options_.index, t);
  table.next = {};
  table.rewinds = true;
  table.starts_over = true;
  ++table.incarnation;
}

void GathererReader::choose_mode(std::size_t t) {
  auto& table = tables_[t];
  const auto status = board_.status(options_.index, t);
  const bool behind = status.rows_behind > options_.polling[t].batch_rows;  // not merely quiet
  table.mode = sync_mode(behind ? status.lag_seconds : 0, table.starts_over, options_.modes);
  const auto worst = std::ranges::max(tables_, {}, &Table::mode).mode;
  board_.set_mode(options_.index, worst);
}

// Puts a page on the board, unless there is nothing new; how many rows were looked at.
Expected<std::int64_t> GathererReader::read_page(std::size_t t, std::int64_t limit,
                                                 std::int64_t begun_us) {
  auto& table = tables_[t];
  const auto started = Clock::now();
  KD_TRY(auto rows,
         session_->read(table_specs()[t], table.next.position, limit, board_.spare_buffer()));
  observer_.on_polled(
      options_.index, t, rows.count,
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started));
  if (rows.looked_at == 0) {
    board_.found_nothing(options_.index, t, epoch_, begun_us);
    return 0;
  }
  Page page{.gatherer = options_.index,
            .table = t,
            .epoch = epoch_,
            .after = table.next.position,
            .rewinds = table.rewinds,
            .backfills = table.mode == SyncMode::kBackfill,
            .incarnation = table.incarnation,
            .end = rows.end,
            .rows = std::move(rows.bytes),
            .row_count = rows.count,
            .needs = {}};
  if (t == kProofs) {
    KD_TRY(page.needs, needs_of_proofs());
  }
  if (rows.count > 0) {
    table.row_bytes =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(page.rows.size()) / rows.count);
  }
  table.next = page.end;
  table.rewinds = false;
  board_.put(std::move(page), begun_us, rows.looked_at < limit);
  return rows.looked_at;
}

// Asked after the watermarks were read: at least what was committed before them.
Expected<TableMarks> GathererReader::needs_of_proofs() {
  TableMarks needs{};
  for (std::size_t t = 0; t < kProofs; ++t) {
    const auto& table = tables_[t];
    KD_TRY(const auto newest, session_->newest_beyond(table_specs()[t], table.next.position));
    needs[t] = {.incarnation = table.incarnation, .position = newest.value_or(table.next.position)};
  }
  return needs;
}

// While production is away nothing is read, but how much waits must still be known.
void GathererReader::measure_at_rest() {
  if (!connect_if_needed()) return;
  for (std::size_t t = 0; t < kTableCount; ++t) {
    tables_[t].next.position = board_.committed_cursor(options_.index, t).cursor.position;
    if (const auto measured = measure(t); !measured) {
      lose_connection(measured.error(), t);
      return;
    }
  }
}

Expected<void> GathererReader::measure(std::size_t t) {
  auto& table = tables_[t];
  if (Clock::now() < table.measured_at + kMeasureInterval) return {};
  KD_TRY(const auto backlog, session_->backlog(table_specs()[t], table.next.position));
  board_.measured(options_.index, t, backlog.newest_position, backlog.rows_behind);
  table.measured_at = Clock::now();
  return {};
}

// A gatherer that takes no acknowledgements keeps everything: no reason not to read it.
void GathererReader::tell_gatherer() {
  if (!session_ || epoch_ == 0) return;
  auto told = session_->request_resyncs(board_.take_resyncs(options_.index));
  if (told && Clock::now() >= acked_at_ + options_.ack_interval) {
    acked_at_ = Clock::now();
    told = session_->acknowledge(consumer_, acks());
  }
  if (told) return;
  if (!session_->usable()) {
    lose_connection(told.error(), 0);
  } else if (!std::exchange(told_deaf_, true)) {
    log_.warn("the gatherer takes no acknowledgements",
              {kv("gatherer", options_.id), kv("error", told.error().what)});
  }
}

// Of tables whose row at the cursor was seen. What is committed from another database, or from
// the table before a restore, is nothing that this one may drop.
std::vector<GathererSession::Ack> GathererReader::acks() const {
  std::vector<GathererSession::Ack> out;
  for (std::size_t t = 0; t < kTableCount; ++t) {
    if (!tables_[t].trusted) continue;
    const auto committed = board_.committed_cursor(options_.index, t);
    const bool ours = committed.cursor.database_id == session_->database_id() &&
                      committed.incarnation == tables_[t].incarnation;
    out.emplace_back(table_specs()[t].name, ours ? committed.cursor.position : 0);
  }
  return out;
}

}  // namespace kd
