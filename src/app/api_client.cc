#include "app/api_client.h"

#include "codec/rest_decoder.h"

namespace kd {
namespace {

// Protocol notes, section 2.9: Basic.
constexpr double kBasicTokensPerSecond = 200;
constexpr double kBucketSeconds = 3;

}  // namespace

Expected<std::shared_ptr<const Signer>> signer_of(const ApiConfig& api) {
  if (api.private_key_file.empty()) return nullptr;
  KD_TRY(auto key, SigningKey::load_pem(api.private_key_file));
  return std::make_shared<const Signer>(api.key_id, std::move(key));
}

std::unique_ptr<RestClient> make_rest_client(const ApiConfig& api,
                                             std::shared_ptr<const Signer> signer,
                                             MetricsRegistry& metrics, const Logger& log) {
  const double tokens = api.read_tokens_per_second.value_or(kBasicTokensPerSecond) * api.read_share;
  RestClient::Options options;
  options.base_url = api.rest_url;
  options.ca_file = api.ca_file;
  options.timeout = api.timeout;
  options.max_retries = api.max_retries;
  options.retry_backoff = api.retry_backoff;
  options.tokens_per_second = tokens;
  options.bucket_capacity = tokens * kBucketSeconds;
  return std::make_unique<RestClient>(std::move(options), std::move(signer), metrics,
                                      log.with("rest"));
}

void learn_budget(const ApiConfig& api, RestClient& client) {
  if (api.read_tokens_per_second || api.private_key_file.empty()) return;
  RestRequest request;
  request.endpoint = "/account/limits";
  request.path = "/account/limits";
  request.priority = RestPriority::kStatus;
  client.ask(std::move(request), [&client, share = api.read_share](const auto& answer) {
    const auto told = answer ? decode_account_limits(answer->body) : tl::unexpected(answer.error());
    if (!told || told->read_refill_rate <= 0) return;
    client.set_budget(told->read_refill_rate * share, told->read_bucket_capacity * share);
  });
}

}  // namespace kd
