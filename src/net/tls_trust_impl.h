#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include "net/tls_trust.h"

namespace kd {

struct TlsTrust::Impl {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
  boost::system::error_code error;  // of the extra authority's file
};

}  // namespace kd
