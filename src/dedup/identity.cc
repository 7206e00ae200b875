#include "dedup/identity.h"

#include <cstring>

namespace kd {
namespace {

__extension__ using Wide = unsigned __int128;

// Both halves of the full product: every bit of the inputs reaches every bit of the result.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

constexpr std::uint64_t kMixHigh = 0xa0761d6478bd642f;
constexpr std::uint64_t kMixLow = 0xe7037ed1a0b428db;

}  // namespace

void IdentityMixer::word(std::uint64_t value) {
  // A product with zero would forget everything before it, hence the sums.
  high_ = fold(high_ ^ value, kMixHigh) + (value << 1 | value >> 63);
  low_ = fold(low_ + kMixHigh, value ^ kMixLow) + (low_ << 29 | low_ >> 35);
}

void IdentityMixer::add(std::string_view bytes) {
  std::uint64_t value = 0;
  while (bytes.size() >= sizeof(value)) {
    std::memcpy(&value, bytes.data(), sizeof(value));
    word(value);
    bytes.remove_prefix(sizeof(value));
  }
  value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  word(value | static_cast<std::uint64_t>(bytes.size() + 1) << 56);
}

Identity IdentityMixer::finish() const {
  return {fold(high_ ^ kMixLow, low_ + kHigh) ^ high_, fold(low_ ^ kMixHigh, high_ ^ kLow) + low_};
}

}  // namespace kd
