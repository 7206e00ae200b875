#include "dedup/deduplicator.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/time.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLatencySamples = 1000;  // per table and round, evenly spread

std::vector<std::string> ids_of(const std::vector<Deduplicator::Source>& sources) {
  std::vector<std::string> ids;
  ids.reserve(sources.size());
  for (const auto& source : sources) ids.push_back(source.id);
  return ids;
}

std::uint64_t random_seed() {
  std::random_device random;
  return static_cast<std::uint64_t>(random()) << 32 | random();
}

// What came since the last look is not known, so its age is what can be told.
SyncStatus while_away(SyncStatus last) {
  last.caught_up = false;
  if (last.caught_up_us == 0) return last;
  const auto age_us = to_us(wall_now()) - last.caught_up_us;
  last.lag_seconds = std::max(last.lag_seconds, static_cast<double>(age_us) / 1e6);
  return last;
}

}  // namespace

Deduplicator::Deduplicator(Options options, DedupObserver& observer, Logger log)
    : options_(std::move(options)),
      observer_(observer),
      log_(std::move(log)),
      board_(options_.gatherers.size(), kTableCount),
      merge_({.gatherers = ids_of(options_.gatherers),
              .seen = options_.seen,
              .frozen = options_.frozen,
              .seed = random_seed()}),
      backoff_(options_.backoff),
      proofs_held_(options_.gatherers.size()),
      frozen_(options_.gatherers.size()) {}

Deduplicator::~Deduplicator() { stop(); }

void Deduplicator::start() {
  for (std::size_t i = 0; i < options_.gatherers.size(); ++i) {
    GathererReader::Options reader{.index = i,
                                   .id = options_.gatherers[i].id,
                                   .connect = options_.gatherers[i].connect,
                                   .polling = options_.polling,
                                   .backoff = options_.backoff,
                                   .modes = options_.modes,
                                   .shard = options_.shard,
                                   .ack_interval = options_.ack_interval};
    readers_.push_back(std::make_unique<GathererReader>(std::move(reader), board_, observer_,
                                                        log_.with("reader")));
  }
  writer_ = std::jthread([this] { run(); });
}

void Deduplicator::stop() {
  board_.stop();
  if (writer_.joinable()) writer_.join();
  for (const auto& reader : readers_) reader->join();
}

void Deduplicator::run() {
  while (!board_.stopped()) {
    if (!session_ && !open_session()) continue;
    if (!leader_ && !gain_lead()) continue;
    if (auto done = run_round(); !done) drop_session(done.error());
  }
  if (in_flight_.valid()) {
    if (auto done = land(); !done) drop_session(done.error());
  }
  session_.reset();
  leader_ = false;
}

void Deduplicator::wait(std::chrono::milliseconds time) {
  const auto until = PageBoard::Clock::now() + time;
  while (!board_.stopped() && PageBoard::Clock::now() < until) board_.wait_until(until);
}

bool Deduplicator::open_session() {
  auto session = ProductionSession::open({.connect = options_.production,
                                          .gatherers = ids_of(options_.gatherers),
                                          .shard = options_.shard,
                                          .at_step = options_.at_step});
  if (!session) {
    drop_session(session.error());
    return false;
  }
  session_ = *std::move(session);
  ever_connected_ = true;
  production_connected_ = true;
  log_.info("connected to production");
  return true;
}

bool Deduplicator::gain_lead() {
  const auto leads = session_->try_lead();
  if (!leads) {
    drop_session(leads.error());
    return false;
  }
  if (!*leads) {
    if (!told_waiting_) log_.info("another deduplicator leads: waiting for it to end");
    told_waiting_ = true;
    wait(1s);
    return false;
  }
  if (auto begun = begin_epoch(); !begun) {
    drop_session(begun.error());
    return false;
  }
  leader_ = true;
  told_waiting_ = false;
  const MutexLock lock(mutex_);
  production_error_.clear();
  log_.info("leads: merging", {kv("gatherers", options_.gatherers.size())});
  return true;
}

Expected<void> Deduplicator::begin_epoch() {
  KD_TRY(const auto stored, session_->cursors());
  std::vector<SyncCursor> cursors;
  RoundMerge::Start start;
  for (const auto& gatherer : options_.gatherers) {
    for (const auto& spec : table_specs()) {
      cursors.push_back(stored.at({gatherer.id, std::string(spec.name)}));
      start.positions.push_back(cursors.back().position);
    }
  }
  for (std::size_t t = 0; t < kTableCount; ++t) {
    const auto& spec = table_specs()[t];
    start.horizons[t] = SeenSet::kKnowsNothing;
    if (!spec.always_staged) {
      KD_TRY(start.horizons[t], session_->newest_stamp(spec, to_us(wall_now())));
    }
    start.partition_widths[t] = session_->partition_width_us(spec);
  }
  merge_.begin(start);
  board_.start_epoch(std::move(cursors), session_->consumer());
  return {};
}

