#pragma once

#include <memory>

#include "api/rest_client.h"
#include "api/signer.h"
#include "base/log.h"
#include "config/options.h"
#include "metrics/registry.h"

namespace kd {

// What signs requests; null without a key in the configuration. The error names the file.
Expected<std::shared_ptr<const Signer>> signer_of(const ApiConfig& api);

// A client with the configured limits, and the smallest tier's read budget until the account's own
// is known. `metrics` outlives it.
std::unique_ptr<RestClient> make_rest_client(const ApiConfig& api,
                                             std::shared_ptr<const Signer> signer,
                                             MetricsRegistry& metrics, const Logger& log);

// Asks the exchange for the account's budget, where none is configured and there is a key. Does
// not wait for the answer; the client takes it over.
void learn_budget(const ApiConfig& api, RestClient& client);

}  // namespace kd
