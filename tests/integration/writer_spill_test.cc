// The spill with a real PostgreSQL: what happens to rows while the database is slow or away, and
// while the disk takes no more.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <atomic>
#include <fstream>

#include "support/eventually.h"
#include "support/writer_process.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMemory = 1 << 20;
constexpr auto kDeltas = Table::kOrderbookDeltas;

class WriterSpillTest : public testing::Test {
 protected:
  // Pushes as sockets do: not faster than a disk. The memory's bound holds after every push.
  void push_many(WriterProcess& process, int batches) {
    for (int i = 0; i < batches; ++i) {
      process.push_deltas(20);
      ASSERT_LE(process.budget.used(), kMemory);
      ASSERT_TRUE(eventually([&] { return process.budget.used() < kMemory * 6 / 10; }));
    }
  }
  // Faster than anything: what the memory cannot hold is lost.
  static void flood(WriterProcess& process, int batches) {
    for (int i = 0; i < batches; ++i) {
      process.push_deltas(20);
      ASSERT_LE(process.budget.used(), kMemory);
    }
  }
  static std::string told_to_ledger(WriterSite& site) {
    return site.ask("SELECT coalesce(sum(count), 0)::bigint FROM ledger WHERE event = 'drop'");
  }
  static std::string count(double rows) { return std::to_string(static_cast<std::int64_t>(rows)); }
};

