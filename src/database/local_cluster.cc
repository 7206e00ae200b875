#include "database/local_cluster.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "database/child_process.h"

namespace kd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint16_t kSocketNumber = 5432;  // in the socket's file name, when without TCP
constexpr std::size_t kSocketPathLimit = sizeof(sockaddr_un::sun_path) - 1;

int major_version(const fs::path& bin) { return std::atoi(bin.parent_path().filename().c_str()); }

bool has_server(const fs::path& bin) {
  std::error_code none;
  return fs::exists(bin / "initdb", none) && fs::exists(bin / "postgres", none);
}

// Debian keeps the server's programs out of PATH, one folder per version.
fs::path find_bin_directory() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    if (has_server(entry.path() / "bin")) found.push_back(entry.path() / "bin");
  }
  const auto newest = std::max_element(found.begin(), found.end(), [](auto& a, auto& b) {
    return major_version(a) < major_version(b);
  });
  if (newest != found.end()) return *newest;
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find(':'));
    if (has_server(fs::path(part))) return fs::path(part);
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return {};
}

pid_t parent_of(const fs::path& process) {
  std::ifstream file(process / "stat");
  std::string line;
  std::getline(file, line);
  const auto end = line.rfind(')');  // of the program's name, which may hold anything
  if (end == std::string::npos || end + 4 > line.size()) return 0;
  return std::atoi(line.c_str() + end + 4);  // ") S 123 …"
}

// Each backend is in a process group of its own, so the postmaster's group is not enough.
void signal_all(pid_t postmaster, int signal) {
  std::vector<pid_t> members{postmaster};
  std::error_code none;
  for (const auto& process : fs::directory_iterator("/proc", none)) {
    const pid_t pid = std::atoi(process.path().filename().c_str());
    if (pid > 1 && parent_of(process.path()) == postmaster) members.push_back(pid);
  }
  for (const auto pid : members) ::kill(pid, signal);
}

std::string sql_quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    out += c;
    if (c == quote) out += quote;
  }
  return out + quote;
}

}  // namespace

Expected<std::unique_ptr<LocalCluster>> LocalCluster::open(LocalClusterOptions options) {
  options.directory = fs::absolute(options.directory);
  std::unique_ptr<LocalCluster> cluster(new LocalCluster(std::move(options)));
  if (auto ready = cluster->prepare(); !ready) return tl::unexpected(ready.error());
  if (!fs::exists(cluster->data() / "PG_VERSION")) {
    if (auto made = cluster->initdb(); !made) return tl::unexpected(made.error());
  }
  return cluster;
}

LocalCluster::~LocalCluster() {
  if (running()) static_cast<void>(stop());
}

Expected<void> LocalCluster::prepare() {
  bin_ = options_.bin_directory.empty() ? find_bin_directory() : options_.bin_directory;
  if (bin_.empty()) {
    return fail(Remedy::kGiveUp,
                "PostgreSQL is not installed (no initdb in /usr/lib/postgresql/*/bin or PATH): "
                "run scripts/bootstrap");
  }
  uid_ = ::geteuid();
  gid_ = ::getegid();
  if (uid_ == 0) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): read at once
    const passwd* account = ::getpwnam(options_.run_as.c_str());
    if (account == nullptr || account->pw_uid == 0) {
      return fail(Remedy::kGiveUp, fmt::format("PostgreSQL does not run as root, and there is no "
                                               "account '{}' to run it as",
                                               options_.run_as));
    }
    uid_ = account->pw_uid;
    gid_ = account->pw_gid;
  }
  socket_directory_ = options_.directory / "pg";
  if ((socket_directory_ / ".s.PGSQL.65535.lock").string().size() > kSocketPathLimit) {
    socket_directory_ =
        fs::temp_directory_path() /
        fmt::format("kd-pg-{:016x}", std::hash<std::string>{}(options_.directory.string()));
  }
  std::error_code failed;
  for (const auto& folder : {options_.directory, data(), socket_directory_}) {
    if (fs::create_directories(folder, failed); failed) {
      return fail(Remedy::kGiveUp,
                  fmt::format("cannot make {}: {}", folder.string(), failed.message()));
    }
    if (::geteuid() == 0 && ::chown(folder.c_str(), uid_, gid_) != 0) {
      return fail(Remedy::kGiveUp,
                  fmt::format("cannot give {} to {}", folder.string(), options_.run_as));
    }
  }
  ::chmod(data().c_str(), 0700);
  ::chmod(socket_directory_.c_str(), 0700);
  return {};
}

Expected<void> LocalCluster::initdb() {
  const auto password_file = options_.directory / "superuser-password";
  const bool scram = !options_.superuser_password.empty();
  std::vector<std::string> command{bin_ / "initdb",
                                   "-D",
                                   data(),
                                   "-U",
                                   options_.superuser,
                                   "-E",
                                   "UTF8",
                                   "--no-locale",
                                   "--no-sync",
                                   scram ? "-Ascram-sha-256" : "-Atrust"};
  if (scram) {
    std::ofstream(password_file) << options_.superuser_password << '\n';
    ::chmod(password_file.c_str(), 0600);
    if (::geteuid() == 0 && ::chown(password_file.c_str(), uid_, gid_) != 0) {
      return fail(Remedy::kGiveUp, "cannot give the password file away");
    }
    command.push_back("--pwfile=" + password_file.string());
  }
  KD_TRY(const auto child,
         start_child({command, log_file(), options_.directory, Account{uid_, gid_}, SIGKILL}));
  const auto code = await_child(child, 120s);
  std::error_code ignored;
  fs::remove(password_file, ignored);
  if (code != 0) {
    return fail(Remedy::kGiveUp,
                fmt::format("initdb of {} failed: {}", data().string(), log_tail()));
  }
  return {};
}

