#include "support/pg_cluster.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>

namespace kd {
namespace {

template <typename T>
T must(Expected<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "test PostgreSQL: {}\n", result.error().what);
  std::abort();
}

void must(const Expected<void>& result) {
  if (result) return;
  fmt::print(stderr, "test PostgreSQL: {}\n", result.error().what);
  std::abort();
}

std::filesystem::path make_temporary_directory() {
  std::string name = std::filesystem::temp_directory_path() / "kdt-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

// Which engine this run of the test program is for.
StorageEngine engine_under_test() {
  const char* name = std::getenv("KD_TEST_ENGINE");  // NOLINT(concurrency-mt-unsafe): nobody sets
  return must(storage_engine_named(name == nullptr ? "native" : name));
}

}  // namespace

PgCluster::PgCluster() : PgCluster(Options{}) {}

PgCluster::PgCluster(Options chosen)
    : engine_(chosen.engine.value_or(engine_under_test())), directory_(make_temporary_directory()) {
  LocalClusterOptions options;
  options.directory = directory_;
  options.durable = false;
  options.dies_with_parent = true;
  options.timescaledb = engine_ == StorageEngine::kTimescaleDb;
  options.settings = {{"max_connections", "60"}, {"shared_buffers", "64MB"}};
  options.settings.merge(chosen.settings);
  options.port = chosen.port;
  cluster_ = must(LocalCluster::open(std::move(options)));
  must(cluster_->start());
}

PgCluster::~PgCluster() {
  cluster_->kill();  // nothing in it is kept, so there is nothing to wait for
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string PgCluster::make_empty_database(const std::string& name) {
  const auto unique = fmt::format("{}_{}", name, ++databases_);
  must(ensure_database(*cluster_, unique));
  return unique;
}

std::string PgCluster::make_database(const std::string& name, SchemaKind kind) {
  auto unique = make_empty_database(name);
  must(migrate(*connect(unique), kind, engine_));
  return unique;
}

ConnectOptions PgCluster::options(const std::string& database, const std::string& user) const {
  return cluster_->connect_options(database, user);
}

std::unique_ptr<Connection> PgCluster::connect(const std::string& database,
                                               const std::string& user) {
  return must(Connection::connect(options(database, user)));
}

PgCluster& shared_cluster() {
  static PgCluster cluster;
  return cluster;
}

std::string scalar(Connection& connection, const std::string& sql) {
  const auto rows = connection.query(sql);
  if (!rows) return rows.error().what;
  if (rows->empty() || rows->front().empty()) return "no row";
  return rows->front().front().value_or("NULL");
}

}  // namespace kd
