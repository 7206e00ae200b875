#include "app/real_exchange.h"

#include <memory>
#include <stop_token>

#include "api/rest_client.h"
#include "base/log.h"
#include "metrics/registry.h"
#include "net/crypto.h"

namespace kd {
namespace {

RealExchange at(const std::string& name, const std::string& rest_host, const std::string& ws_host) {
  RealExchange exchange;
  exchange.name = name;
  exchange.rest_url = "https://" + rest_host + "/trade-api/v2";
  exchange.ws_url = "wss://" + ws_host + "/trade-api/ws/v2";
  exchange.series = usual_series();
  return exchange;
}

}  // namespace

const std::vector<std::string>& usual_series() {
  static const std::vector<std::string> kSeries = {"KXBTC15M", "KXHIGHNY", "KXCPIYOY"};
  return kSeries;
}

std::optional<RealExchange> real_exchange(const std::string& name) {
  if (name == "production") {
    return at(name, "external-api.kalshi.com", "external-api-ws.kalshi.com");
  }
  if (name == "demo") {
    return at(name, "external-api.demo.kalshi.co", "external-api-ws.demo.kalshi.co");
  }
  return std::nullopt;
}

Expected<void> check_credentials(const RealExchange& exchange) {
  KD_TRY(auto key, SigningKey::load_pem(exchange.private_key_file));
  KD_TRY(const auto log, open_log({"error", "text", "stderr"}));
  MetricsRegistry metrics;
  RestClient::Options options;
  options.base_url = exchange.rest_url;
  options.ca_file = exchange.ca_file;
  options.timeout = std::chrono::seconds(10);
  options.max_retries = 1;
  RestClient client(std::move(options),
                    std::make_shared<const Signer>(exchange.key_id, std::move(key)), metrics,
                    Logger(log, "up"));
  const auto answer = client.get("/account/limits", "/account/limits", std::stop_token{});
  if (answer) return {};
  if (answer.error().remedy != Remedy::kGiveUp) return tl::unexpected(answer.error());
  return fail(Remedy::kGiveUp, "the exchange refuses the key " + exchange.key_id + " (" +
                                   answer.error().what +
                                   "); check --key-id, --private-key, that the key belongs to " +
                                   exchange.name + ", and this machine's clock");
}

}  // namespace kd
