#include "sim/random.h"

#include <bit>

namespace kd::sim {

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {  // splitmix64, as xoshiro's authors advise
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

int Random::run_length(double go_on, int most) {
  int length = 1;
  while (length < most && chance(go_on)) ++length;
  return length;
}

std::string Random::uuid() {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  std::uint64_t bits = next();
  int left = 16;
  for (char& c : out) {
    if (c != 'x') continue;
    if (left-- == 0) {
      bits = next();
      left = 15;
    }
    c = kHex[bits & 0xf];
    bits >>= 4;
  }
  return out;
}

}  // namespace kd::sim
