#include "net/tls_trust.h"

#include "net/tls_trust_impl.h"

namespace kd {

TlsTrust::TlsTrust() : impl_(std::make_unique<Impl>()) {}
TlsTrust::~TlsTrust() = default;

std::shared_ptr<const TlsTrust> TlsTrust::load(const std::string& ca_file) {
  using Context = boost::asio::ssl::context;
  const std::shared_ptr<TlsTrust> trust(new TlsTrust);
  auto& context = trust->impl_->context;
  boost::system::error_code ignored;  // a missing system store shows as a failed handshake
  context.set_default_verify_paths(ignored);
  context.set_options(Context::no_sslv2 | Context::no_sslv3 | Context::no_tlsv1 |
                      Context::no_tlsv1_1);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  if (!ca_file.empty()) context.load_verify_file(ca_file, trust->impl_->error);
  context.set_verify_mode(boost::asio::ssl::verify_peer);
  return trust;
}

}  // namespace kd
