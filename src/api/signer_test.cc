#include "api/signer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace kd {
namespace {

class SignerTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / ("kd-signer-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

TEST_F(SignerTest, SignsTimestampMethodAndPathWithoutQuery) {
  const auto private_file = (directory_ / "key.pem").string();
  const auto public_file = (directory_ / "public.pem").string();
  const auto made = generate_rsa_key_pair(private_file, public_file);
  ASSERT_TRUE(made) << made.error().what;
  auto key = SigningKey::load_pem(private_file);
  ASSERT_TRUE(key) << key.error().what;
  const auto verify = VerifyKey::load_pem(public_file);
  ASSERT_TRUE(verify) << verify.error().what;

  const Signer signer("key-1", *std::move(key));
  const auto headers =
      signer.headers("GET", "/trade-api/v2/markets?limit=5", micros_from_ms(1'795'356'000'012));
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[0].second, "key-1");
  EXPECT_EQ(headers[1].second, "1795356000012");
  EXPECT_TRUE(verify->verify("1795356000012GET/trade-api/v2/markets", headers[2].second));
  EXPECT_FALSE(verify->verify("1795356000012GET/trade-api/v2/markets?limit=5", headers[2].second));
}

}  // namespace
}  // namespace kd
