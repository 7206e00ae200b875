#include "api/retry_policy.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

int tries_at(int status) {
  RetryPolicy policy(3, std::chrono::milliseconds(1));
  int tries = 1;
  while (policy.after({.status = status}, 0).again) ++tries;
  return tries;
}

TEST(RetryPolicyTest, TriesAgainOnlyWhatMaySucceed) {
  for (const int status : {200, 400, 401, 403, 404}) EXPECT_EQ(tries_at(status), 1) << status;
  for (const int status : {0, 429, 500, 502, 503, 504}) EXPECT_EQ(tries_at(status), 4) << status;
}

}  // namespace
}  // namespace kd
