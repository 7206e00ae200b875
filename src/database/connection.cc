#include "database/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <utility>

#include "base/check.h"
#include "database/pg_error.h"

namespace kd {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
Result own(PGresult* result) { return {result, &PQclear}; }

// Signature, flags, no header extension; and the trailer: -1 columns.
constexpr std::string_view kCopyHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view kCopyTrailer{"\377\377", 2};
constexpr std::size_t kCopyChunkBytes = 256UL << 10;  // per CopyData message

std::string describe(PGconn* conn) {
  const auto text = [](const char* value) { return value == nullptr ? "" : value; };
  return fmt::format("{}@{}:{}/{}", text(PQuser(conn)), text(PQhost(conn)), text(PQport(conn)),
                     text(PQdb(conn)));
}

std::string server_options(const ConnectOptions& o) {
  return fmt::format(
      "-c synchronous_commit=on -c client_min_messages=warning -c idle_session_timeout={} "
      "-c idle_in_transaction_session_timeout={} -c statement_timeout={}",
      o.idle_session_timeout.count(), o.idle_in_transaction_timeout.count(),
      o.statement_timeout.count());
}

std::map<std::string, std::string> keywords(const ConnectOptions& o) {
  std::map<std::string, std::string> out{
      {"fallback_application_name", o.application_name},
      {"client_encoding", "UTF8"},
      {"options", server_options(o)},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "10000"},
  };
  if (!o.url.empty()) {
    out["dbname"] = o.url;
    return out;
  }
  out["host"] = o.host;
  out["port"] = fmt::to_string(o.port);
  out["dbname"] = o.name;
  out["user"] = o.user;
  if (!o.password.empty()) out["password"] = o.password;
  if (!o.ssl_mode.empty()) out["sslmode"] = o.ssl_mode;
  if (!o.ssl_root_cert.empty()) out["sslrootcert"] = o.ssl_root_cert;
  return out;
}

PGconn* start(const ConnectOptions& options) {
  const auto words = keywords(options);
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : words) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/1);
}

// Drives the connection attempt; false when the time is over.
bool finish_connecting(PGconn* conn, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  auto waits_for = PGRES_POLLING_WRITING;
  while (PQstatus(conn) != CONNECTION_BAD) {
    if (waits_for == PGRES_POLLING_OK || waits_for == PGRES_POLLING_FAILED) return true;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const auto events = waits_for == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    pollfd socket{PQsocket(conn), static_cast<short>(events), 0};
    if (::poll(&socket, 1, static_cast<int>(left.count())) > 0) waits_for = PQconnectPoll(conn);
  }
  return true;
}

Error connect_error(PGconn* conn, const ConnectOptions& options) {
  if (PQsocket(conn) < 0 && !options.url.empty()) {
    PQconninfoOption* parsed = PQconninfoParse(options.url.c_str(), nullptr);
    if (parsed == nullptr) {  // libpq's own words would repeat the URL, password included
      return {Remedy::kGiveUp, "database.url is not a connection URL (postgres://user@host/name)"};
    }
    PQconninfoFree(parsed);
  }
  const char* password = PQpass(conn);  // nullptr when there is none
  const std::string_view message = PQerrorMessage(conn);
  return {remedy_of(sqlstate_in(message)),
          fmt::format("cannot connect to {}: {}", describe(conn),
                      clean_message(message, password == nullptr ? "" : password))};
}

}  // namespace

// All traffic is non-blocking with a deadline, since a stopped server answers nothing at all and
// TCP keepalives do not see it.
struct Connection::Impl {
  Impl(PGconn* c, std::chrono::milliseconds answer_timeout)
      : conn(c, &PQfinish), timeout(answer_timeout) {}

