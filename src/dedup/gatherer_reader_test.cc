#include "dedup/gatherer_reader.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

namespace kd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Keeps the lines; read them once nobody writes any more.
class Lines final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view message,
             std::initializer_list<LogField> fields) override {
    std::string& line = lines.emplace_back(message);
    for (const auto& field : fields) line.append(" ").append(field.key).append("=") += field.value;
  }
  std::vector<std::string> lines;
};

// Lets a test wait for failures.
class FailureCount final : public DedupObserver {
 public:
  void on_polled(std::size_t, std::size_t, std::int64_t, std::chrono::microseconds) override {}
  void on_gatherer_error(std::size_t, std::size_t) override {
    const std::lock_guard lock(mutex_);
    ++failures_;
    changed_.notify_all();
  }
  void on_rewind(std::size_t, std::size_t) override {}
  void on_round(const RoundOutcome&) override {}
  void on_frozen(std::size_t) override {}
  void on_commit_latency(std::size_t, std::chrono::microseconds) override {}

  void await(int failures) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failures_ >= failures; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int failures_ = 0;
};

TEST(GathererReaderTest, WarnsOnceOfAGathererThatWasNeverThere) {
  PageBoard board(1, kTableCount);
  board.start_epoch(std::vector<SyncCursor>(kTableCount));
  FailureCount failures;
  const auto log = std::make_shared<Lines>();
  GathererReader::Options options;
  options.id = "gatherer-7";
  options.connect.host = "/no/such/socket/directory";
  options.backoff = {std::chrono::milliseconds(1), std::chrono::milliseconds(1)};
  GathererReader reader(options, board, failures, {log, "reader"});
  failures.await(4);
  board.stop();
  reader.join();
  EXPECT_THAT(log->lines,
              ElementsAre(AllOf(HasSubstr("gatherer is away"), HasSubstr("gatherer=gatherer-7"),
                                HasSubstr("error="), HasSubstr("/no/such/socket/directory"))));
}

}  // namespace
}  // namespace kd