TEST_F(WriterSpillTest, ADatabaseThatIsAwayLosesNothingAndTheMemoryStaysBounded) {
  PgCluster own;
  WriterSite site(own, "away");
  WriterProcess process(site, kMemory);
  process.start_all();
  process.push_deltas(100);
  ASSERT_TRUE(eventually([&] { return process.written(kDeltas) == 100; }));
  ASSERT_TRUE(own.server().stop());
  push_many(process, 2'000);
  EXPECT_GT(process.spill->bytes(), kMemory) << "more than the memory would hold";
  ASSERT_TRUE(own.server().start());
  push_many(process, 500);
  ASSERT_TRUE(process.finish());
  EXPECT_EQ(site.deltas(), "50100/50100/50100");
  EXPECT_EQ(site.out_of_order(), "0");
  EXPECT_EQ(process.dropped(kDeltas), 0);
  EXPECT_EQ(site.files(), 0U);
}

TEST_F(WriterSpillTest, ADatabaseThatIsSlowUsesTheSpillToo) {
  WriterSite site(shared_cluster(), "slow");
  WriterProcess process(site, kMemory);
  process.start_all();
  process.push_deltas(100);
  ASSERT_TRUE(eventually([&] { return process.written(kDeltas) == 100; }));
  const auto other = site.connect();
  ASSERT_TRUE(other->begin());
  ASSERT_TRUE(other->exec("LOCK TABLE orderbook_deltas IN ACCESS EXCLUSIVE MODE"));
  push_many(process, 2'000);
  EXPECT_GT(process.spill->bytes(), kMemory);
  ASSERT_TRUE(other->rollback());
  ASSERT_TRUE(process.finish());
  EXPECT_EQ(site.deltas(), "40100/40100/40100");
  EXPECT_EQ(site.out_of_order(), "0");
  EXPECT_EQ(process.dropped(kDeltas), 0);
}

TEST_F(WriterSpillTest, RowsDoNotStayInMemoryForLongEvenWhenItIsEmpty) {
  PgCluster own;
  WriterSite site(own, "age");
  WriterProcess process(site, kMemory);
  process.spill_options.spill_after = Spill::Options::all_after(20);
  process.start_all();
  ASSERT_TRUE(own.server().stop());
  process.push_deltas(1);  // the writer takes these
  ASSERT_TRUE(eventually([&] { return process.queue(kDeltas).load({}).waiting_bytes == 0; }));
  process.push_deltas(1);
  EXPECT_TRUE(eventually([&] { return process.spill->fifo(kDeltas).bytes() > 0; }));
  ASSERT_TRUE(own.server().start());
  ASSERT_TRUE(process.finish());
  EXPECT_EQ(site.deltas(), "2/2/2");
}

TEST_F(WriterSpillTest, AtTheBoundOfTheSpillEveryLostRowIsToldToTheLedger) {
  PgCluster own;
  WriterSite site(own, "bound");
  WriterProcess process(site, kMemory);
  process.spill_options.max_bytes = 1 << 20;
  process.start_all();
  ASSERT_TRUE(own.server().stop());
  while (process.spill->fifo(kDeltas).bytes() < 600'000) push_many(process, 1);
  ASSERT_TRUE(eventually([&] {
    flood(process, 10);
    return process.dropped(kDeltas) > 5'000;
  }));
  EXPECT_LE(process.spill->bytes(), 1 << 20);
  ASSERT_TRUE(own.server().start());
  ASSERT_TRUE(process.finish());
  const auto stored = site.ask("SELECT count(*) FROM orderbook_deltas");
  EXPECT_EQ(std::stoi(stored) + static_cast<int>(process.dropped(kDeltas)), process.pushed);
  EXPECT_EQ(told_to_ledger(site), count(process.dropped(kDeltas)));
  EXPECT_EQ(site.out_of_order(), "0");
  const auto losses = process.losses();
  ASSERT_FALSE(losses.empty());
  EXPECT_EQ(losses[0].from, micros_from_ms(1'000));
  EXPECT_EQ(losses[0].to, micros_from_ms(1'000));
}

TEST_F(WriterSpillTest, ADiskAboveItsWatermarkIsSparedUntilThereIsRoomAgain) {
  PgCluster own;
  WriterSite site(own, "watermark");
  WriterProcess process(site, kMemory);
  std::atomic<std::int64_t> used{90};
  process.spill_options.high_watermark_percent = 85;
  process.spill_options.probe = [&](const auto&) {
    return DiskSpace{.size = 100, .used = used, .available = 100 - used};
  };
  process.spill_options.watched = {{"spill", site.directory}};
  process.start_all();
  ASSERT_TRUE(own.server().stop());
  flood(process, 2'000);
  EXPECT_GT(process.dropped(kDeltas), 0);
  EXPECT_EQ(process.spill->fifo(kDeltas).bytes(), 0);
  EXPECT_TRUE(eventually([&] {
    const auto losses = process.losses();
    return !losses.empty() && losses[0].reason == "retention.disk_high_watermark reached";
  }));
  used = 50;
  EXPECT_TRUE(eventually([&] { return process.spill->fifo(kDeltas).bytes() > 0; }));
  ASSERT_EQ(process.metrics.gauge("disk_free_ratio", "", {{"path", "spill"}}).value(), 0.5);
  ASSERT_TRUE(own.server().start());
  ASSERT_TRUE(process.finish());
  EXPECT_EQ(told_to_ledger(site), count(process.dropped(kDeltas)));
}

// A file system of its own, as small as is wanted; gone with the object.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& at) : at_(at) {
    mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=1m,mode=777") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  const std::filesystem::path at_;
  bool mounted_ = false;
};

void fill(const std::filesystem::path& directory) {
  std::ofstream file(directory / "of somebody else", std::ios::binary);
  while (file << 'x' << std::flush) {
  }
}

TEST_F(WriterSpillTest, ADiskThatIsFullTakesNothingWithItAndTheLedgerHasItsReserve) {
  PgCluster own;
  WriterSite site(own, "full");
  const SmallDisk disk(site.directory);
  if (!disk.mounted()) GTEST_SKIP() << "may not mount";
  {
    WriterProcess process(site, kMemory);
    process.start_all();
    ASSERT_TRUE(own.server().stop());
    ASSERT_TRUE(eventually([&] {
      flood(process, 10);
      return process.dropped(kDeltas) > 5'000;
    }));
    fill(site.directory);
    const auto before = process.spill->fifo(Table::kLedger).bytes();
    ASSERT_TRUE(eventually([&] {
      flood(process, 10);
      return process.spill->fifo(Table::kLedger).bytes() > before;
    })) << "the disk is full, and yet it is written down what was lost";
    ASSERT_TRUE(own.server().start());
    ASSERT_TRUE(process.finish());
    const auto stored = site.ask("SELECT count(*) FROM orderbook_deltas");
    EXPECT_EQ(std::stoi(stored) + static_cast<int>(process.dropped(kDeltas)), process.pushed);
    EXPECT_EQ(told_to_ledger(site), count(process.dropped(kDeltas)));
    EXPECT_EQ(site.out_of_order(), "0");
  }
}

TEST_F(WriterSpillTest, ABadRowIsFoundAmongSpilledOnes) {
  PgCluster own;
  WriterSite site(own, "poison");
  WriterProcess process(site, kMemory);
  process.spill_options.spill_after = Spill::Options::all_after(0);
  process.start_all();
  ASSERT_TRUE(own.server().stop());
  for (int i = 1; i <= 40; ++i) {
    RowBatch batch;
    const auto payload = i % 10 == 0 ? std::string(R"({"n":"\u0000"})") : fmt::format("{}", i);
    append_lifecycle(batch, {.ticker = "A", .event_type = "created", .payload = payload}, {});
    process.queue(Table::kLifecycleEvents).push(batch);
    if (i == 1) {  // the writer has taken it, and the others wait behind it
      ASSERT_TRUE(eventually(
          [&] { return process.queue(Table::kLifecycleEvents).load({}).waiting_bytes == 0; }));
    }
  }
  ASSERT_TRUE(eventually([&] { return process.spill->fifo(Table::kLifecycleEvents).bytes() > 0; }));
  ASSERT_TRUE(own.server().start());
  ASSERT_TRUE(process.finish());
  EXPECT_EQ(site.ask("SELECT count(*) || '/' || count(DISTINCT payload) FROM lifecycle_events"),
            "36/36");
  EXPECT_EQ(process.rejected.size(), 4U);
  EXPECT_EQ(told_to_ledger(site), "4");
}

TEST_F(WriterSpillTest, WatermarksStandStillUntilTheRowsBeforeThemAreCommitted) {
  PgCluster own;
  WriterSite site(own, "gate");
  WriterProcess process(site, kMemory);
  process.start_all();
  process.push_deltas(10);
  process.gate.offer(0, {{1, micros_from_us(10)}}, wall_now());
  ASSERT_TRUE(eventually([&] { return process.written(Table::kWatermarks) == 1; }));
  ASSERT_TRUE(own.server().stop());
  push_many(process, 1'000);
  process.gate.offer(0, {{1, micros_from_us(process.pushed)}}, wall_now());
  EXPECT_EQ(process.queue(Table::kWatermarks).pushed(), 1U);
  ASSERT_TRUE(own.server().start());
  ASSERT_TRUE(process.finish());
  EXPECT_EQ(site.ask("SELECT max(proven_until[1]) FROM watermarks"), "20010")
      << "the last offer before the stop becomes a row";
}

TEST_F(WriterSpillTest, OneGathererOnlyForADirectory) {
  WriterSite site(shared_cluster(), "lock");
  WriterProcess first(site, kMemory);
  first.open_spill();
  WriterProcess second(site, kMemory);
  const auto opened =
      Spill::open(second.spill_options, {second.queues, second.budget, second.drops},
                  second.metrics, Logger(nullptr, ""));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().remedy, Remedy::kGiveUp);
  EXPECT_NE(opened.error().what.find("in use by another gatherer"), std::string::npos);
}

}  // namespace
}  // namespace kd
