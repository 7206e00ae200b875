#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kd {

// What a row is, whichever gatherer brought it: 128 bits mixed from the bytes of its key.
// At 30 million identities the chance of any false match is below 2^-78. A value.
struct Identity {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const Identity&, const Identity&) = default;
};

// Feeds one key, part by part, into two independent 64-bit mixes. The parts must delimit
// themselves (COPY columns do: each begins with its length). `seed` is random per process, so
// that nobody outside can prepare keys that meet. Confined to one thread.
class IdentityMixer {
 public:
  explicit IdentityMixer(std::uint64_t seed) : high_(seed ^ kHigh), low_(seed ^ kLow) {}

  void add(std::string_view bytes);
  Identity finish() const;

 private:
  static constexpr std::uint64_t kHigh = 0x9e3779b97f4a7c15;
  static constexpr std::uint64_t kLow = 0xd1b54a32d192ed03;

  void word(std::uint64_t value);

  std::uint64_t high_;
  std::uint64_t low_;
};

}  // namespace kd