Expected<void> LocalCluster::start() {
  if (running()) return {};
  if (auto stopped = stop_leftover(); !stopped) return stopped;
  std::vector<std::string> command{
      bin_ / "postgres",
      "-D",
      data(),
      "-k",
      socket_directory_,
      "-p",
      fmt::to_string(options_.port == 0 ? kSocketNumber : options_.port)};
  const auto set = [&command](std::string_view name, std::string_view value) {
    command.insert(command.end(), {"-c", fmt::format("{}={}", name, value)});
  };
  set("listen_addresses", options_.port == 0 ? "" : "127.0.0.1");
  set("logging_collector", "off");
  set("max_wal_size", "2GB");
  if (!options_.durable) {
    for (const auto* name : {"fsync", "full_page_writes"}) set(name, "off");
  }
  if (options_.timescaledb && has_timescaledb()) {
    set("shared_preload_libraries", "timescaledb");
    set("timescaledb.telemetry_level", "off");
    set("timescaledb.max_background_workers", "0");  // all maintenance is ours
  }
  for (const auto& [name, value] : options_.settings) set(name, value);
  KD_TRY(server_, start_child({command, log_file(), data(), Account{uid_, gid_},
                               options_.dies_with_parent ? SIGQUIT : 0}));
  return await_ready();
}

bool LocalCluster::has_timescaledb() const {
  std::error_code none;
  return fs::exists(bin_.parent_path() / "lib" / "timescaledb.so", none);
}

Expected<void> LocalCluster::await_ready() {
  const auto deadline = std::chrono::steady_clock::now() + 120s;  // crash recovery included
  const auto options = connect_options("postgres");
  while (std::chrono::steady_clock::now() < deadline) {
    if (const auto code = await_child(server_, 20ms)) {
      server_ = -1;
      return fail(Remedy::kGiveUp, fmt::format("PostgreSQL in {} ended at start (exit code {}): {}",
                                               data().string(), *code, log_tail()));
    }
    const auto connection = Connection::connect(options);
    if (connection) return {};
    if (connection.error().remedy == Remedy::kGiveUp) return tl::unexpected(connection.error());
  }
  return fail(Remedy::kRetry, fmt::format("PostgreSQL in {} is not ready after 120 s: {}",
                                          data().string(), log_tail()));
}

Expected<void> LocalCluster::stop() {
  if (!running()) return {};
  ::kill(server_, SIGINT);
  auto code = await_child(server_, 60s);
  if (!code) {
    ::kill(server_, SIGQUIT);
    code = await_child(server_, 10s);
  }
  if (!code) kill();
  server_ = -1;
  return {};
}

Expected<void> LocalCluster::stop_leftover() {
  std::ifstream file(data() / "postmaster.pid");
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 1) return {};
  std::ifstream cmdline(fmt::format("/proc/{}/cmdline", pid));
  const std::string words((std::istreambuf_iterator<char>(cmdline)), {});
  if (words.find(data().string()) == std::string::npos) return {};  // the number was used again
  ::kill(pid, SIGINT);
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (::kill(pid, 0) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Remedy::kGiveUp,
                  fmt::format("an older PostgreSQL (process {}) still runs in {} and does not stop",
                              pid, data().string()));
    }
    std::this_thread::sleep_for(20ms);
  }
  return {};
}

void LocalCluster::kill() {
  if (!running()) return;
  signal_all(server_, SIGKILL);
  await_child(server_, 10s);
  server_ = -1;
}

void LocalCluster::pause() {
  if (running()) signal_all(server_, SIGSTOP);
}

void LocalCluster::resume() {
  if (running()) signal_all(server_, SIGCONT);
}

ConnectOptions LocalCluster::connect_options(const std::string& name, const std::string& user,
                                             const std::string& password) const {
  ConnectOptions out;
  out.host = socket_directory_;
  out.port = options_.port == 0 ? kSocketNumber : options_.port;
  out.name = name;
  out.user = user.empty() ? options_.superuser : user;
  out.password = user.empty() ? options_.superuser_password : password;
  out.ssl_mode = "disable";
  return out;
}

std::string LocalCluster::log_tail() const {
  std::ifstream file(log_file());
  std::string line;
  std::string last;
  while (std::getline(file, line)) {
    if (!line.empty()) last = line;
  }
  return fmt::format("{} (see {})", last, log_file().string());
}

Expected<void> ensure_database(const LocalCluster& cluster, const std::string& name) {
  KD_TRY(const auto connection, Connection::connect(cluster.connect_options("postgres")));
  KD_TRY(const auto found,
         connection->query("SELECT 1 FROM pg_database WHERE datname = $1", {name}));
  if (!found.empty()) return {};
  KD_TRY(const auto made, connection->exec("CREATE DATABASE " + sql_quoted(name, '"')));
  static_cast<void>(made);
  return {};
}

Expected<void> set_role_passwords(Connection& superuser,
                                  const std::map<std::string, std::string>& passwords) {
  for (const auto& [role, password] : passwords) {
    auto done = superuser.exec("ALTER ROLE " + sql_quoted(role, '"') + " LOGIN PASSWORD " +
                               sql_quoted(password, '\''));
    if (!done) {  // the statement holds the password: name the role only
      return fail(done.error().remedy, "cannot set the password of role " + role);
    }
  }
  return {};
}

}  // namespace kd
