#include "api/signer.h"

namespace kd {

std::vector<std::pair<std::string, std::string>> Signer::headers(std::string_view method,
                                                                 std::string_view target,
                                                                 Micros now) const {
  const auto path = target.substr(0, target.find('?'));
  const auto timestamp = std::to_string(to_us(now) / 1000);
  std::string text = timestamp;
  text += method;
  text += path;
  return {{"KALSHI-ACCESS-KEY", key_id_},
          {"KALSHI-ACCESS-TIMESTAMP", timestamp},
          {"KALSHI-ACCESS-SIGNATURE", key_.sign(text)}};
}

}  // namespace kd
