#include "tape/tape_writer.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <random>

#include "base/time.h"
#include "codec/tape_reader.h"
#include "support/eventually.h"
#include "support/silent_log.h"
#include "tape/mapped_file.h"

namespace kd {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

// A log whose lines a test can look at.
class KeptLog : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view message,
             std::initializer_list<LogField> fields) override {
    std::string line(message);
    for (const auto& field : fields) {
      line += " " + std::string(field.key) + "=" + field.value;
    }
    const MutexLock lock(mutex_);
    lines_ += line + "\n";
  }
  std::string lines() {
    const MutexLock lock(mutex_);
    return lines_;
  }

 private:
  Mutex mutex_;
  std::string lines_ KD_GUARDED_BY(mutex_);
};

std::vector<SegmentEntry> segments_in(const std::filesystem::path& directory) {
  return list_segments(directory).value_or(std::vector<SegmentEntry>());
}

// What a directory of segments holds.
struct Found {
  std::map<std::int32_t, std::vector<std::string>> frames;  // by connection
  std::size_t segments = 0;
  std::size_t damage = 0;
  std::size_t torn_bytes = 0;

  std::size_t count() const {
    std::size_t count = 0;
    for (const auto& [connection, texts] : frames) count += texts.size();
    return count;
  }
};

Found read_all(const std::filesystem::path& directory) {
  Found found;
  for (const auto& segment : segments_in(directory)) {
    const auto file = MappedFile::open(segment.path);
    if (!file) continue;  // it held no block, and is removed
    ++found.segments;
    auto reader = TapeReader::open(file->bytes());
    if (!reader) {
      ADD_FAILURE() << reader.error().what;
      continue;
    }
    for (TapeRecord record; reader->next(record);) {
      if (record.kind == TapeKind::kFrame) {
        found.frames[record.connection].emplace_back(record.text);
      }
    }
    found.damage += reader->damage().size();
    found.torn_bytes += reader->torn_bytes();
  }
  return found;
}

// Text that does not compress, so that segments fill.
std::string noise(std::uint64_t number, std::size_t bytes) {
  std::mt19937_64 random(number);
  std::string text = std::to_string(number) + " ";
  while (text.size() < bytes) text += static_cast<char>(' ' + random() % 95);
  return text;
}

class TapeWriterTest : public testing::Test {
 protected:
  TapeWriterTest()
      : directory_(std::filesystem::temp_directory_path() /
                   ("kd-tape-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(directory_);
    options_.gatherer_id = "g-1";
    options_.directory = directory_;
    options_.flush_interval = milliseconds(10);
  }
  ~TapeWriterTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<TapeWriter> writer(TapeWriter::Hooks hooks = {}) {
    return std::make_unique<TapeWriter>(options_, metrics_, Logger(log_, "tape"), std::move(hooks));
  }
  static void frame(TapeFeed& feed, std::int32_t connection, std::string_view text) {
    feed.frame(connection, text, wall_now(), std::chrono::steady_clock::now());
  }
  void touch(const std::string& name) {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ / name) << encode_tape_header({.gatherer_id = "g", .start = {}});
  }
  double counted(const std::string& name) { return metrics_.counter(name, "").value(); }

  const std::filesystem::path directory_;
  TapeWriter::Options options_;
  MetricsRegistry metrics_;
  std::shared_ptr<KeptLog> log_ = std::make_shared<KeptLog>();
};

TEST_F(TapeWriterTest, WhatTwoLanesOfferedComesBackByteForByte) {
  constexpr int kFrames = 20'000;
  auto tape = writer();
  std::array<TapeFeed*, 2> feeds{&tape->add_lane(), &tape->add_lane()};
  ASSERT_TRUE(tape->start());
  std::vector<std::jthread> lanes;
  for (int lane = 0; lane < 2; ++lane) {
    lanes.emplace_back([&, lane] {
      for (int i = 0; i < kFrames; ++i) {
        frame(*feeds.at(static_cast<std::size_t>(lane)), lane * 10 + i % 3,
              "{\"seq\":" + std::to_string(i) + "}");
      }
    });
  }
  lanes.clear();
  tape->stop();
  const auto found = read_all(directory_);
  EXPECT_EQ(found.damage + found.torn_bytes, 0U);
  for (int lane = 0; lane < 2; ++lane) {
    for (int connection = 0; connection < 3; ++connection) {
      std::vector<std::string> offered;
      for (int i = connection; i < kFrames; i += 3) {
        offered.push_back("{\"seq\":" + std::to_string(i) + "}");
      }
      EXPECT_EQ(found.frames.at(lane * 10 + connection), offered);
    }
  }
  EXPECT_EQ(counted("tape_lost_bytes_total"), 0);
  const auto segments = segments_in(directory_);
  ASSERT_EQ(segments.size(), 1U);
  const auto header = encode_tape_header({.gatherer_id = "g-1", .start = {}}).size();
  EXPECT_EQ(counted("tape_bytes_total"), static_cast<double>(segments[0].bytes - header));
}

