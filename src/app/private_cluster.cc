#include "app/private_cluster.h"

namespace kd {
namespace {

constexpr const char* kSuperuser = "postgres";

// Several servers share one machine: less memory each, and fewer checkpoints under load.
std::map<std::string, std::string> settings_for_one_machine() {
  return {{"shared_buffers", "64MB"},
          {"max_connections", "40"},
          {"max_wal_size", "1GB"},
          {"log_min_messages", "warning"}};
}

}  // namespace

Expected<std::unique_ptr<PrivateCluster>> PrivateCluster::open(const UpLayout& layout,
                                                               Options options) {
  KD_TRY(const auto password, secret_in(layout.secret(options.name, kSuperuser)));
  LocalClusterOptions server;
  server.directory = layout.clusters / options.name;
  server.superuser = kSuperuser;
  server.superuser_password = password;
  server.dies_with_parent = true;
  server.settings = settings_for_one_machine();
  server.timescaledb = options.engine == StorageEngine::kTimescaleDb;
  KD_TRY(auto opened, LocalCluster::open(std::move(server)));
  std::unique_ptr<PrivateCluster> cluster(
      new PrivateCluster(std::move(options), std::move(opened)));
  KD_DO(cluster->prepare(layout));
  return cluster;
}

Expected<void> PrivateCluster::prepare(const UpLayout& layout) {
  KD_DO(server_->start());
  KD_DO(ensure_database(*server_, options_.database));
  KD_TRY(const auto superuser, connect());
  KD_DO(migrate(*superuser, options_.schema, options_.engine));
  std::map<std::string, std::string> passwords;
  for (const auto& role : options_.roles) {
    KD_TRY(passwords[role], secret_in(layout.secret(options_.name, role)));
  }
  KD_DO(set_role_passwords(*superuser, passwords));
  return {};
}

UpDatabase PrivateCluster::database() const {
  const auto options = server_->connect_options(options_.database);
  return {server_->socket_directory(), options.port, options_.database};
}

Expected<std::unique_ptr<Connection>> PrivateCluster::connect() const {
  return Connection::connect(server_->connect_options(options_.database));
}

}  // namespace kd
