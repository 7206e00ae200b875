#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/up_layout.h"
#include "app/up_plan.h"
#include "base/expected.h"
#include "database/local_cluster.h"
#include "database/migrations.h"

namespace kd {

// One running private PostgreSQL cluster of `kalshi-data up` with one migrated database, whose
// roles have the passwords of the layout's secret files. Confined to the thread that opened it.
class PrivateCluster {
 public:
  struct Options {
    std::string name;      // "gatherer-1", "production"
    std::string database;  // "kalshi_ts", "kalshi_prod"
    SchemaKind schema = SchemaKind::kGatherer;
    std::vector<std::string> roles;  // that get a password
    StorageEngine engine = StorageEngine::kNative;
  };

  static Expected<std::unique_ptr<PrivateCluster>> open(const UpLayout& layout, Options options);

  UpDatabase database() const;
  // A session of the superuser in the database.
  Expected<std::unique_ptr<Connection>> connect() const;
  LocalCluster& server() { return *server_; }
  const LocalCluster& server() const { return *server_; }

 private:
  PrivateCluster(Options options, std::unique_ptr<LocalCluster> server)
      : options_(std::move(options)), server_(std::move(server)) {}

  Expected<void> prepare(const UpLayout& layout);

  const Options options_;
  std::unique_ptr<LocalCluster> server_;
};

}  // namespace kd
