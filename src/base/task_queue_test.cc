#include "base/task_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(TaskQueueTest, GivesTheWorkOfOthersToItsOwnerInOrder) {
  TaskQueue queue;
  std::vector<int> done;
  std::jthread owner([&](const std::stop_token& stop) {
    while (done.size() < 2'000) {
      for (const auto& task : queue.wait(TaskQueue::Clock::now() + 1h, stop)) task();
    }
  });
  for (int i = 0; i < 2'000; ++i) queue.post([&done, i] { done.push_back(i); });
  owner.join();
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
}

TEST(TaskQueueTest, AStopAndAWakeEndTheWait) {
  TaskQueue queue;
  {
    const std::jthread owner(
        [&](const std::stop_token& stop) { queue.wait(TaskQueue::Clock::now() + 1h, stop); });
  }
  const std::jthread owner(
      [&](const std::stop_token& stop) { queue.wait(TaskQueue::Clock::now() + 1h, stop); });
  queue.wake();
}

TEST(TaskQueueTest, DropsWhatComesTooLate) {
  TaskQueue queue;
  queue.close();
  queue.post([] { FAIL() << "nobody is there to run it"; });
  EXPECT_TRUE(queue.wait(TaskQueue::Clock::now(), {}).empty());
}

}  // namespace
}  // namespace kd
