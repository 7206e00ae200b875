#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace kd {

// A 128-bit digest of a row's identity: two rows are taken for the same when it is equal. Among
// ten million rows the chance that any two different ones collide is below 1e-24.
struct AuditKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const AuditKey&, const AuditKey&) = default;
};

struct AuditKeyHash {
  std::size_t operator()(const AuditKey& key) const { return key.low; }
};

// Builds a key from fields in order; ("ab", "c") and ("a", "bc") differ. A value.
class AuditKeyBuilder {
 public:
  AuditKeyBuilder& add(std::int64_t number) { return mix(static_cast<std::uint64_t>(number)); }
  AuditKeyBuilder& add(std::string_view text);
  AuditKey key() const;

 private:
  AuditKeyBuilder& mix(std::uint64_t word);

  std::uint64_t high_ = 0x9E3779B97F4A7C15;
  std::uint64_t low_ = 0xC2B2AE3D27D4EB4F;
};

}  // namespace kd
