#include "backfill/trade_job.h"

#include <algorithm>

namespace kd {
namespace {

constexpr std::chrono::hours kWidest{24};

}  // namespace

Expected<TradeJobOutcome> run_trade_job(const TradeJob& job, TradePages& pages, TradeStore& store,
                                        const std::stop_token& stop) {
  const FillJob key{.job = std::string(kCommandJob), .selection = job.selection};
  auto done = job.all.from;
  if (!job.again) {
    KD_TRY(done, store.done_until(key, job.all.from));
  }
  TradeJobOutcome outcome{.began = std::min(done, job.all.to), .counts = {}};
  FillProgress progress(job.all, outcome.began, FillProgress::Clock::now());
  const auto tell = [&] {
    if (job.on_progress) job.on_progress(progress);
  };
  TradeFill fill({.job = key,
                  .started = job.all.from,
                  .ticker = job.ticker,
                  .wanted = job.wanted,
                  .on_page =
                      [&](const FillCounts& counts) {
                        progress.on_page(counts);
                        tell();
                      },
                  .at_step = job.at_step},
                 pages, store);
  WindowWidth width(kWidest);
  while (done < job.all.to) {
    const TradeWindow window{.from = done, .to = std::min(done + width.get(), job.all.to)};
    KD_TRY(const auto counts, fill.fill(window, stop));
    width.on_window(static_cast<std::size_t>(counts.pages));
    progress.on_window(window, counts);
    outcome.counts += counts;
    done = window.to;
    tell();
  }
  return outcome;
}

}  // namespace kd
