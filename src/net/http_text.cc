#include "net/http_text.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <iterator>
#include <utility>

#include "net/crypto.h"

namespace kd {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::uint32_t kMaxHeaderBytes = 32 << 10;
// For chunked bodies: nobody sends us one, and the library aborts on some that are malformed.
constexpr int kLengthRequired = 411;

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

HttpRequestReader::Read read_of(http::request<http::string_body>&& message) {
  HttpRequestReader::Read read;
  read.upgrade = beast::websocket::is_upgrade(message);
  read.keep_alive = message.keep_alive();
  read.request.method = text_of(message.method_string());
  read.request.target = text_of(message.target());
  for (const auto& field : message) {
    read.request.headers.emplace_back(text_of(field.name_string()), text_of(field.value()));
  }
  read.request.body = std::move(message.body());
  return read;
}

int status_of(beast::error_code error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) return 431;
  return 400;
}

}  // namespace

struct HttpRequestReader::Impl {
  explicit Impl(std::size_t max_body) : max_body_bytes(max_body) { restart(); }
  void restart() {
    parser.emplace();
    parser->header_limit(kMaxHeaderBytes);
    parser->body_limit(max_body_bytes);
  }
  std::size_t max_body_bytes;
  std::optional<http::request_parser<http::string_body>> parser;
};

HttpRequestReader::HttpRequestReader(std::size_t max_body_bytes)
    : impl_(std::make_unique<Impl>(max_body_bytes)) {}
HttpRequestReader::~HttpRequestReader() = default;

void HttpRequestReader::feed(std::string_view bytes) { input_.append(bytes); }

std::optional<HttpRequestReader::Read> HttpRequestReader::next() {
  while (fault_ == 0 && !input_.empty() && !impl_->parser->is_done()) {
    beast::error_code error;
    const std::size_t used =
        impl_->parser->put(boost::asio::const_buffer(input_.data(), input_.size()), error);
    input_.erase(0, used);
    if (error && error != http::error::need_more) fault_ = status_of(error);
    if (impl_->parser->is_header_done() && impl_->parser->chunked()) fault_ = kLengthRequired;
    if (used == 0) break;
  }
  if (fault_ != 0 || !impl_->parser->is_done()) return std::nullopt;
  auto read = read_of(impl_->parser->release());
  impl_->restart();
  return read;
}

std::string HttpRequestReader::take_rest() { return std::exchange(input_, {}); }

void append_http_response(std::string& out, const HttpResponse& response, bool keep_alive,
                          bool with_body) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nContent-Length: {}\r\n",
                 response.status, text_of(reason), response.body.size());
  if (!response.body.empty()) {
    fmt::format_to(std::back_inserter(out), "Content-Type: {}\r\n", response.content_type);
  }
  for (const auto& [name, value] : response.headers) {
    fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
  }
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (with_body) out += response.body;
}

void append_ws_accept(std::string& out, std::string_view client_key, std::string_view extensions) {
  std::string text(client_key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
  out += "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  out += "Sec-WebSocket-Accept: " + base64_encode(sha1(text)) + "\r\n";
  if (!extensions.empty()) {
    out.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
  }
  out += "\r\n";
}

}  // namespace kd