// A round that is being written is waited for first, unless so much waits that the next one may as
// well be merged meanwhile. Merging counts on its success: if it fails, both are forgotten.
Expected<void> Deduplicator::run_round() {
  if (in_flight_.valid() && !board_.has_full_page(merge_.blocked())) KD_DO(land());
  auto& round = rounds_[next_];
  const bool flying = in_flight_.valid();
  merge_.merge(
      board_.collect(flying ? 0ms : 500ms, flying ? 0ms : options_.linger, merge_.blocked()),
      to_us(wall_now()), round);
  note_held();
  if (flying) KD_DO(land());
  if (round.empty()) return keep_alive();
  if (options_.at_step) options_.at_step("merged");
  in_flight_ = std::async(std::launch::async, [this, &round] { return write(round); });
  next_ = 1 - next_;
  return {};
}

Expected<void> Deduplicator::land() {
  KD_TRY(const auto outcome, in_flight_.get());
  auto& round = rounds_[1 - next_];
  merge_.confirm();
  board_.committed(std::move(round.pages));
  observer_.on_round(outcome);
  note_latencies(round);
  note_frozen(round);
  backoff_.reset();
  return {};
}

Expected<RoundOutcome> Deduplicator::write(const Round& round) {
  auto outcome = session_->write(round);
  if (outcome || outcome.error().remedy != Remedy::kDropItem) return outcome;
  log_.warn("a row is bad: looking for it", {kv("error", outcome.error().what)});
  return session_->write_isolating(round);
}

void Deduplicator::note_latencies(const Round& round) {
  const auto now_us = to_us(wall_now());
  for (std::size_t t = 0; t < kTableCount; ++t) {
    const auto& tables = round.tables[t];
    for (const auto* rows : {&tables.direct, &tables.staged}) {
      const auto step = rows->rows() / kLatencySamples + 1;
      for (std::size_t i = 0; i < rows->rows(); i += step) {
        observer_.on_commit_latency(t,
                                    std::chrono::microseconds(now_us - rows->origins[i].stamp_us));
      }
    }
  }
}

void Deduplicator::note_frozen(const Round& round) {
  for (const auto& finding : round.frozen) {
    const auto& id = options_.gatherers[finding.gatherer].id;
    log_.warn("a line fell silent on a market",
              {kv("gatherer", id), kv("ticker", finding.ticker), kv("from_us", finding.from_us),
               kv("to_us", finding.to_us)});
    observer_.on_frozen(finding.gatherer);
    board_.request_resync(finding.gatherer,
                          {.ticker = finding.ticker,
                           .reason = "frozen: another gatherer brought changes of this market"});
  }
  const MutexLock lock(mutex_);
  for (const auto& finding : round.frozen) ++frozen_[finding.gatherer];
}

void Deduplicator::note_held() {
  const MutexLock lock(mutex_);
  for (std::size_t g = 0; g < proofs_held_.size(); ++g) proofs_held_[g] = merge_.holds_proofs(g);
}

// The server ends a session that says nothing for 5 s.
Expected<void> Deduplicator::keep_alive() {
  if (PageBoard::Clock::now() < pinged_at_ + 1s) return {};
  KD_TRY(const auto took, session_->ping());
  ping_us_ = took.count();
  pinged_at_ = PageBoard::Clock::now();
  return {};
}

void Deduplicator::drop_session(const Error& error) {
  const auto* what = leader_ ? "production is away: starting over from its cursors"
                     : error.remedy == Remedy::kGiveUp ? "production cannot be used"
                                                       : "production is away";
  board_.end_epoch();
  session_.reset();
  leader_ = false;
  production_connected_ = false;
  merge_.forget();
  log_.warn(what, {kv("error", error.what)});
  {
    const MutexLock lock(mutex_);
    production_error_ = error.what;
    if (!ever_connected_ && error.remedy == Remedy::kGiveUp) fatal_ = error;
  }
  wait(backoff_.next(std::random_device{}()));
}

std::optional<Error> Deduplicator::fatal_error() const {
  const MutexLock lock(mutex_);
  return fatal_;
}

Deduplicator::Status Deduplicator::status() const {
  Status out{.production_connected = production_connected_,
             .leader = leader_,
             .ping_ms = static_cast<double>(ping_us_) / 1000.0,
             .production_error = {},
             .gatherer_connected = {},
             .mode = {},
             .proofs_held = {},
             .frozen = {},
             .sync = {}};
  for (std::size_t g = 0; g < readers_.size(); ++g) {
    out.gatherer_connected.push_back(readers_[g]->connected());
    out.mode.push_back(board_.mode(g));
    auto& tables = out.sync.emplace_back();
    for (std::size_t t = 0; t < kTableCount; ++t) {
      tables[t] = board_.status(g, t);
      if (!out.gatherer_connected[g]) tables[t] = while_away(tables[t]);
    }
  }
  const MutexLock lock(mutex_);
  out.production_error = production_error_;
  out.proofs_held = proofs_held_;
  out.frozen = frozen_;
  return out;
}

std::optional<std::int64_t> Deduplicator::settled_until_us() const {
  std::optional<std::int64_t> out;
  if (!leader_) return out;
  for (std::size_t g = 0; g < readers_.size(); ++g) {
    if (!readers_[g]->connected()) continue;
    for (std::size_t t = 0; t < kTableCount; ++t) {
      const auto until = board_.status(g, t).caught_up_us;
      out = std::min(out.value_or(until), until);
    }
  }
  return out;
}

}  // namespace kd
