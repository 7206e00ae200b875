// What a client sends to the simulator behind the upgrade: cut into messages, equally whether the
// bytes come at once or one by one.
#include <vector>

#include "base/check.h"
#include "fuzz_target.h"
#include "net/ws_frames.h"

namespace kd {
namespace {

constexpr std::size_t kMostMessageBytes = 1 << 16;

void take_all(WsFrameReader& reader, std::vector<WsMessage>& messages) {
  while (auto message = reader.next()) messages.push_back(*std::move(message));
}

void compare(std::string_view bytes, bool compression) {
  WsFrameReader whole(kMostMessageBytes, compression);
  std::vector<WsMessage> at_once;
  whole.feed(bytes);
  take_all(whole, at_once);

  WsFrameReader pieces(kMostMessageBytes, compression);
  std::vector<WsMessage> one_by_one;
  for (const char& byte : bytes) {
    pieces.feed({&byte, 1});
    take_all(pieces, one_by_one);
  }
  KD_CHECK(whole.fault().has_value() == pieces.fault().has_value());
  KD_CHECK(at_once.size() == one_by_one.size());
  for (std::size_t i = 0; i < at_once.size(); ++i) {
    KD_CHECK(at_once[i].opcode == one_by_one[i].opcode);
    KD_CHECK(at_once[i].payload == one_by_one[i].payload);
    KD_CHECK(at_once[i].payload.size() <= kMostMessageBytes);
  }
}

}  // namespace
}  // namespace kd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kd::compare(kd::as_text(data, size), false);
  kd::compare(kd::as_text(data, size), true);
  return 0;
}
