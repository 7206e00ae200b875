#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace kd {

// Where a database is and how its session behaves. A value.
struct ConnectOptions {
  std::string url;                 // postgres://…; when set, host to ssl_root_cert are not used
  std::string host = "localhost";  // a leading '/' is a unix-socket directory
  std::uint16_t port = 5432;
  std::string name;
  std::string user;
  std::string password;  // secret: never in an error or a log line
  std::string ssl_mode = "prefer";
  std::string ssl_root_cert;
  std::string application_name = "kalshi-data";
  std::chrono::milliseconds connect_timeout{5'000};
  // A server that takes or sends no byte for so long is given up: the session counts as lost.
  std::chrono::milliseconds answer_timeout{60'000};
  // The server ends a session that is silent for so long; zero: never. A leader sets both, so
  // that a stopped process cannot hold a lock.
  std::chrono::milliseconds idle_session_timeout{0};
  std::chrono::milliseconds idle_in_transaction_timeout{0};
  std::chrono::milliseconds statement_timeout{0};
};

// How a session is protected on its way. A value.
struct SessionSecurity {
  bool encrypted = false;
  std::string protocol;  // "TLSv1.3"; empty: not encrypted
  std::string ssl_mode;  // as it came into effect
  bool local = false;    // a unix socket, or this machine's own loopback address
};

using SqlValue = std::optional<std::string>;  // text form; nullopt is NULL
using SqlRow = std::vector<SqlValue>;
using SqlRows = std::vector<SqlRow>;

// One PostgreSQL session, with synchronous_commit = on. Confined to one thread.
//
// Errors name server, statement and SQLSTATE, and say what to do:
//   kDropItem   the data is at fault (constraint, bad value): another row may well succeed
//   kRetry      nothing happened (lock timeout, deadlock, statement timeout, full disk)
//   kReconnect  the session is gone, and with it an open transaction
//   kInDoubt    the session was lost while COMMIT was under way
//   kGiveUp     credentials, missing table, missing privilege, wrong SQL
// After an error inside a transaction only rollback() is of use.
class Connection {
 public:
  static Expected<std::unique_ptr<Connection>> connect(const ConnectOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement, or several divided by ';'. The number of rows the last one touched.
  Expected<std::int64_t> exec(const std::string& sql);
  // One statement; $1, $2 … are taken from `params`.
  Expected<SqlRows> query(const std::string& sql, std::span<const SqlValue> params = {});
  Expected<SqlRows> query(const std::string& sql, std::initializer_list<SqlValue> params) {
    return query(sql, std::span(params.begin(), params.size()));
  }
  // The same, for the number of rows touched.
  Expected<std::int64_t> execute(const std::string& sql, std::initializer_list<SqlValue> params);

  Expected<void> begin();
  Expected<void> commit();
  Expected<void> rollback();

  // `statement` is a COPY … FROM STDIN (FORMAT binary); `rows` are rows as CopyRowWriter writes
  // them, without header and trailer. The number of rows stored.
  Expected<std::int64_t> copy_in(const std::string& statement, std::span<const char> rows) {
    return copy_in(statement, std::span(&rows, 1));
  }
  // The same for rows that lie in several places.
  Expected<std::int64_t> copy_in(const std::string& statement,
                                 std::span<const std::span<const char>> parts);

  // `statement` is a COPY … TO STDOUT (FORMAT binary). Appends the rows, without header and
  // trailer, to `rows`; the number of rows.
  Expected<std::int64_t> copy_out(const std::string& statement, std::vector<char>& rows);

  // Session-wide exclusive locks; they end with the session. False: another session holds it.
  Expected<bool> try_advisory_lock(std::int64_t key);

  // False once the session is known to be lost. Does no I/O.
  bool usable() const;
  SessionSecurity security() const;
  // "deduplicator@/run/pg:5432/kalshi_prod"
  const std::string& target() const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A number for an advisory lock, from a name: the same on every host.
std::int64_t advisory_key(std::string_view name);

// A column as a number; nullopt: NULL, or no integer.
std::optional<std::int64_t> int_at(const SqlRow& row, std::size_t column);
// A column that cannot be NULL, as text.
const std::string& text_at(const SqlRow& row, std::size_t column);

}  // namespace kd
