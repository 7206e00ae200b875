#include "writer/spill.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace kd {
namespace {

// In memory twice while they are moved.
constexpr std::int64_t kLeastMoveBytes = 64 << 10;
constexpr std::int64_t kMostMoveBytes = 4 << 20;
constexpr std::chrono::milliseconds kLookAtMemory{10};
constexpr std::chrono::seconds kLookAtDisk{1};

const char* reason_of(SpillSpace::Verdict verdict) {
  switch (verdict) {
    case SpillSpace::Verdict::kBoundReached:
      return "spill.max_bytes reached";
    case SpillSpace::Verdict::kDiskFull:
      return "retention.disk_high_watermark reached";
    case SpillSpace::Verdict::kYes:
      break;
  }
  return "writers.memory_limit is used up";
}

std::int64_t counted_bytes(const std::vector<QueuedBatch>& batches) {
  std::int64_t bytes = 0;
  for (const auto& batch : batches) bytes += batch.counted_bytes;
  return bytes;
}

Labels of(Table table) { return {{"writer", std::string(name_of(table))}}; }

}  // namespace

// Two processes in one directory would load each other's rows.
class Spill::Lock {
 public:
  static Expected<std::unique_ptr<Lock>> take(const std::filesystem::path& directory) {
    const auto path = directory / "lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
      return fail(Remedy::kGiveUp,
                  fmt::format("spill.dir {} cannot be written: {}; give this account the right to",
                              directory.string(), std::generic_category().message(errno)));
    }
    std::unique_ptr<Lock> lock(new Lock(fd));
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
    return fail(Remedy::kGiveUp,
                fmt::format("spill.dir {} is in use by another gatherer; each needs its own",
                            directory.string()));
  }
  ~Lock() { ::close(descriptor_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  explicit Lock(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

std::array<std::chrono::milliseconds, kAllTables.size()> Spill::Options::all_after(
    int milliseconds) {
  std::array<std::chrono::milliseconds, kAllTables.size()> all{};
  all.fill(std::chrono::milliseconds(milliseconds));
  return all;
}

Spill::Spill(Options options, Parts parts, MetricsRegistry& metrics, Logger log)
    : options_(std::move(options)),
      queues_(parts.queues),
      budget_(parts.budget),
      drops_(parts.drops),
      metrics_(metrics),
      log_(std::move(log)),
      move_bytes_(std::clamp(options_.max_bytes / 16, kLeastMoveBytes, kMostMoveBytes)),
      space_({.max_bytes = options_.max_bytes,
              .high_watermark_percent = options_.high_watermark_percent}) {}

Spill::~Spill() = default;

Expected<std::unique_ptr<Spill>> Spill::open(Options options, Parts parts, MetricsRegistry& metrics,
                                             Logger log) {
  std::unique_ptr<Spill> spill(new Spill(std::move(options), parts, metrics, std::move(log)));
  KD_DO(spill->open_fifos());
  spill->look_at_disk();
  return spill;
}

Expected<void> Spill::open_fifos() {
  std::error_code failed;
  std::filesystem::create_directories(options_.directory, failed);
  if (failed) {
    return fail(Remedy::kGiveUp, fmt::format("spill.dir {} cannot be made: {}",
                                             options_.directory.string(), failed.message()));
  }
  KD_TRY(lock_, Lock::take(options_.directory));
  for (const auto table : kAllTables) {
    const bool ledger = table == Table::kLedger;
    KD_TRY(fifos_[index_of(table)],
           SpillFifo::open({.directory = options_.directory,
                            .table = table,
                            .segment_bytes = options_.segment_bytes,
                            .durable = ledger,
                            .reserve_bytes = ledger ? options_.ledger_reserve_bytes : 0},
                           space_, drops_, log_));
    if (!fifo(table).has_leftovers()) continue;
    queues_[index_of(table)]->disk_has_rows();
    log_.info("rows of an earlier process are loaded from disk",
              {kv("table", name_of(table)), kv("bytes", fifo(table).bytes())});
  }
  return {};
}

void Spill::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Spill::run(const std::stop_token& stop) {
  auto looked = std::chrono::steady_clock::now();
  Mutex mutex;
  CondVar wake;
  const MutexLock lock(mutex);
  while (!stop.stop_requested()) {
    if (std::chrono::steady_clock::now() - looked >= kLookAtDisk) {
      looked = std::chrono::steady_clock::now();
      look_at_disk();
      drops_.flush();
    }
    relieve();
    wake.wait_for(mutex, stop, kLookAtMemory, [] { return false; });
  }
}

void Spill::relieve() {
  while (const auto table = next_to_spill(candidates(), budget_.used(), budget_.limit())) {
    refused_[index_of(*table)] = !move_oldest(*table);
  }
}

// Those that the disk may take rows of.
std::vector<SpillCandidate> Spill::candidates() const {
  std::vector<SpillCandidate> tables;
  const auto now = std::chrono::steady_clock::now();
  for (const auto table : kAllTables) {
    const auto load = queues_[index_of(table)]->load(now);
    if (load.waiting_bytes == 0 || refused_[index_of(table)]) continue;
    const auto verdict = space_.may_take(table, std::min(load.waiting_bytes, move_bytes_));
    if (verdict != SpillSpace::Verdict::kYes) {
      drops_.set_reason(reason_of(verdict));
      continue;
    }
    tables.push_back({.table = table,
                      .waiting_bytes = load.waiting_bytes,
                      .oldest = load.oldest,
                      .spill_after = options_.spill_after[index_of(table)]});
  }
  return tables;
}

bool Spill::move_oldest(Table table) {
  auto& queue = *queues_[index_of(table)];
  if (!queue.begin_spill(moving_, move_bytes_)) return false;
  const auto done = fifo(table).append(moving_);
  queue.end_spill(moving_, done.has_value());
  if (done) return true;
  drops_.set_reason("the spill cannot be written");
  log_.error("rows cannot be put on disk, and wait in memory",
             {kv("table", name_of(table)), kv("error", done.error().what)});
  return false;
}

void Spill::look_at_disk() {
  refused_ = {};
  if (const auto disk = options_.probe(options_.directory)) {
    space_.set_disk_used(disk->used_percent());
  }
  drops_.set_reason(reason_of(space_.may_take(Table::kOrderbookDeltas, move_bytes_)));
  say_whether_behind();
  publish();
}

void Spill::say_whether_behind() {
  const bool behind = space_.used() > 0;
  if (behind == std::exchange(behind_, behind)) return;
  if (behind) {
    log_.warn("the database is behind: rows wait on disk", {kv("bytes", space_.used())});
  } else {
    log_.info("everything on disk is stored");
  }
}

void Spill::publish() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto table : kAllTables) {
    metrics_.gauge("writer_spill_bytes", "bytes waiting on disk", of(table))
        .set(static_cast<double>(fifo(table).bytes()));
    metrics_.gauge("writer_buffer_bytes", "bytes waiting or being written, in memory", of(table))
        .set(static_cast<double>(queues_[index_of(table)]->load(now).bytes));
  }
  for (const auto& [name, path] : options_.watched) {
    const auto disk = options_.probe(path);
    if (!disk) continue;
    metrics_.gauge("disk_free_ratio", "free part of the file system", {{"path", name}})
        .set(disk->free_ratio());
  }
}

bool Spill::finish() {
  thread_ = {};
  bool all = true;
  for (const auto table : kAllTables) {
    if (table == Table::kLedger) continue;
    all = save_all(table) && all;
  }
  drops_.flush();
  all = save_all(Table::kLedger) && all;
  publish();
  return all;
}

bool Spill::save_all(Table table) {
  auto& queue = *queues_[index_of(table)];
  bool all = true;
  while (queue.begin_spill(moving_, move_bytes_)) {
    const auto verdict = space_.may_take(table, counted_bytes(moving_));
    const bool saved = verdict == SpillSpace::Verdict::kYes && fifo(table).append(moving_);
    if (!saved) {
      drops_.set_reason(reason_of(verdict));
      for (const auto& batch : moving_) drops_.note(table, batch.rows);
      queue.forget(moving_);
      all = false;
    }
    queue.end_spill(moving_, saved);
  }
  return all;
}

}  // namespace kd
