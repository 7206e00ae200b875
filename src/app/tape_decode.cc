#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "app/exit_code.h"
#include "app/tape_command.h"
#include "app/tape_files.h"
#include "app/tape_rows.h"
#include "codec/frame_decoder.h"

namespace kd {
namespace {

constexpr std::string_view kAnswers = "answers to commands";

// What became of the frames of a tape, one after another.
class Decoding {
 public:
  explicit Decoding(const TapeOptions& options) : options_(options) {}

  // False: the output takes no more.
  bool add(const std::filesystem::path& segment, const TapeRecord& record) {
    if (record.kind != TapeKind::kFrame) return true;
    const auto frame = decoder_.decode(record.text);
    const auto row = frame ? row_of(*frame, record) : quarantine_row(frame.error().what, record);
    if (row.columns.empty()) {
      ++rows_[kAnswers];
      return true;
    }
    ++rows_[name_of(row.table)];
    if (row.table == Table::kQuarantine) note_refusal(segment, row);
    return !wanted(row) || print(row);
  }

  void print_summary(std::FILE* out) const {
    for (const auto& [name, count] : rows_) {
      fmt::print(out, "{:<20} {:>15}\n", name, count);
    }
    if (decoder_.unknown_keys() > 0) {
      fmt::print(out, "{:<20} {:>15}\n", "unknown keys", decoder_.unknown_keys());
    }
    for (const auto& [reason, refusal] : refusals_) {
      fmt::print(out, "quarantine: {} times {}\n  first in {}: {}\n", refusal.count, reason,
                 refusal.segment, refusal.frame);
    }
  }

  bool refused_any() const { return !refusals_.empty(); }

 private:
  struct Refusal {
    std::uint64_t count = 0;
    std::string segment;
    std::string frame;
  };
  static constexpr std::size_t kMostReasons = 100;  // they can name values of the frame

  bool wanted(const TapeRow& row) const { return !options_.table || row.table == *options_.table; }

  void note_refusal(const std::filesystem::path& segment, const TapeRow& row) {
    std::string reason = row.columns[2].value;
    if (refusals_.size() >= kMostReasons && !refusals_.contains(reason)) reason = "other reasons";
    auto& refusal = refusals_[reason];
    if (refusal.count++ > 0) return;
    refusal.segment = segment.filename().string();
    refusal.frame = row.columns[3].value;
  }

  bool print(const TapeRow& row) {
    if (options_.format == TapeFormat::kSummary) return true;
    if (options_.format == TapeFormat::kNdjson) return std::puts(as_json(row).c_str()) != EOF;
    if (!header_printed_) std::puts(csv_header(row).c_str());
    header_printed_ = true;
    return std::puts(as_csv(row).c_str()) != EOF;
  }

  const TapeOptions& options_;
  FrameDecoder decoder_;
  std::map<std::string_view, std::uint64_t> rows_;
  std::map<std::string, Refusal> refusals_;
  bool header_printed_ = false;
};

}  // namespace

int run_tape_decode(const TapeOptions& options) {
  const auto files = find_tape_files(options.paths);
  if (!files) {
    fmt::print(stderr, "kalshi-data tape decode: {}\n", files.error().what);
    return kExitUsage;
  }
  Decoding decoding(options);
  bool written = true;
  TapeFaults faults;
  {
    TapeProgress progress("decode");
    faults = read_tape(*files, options, progress, [&](const auto& segment, const auto& record) {
      return written = decoding.add(segment, record);
    });
  }
  if (!written || std::fflush(stdout) != 0) return kExitFailure;
  decoding.print_summary(options.format == TapeFormat::kSummary ? stdout : stderr);
  return faults.damaged() || decoding.refused_any() ? kExitFailure : kExitOk;
}

}  // namespace kd
