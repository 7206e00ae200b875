#pragma once

#include "config/options.h"
#include "database/connection.h"

namespace kd {

// A database section of a configuration file as the database layer wants it.
inline ConnectOptions connect_options(const DatabaseConfig& config,
                                      const std::string& application_name) {
  ConnectOptions options;
  options.url = config.url;
  options.host = config.host;
  options.port = config.port;
  options.name = config.name;
  options.user = config.user;
  options.password = config.password;
  options.ssl_mode = config.ssl_mode;
  options.ssl_root_cert = config.ssl_root_cert;
  options.application_name = application_name;
  return options;
}

}  // namespace kd
