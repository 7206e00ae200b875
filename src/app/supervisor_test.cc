#include "app/supervisor.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace kd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() : log_(fs::path(testing::TempDir()) / ("kd_sup_" + std::to_string(getpid()))) {}
  ~SupervisorTest() override { fs::remove(log_); }

  void start(const std::string& name, const std::string& script) {
    const auto started = supervisor_.start({name, {"/bin/sh", "-c", script}, log_});
    ASSERT_TRUE(started) << started.error().what;
  }

  // Waits for what the test is about, and gives up after a generous time.
  std::optional<Supervisor::Ended> next_end() {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < deadline) {
      if (auto ended = supervisor_.unexpected_end()) return ended;
      ::usleep(1'000);
    }
    return std::nullopt;
  }

  fs::path log_;
  Supervisor supervisor_{testing::TempDir()};
};

TEST_F(SupervisorTest, TellsWhoEndedHowAndWhatItSaid) {
  start("good", "exec sleep 600");
  start("bad", "echo the reason; exit 3");
  const auto ended = next_end();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->name, "bad");
  EXPECT_EQ(ended->exit_code, 3);
  EXPECT_EQ(tail_of(ended->log, 5), "the reason\n");
  EXPECT_TRUE(supervisor_.running("good"));
  EXPECT_FALSE(supervisor_.unexpected_end());
}

TEST_F(SupervisorTest, TellsOnlyWhatThisStartSaid) {
  std::ofstream(log_) << "of an earlier start\n";
  start("bad", "echo the reason; exit 3");
  const auto ended = next_end();
  ASSERT_TRUE(ended);
  EXPECT_EQ(tail_of(ended->log, 5), "of an earlier start\nthe reason\n");
  EXPECT_EQ(tail_of(ended->log, 5, ended->log_begin), "the reason\n");
  EXPECT_EQ(supervisor_.log_begin("bad"), ended->log_begin);
}

TEST_F(SupervisorTest, AStopIsNotUnexpected) {
  start("sleeper", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done");
  while (tail_of(log_, 1) != "ready\n") ::usleep(1'000);
  const auto stopped = supervisor_.stop({"sleeper", "unknown"}, 60s);
  EXPECT_TRUE(stopped) << stopped.error().what;
  EXPECT_FALSE(supervisor_.running("sleeper"));
  EXPECT_FALSE(supervisor_.unexpected_end());
}

TEST_F(SupervisorTest, NamesTheOneThatStoppedBadly) {
  start("bad", "exec sleep 600");
  const auto stopped = supervisor_.stop({"bad"}, 60s);
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().what, HasSubstr("bad stopped with signal 15 (Terminated)"));
}

TEST_F(SupervisorTest, KillsTheOneThatDoesNotStop) {
  start("stubborn", "trap '' TERM; echo ready; while :; do sleep 0.01; done");
  while (tail_of(log_, 1) != "ready\n") ::usleep(1'000);
  const auto stopped = supervisor_.stop({"stubborn"}, 50ms);
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().what, HasSubstr("was killed"));
  EXPECT_FALSE(supervisor_.running("stubborn"));
}

TEST_F(SupervisorTest, NothingSurvivesIt) {
  const fs::path pid_file = log_.string() + ".pid";
  {
    Supervisor inner(testing::TempDir());
    ASSERT_TRUE(inner.start({"child", {"/bin/sh", "-c", "echo $$; exec sleep 600"}, pid_file}));
    while (tail_of(pid_file, 1).empty()) ::usleep(1'000);
  }
  const auto id = static_cast<pid_t>(std::stol(tail_of(pid_file, 1)));
  fs::remove(pid_file);
  EXPECT_NE(::kill(id, 0), 0);
}

}  // namespace
}  // namespace kd
