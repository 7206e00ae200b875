#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "codec/metadata_decoder.h"
#include "database/connection.h"
#include "database/partitions.h"
#include "metadata/metadata_sql.h"

namespace kd {

// Production's series, events and markets, as this session writes them: the only one that does,
// since it holds a lock. Errors are those of Connection. Confined to one thread.
class MetadataStore {
 public:
  // kRetry when another session holds the lock.
  static Expected<std::unique_ptr<MetadataStore>> open(const ConnectOptions& options);

  // False once the session, and with it what a walk has noted, is lost. After any other error it
  // can be used on.
  bool usable() const { return connection_->usable(); }

  struct Outcome {
    std::int64_t versions = 0;
    std::vector<MetadataRows::Unreadable> refused;  // entries that production does not take
  };
  // A page, in one transaction; an entry that is refused is left out and hides none beside it.
  // `historical`: of the exchange's historical tier.
  Expected<Outcome> apply(MetadataKind kind, const MetadataRows& rows, Micros seen_at,
                          bool historical);
  // All of them, or none.
  Expected<void> quarantine(MetadataKind kind, const std::vector<MetadataRows::Unreadable>& entries,
                            Micros at);

  // A full walk notes all markets that are listed. It ends with the session.
  Expected<void> begin_walk();
  Expected<void> note_listed(const std::vector<std::string>& markets);
  // After its last page: gathers the markets known since before `began` that it did not list …
  Expected<std::int64_t> gather_missing(Micros began);
  // … and gives up to `limit` of them out, each once.
  Expected<std::vector<std::string>> take_missing(std::size_t limit);
  // The exchange has none of these any more. How many it had until now.
  Expected<std::int64_t> mark_vanished(const std::vector<std::string>& markets, Micros at);

  // Markets that should have opened or closed by now, by what is known of them; the latest first.
  Expected<std::vector<std::string>> due(Micros now, std::size_t limit);
  // Series or events that were named and not listed, but for `others`; the newest first.
  Expected<std::vector<std::string>> placeholders(MetadataKind kind,
                                                  const std::vector<std::string>& others,
                                                  std::size_t limit);

 private:
  MetadataStore(std::unique_ptr<Connection> connection, Partitions partitions);

  Expected<void> prepare();
  // A page that is being written.
  struct Write {
    MetadataKind kind;
    const MetadataRows& rows;
    Micros seen_at;
    bool historical;
  };
  Expected<void> apply_range(const Write& page, std::size_t first, std::size_t last, Outcome& out);
  Expected<std::int64_t> write(const Write& page, std::span<const char> rows);
  Expected<std::int64_t> insert_quarantine(MetadataKind kind,
                                           const std::vector<MetadataRows::Unreadable>& entries,
                                           Micros at);
  // All of `work`, or nothing.
  template <typename Work>
  Expected<std::int64_t> in_transaction(Work work);
  Expected<std::vector<std::string>> tickers(const std::string& sql,
                                             std::initializer_list<SqlValue> params);

  std::unique_ptr<Connection> connection_;
  Partitions partitions_;
  MetadataSql sql_[kMetadataKinds];
};

}  // namespace kd
