// A sequence of frames, one a line, through the router: seq, gaps, books, anchors, rows. A line
// that begins with '-' closes the connection of the digit behind it; others come on connection 0.
#include <string>

#include "base/check.h"
#include "codec/frame_decoder.h"
#include "fuzz_target.h"
#include "metrics/registry.h"
#include "router/router.h"

namespace kd {
namespace {

class Fold {
 public:
  void line(std::string_view text) {
    now_ += std::chrono::milliseconds(100);
    if (text.starts_with('-')) {
      router_.connection_closed(0, now_, "closed");
      return;
    }
    padded_.assign(text);
    padded_.resize(text.size() + kFramePadding);
    router_.on_frame(0, {padded_.data(), text.size()}, now_);
    router_.tick(now_);
  }
  void end() {
    router_.close_all(now_, "end");
    router_.flush();
    router_.take_proofs();
  }

 private:
  static Router::Options options() {
    Router::Options options;
    options.batch_rows.fill(3);
    options.next_stream_id = [id = std::int64_t{0}]() mutable { return ++id; };
    options.on_lifecycle = [](const LifecycleEvent&, bool) {};
    options.on_flipped = [](const StreamPlace&) {};
    options.on_gap = [](Channel) {};
    return options;
  }
  static RouterMetrics& metrics() {
    static MetricsRegistry registry;
    static RouterMetrics metrics(registry);
    return metrics;
  }

  Micros now_ = micros_from_us(1'786'408'242'000'000);
  std::string padded_;
  Router router_{options(), [](Table, RowBatch& batch) { batch.clear(); }, metrics()};
};

}  // namespace
}  // namespace kd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kd::Fold fold;
  auto rest = kd::as_text(data, size);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    fold.line(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  fold.end();
  return 0;
}
