// What a frame costs from text to COPY-binary row, beside the limit: the same frames through bare
// simdjson with every field looked at and nothing kept. Synthetic frames in today's shapes, so
// that the figure needs no recording.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "codec/frame_decoder.h"
#include "codec/gatherer_rows.h"
#include "delta_frames.h"
#include "model/occurrence.h"

namespace {

using namespace kd;

using bench::delta_frames;
using bench::kFrames;

void BM_LimitBareSimdjson(benchmark::State& state) {
  const auto frames = delta_frames();
  simdjson::ondemand::parser parser;
  std::size_t at = 0;
  for (auto _ : state) {
    const auto& text = frames[at++ % kFrames];
    simdjson::ondemand::document document;
    if (parser.iterate(text.data(), text.size(), text.size() + kFramePadding).get(document)) {
      state.SkipWithError("not JSON");
      break;
    }
    simdjson::ondemand::object msg;
    std::int64_t seq = 0;
    std::int64_t ts = 0;
    std::string_view ticker;
    std::string_view price;
    std::string_view change;
    std::string_view side;
    if (document["seq"].get(seq) || document["msg"].get(msg) || msg["market_ticker"].get(ticker) ||
        msg["price_dollars"].get(price) || msg["delta_fp"].get(change) || msg["side"].get(side) ||
        msg["ts_ms"].get(ts)) {
      state.SkipWithError("not a delta");
      break;
    }
    benchmark::DoNotOptimize(seq + ts);
    benchmark::DoNotOptimize(ticker.data() + price.size() + change.size() + side.size());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_LimitBareSimdjson);

void BM_DecodeDelta(benchmark::State& state) {
  const auto frames = delta_frames();
  FrameDecoder decoder;
  std::size_t at = 0;
  for (auto _ : state) {
    const auto frame = decoder.decode(frames[at++ % kFrames]);
    benchmark::DoNotOptimize(frame->envelope.seq);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeDelta);

void BM_DecodeNumberAndEncodeDelta(benchmark::State& state) {
  const auto frames = delta_frames();
  FrameDecoder decoder;
  RowNumbering numbering;
  RowBatch batch;
  std::size_t at = 0;
  for (auto _ : state) {
    if (at % kFrames == 0) numbering = {};  // time starts over
    const auto frame = decoder.decode(frames[at++ % kFrames]);
    const auto& delta = std::get<OrderbookDelta>(frame->message);
    append_delta(batch, delta, numbering.number(delta.time.at, delta_content(delta), Micros()),
                 {.stream_id = 1,
                  .seq = *frame->envelope.seq,
                  .received = delta.time.at,
                  .sending = frame->envelope.sending});
    if (batch.rows() == 5000) batch.clear();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeNumberAndEncodeDelta);

}  // namespace