  Error error(std::string_view doing, const PGresult* result) const {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* primary =
        result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const bool names_constraint =
        result != nullptr && PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) != nullptr;
    const std::string_view sqlstate = state == nullptr ? "" : state;
    const auto silent = fmt::format("no answer within {} ms", timeout.count());
    const char* message = primary != nullptr ? primary
                          : timed_out        ? silent.c_str()
                                             : PQerrorMessage(conn.get());
    return {usable() ? remedy_of(sqlstate, names_constraint) : Remedy::kReconnect,
            fmt::format("{}: {}: {}{}", target, doing.substr(0, 80),
                        clean_message(message, PQpass(conn.get())),
                        sqlstate.empty() ? "" : fmt::format(" ({})", sqlstate))};
  }

  bool usable() const { return !timed_out && PQstatus(conn.get()) == CONNECTION_OK; }

  // Waits until the server sent something, or takes something; false when it does neither.
  bool await(short events) {
    pollfd socket{PQsocket(conn.get()), events, 0};
    int ready = 0;
    while ((ready = ::poll(&socket, 1, static_cast<int>(timeout.count()))) < 0 && errno == EINTR) {
    }
    timed_out = ready == 0;
    return ready > 0;
  }

  bool flush() {
    int left = 0;
    while ((left = PQflush(conn.get())) > 0) {
      if (!await(POLLIN | POLLOUT) || PQconsumeInput(conn.get()) == 0) return false;
    }
    return left == 0;
  }

  // The next result of what was sent; nullptr at the end, and when the session is lost.
  Result next_result() {
    while (PQisBusy(conn.get()) != 0) {
      if (!await(POLLIN)) return own(nullptr);
      if (PQconsumeInput(conn.get()) == 0) break;
    }
    return own(PQgetResult(conn.get()));
  }

  // The last result, as PQexec would give it; COPY stops for its data.
  Result last_result() {
    auto last = own(nullptr);
    while (auto result = next_result()) {
      last = std::move(result);
      const auto status = PQresultStatus(last.get());
      if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || !usable()) break;
    }
    if (timed_out) last.reset();
    return last;
  }

  Result start(const std::string& sql) {
    if (timed_out || PQsendQuery(conn.get(), sql.c_str()) == 0 || !flush()) return own(nullptr);
    return last_result();
  }

  Expected<Result> run(const std::string& sql) { return checked(sql, start(sql)); }

  Expected<Result> run(const std::string& sql, std::span<const SqlValue> params) {
    std::vector<const char*> values;
    for (const auto& p : params) values.push_back(p ? p->c_str() : nullptr);
    const bool sent = !timed_out &&
                      PQsendQueryParams(conn.get(), sql.c_str(), static_cast<int>(values.size()),
                                        nullptr, values.data(), nullptr, nullptr, 0) != 0 &&
                      flush();
    return checked(sql, sent ? last_result() : own(nullptr));
  }

  Expected<Result> checked(const std::string& sql, Result result) const {
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    return tl::unexpected(error(sql, result.get()));
  }

  bool put(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto part = bytes.substr(0, kCopyChunkBytes);
      const int taken = PQputCopyData(conn.get(), part.data(), static_cast<int>(part.size()));
      if (taken < 0 || !flush()) return false;
      if (taken > 0) bytes.remove_prefix(part.size());
    }
    return true;
  }

  // As PQgetCopyData: the size of the next message, -1 at the end, -2 on an error.
  int get(char** data) {
    int size = 0;
    while ((size = PQgetCopyData(conn.get(), data, /*async=*/1)) == 0) {
      if (!await(POLLIN) || PQconsumeInput(conn.get()) == 0) return -2;
    }
    return size;
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> conn;
  const std::chrono::milliseconds timeout;
  bool timed_out = false;
  std::string target;
};

namespace {

std::int64_t touched(const Result& result) {
  const std::string_view text = PQcmdTuples(result.get());
  std::int64_t rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  return rows;
}

SqlRows rows_of(const Result& result) {
  SqlRows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    auto& row = rows[static_cast<std::size_t>(r)];
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      const bool null = PQgetisnull(result.get(), r, c) != 0;
      row.push_back(null ? SqlValue{} : SqlValue{PQgetvalue(result.get(), r, c)});
    }
  }
  return rows;
}

}  // namespace

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

Expected<std::unique_ptr<Connection>> Connection::connect(const ConnectOptions& options) {
  PGconn* raw = start(options);
  KD_CHECK(raw != nullptr);
  auto impl = std::make_unique<Impl>(raw, options.answer_timeout);
  PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);  // a failed log-in then names its SQLSTATE
  impl->target = describe(raw);
  if (!finish_connecting(raw, options.connect_timeout)) {
    return fail(Remedy::kReconnect, fmt::format("cannot connect to {}: no answer within {} ms",
                                                impl->target, options.connect_timeout.count()));
  }
  if (PQstatus(raw) != CONNECTION_OK) return tl::unexpected(connect_error(raw, options));
  PQsetErrorVerbosity(raw, PQERRORS_DEFAULT);
  PQsetnonblocking(raw, 1);
  PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

Expected<std::int64_t> Connection::exec(const std::string& sql) {
  KD_TRY(const auto result, impl_->run(sql));
  return touched(result);
}

Expected<SqlRows> Connection::query(const std::string& sql, std::span<const SqlValue> params) {
  KD_TRY(const auto result, impl_->run(sql, params));
  return rows_of(result);
}

