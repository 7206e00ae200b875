#include "net/ws_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <limits>
#include <memory>
#include <type_traits>

#include "net/loop_impl.h"
#include "net/tls_trust_impl.h"

namespace kd {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using boost::system::error_code;

using PlainStream = websocket::stream<tcp::socket>;
using TlsStream = websocket::stream<asio::ssl::stream<tcp::socket>>;

constexpr std::size_t kReadablePadding = 64;
constexpr std::size_t kKeptBytes = 64 << 10;  // of a buffer that one long message made long
constexpr std::chrono::milliseconds kCloseWait{1'000};

template <typename Stream>
class Client final : public WsClient, public std::enable_shared_from_this<Client<Stream>> {
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

 public:
  Client(EventLoop& loop, Options options, UrlParts url, Handlers handlers)
      : options_(std::move(options)),
        url_(std::move(url)),
        handlers_(std::move(handlers)),
        resolver_(loop.impl().io),
        deadline_(loop) {
    make_stream(loop.impl().io);
  }

  void start() {
    deadline_.after(options_.connect_timeout, [self = this->shared_from_this()] {
      self->finish(WsEnd::Kind::kUnreachable, 0, "no connection within the time limit");
    });
    resolver_.async_resolve(
        url_.host, url_.port,
        [self = this->shared_from_this()](error_code error, const auto& results) {
          if (error) return self->unreachable(error);
          self->connect(results);
        });
  }

  void send(std::string text) override {
    outbox_.push_back(std::move(text));
    if (outbox_.size() == 1) write_next();
  }

  void close() override {
    if (ended_ || closing_) return;
    closing_ = true;
    if (!open_) return finish(WsEnd::Kind::kLost, 0, "closed while connecting");
    deadline_.after(kCloseWait, [self = this->shared_from_this()] {
      self->finish(WsEnd::Kind::kLost, 0, "no answer to our close frame");
    });
    stream_->async_close(
        websocket::close_code::normal, [self = this->shared_from_this()](error_code) {
          self->finish(WsEnd::Kind::kClosed, websocket::close_code::normal, "closed by us");
        });
  }

  void abandon() override {
    handlers_ = {};
    finish(WsEnd::Kind::kLost, 0, "abandoned");
  }

  std::chrono::steady_clock::time_point last_activity() const override { return last_activity_; }
  std::optional<Micros> last_ping() const override { return last_ping_; }
  bool deflates() const override { return deflates_; }

 private:
  void make_stream(asio::io_context& io) {
    if constexpr (kTls) {
      trust_ = options_.trust != nullptr ? options_.trust : TlsTrust::load(options_.ca_file);
      stream_ = std::make_unique<Stream>(io, trust_->impl().context);
    } else {
      stream_ = std::make_unique<Stream>(io);
    }
    stream_->read_message_max(options_.max_message_bytes);
    websocket::permessage_deflate deflate;
    deflate.client_enable = options_.deflate;
    deflate.msg_size_threshold = std::numeric_limits<std::size_t>::max();
    stream_->set_option(deflate);
  }

  tcp::socket& socket() { return beast::get_lowest_layer(*stream_); }

  void connect(const tcp::resolver::results_type& addresses) {
    if (kTls && trust_->impl().error) return unreachable(trust_->impl().error);
    asio::async_connect(socket(), addresses,
                        [self = this->shared_from_this()](error_code error, const auto&) {
                          if (error) return self->unreachable(error);
                          error_code ignored;
                          self->socket().set_option(tcp::no_delay(true), ignored);
                          self->secure();
                        });
  }

  void secure() {
    if constexpr (kTls) {
      auto& tls = stream_->next_layer();
      // What the macro SSL_set_tlsext_host_name does, without its C cast.
      if (SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                   const_cast<char*>(url_.host.c_str())) != 1) {
        return finish(WsEnd::Kind::kUnreachable, 0, "host name not usable for TLS");
      }
      tls.set_verify_callback(asio::ssl::host_name_verification(url_.host));
      tls.async_handshake(asio::ssl::stream_base::client,
                          [self = this->shared_from_this()](error_code error) {
                            if (error) return self->unreachable(error);
                            self->upgrade();
                          });
    } else {
      upgrade();
    }
  }

  void upgrade() {
    stream_->set_option(
        websocket::stream_base::decorator([headers = options_.headers](websocket::request_type& r) {
          for (const auto& [name, value] : headers) r.set(name, value);
        }));
    stream_->control_callback([this](websocket::frame_type type, beast::string_view) {
      touch();
      if (type == websocket::frame_type::ping) last_ping_ = wall_now();
    });
    stream_->async_handshake(
        answer_, url_.host, url_.path,
        [self = this->shared_from_this()](error_code error) { self->upgraded(error); });
  }

  void upgraded(error_code error) {
    if (ended_) return;
    if (error == websocket::error::upgrade_declined) {
      const int status = static_cast<int>(answer_.result_int());
      return finish(WsEnd::Kind::kRefused, status, "HTTP " + std::to_string(status));
    }
    if (error) return finish(WsEnd::Kind::kLost, 0, error.message());
    deadline_.cancel();
    deflates_ = answer_[http::field::sec_websocket_extensions].find("permessage-deflate") !=
                beast::string_view::npos;
    open_ = true;
    touch();
    if (handlers_.on_open) handlers_.on_open();
    if (!ended_ && !reading_) read_next();
  }

  void read_next() {
    reading_ = true;
    stream_->async_read(buffer_, [self = this->shared_from_this()](error_code error, std::size_t) {
      self->reading_ = false;
      if (self->ended_) return;
      if (error) return self->read_failed(error);
      self->deliver();
      if (!self->ended_) self->read_next();
    });
  }

  void deliver() {
    const auto received = wall_now();
    touch();
    buffer_.reserve(buffer_.size() + kReadablePadding);
    const auto data = buffer_.data();
    if (handlers_.on_text) {
      handlers_.on_text({static_cast<const char*>(data.data()), data.size()}, received);
    }
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > kKeptBytes) buffer_.shrink_to_fit();
  }

