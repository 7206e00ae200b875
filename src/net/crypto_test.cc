#include "net/crypto.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace kd {
namespace {

class CryptoTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "kd_crypto_" +
           testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string path(const std::string& name) const { return dir_ + "/" + name; }

  std::string dir_;
};

TEST_F(CryptoTest, WhatAKeySignsItsPublicHalfVerifies) {
  ASSERT_TRUE(generate_rsa_key_pair(path("rsa.key"), path("rsa.pem")));
  ASSERT_TRUE(generate_ed25519_key_pair(path("ed.key"), path("ed.pem")));
  for (const std::string name : {"rsa", "ed"}) {
    const auto signer = SigningKey::load_pem(path(name + ".key"));
    const auto verifier = VerifyKey::load_pem(path(name + ".pem"));
    ASSERT_TRUE(signer && verifier) << name;
    const std::string signature = signer->sign("1700000000000GET/trade-api/ws/v2");
    EXPECT_TRUE(verifier->verify("1700000000000GET/trade-api/ws/v2", signature)) << name;
    EXPECT_FALSE(verifier->verify("1700000000001GET/trade-api/ws/v2", signature)) << name;
    EXPECT_FALSE(verifier->verify("1700000000000GET/trade-api/ws/v2", "bm9uc2Vuc2U=")) << name;
    EXPECT_FALSE(verifier->verify("1700000000000GET/trade-api/ws/v2", "not base64")) << name;
  }
}

TEST_F(CryptoTest, RefusesAKeyFileThatOthersMayRead) {
  ASSERT_TRUE(generate_rsa_key_pair(path("a.key"), path("a.pem")));
  std::filesystem::permissions(path("a.key"), std::filesystem::perms(0640));
  const auto key = SigningKey::load_pem(path("a.key"));
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().remedy, Remedy::kGiveUp);
  EXPECT_THAT(key.error().what, testing::HasSubstr("chmod 600"));
}

TEST_F(CryptoTest, NamesTheFileThatIsMissingOrNoKey) {
  const auto missing = SigningKey::load_pem(path("none.key"));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, testing::HasSubstr("none.key"));
  std::ofstream(path("text.key")) << "not a key\n";
  std::filesystem::permissions(path("text.key"), std::filesystem::perms(0600));
  const auto text = SigningKey::load_pem(path("text.key"));
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().what, testing::HasSubstr("text.key"));
}

TEST_F(CryptoTest, ThrowAwayAuthorityWritesItsFilesAndKeepsTheKeyPrivate) {
  const auto files = make_throwaway_ca(path("tls"), {"sim.example"});
  ASSERT_TRUE(files) << files.error().what;
  EXPECT_TRUE(std::filesystem::exists(files->ca_certificate));
  EXPECT_TRUE(std::filesystem::exists(files->server_certificate));
  EXPECT_EQ(std::filesystem::status(files->server_key).permissions(), std::filesystem::perms(0600));
}

TEST(Base64Test, EncodesWithPaddingAndRefusesWhatIsNoBase64) {
  EXPECT_EQ(base64_encode("hello"), "aGVsbG8=");
  EXPECT_EQ(base64_decode("aGVsbG8="), "hello");
  EXPECT_EQ(base64_decode(""), "");
  EXPECT_FALSE(base64_decode("aGVsbG8"));
  EXPECT_FALSE(base64_decode("!!!!"));
}

}  // namespace
}  // namespace kd
