#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "database/local_cluster.h"
#include "database/migrations.h"

namespace kd {

// A throw-away PostgreSQL: not durable, trusts everybody who reaches its socket, gone with the
// object, and with the test program should that be killed. One thread.
//
// Its databases are kept by the engine that the environment's KD_TEST_ENGINE names (native).
class PgCluster {
 public:
  struct Options {
    std::optional<StorageEngine> engine = std::nullopt;  // instead of KD_TEST_ENGINE
    std::map<std::string, std::string> settings = {};    // of the server, beside our own
    std::uint16_t port = 0;                              // TCP on 127.0.0.1; 0: none
  };
  // Aborts the test program with a message when PostgreSQL cannot be started.
  PgCluster();
  explicit PgCluster(Options chosen);
  ~PgCluster();
  PgCluster(const PgCluster&) = delete;
  PgCluster& operator=(const PgCluster&) = delete;

  LocalCluster& server() { return *cluster_; }
  StorageEngine engine() const { return engine_; }

  // A fresh database, migrated; its name is made from `name`.
  std::string make_database(const std::string& name, SchemaKind kind);
  std::string make_empty_database(const std::string& name);

  ConnectOptions options(const std::string& database, const std::string& user = {}) const;
  // Aborts the test program when the connection fails.
  std::unique_ptr<Connection> connect(const std::string& database, const std::string& user = {});

 private:
  const StorageEngine engine_;
  std::filesystem::path directory_;
  std::unique_ptr<LocalCluster> cluster_;
  int databases_ = 0;
};

// One cluster for all tests of a program that do not stop it; started at first use.
PgCluster& shared_cluster();

// The single value a query returns, as text; "NULL" for NULL, the error's text if it failed.
std::string scalar(Connection& connection, const std::string& sql);

}  // namespace kd