  void read_failed(error_code error) {
    if (error == websocket::error::closed) {
      const auto& reason = stream_->reason();
      return finish(WsEnd::Kind::kClosed, reason.code,
                    "closed by the server" +
                        (reason.reason.empty() ? "" : ": " + std::string(reason.reason.c_str())));
    }
    WsEnd end{.kind = WsEnd::Kind::kLost, .code = 0, .what = error.message()};
    end.too_big = error == websocket::error::message_too_big;
    if (end.too_big)
      end.what += " (above " + std::to_string(options_.max_message_bytes) + " bytes)";
    finish(std::move(end));
  }

  void write_next() {
    stream_->text(true);
    stream_->async_write(asio::buffer(outbox_.front()),
                         [self = this->shared_from_this()](error_code error, std::size_t) {
                           if (self->ended_) return;
                           if (error) return self->write_failed(error);
                           self->outbox_.pop_front();
                           if (!self->outbox_.empty()) self->write_next();
                         });
  }

  void write_failed(error_code error) {
    WsEnd end{.kind = WsEnd::Kind::kLost, .code = 0, .what = error.message()};
    end.on_write = true;
    finish(std::move(end));
  }

  void unreachable(error_code error) { finish(WsEnd::Kind::kUnreachable, 0, error.message()); }

  void finish(WsEnd::Kind kind, int code, std::string what) {
    finish(WsEnd{.kind = kind, .code = code, .what = std::move(what)});
  }

  void finish(WsEnd end) {
    if (ended_) return;
    ended_ = true;
    open_ = false;
    deadline_.cancel();
    resolver_.cancel();
    error_code ignored;
    socket().close(ignored);
    const auto on_end = std::move(handlers_.on_end);
    end.what = url_.host + ":" + url_.port + ": " + end.what;
    if (on_end) on_end(end);
    handlers_.on_open = nullptr;  // on_text may be running; it goes with the object
  }

  void touch() { last_activity_ = std::chrono::steady_clock::now(); }

  const Options options_;
  const UrlParts url_;
  Handlers handlers_;
  tcp::resolver resolver_;
  Timer deadline_;
  std::shared_ptr<const TlsTrust> trust_;
  std::unique_ptr<Stream> stream_;
  websocket::response_type answer_;
  beast::flat_buffer buffer_;
  std::deque<std::string> outbox_;
  std::chrono::steady_clock::time_point last_activity_ = std::chrono::steady_clock::now();
  std::optional<Micros> last_ping_;
  bool deflates_ = false;
  bool open_ = false;
  bool ended_ = false;
  bool reading_ = false;
  bool closing_ = false;
};

template <typename Stream>
std::shared_ptr<WsClient> start(EventLoop& loop, WsClient::Options options, UrlParts url,
                                WsClient::Handlers handlers) {
  auto client = std::make_shared<Client<Stream>>(loop, std::move(options), std::move(url),
                                                 std::move(handlers));
  loop.post([client] { client->start(); });
  return client;
}

}  // namespace

std::shared_ptr<WsClient> WsClient::open(EventLoop& loop, Options options, Handlers handlers) {
  UrlParts url;
  if (!split_url(options.url, url)) url = {};  // an empty host fails to resolve, and says so
  return url.tls
             ? start<TlsStream>(loop, std::move(options), std::move(url), std::move(handlers))
             : start<PlainStream>(loop, std::move(options), std::move(url), std::move(handlers));
}

}  // namespace kd
