#include "app/up_layout.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace kd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class UpLayoutTest : public testing::Test {
 protected:
  UpLayoutTest() : root_(fs::path(testing::TempDir()) / ("kd_layout_" + std::to_string(getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~UpLayoutTest() override { fs::remove_all(root_); }

  UpLayout layout() {
    auto layout = choose_layout(root_ / "var", false);
    EXPECT_TRUE(layout) << layout.error().what;
    return *layout;
  }

  fs::path root_;
};

mode_t mode_of(const fs::path& file) {
  struct stat status{};
  EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
  return status.st_mode & 0777;
}

TEST_F(UpLayoutTest, ARelativeDirectoryThatDoesNotExistYetIsMadeAbsolute) {
  const auto layout = choose_layout("no-such-directory-yet", false);
  ASSERT_TRUE(layout) << layout.error().what;
  EXPECT_EQ(layout->directory, fs::current_path() / "no-such-directory-yet");
}

TEST_F(UpLayoutTest, SecretsAreClosedToOthers) {
  ASSERT_TRUE(make_directories(layout()));
  EXPECT_EQ(mode_of(layout().directory / "secrets"), 0700U);
  const auto file = layout().secret("production", "deduplicator");
  const auto secret = secret_in(file);
  ASSERT_TRUE(secret) << secret.error().what;
  EXPECT_EQ(secret->size(), 48U);
  EXPECT_EQ(mode_of(file), 0600U);
  EXPECT_EQ(*secret_in(file), *secret);
  EXPECT_NE(*secret_in(layout().secret("production", "postgres")), *secret);
}

TEST_F(UpLayoutTest, ASecondHolderOfTheDirectoryIsRefused) {
  ASSERT_TRUE(make_directories(layout()));
  {
    const auto first = DirectoryLock::take(layout().lock());
    ASSERT_TRUE(first) << first.error().what;
    const auto second = DirectoryLock::take(layout().lock());
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().what, HasSubstr("process " + std::to_string(getpid())));
  }
  EXPECT_TRUE(DirectoryLock::take(layout().lock()));
}

TEST_F(UpLayoutTest, WipingKeepsTheLockOnly) {
  ASSERT_TRUE(make_directories(layout()));
  const auto lock = DirectoryLock::take(layout().lock());
  std::ofstream(layout().log("gatherer-1")) << "line";
  ASSERT_TRUE(wipe(layout()));
  EXPECT_TRUE(fs::exists(layout().lock()));
  EXPECT_FALSE(fs::exists(layout().directory / "log"));
  EXPECT_FALSE(fs::exists(layout().clusters));
}

TEST_F(UpLayoutTest, AsRootClustersLeaveADirectoryThatOthersMayNotEnter) {
  fs::permissions(root_, fs::perms::owner_all);
  const auto closed = choose_layout(root_ / "var", true);
  ASSERT_TRUE(closed);
  EXPECT_THAT(closed->clusters.string(), HasSubstr("/var/tmp/kalshi-data-"));
  EXPECT_EQ(choose_layout(root_ / "var", false)->clusters, root_ / "var" / "clusters");
}

}  // namespace
}  // namespace kd
