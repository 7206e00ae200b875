#include "codec/tape_record.h"

#include <array>
#include <limits>
#include <optional>

namespace kd {
namespace {

constexpr std::uint8_t kMore = 0x80;

// A clock may jump by anything, so the differences wrap around as unsigned numbers do.
std::uint64_t zigzag(std::int64_t from, std::int64_t to) {
  const auto difference = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  return (difference << 1U) ^ (0 - (difference >> 63U));
}

std::int64_t unzigzag(std::int64_t from, std::uint64_t coded) {
  const auto difference = (coded >> 1U) ^ (0 - (coded & 1U));
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + difference);
}

char* put_varint(char* at, std::uint64_t value) {
  while (value >= kMore) {
    *at++ = static_cast<char>(value | kMore);
    value >>= 7U;
  }
  *at++ = static_cast<char>(value);
  return at;
}

std::optional<std::uint64_t> take_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(from.front());
    from.remove_prefix(1);
    const auto bits = static_cast<std::uint64_t>(byte & 0x7fU);
    if (shift == 63 && bits > 1) return std::nullopt;
    value |= bits << shift;
    if ((byte & kMore) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(TapeKind kind) {
  constexpr std::array<std::string_view, 6> kNames{"unknown", "frame",  "sent",
                                                   "opened",  "closed", "lost"};
  const auto index = static_cast<std::size_t>(kind);
  return index < kNames.size() ? kNames[index] : kNames[0];
}

void TapeRecordWriter::append(std::string& out, const TapeRecord& record) {
  std::array<char, kTapeRecordOverhead> head{};
  const auto wall_us = to_us(record.wall);
  const auto mono_us = record.mono.count();
  char* at = head.data();
  *at++ = static_cast<char>(record.kind);
  at = put_varint(at, static_cast<std::uint32_t>(record.connection));
  at = put_varint(at, zigzag(wall_us_, wall_us));
  at = put_varint(at, zigzag(mono_us_, mono_us));
  at = put_varint(at, record.text.size());
  out.append(head.data(), static_cast<std::size_t>(at - head.data()));
  out.append(record.text);
  wall_us_ = wall_us;
  mono_us_ = mono_us;
}

bool TapeRecordReader::next(TapeRecord& record) {
  if (left_.empty()) return false;
  auto rest = left_;
  const auto kind = static_cast<TapeKind>(rest.front());
  rest.remove_prefix(1);
  const auto connection = take_varint(rest);
  const auto wall = connection ? take_varint(rest) : std::nullopt;
  const auto mono = wall ? take_varint(rest) : std::nullopt;
  const auto length = mono ? take_varint(rest) : std::nullopt;
  constexpr auto kMostConnections = std::numeric_limits<std::int32_t>::max();
  if (!length || *connection > kMostConnections || *length > rest.size()) return false;
  wall_us_ = unzigzag(wall_us_, *wall);
  mono_us_ = unzigzag(mono_us_, *mono);
  record = {.kind = kind,
            .connection = static_cast<std::int32_t>(*connection),
            .wall = micros_from_us(wall_us_),
            .mono = std::chrono::microseconds(mono_us_),
            .text = rest.substr(0, *length)};
  left_ = rest.substr(*length);
  return true;
}

}  // namespace kd
