#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/expected.h"
#include "database/connection.h"

namespace kd {

struct LocalClusterOptions {
  std::filesystem::path directory;  // made if absent: data/, postgres.log, pg/ (the socket)
  std::uint16_t port = 0;           // TCP on 127.0.0.1; 0: unix socket only
  std::string superuser = "postgres";
  std::string superuser_password;  // empty: everybody who reaches the socket is trusted
  bool durable = true;             // false: fsync and full_page_writes off (tests only)
  bool dies_with_parent = false;   // a killed parent takes the server with it (immediate stop)
  bool timescaledb = false;        // preloads TimescaleDB where it is installed, without workers
  std::map<std::string, std::string> settings;  // postgresql.conf, given on the command line
  std::filesystem::path bin_directory;          // empty: the newest installed
  std::string run_as = "postgres";              // the account used when we are root
};

// A PostgreSQL cluster of our own: in one directory, on its own unix socket, touching no system
// service. As root the server runs as `run_as`, since PostgreSQL refuses to run as root; the
// parents of `directory` must let that account pass.
// The server is in a session of its own: Ctrl-C at the terminal does not reach it.
// Confined to one thread (with dies_with_parent: a thread that lives as long as the cluster).
class LocalCluster {
 public:
  // initdb when `directory` holds no cluster yet. Does not start the server.
  static Expected<std::unique_ptr<LocalCluster>> open(LocalClusterOptions options);
  ~LocalCluster();  // stops a running server: fast
  LocalCluster(const LocalCluster&) = delete;
  LocalCluster& operator=(const LocalCluster&) = delete;

  // Returns when the server accepts connections. A server left over from a killed parent is
  // stopped first.
  Expected<void> start();
  // Fast shutdown: sessions are ended, everything committed is on disk.
  Expected<void> stop();
  // SIGKILL to the whole server, as a power cut would.
  void kill();
  // SIGSTOP and SIGCONT to the whole server.
  void pause();
  void resume();
  bool running() const { return server_ > 0; }
  pid_t process() const { return server_; }  // -1: not running

  // How a client reaches database `name`; without user: the superuser.
  ConnectOptions connect_options(const std::string& name, const std::string& user = {},
                                 const std::string& password = {}) const;
  const std::filesystem::path& socket_directory() const { return socket_directory_; }
  std::filesystem::path log_file() const { return options_.directory / "postgres.log"; }

 private:
  explicit LocalCluster(LocalClusterOptions options) : options_(std::move(options)) {}

  std::filesystem::path data() const { return options_.directory / "data"; }
  Expected<void> prepare();
  Expected<void> initdb();
  Expected<void> stop_leftover();
  Expected<void> await_ready();
  bool has_timescaledb() const;
  std::string log_tail() const;

  const LocalClusterOptions options_;
  std::filesystem::path socket_directory_;
  std::filesystem::path bin_;
  uid_t uid_ = 0;  // the account of the server
  gid_t gid_ = 0;
  pid_t server_ = -1;
};

// CREATE DATABASE `name` unless it is there. Asked of the superuser's database "postgres".
Expected<void> ensure_database(const LocalCluster& cluster, const std::string& name);

// ALTER ROLE … PASSWORD for each (role, password): scram, hashed by the server.
Expected<void> set_role_passwords(Connection& superuser,
                                  const std::map<std::string, std::string>& passwords);

}  // namespace kd
