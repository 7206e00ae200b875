// A WebSocket frame of the exchange: decoded without a crash, and what is decoded makes a row that
// reads back.
#include <array>
#include <string>

#include "base/check.h"
#include "codec/copy_reader.h"
#include "codec/frame_decoder.h"
#include "codec/gatherer_rows.h"
#include "fuzz_target.h"

namespace kd {
namespace {

void check_row(const RowBatch& batch, std::size_t columns) {
  CopyReader reader(batch.bytes, columns);
  CopyRow row;
  KD_CHECK(reader.next(row));
  KD_CHECK(!reader.next(row) && reader.complete());
}

struct RowMaker {
  RowBatch batch;
  Origin origin;

  void operator()(const OrderbookDelta& delta) {
    append_delta(batch, delta, {}, origin);
    check_row(batch, 12);
  }
  void operator()(const Trade& trade) {
    append_trade(batch, trade, origin);
    check_row(batch, 12);
  }
  void operator()(const TickerUpdate& ticker) {
    append_ticker(batch, ticker, 0, {}, origin);
    check_row(batch, 19);
  }
  void operator()(const LifecycleEvent& event) {
    append_lifecycle(batch, event, origin);
    check_row(batch, 8);
  }
  void operator()(const OrderbookSnapshot& snapshot) const {
    for (const auto levels : {snapshot.yes, snapshot.no}) {
      for (const auto& level : levels) KD_CHECK(level.price.raw() <= Price::kUnitsPerDollar);
    }
  }
  template <typename Answer>
  void operator()(const Answer&) const {}
};

}  // namespace
}  // namespace kd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static kd::FrameDecoder decoder;
  std::string padded(kd::as_text(data, size));
  padded.resize(size + kd::kFramePadding);
  const auto frame = decoder.decode({padded.data(), size});
  if (frame) std::visit(kd::RowMaker{}, frame->message);
  return 0;
}