Expected<std::int64_t> Connection::execute(const std::string& sql,
                                           std::initializer_list<SqlValue> params) {
  KD_TRY(const auto result, impl_->run(sql, std::span(params.begin(), params.size())));
  return touched(result);
}

Expected<void> Connection::begin() {
  KD_TRY(const auto result, impl_->run("BEGIN"));
  return {};
}

Expected<void> Connection::commit() {
  auto result = impl_->run("COMMIT");
  if (!result) {
    auto error = std::move(result).error();
    if (error.remedy == Remedy::kReconnect) error.remedy = Remedy::kInDoubt;
    return tl::unexpected(std::move(error));
  }
  // COMMIT of a failed transaction is answered by ROLLBACK, without an error.
  if (std::string_view(PQcmdStatus(result->get())) != "COMMIT") {
    return fail(Remedy::kRetry, impl_->target + ": COMMIT: the transaction had failed before");
  }
  return {};
}

Expected<void> Connection::rollback() {
  KD_TRY(const auto result, impl_->run("ROLLBACK"));
  return {};
}

Expected<std::int64_t> Connection::copy_in(const std::string& statement,
                                           std::span<const std::span<const char>> parts) {
  const auto started = impl_->start(statement);
  if (PQresultStatus(started.get()) != PGRES_COPY_IN) {
    return tl::unexpected(impl_->error(statement, started.get()));
  }
  const auto put = [this](std::span<const char> rows) {
    return impl_->put({rows.data(), rows.size()});
  };
  const bool sent =
      impl_->put(kCopyHeader) && std::ranges::all_of(parts, put) && impl_->put(kCopyTrailer);
  // When the server refused a row it stopped listening: its reason is the result.
  const bool ended = impl_->usable() &&
                     PQputCopyEnd(impl_->conn.get(), sent ? nullptr : "rows not sent") == 1 &&
                     impl_->flush();
  if (!ended) return tl::unexpected(impl_->error(statement, nullptr));
  KD_TRY(const auto result, impl_->checked(statement, impl_->last_result()));
  return touched(result);
}

Expected<std::int64_t> Connection::copy_out(const std::string& statement, std::vector<char>& rows) {
  const auto started = impl_->start(statement);
  if (PQresultStatus(started.get()) != PGRES_COPY_OUT) {
    return tl::unexpected(impl_->error(statement, started.get()));
  }
  std::size_t skip = kCopyHeader.size();  // stands before the first row, in the same message
  char* data = nullptr;
  int size = 0;
  while ((size = impl_->get(&data)) > 0) {
    const auto length = static_cast<std::size_t>(size);
    const auto from = std::exchange(skip, 0);
    if (length > from && std::string_view(data + from, length - from) != kCopyTrailer) {
      rows.insert(rows.end(), data + from, data + length);
    }
    PQfreemem(data);
  }
  if (size == -2) return tl::unexpected(impl_->error(statement, nullptr));
  KD_TRY(const auto result, impl_->checked(statement, impl_->last_result()));
  return touched(result);
}

Expected<bool> Connection::try_advisory_lock(std::int64_t key) {
  KD_TRY(const auto rows, query("SELECT pg_try_advisory_lock($1)", {fmt::to_string(key)}));
  return rows.at(0).at(0) == "t";
}

bool Connection::usable() const { return impl_->usable(); }

SessionSecurity Connection::security() const {
  PGconn* conn = impl_->conn.get();
  const char* host = PQhost(conn);
  const std::string_view name = host == nullptr ? "" : host;
  SessionSecurity out;
  out.local = name.empty() || name.starts_with('/') || name == "localhost" ||
              name.starts_with("127.") || name == "::1";
  out.encrypted = PQsslInUse(conn) != 0;
  if (out.encrypted) out.protocol = PQsslAttribute(conn, "protocol");
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> all(PQconninfo(conn),
                                                                         &PQconninfoFree);
  for (const auto* option = all.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "sslmode" && option->val != nullptr) {
      out.ssl_mode = option->val;
    }
  }
  return out;
}

const std::string& Connection::target() const { return impl_->target; }

std::int64_t advisory_key(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::int64_t>(hash);
}

std::optional<std::int64_t> int_at(const SqlRow& row, std::size_t column) {
  const auto& text = row.at(column);
  std::int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

const std::string& text_at(const SqlRow& row, std::size_t column) {
  const auto& text = row.at(column);
  KD_CHECK(text.has_value());
  return *text;
}

}  // namespace kd
