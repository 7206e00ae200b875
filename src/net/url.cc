#include "net/ws_client.h"

namespace kd {

bool split_url(std::string_view url, UrlParts& parts) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const auto scheme = url.substr(0, scheme_end);
  parts.tls = scheme == "wss" || scheme == "https";
  if (!parts.tls && scheme != "ws" && scheme != "http") return false;
  url.remove_prefix(scheme_end + 3);
  const auto path_at = url.find_first_of("/?");
  parts.path = path_at == std::string_view::npos ? "/" : std::string(url.substr(path_at));
  auto authority = url.substr(0, path_at);
  const auto bracket = authority.rfind(']');  // of an IPv6 address
  const auto colon = authority.rfind(':');
  parts.port = parts.tls ? "443" : "80";
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    parts.port = std::string(authority.substr(colon + 1));
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  parts.host = std::string(authority);
  return !parts.host.empty() && !parts.port.empty();
}

}  // namespace kd
