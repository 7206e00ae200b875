#include "sim/auth.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

namespace kd::sim {
namespace {

constexpr std::int64_t kNow = 1'795'356'000'000;

class AuthTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = testing::TempDir() + "kd_auth_test_" + std::to_string(::getpid());
    std::filesystem::create_directories(dir_ + "/keys");
    ASSERT_TRUE(generate_rsa_key_pair(dir_ + "/rsa.key", dir_ + "/keys/rsa-1.pem"));
    ASSERT_TRUE(generate_ed25519_key_pair(dir_ + "/ed.key", dir_ + "/keys/ed-1.pem"));
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(dir_); }

  HttpRequest signed_request(const std::string& key_file, const std::string& id,
                             const std::string& signed_path, std::int64_t at_ms = kNow) {
    const auto key = SigningKey::load_pem(dir_ + "/" + key_file);
    const std::string stamp = std::to_string(at_ms);
    HttpRequest request;
    request.method = "GET";
    request.target = "/trade-api/v2/markets?limit=5";
    request.headers = {{"Kalshi-Access-Key", id},
                       {"KALSHI-ACCESS-TIMESTAMP", stamp},
                       {"KALSHI-ACCESS-SIGNATURE", key->sign(stamp + "GET" + signed_path)}};
    return request;
  }
  Authenticator::Verdict verdict(const HttpRequest& request) {
    return Authenticator::create({dir_ + "/keys", 5000})->check(request, kNow).verdict;
  }

  inline static std::string dir_;
  using Verdict = Authenticator::Verdict;
};

TEST_F(AuthTest, BelievesBothKindsOfKeysOverThePathWithoutQuery) {
  EXPECT_EQ(verdict(signed_request("rsa.key", "rsa-1", "/trade-api/v2/markets")), Verdict::kKnown);
  EXPECT_EQ(verdict(signed_request("ed.key", "ed-1", "/trade-api/v2/markets")), Verdict::kKnown);
}

TEST_F(AuthTest, RefusesWrongPathWrongKeyUnknownIdAndSkew) {
  const std::string path = "/trade-api/v2/markets";
  EXPECT_EQ(verdict(signed_request("rsa.key", "rsa-1", path + "?limit=5")), Verdict::kRefused);
  EXPECT_EQ(verdict(signed_request("rsa.key", "rsa-1", "/markets")), Verdict::kRefused);
  EXPECT_EQ(verdict(signed_request("ed.key", "rsa-1", path)), Verdict::kRefused);
  EXPECT_EQ(verdict(signed_request("rsa.key", "nobody", path)), Verdict::kRefused);
  EXPECT_EQ(verdict(signed_request("rsa.key", "../keys/rsa-1", path)), Verdict::kRefused);
  EXPECT_EQ(verdict(signed_request("rsa.key", "rsa-1", path, kNow - 5001)), Verdict::kRefused);
  EXPECT_EQ(verdict(signed_request("rsa.key", "rsa-1", path, kNow + 5000)), Verdict::kKnown);
}

TEST_F(AuthTest, WithoutKeysAKeyIdIsBelievedButMustBeThere) {
  auto anyone = Authenticator::create({});
  HttpRequest request;
  EXPECT_EQ(anyone->check(request, kNow).verdict, Verdict::kAnonymous);
  request.headers = {{"KALSHI-ACCESS-TIMESTAMP", "1"}, {"KALSHI-ACCESS-SIGNATURE", "x"}};
  EXPECT_EQ(anyone->check(request, kNow).verdict, Verdict::kRefused);
  request.headers = {{"KALSHI-ACCESS-KEY", "anybody"}};
  EXPECT_EQ(anyone->check(request, kNow).client, "anybody");
}

TEST_F(AuthTest, RequestsWithoutCredentialsAreAnonymous) {
  EXPECT_EQ(verdict(HttpRequest{}), Verdict::kAnonymous);
}

}  // namespace
}  // namespace kd::sim
