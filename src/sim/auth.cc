#include "sim/auth.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "sim/numbers.h"

namespace kd::sim {

namespace fs = std::filesystem;

namespace {

// Key ids become file names.
bool is_key_id(std::string_view id) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return !id.empty() && id.size() <= 64 && id.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

Expected<Authenticator> Authenticator::create(const AuthOptions& options) {
  Authenticator made(options);
  if (options.keys_dir.empty()) return made;
  std::error_code error;
  for (fs::directory_iterator at(options.keys_dir, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != ".pem") continue;
    KD_TRY(auto key, VerifyKey::load_pem(at->path().string()));
    made.keys_.emplace(at->path().stem().string(), std::move(key));
  }
  if (!error) return made;
  return fail(Remedy::kGiveUp, fmt::format("keys {}: {}", options.keys_dir, error.message()));
}

Authenticator::Answer Authenticator::check(const HttpRequest& request, std::int64_t now_ms) {
  const auto refused = [](std::string why) {
    return Answer{Verdict::kRefused, {}, std::move(why)};
  };
  const auto id = request.header("KALSHI-ACCESS-KEY");
  const auto stamp = request.header("KALSHI-ACCESS-TIMESTAMP");
  const auto signature = request.header("KALSHI-ACCESS-SIGNATURE");
  if (id.empty() && stamp.empty() && signature.empty()) return {Verdict::kAnonymous, {}, {}};
  if (!is_key_id(id)) return refused("unknown key id");
  if (options_.keys_dir.empty()) return {Verdict::kKnown, std::string(id), {}};
  const VerifyKey* key = key_of(id);
  if (key == nullptr) return refused("unknown key id");
  const auto at = parse_int(stamp);
  if (!at) return refused("the timestamp is no number of milliseconds");
  if (std::abs(now_ms - *at) > options_.skew_ms) return refused("the timestamp is too far off");
  const std::string text = fmt::format("{}{}{}", stamp, request.method, request.path());
  if (!key->verify(text, signature)) return refused("the signature does not match");
  return {Verdict::kKnown, std::string(id), {}};
}

// A key that was added after the start is found when it is first used.
const VerifyKey* Authenticator::key_of(std::string_view id) {
  const auto known = keys_.find(id);
  if (known != keys_.end()) return &known->second;
  auto loaded = VerifyKey::load_pem(fmt::format("{}/{}.pem", options_.keys_dir, id));
  if (!loaded) return nullptr;
  return &keys_.emplace(std::string(id), std::move(*loaded)).first->second;
}

}  // namespace kd::sim
