// permessage-deflate of the simulator: offers, compressed messages, and a way there and back.
#include "base/check.h"
#include "fuzz_target.h"
#include "net/ws_deflate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostBytes = 1 << 16;
  static kd::WsDeflater deflater;
  static kd::WsInflater inflater;
  const auto text = kd::as_text(data, size);
  (void)kd::accept_deflate(text);
  if (const auto inflated = inflater.run(text, kMostBytes)) {
    KD_CHECK(inflated->size() <= kMostBytes);
  }
  if (size <= kMostBytes) KD_CHECK(inflater.run(deflater.run(text), kMostBytes) == text);
  return 0;
}
