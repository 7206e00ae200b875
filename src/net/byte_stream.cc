#include "net/byte_stream.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "net/loop_impl.h"

namespace kd {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using TlsStream = asio::ssl::stream<tcp::socket>;

tcp::socket& socket_of(tcp::socket& stream) { return stream; }
tcp::socket& socket_of(TlsStream& stream) { return stream.next_layer(); }

void start_handshake(tcp::socket& stream, std::function<void(bool)> done) {
  asio::post(stream.get_executor(), [done = std::move(done)] { done(true); });
}
void start_handshake(TlsStream& stream, std::function<void(bool)> done) {
  stream.async_handshake(asio::ssl::stream_base::server,
                         [done = std::move(done)](error_code error) { done(!error); });
}

void say_end(tcp::socket& stream) {
  error_code ignored;
  stream.shutdown(tcp::socket::shutdown_send, ignored);
}
// A TLS peer that reads to the end wants close_notify; SSL_shutdown's first half sends it.
void say_end(TlsStream& stream) {
  stream.async_shutdown([](error_code) {});
}

template <typename Stream>
class StreamOver final : public ByteStream {
 public:
  template <typename... Args>
  explicit StreamOver(Args&&... args)
      : stream_(std::make_shared<Stream>(std::forward<Args>(args)...)) {}
  ~StreamOver() override { StreamOver::close(); }

  void handshake(std::function<void(bool)> done) override {
    start_handshake(*stream_, [keep = stream_, done = std::move(done)](bool ok) { done(ok); });
  }
  void read_some(char* into, std::size_t capacity, Done done) override {
    stream_->async_read_some(asio::buffer(into, capacity), finished(std::move(done)));
  }
  void write_some(const char* from, std::size_t bytes, Done done) override {
    stream_->async_write_some(asio::buffer(from, bytes), finished(std::move(done)));
  }
  std::size_t unacknowledged_bytes() override {
    int bytes = 0;
    const bool known = ::ioctl(socket_of(*stream_).native_handle(), SIOCOUTQ, &bytes) == 0;
    return known && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
  }
  void end_of_output() override { say_end(*stream_); }
  void close() override {
    error_code ignored;
    socket_of(*stream_).close(ignored);
  }
  void reset() override {
    error_code ignored;
    socket_of(*stream_).set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

 private:
  // Keeps the stream alive while an operation is under way.
  auto finished(Done done) {
    return [keep = stream_, done = std::move(done)](error_code error, std::size_t bytes) {
      done(!error, bytes);
    };
  }

  std::shared_ptr<Stream> stream_;
};

class Acceptor final : public StreamAcceptor, public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(asio::io_context& io, Accepted accepted)
      : io_(io), acceptor_(io), retry_(io), accepted_(std::move(accepted)) {}

  Expected<void> open(const HttpServer::Options& options);
  void accept_next();

  std::uint16_t port() const override { return port_; }
  void stop() override {
    stopped_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  Expected<void> load_certificate(const HttpServer::Options& options);
  Expected<void> bind(const HttpServer::Options& options);
  void take(tcp::socket socket);
  void pause_then_accept();

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  Accepted accepted_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

Expected<void> Acceptor::open(const HttpServer::Options& options) {
  if (!options.certificate_file.empty()) {
    if (auto loaded = load_certificate(options); !loaded) return loaded;
  }
  return bind(options);
}

Expected<void> Acceptor::load_certificate(const HttpServer::Options& options) {
  tls_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  tls_->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  error_code error;
  tls_->use_certificate_chain_file(options.certificate_file, error);
  if (error) {
    return fail(Remedy::kGiveUp,
                fmt::format("certificate {}: {}", options.certificate_file, error.message()));
  }
  tls_->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
  if (error) {
    return fail(Remedy::kGiveUp, fmt::format("key {}: {}", options.key_file, error.message()));
  }
  return {};
}

Expected<void> Acceptor::bind(const HttpServer::Options& options) {
  const auto refused = [&](const std::string& why) {
    return fail(Remedy::kGiveUp,
                fmt::format("cannot listen on {}:{}: {}", options.host, options.port, why));
  };
  error_code error;
  tcp::resolver resolver(io_);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error || found.empty()) return refused(error ? error.message() : "host not found");
  const tcp::endpoint at = found.begin()->endpoint();
  acceptor_.open(at.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(at, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return refused("address in use; stop the other program or choose another port");
  }
  if (error) return refused(error.message());
  port_ = acceptor_.local_endpoint().port();
  return {};
}

void Acceptor::accept_next() {
  acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (self->stopped_) return;
    if (error) return self->pause_then_accept();
    self->take(std::move(socket));
    self->accept_next();
  });
}

void Acceptor::take(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (tls_) {
    accepted_(std::make_unique<StreamOver<TlsStream>>(std::move(socket), *tls_));
  } else {
    accepted_(std::make_unique<StreamOver<tcp::socket>>(std::move(socket)));
  }
}

// Out of file descriptors: accepting again at once would only spin.
void Acceptor::pause_then_accept() {
  retry_.expires_after(std::chrono::milliseconds(100));
  retry_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && !self->stopped_) self->accept_next();
  });
}

// The acceptor lives on while an accept is under way; its owner may go at any time.
class OwnedAcceptor final : public StreamAcceptor {
 public:
  explicit OwnedAcceptor(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
  ~OwnedAcceptor() override { acceptor_->stop(); }
  std::uint16_t port() const override { return acceptor_->port(); }
  void stop() override { acceptor_->stop(); }

 private:
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace

Expected<std::unique_ptr<StreamAcceptor>> StreamAcceptor::listen(EventLoop& loop,
                                                                 const HttpServer::Options& options,
                                                                 Accepted accepted) {
  auto acceptor = std::make_shared<Acceptor>(loop.impl().io, std::move(accepted));
  if (auto opened = acceptor->open(options); !opened) return tl::unexpected(opened.error());
  acceptor->accept_next();
  return std::make_unique<OwnedAcceptor>(std::move(acceptor));
}

}  // namespace kd
