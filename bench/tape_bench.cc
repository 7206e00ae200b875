// What the tape costs: the I/O thread per frame, and the tape's own thread per frame, which at
// 100,000 frames a second is its share of a core.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "codec/tape_block.h"
#include "delta_frames.h"
#include "tape/segment_file.h"
#include "tape/tape_feed.h"

namespace {

using namespace kd;
using bench::delta_frames;
using bench::kFrames;

const Micros kStart = micros_from_us(1'786'408'242'000'000);

// With the swap and return of full blocks, which the tape's thread does, in the figure.
void BM_TapeFrameOnLane(benchmark::State& state) {
  const auto frames = delta_frames();
  TapeFeed feed({}, [] {});
  std::vector<TapeBatch> full;
  std::size_t at = 0;
  for (auto _ : state) {
    const std::chrono::microseconds after(at * 10);
    feed.frame(static_cast<std::int32_t>(at % 75), frames[at % kFrames], kStart + after,
               TapeFeed::MonoTime(after));
    if (++at % kFrames != 0) continue;
    feed.take(full, false);
    for (auto& batch : full) feed.release(std::move(batch));
    full.clear();
  }
  state.SetItemsProcessed(state.iterations());
  if (feed.take_loss().any()) state.SkipWithError("frames were lost");
}
BENCHMARK(BM_TapeFrameOnLane);

std::vector<TapeBatch> blocks_of(const std::vector<std::string>& frames) {
  TapeFeed feed({}, [] {});
  for (std::size_t i = 0; i < 4 * frames.size(); ++i) {
    const std::chrono::microseconds after(i * 10);
    feed.frame(static_cast<std::int32_t>(i % 75), frames[i % frames.size()], kStart + after,
               TapeFeed::MonoTime(after));
  }
  std::vector<TapeBatch> blocks;
  feed.take(blocks, false);
  return blocks;
}

void BM_TapeFrameOnTapeThread(benchmark::State& state) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("kd-tape-bench-" + std::to_string(::getpid()));
  const auto blocks = blocks_of(delta_frames());
  auto segment = SegmentFile::create(directory, "bench", kStart, 1);
  TapeCompressor compressor;
  std::int64_t frames = 0;
  std::size_t at = 0;
  while (state.KeepRunningBatch(blocks[0].header.frames)) {
    const auto& batch = blocks[at++ % blocks.size()];
    if (!segment || !(*segment)->append(compressor.block(batch.header, batch.raw))) {
      state.SkipWithError("cannot write");
      break;
    }
    frames += batch.header.frames;
  }
  if (segment) {
    const auto bytes = static_cast<double>((*segment)->bytes());
    state.counters["bytes_per_frame"] = bytes / static_cast<double>(frames);
  }
  state.counters["percent_of_core_at_100k"] =
      benchmark::Counter(static_cast<double>(frames) / 1e5 / 100,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  segment = fail(Remedy::kGiveUp, "done");
  std::filesystem::remove_all(directory);
}
BENCHMARK(BM_TapeFrameOnTapeThread);

}  // namespace
