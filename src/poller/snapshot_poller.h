#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/rest_client.h"
#include "base/interner.h"
#include "base/log.h"
#include "base/task_queue.h"
#include "codec/rest_decoder.h"
#include "codec/row_batch.h"
#include "codec/table.h"
#include "metrics/registry.h"
#include "poller/sweep.h"

namespace kd {

// Reads the order book of every open market over REST, in batches of a hundred, within each
// interval, and makes rows of them: the driver of Sweep. Owns a thread; hooks and answers to
// fetch_now() run on it. What it asks for waits in the RestClient's budget behind everything that
// matters more.
class SnapshotPoller {
 public:
  struct Options {
    std::chrono::milliseconds interval{900'000};
    std::size_t concurrency = 8;  // requests under way
    std::chrono::milliseconds request_timeout{10'000};
    double phase = 0;  // part of the interval, from 0 to 1, by which cycles begin late
  };
  struct Hooks {
    // Takes the rows out of the batch.
    std::function<void(Table, RowBatch&)> hand_over;
    // A book that cannot be decoded exactly, as it came.
    std::function<void(const std::string& reason, std::string_view text)> quarantine;
  };
  // A phase that differs from one gatherer to the next, from its name.
  static double phase_of(std::string_view gatherer_id);

  // `tickers` and `client` outlive it.
  SnapshotPoller(Options options, const Interner& tickers, RestClient& client, Hooks hooks,
                 MetricsRegistry& metrics, Logger log);
  ~SnapshotPoller();  // stops and joins; waits for no answer
  SnapshotPoller(const SnapshotPoller&) = delete;
  SnapshotPoller& operator=(const SnapshotPoller&) = delete;

  void start();
  void request_stop();  // any thread

  // Markets that trade from now on, or no longer. Any thread.
  void add(std::span<const Interner::Id> ids);
  void remove(std::span<const Interner::Id> ids);

  // One book ahead of all sweeps. Any thread; `done` is not called once the poller has stopped.
  using Answered = std::function<void(Expected<RestBook>)>;
  void fetch_now(std::string ticker, Answered done);

  // Rows that their table refused. Any thread.
  void count_write_errors(std::size_t rows) { write_errors_.add(static_cast<double>(rows)); }

 private:
  using Clock = std::chrono::steady_clock;

  void run(const std::stop_token& stop);
  void ask(Sweep::Batch batch);
  void on_answer(const Sweep::Batch& batch, const Expected<RestAnswer>& answer);
  std::size_t store(const Sweep::Batch& batch, const RestAnswer& answer, const RestBooks& books);
  void append(RowBatch& rows, const RestAnswer& answer, const RestBook& book);
  void warn(const Error& error, std::size_t markets);
  struct Question {
    std::string ticker;
    Answered done;
  };
  void ask_questions();
  void answer_questions(const std::vector<Question>& asked, const Expected<RestAnswer>& answer);
  void show();

  const Options options_;
  const Interner& tickers_;
  RestClient& client_;
  const Hooks hooks_;
  const Logger log_;
  Counter& fetched_;
  Counter& fetch_errors_;
  Counter& write_errors_;
  Counter& missing_;
  Gauge& polled_;
  Gauge& coverage_;
  Histogram& seconds_;
  const std::shared_ptr<TaskQueue> queue_ = std::make_shared<TaskQueue>();

  // The thread's own.
  Sweep sweep_;
  std::size_t under_way_ = 0;  // requests
  std::vector<Question> questions_;
  bool questions_under_way_ = false;
  Clock::time_point next_warning_{};
  std::vector<std::int64_t> yes_;  // of one book: price, size, price, size, …
  std::vector<std::int64_t> no_;
  std::jthread thread_;
};

}  // namespace kd
