// What a client sends to our HTTP servers: cut into requests, equally whether the bytes come at
// once or one by one.
#include <vector>

#include "base/check.h"
#include "fuzz_target.h"
#include "net/http_text.h"

namespace kd {
namespace {

constexpr std::size_t kMostBodyBytes = 1 << 12;

void take_all(HttpRequestReader& reader, std::vector<std::string>& targets) {
  while (auto read = reader.next()) {
    targets.push_back(read->request.target);
    if (read->upgrade) return;  // the rest is no HTTP
  }
}

void compare(std::string_view bytes) {
  HttpRequestReader whole(kMostBodyBytes);
  std::vector<std::string> at_once;
  whole.feed(bytes);
  take_all(whole, at_once);

  HttpRequestReader pieces(kMostBodyBytes);
  std::vector<std::string> one_by_one;
  for (const char& byte : bytes) {
    if (pieces.fault() != 0) break;
    pieces.feed({&byte, 1});
    take_all(pieces, one_by_one);
  }
  // Of a malformed request it may be found out sooner or later.
  if (whole.fault() == 0 && pieces.fault() == 0) KD_CHECK(at_once == one_by_one);
}

}  // namespace
}  // namespace kd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = kd::as_text(data, size);
  // Behind an upgrade the two ways rightly differ in what they still hold.
  if (text.find("pgrade") == text.npos && text.find("PGRADE") == text.npos) kd::compare(text);
  kd::HttpRequestReader reader(kd::kMostBodyBytes);
  std::vector<std::string> targets;
  reader.feed(text);
  kd::take_all(reader, targets);
  (void)reader.take_rest();
  return 0;
}
