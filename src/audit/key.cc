#include "audit/key.h"

#include <bit>
#include <cstring>

namespace kd {
namespace {

// The finaliser of splitmix64: every input bit reaches every output bit.
std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

AuditKeyBuilder& AuditKeyBuilder::mix(std::uint64_t word) {
  high_ = scramble(high_ + word * 0x9FB21C651E98DF25);
  low_ = scramble(std::rotl(low_, 23) ^ (word + 0x165667B19E3779F9)) + high_;
  return *this;
}

AuditKeyBuilder& AuditKeyBuilder::add(std::string_view text) {
  mix(text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = text.size() < sizeof(word) ? text.size() : sizeof(word);
    std::memcpy(&word, text.data(), taken);
    mix(word);
    text.remove_prefix(taken);
  }
  return *this;
}

AuditKey AuditKeyBuilder::key() const { return {scramble(high_), scramble(low_)}; }

}  // namespace kd