TEST_F(TapeWriterTest, ABlockIsOnDiskSoonAfterItsFirstFrame) {
  auto tape = writer();
  auto& feed = tape->add_lane();
  ASSERT_TRUE(tape->start());
  frame(feed, 1, "alone");
  EXPECT_TRUE(eventually([&] { return read_all(directory_).count() == 1; }));
}

TEST_F(TapeWriterTest, BeginsANewSegmentWhenOneIsFull) {
  options_.segment_bytes = 600'000;
  auto tape = writer();
  auto& feed = tape->add_lane();
  ASSERT_TRUE(tape->start());
  for (std::uint64_t i = 0; i < 1'000; ++i) frame(feed, 1, noise(i, 4'000));
  tape->stop();
  const auto found = read_all(directory_);
  EXPECT_GE(found.segments, 5U);
  ASSERT_EQ(found.frames.at(1).size(), 1'000U);
  for (std::uint64_t i = 0; i < 1'000; ++i) ASSERT_EQ(found.frames.at(1)[i], noise(i, 4'000));
  for (const auto& segment : segments_in(directory_)) {
    EXPECT_LT(segment.bytes, 600'000U + (300U << 10));
  }
}

TEST_F(TapeWriterTest, BeginsANewSegmentWhenOneIsOld) {
  options_.segment_age = milliseconds(0);
  auto tape = writer();
  auto& feed = tape->add_lane();
  ASSERT_TRUE(tape->start());
  for (std::size_t i = 1; i <= 3; ++i) {
    frame(feed, 1, "x");
    ASSERT_TRUE(eventually([&] { return read_all(directory_).count() == i; }));
  }
  EXPECT_GE(read_all(directory_).segments, 3U);
}

TEST_F(TapeWriterTest, ARestartNeverAppendsAndReportsATornTail) {
  {
    auto tape = writer();
    auto& feed = tape->add_lane();
    ASSERT_TRUE(tape->start());
    frame(feed, 1, "first");
  }
  const auto path = segments_in(directory_).at(0).path;
  std::ofstream(path, std::ios::app) << "KDBK";
  const auto bytes_before = std::filesystem::file_size(path);
  {
    auto tape = writer();
    auto& feed = tape->add_lane();
    ASSERT_TRUE(tape->start());
    frame(feed, 1, "second");
  }
  EXPECT_EQ(std::filesystem::file_size(path), bytes_before);
  const auto found = read_all(directory_);
  EXPECT_EQ(found.segments, 2U);
  EXPECT_EQ(found.frames.at(1), (std::vector<std::string>{"first", "second"}));
  EXPECT_THAT(log_->lines(), AllOf(HasSubstr("torn"), HasSubstr(path.filename().string()),
                                   HasSubstr("torn_bytes=4")));
}

TEST_F(TapeWriterTest, RemovesItsOwnSegmentsOlderThanKeep) {
  touch("g-1-20200101T000000Z-000001.kdtape");
  touch("g-1-20200102T000000Z-000001.kdtape");
  touch("g-2-20200101T000000Z-000001.kdtape");
  touch("g-2-20200102T000000Z-000001.kdtape");
  touch("notes.txt");
  auto tape = writer();
  ASSERT_TRUE(tape->start());
  EXPECT_TRUE(eventually(
      [&] { return !std::filesystem::exists(directory_ / "g-1-20200101T000000Z-000001.kdtape"); }));
  tape->stop();
  EXPECT_TRUE(std::filesystem::exists(directory_ / "g-2-20200101T000000Z-000001.kdtape"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "notes.txt"));
}

TEST_F(TapeWriterTest, AFullDiskTakesTheOldestSegmentsFirst) {
  options_.keep = std::chrono::hours(24 * 365 * 100);
  for (const auto* day : {"1", "2", "3"})
    touch(std::string("g-1-2020010") + day + "T000000Z-000001.kdtape");
  std::atomic<int> asked = 0;
  auto tape = writer({.disk_full = [&] { return ++asked <= 2; }, .on_lost = {}});
  ASSERT_TRUE(tape->start());
  EXPECT_TRUE(eventually([&] { return asked > 3; }));
  tape->stop();
  const auto left = segments_in(directory_);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].path.filename(), "g-1-20200103T000000Z-000001.kdtape");
}

