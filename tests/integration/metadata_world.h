#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "metadata/metadata_sync.h"
#include "support/pg_cluster.h"
#include "support/scripted_exchange.h"

namespace kd {

// The lists of an exchange, as a test fills them: JSON objects in order of their tickers. Serves
// pages by `limit` and `cursor`, and `tickers`; ignores other filters. Any thread.
class Catalog {
 public:
  using Entries = std::map<std::string, std::string>;

  void series(const std::string& ticker, const std::string& members = R"("title":"S")");
  void event(const std::string& ticker, const std::string& series,
             const std::string& members = R"("title":"E")");
  void combo_event(const std::string& ticker, const std::string& series);
  void market(const std::string& ticker, const std::string& event,
              const std::string& status = "active", const std::string& members = "");
  void remove_market(const std::string& ticker);
  void move_to_history(const std::string& ticker);
  // Not listed, and there when asked for by name.
  void hide_event(const std::string& ticker);
  // The exchange answers nothing but this to requests whose target contains `part`.
  void fail(const std::string& part, int status);
  void heal();

  HttpResponse answer(const HttpRequest& request);

 private:
  HttpResponse list(const std::string& name, const Entries& entries, std::string_view query) const;
  HttpResponse one(const std::string& name, const Entries& entries, std::string_view ticker) const;

  mutable Mutex mutex_;
  Entries series_, events_, combo_events_, hidden_events_, markets_, history_;
  std::map<std::string, int> failures_;
};

// The catalog on a loopback socket, a production database, and a sync between them.
class MetadataWorld : public testing::Test {
 protected:
  MetadataWorld();
  ~MetadataWorld() override;

  MetadataSync::Options options();
  void start() { start(options()); }
  void start(MetadataSync::Options options);
  void stop() { sync_.reset(); }
  // Lets a full walk that begins after this call end.
  void walk();
  // The same for an increment.
  void increment();

  std::string sql(const std::string& statement, const std::string& user = {});
  double metric(const std::string& name, const Labels& labels = {}) const;
  std::string versions(const std::string& ticker) {
    return sql("SELECT count(*) FROM market_versions WHERE ticker = '" + ticker + "'");
  }
  // How many requests had `part` in their target.
  std::size_t asked(const std::string& part) const;

  Catalog catalog_;
  std::function<void(const HttpRequest&)> on_request_;  // set before the first request
  std::unique_ptr<ScriptedExchange> exchange_;
  std::string database_;
  MetricsRegistry metrics_;
  std::unique_ptr<RestClient> client_;
  std::unique_ptr<MetadataSync> sync_;
};

}  // namespace kd
