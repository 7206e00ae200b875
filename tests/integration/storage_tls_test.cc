// Sessions over TLS, against a server with a certificate of a throw-away authority.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "database/diagnosis.h"
#include "net/crypto.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

using testing::HasSubstr;

std::string temporary_directory() {
  std::string name = std::filesystem::temp_directory_path() / "kdt-tls-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  std::filesystem::permissions(name, std::filesystem::perms(0755));
  return name;
}

std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(probe, reinterpret_cast<sockaddr*>(&at), size);
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(probe);
  return ntohs(at.sin_port);
}

// The server runs under another account when we are root.
void give_to_server(const std::string& file) {
  const passwd* account = ::getpwnam("postgres");
  if (::geteuid() == 0 && account != nullptr) {
    ASSERT_EQ(::chown(file.c_str(), account->pw_uid, account->pw_gid), 0);
  }
}

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = temporary_directory();
    const auto files = make_throwaway_ca(directory_ + "/good", {});
    const auto others = make_throwaway_ca(directory_ + "/other", {});
    ASSERT_TRUE(files && others);
    authority_ = files->ca_certificate;
    wrong_authority_ = others->ca_certificate;
    for (const auto& file : {files->server_certificate, files->server_key}) give_to_server(file);
    std::filesystem::permissions(directory_ + "/good", std::filesystem::perms(0755));
    cluster_ = std::make_unique<PgCluster>(
        PgCluster::Options{.engine = StorageEngine::kNative,
                           .settings = {{"ssl", "on"},
                                        {"ssl_cert_file", files->server_certificate},
                                        {"ssl_key_file", files->server_key}},
                           .port = free_port()});
    database_ = cluster_->make_database("tls", SchemaKind::kProduction);
  }
  static void TearDownTestSuite() {
    cluster_.reset();
    std::filesystem::remove_all(directory_);
  }

  static ConnectOptions over_tcp(const std::string& ssl_mode, const std::string& authority) {
    auto options = cluster_->options(database_, "deduplicator");
    options.host = "localhost";
    options.ssl_mode = ssl_mode;
    options.ssl_root_cert = authority;
    return options;
  }

  static std::string directory_;
  static std::string authority_;
  static std::string wrong_authority_;
  static std::string database_;
  static std::unique_ptr<PgCluster> cluster_;
};
std::string TlsTest::directory_;
std::string TlsTest::authority_;
std::string TlsTest::wrong_authority_;
std::string TlsTest::database_;
std::unique_ptr<PgCluster> TlsTest::cluster_;

TEST_F(TlsTest, ProductionIsVerifiedInFull) {
  const auto session = Connection::connect(over_tcp("verify-full", authority_));
  ASSERT_TRUE(session) << session.error().what;
  EXPECT_TRUE((*session)->security().encrypted);
  EXPECT_EQ((*session)->security().ssl_mode, "verify-full");
}

TEST_F(TlsTest, AServerOfAnotherAuthorityIsRefused) {
  const auto session = Connection::connect(over_tcp("verify-full", wrong_authority_));
  ASSERT_FALSE(session);
  EXPECT_THAT(session.error().what, HasSubstr("certificate verify failed"));
}

TEST_F(TlsTest, AServerOfAnotherNameIsRefused) {
  auto options = over_tcp("verify-full", authority_);
  options.url = "postgres://deduplicator@127.0.0.2:" + std::to_string(options.port) + "/" +
                database_ + "?sslmode=verify-full&sslrootcert=" + authority_;
  const auto session = Connection::connect(options);
  ASSERT_FALSE(session) << "the certificate names localhost and 127.0.0.1 only";
}

TEST_F(TlsTest, AGathererIsReachedEncryptedOrNotAtAll) {
  const auto session = Connection::connect(over_tcp("require", ""));
  ASSERT_TRUE(session) << session.error().what;
  EXPECT_TRUE((*session)->security().encrypted);
  PgCluster plain({.engine = StorageEngine::kNative, .settings = {}, .port = free_port()});
  auto options = plain.options("postgres");
  options.host = "localhost";
  options.ssl_mode = "require";
  const auto refused = Connection::connect(options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("SSL"));
}

}  // namespace
}  // namespace kd