TEST_F(TapeWriterTest, OnAFullDiskWhatIsTapedAndWhatIsLostAreWhatWasOffered) {
  options_.lane_memory_bytes = 100'000;
  std::atomic<bool> full = true;
  std::atomic<int> asked = 0;
  Mutex mutex;
  TapeLoss lost;
  auto tape = writer({.disk_full =
                          [&] {
                            ++asked;
                            return full.load();
                          },
                      .on_lost =
                          [&](const TapeLoss& loss) {
                            const MutexLock lock(mutex);
                            lost.add(loss);
                          }});
  auto& feed = tape->add_lane();
  ASSERT_TRUE(tape->start());
  ASSERT_TRUE(eventually([&] { return asked > 0; }));
  std::uint64_t offered = 0;
  for (; offered < 1'000; ++offered) frame(feed, 1, noise(offered, 400));
  EXPECT_TRUE(eventually([&] {
    const MutexLock lock(mutex);
    return lost.frames > 0;
  }));
  EXPECT_EQ(read_all(directory_).count(), 0U);
  full = false;
  ASSERT_TRUE(eventually([&] { return read_all(directory_).count() > 0; }));
  for (const auto end = offered + 100; offered < end; ++offered) {
    frame(feed, 1, noise(offered, 400));
  }
  tape->stop();
  const auto taped = read_all(directory_).count();
  EXPECT_EQ(taped + lost.frames, offered);
  EXPECT_EQ(counted("tape_lost_bytes_total"), static_cast<double>(lost.bytes));
  EXPECT_THAT(log_->lines(), AllOf(HasSubstr("the tape stops"), HasSubstr("frames are lost")));
}

// Files of this process cannot grow beyond `bytes` while it lives; writes fail there.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(TapeWriterTest, ABlockThatTheDiskRefusedIsRepeatedInTheNextSegment) {
  auto tape = writer();
  auto& feed = tape->add_lane();
  ASSERT_TRUE(tape->start());
  {
    const FileSizeLimit limit(700'000);
    for (std::uint64_t i = 0; i < 500; ++i) frame(feed, 1, noise(i, 4'000));
    ASSERT_TRUE(eventually([&] { return read_all(directory_).count() == 500; }));
  }
  tape->stop();
  const auto found = read_all(directory_);
  EXPECT_GT(found.segments, 1U);
  EXPECT_GT(found.torn_bytes, 0U);
  EXPECT_EQ(found.damage, 0U);
  for (std::uint64_t i = 0; i < 500; ++i) ASSERT_EQ(found.frames.at(1)[i], noise(i, 4'000));
  EXPECT_EQ(counted("tape_lost_bytes_total"), 0);
}

TEST_F(TapeWriterTest, AtTheEndARefusingDiskCostsWhatWaitsAndSaysSo) {
  TapeLoss lost;
  auto tape = writer({.disk_full = {}, .on_lost = [&](const TapeLoss& loss) { lost.add(loss); }});
  auto& feed = tape->add_lane();
  ASSERT_TRUE(tape->start());
  {
    const FileSizeLimit limit(1);
    for (std::uint64_t i = 0; i < 50; ++i) frame(feed, 1, noise(i, 400));
    tape->stop();
  }
  EXPECT_EQ(lost.frames, 50U);
  EXPECT_EQ(read_all(directory_).count(), 0U);
}

TEST_F(TapeWriterTest, ADirectoryThatCannotBeMadeIsNamed) {
  std::ofstream(directory_.string()) << "a file";
  auto tape = writer();
  tape->add_lane();
  const auto started = tape->start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().what, HasSubstr(directory_.string()));
}

// Tapes numbered frames until it is killed.
[[noreturn]] void tape_for_ever(const TapeWriter::Options& options) {
  MetricsRegistry metrics;
  TapeWriter tape(options, metrics, silent_logger(), {});
  auto& feed = tape.add_lane();
  if (!tape.start()) ::_exit(1);
  for (std::uint64_t i = 0;; ++i) {
    feed.frame(1, noise(i, 100), wall_now(), std::chrono::steady_clock::now());
  }
}

TEST_F(TapeWriterTest, KilledAtAnyTimeItLeavesAnUnbrokenRunOfFrames) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 5; ++round) {
    std::filesystem::remove_all(directory_);
    const auto child = ::fork();
    if (child == 0) tape_for_ever(options_);
    const auto enough = 300'000 + random() % 400'000;  // more than one block
    ASSERT_TRUE(eventually([&] {
      const auto segments = segments_in(directory_);
      return !segments.empty() && segments.front().bytes > enough;
    }));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto found = read_all(directory_);
    EXPECT_EQ(found.damage, 0U);
    const auto& frames = found.frames.at(1);
    for (std::uint64_t i = 0; i < frames.size(); ++i) ASSERT_EQ(frames[i], noise(i, 100));
  }
}

}  // namespace
}  // namespace kd
