#include "app/tape_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "app/exit_code.h"
#include "app/tape_files.h"
#include "base/json_quote.h"
#include "model/rfc3339.h"
#include "tape/mapped_file.h"

namespace kd {
namespace {

int refuse(std::string_view command, const Error& error) {
  fmt::print(stderr, "kalshi-data tape {}: {}\n", command, error.what);
  return kExitUsage;
}

// What the headers of a segment tell.
struct SegmentFigures {
  std::uint64_t frames = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t bytes = 0;
  std::optional<Micros> earliest;
  std::optional<Micros> latest;
  TapeFaults faults;

  void add(const SegmentFigures& other) {
    frames += other.frames;
    raw_bytes += other.raw_bytes;
    bytes += other.bytes;
    if (other.earliest) earliest = earliest ? std::min(*earliest, *other.earliest) : other.earliest;
    if (other.latest) latest = latest ? std::max(*latest, *other.latest) : other.latest;
    faults.add(other.faults);
  }
};

Expected<SegmentFigures> figures_of(const std::filesystem::path& path) {
  KD_TRY(const auto file, MappedFile::open(path));
  KD_TRY(auto reader, TapeSegmentReader::open(file.bytes(), TapeSegmentReader::Check::kHeaders));
  SegmentFigures figures;
  figures.bytes = file.bytes().size();
  for (TapeSegmentReader::Block block; reader.next(block);) {
    figures.add({.frames = block.header.frames,
                 .raw_bytes = block.header.raw_bytes,
                 .bytes = 0,
                 .earliest = block.header.earliest,
                 .latest = block.header.latest,
                 .faults = {}});
  }
  figures.faults.torn_bytes = reader.torn_bytes();
  for (const auto& damage : reader.damage()) {
    ++figures.faults.damaged_places;
    figures.faults.damaged_bytes += damage.bytes;
  }
  return figures;
}

std::string state_of(const TapeFaults& faults) {
  if (faults.unreadable_files > 0) return "unreadable";
  if (faults.damaged_places > 0) return fmt::format("{} bytes damaged", faults.damaged_bytes);
  return faults.torn_bytes > 0 ? fmt::format("{} bytes torn", faults.torn_bytes) : "whole";
}

void print_line(const std::string& segment, const SegmentFigures& figures) {
  const auto time = [](const std::optional<Micros>& at) {
    return at ? format_rfc3339(*at) : std::string("-");
  };
  const auto ratio = figures.bytes == 0 ? 0.0
                                        : static_cast<double>(figures.raw_bytes) /
                                              static_cast<double>(figures.bytes);
  fmt::print("{:<48} {:<27} {:<27} {:>13} {:>15} {:>6.1f} {}\n", segment, time(figures.earliest),
             time(figures.latest), figures.frames, figures.bytes, ratio, state_of(figures.faults));
}

std::string as_json(const TapeRecord& record) {
  const bool on_the_wire = record.kind == TapeKind::kFrame || record.kind == TapeKind::kSent;
  return fmt::format(R"({{"recv_us":{},"mono_us":{},"connection":{},"kind":"{}","{}":{}}})",
                     to_us(record.wall), record.mono.count(), record.connection,
                     name_of(record.kind), on_the_wire ? "frame" : "note", json_quote(record.text));
}

bool write_line(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fputc('\n', stdout) != EOF;
}

int exit_code_of(const TapeFaults& faults) { return faults.damaged() ? kExitFailure : kExitOk; }

}  // namespace

int run_tape_ls(const TapeOptions& options) {
  const auto files = find_tape_files(options.paths);
  if (!files) return refuse("ls", files.error());
  fmt::print("{:<48} {:<27} {:<27} {:>13} {:>15} {:>6} {}\n", "segment", "from", "to", "frames",
             "bytes", "ratio", "state");
  SegmentFigures all;
  for (const auto& path : *files) {
    auto figures = figures_of(path);
    if (!figures) {
      fmt::print(stderr, "{}: {}\n", path.string(), figures.error().what);
      figures = SegmentFigures();
      figures->faults.unreadable_files = 1;
    }
    print_line(path.filename().string(), *figures);
    all.add(*figures);
  }
  print_line(fmt::format("{} segments", files->size()), all);
  return exit_code_of(all.faults);
}

int run_tape_cat(const TapeOptions& options) {
  const auto files = find_tape_files(options.paths);
  if (!files) return refuse("cat", files.error());
  const bool raw = options.format == TapeFormat::kRaw;
  TapeProgress silent("cat");
  bool written = true;
  const auto faults =
      read_tape(*files, options, silent, [&](const auto&, const TapeRecord& record) {
        if (raw && record.kind != TapeKind::kFrame) return true;
        written = write_line(raw ? std::string(record.text) : as_json(record));
        return written;
      });
  if (!written || std::fflush(stdout) != 0) return kExitFailure;
  return exit_code_of(faults);
}

int run_tape_verify(const TapeOptions& options) {
  const auto files = find_tape_files(options.paths);
  if (!files) return refuse("verify", files.error());
  std::uint64_t frames = 0;
  std::uint64_t lost_notes = 0;
  TapeFaults faults;
  {
    TapeProgress progress("verify");
    faults = read_tape(*files, options, progress, [&](const auto&, const TapeRecord& record) {
      if (record.kind == TapeKind::kFrame) ++frames;
      if (record.kind == TapeKind::kLost) ++lost_notes;
      return true;
    });
  }
  fmt::print("{} segments, {} frames: {}", files->size(), frames,
             faults.damaged() ? "DAMAGED" : "ok");
  if (faults.damaged_bytes > 0) {
    fmt::print(", {} bytes in {} places cannot be read", faults.damaged_bytes,
               faults.damaged_places);
  }
  if (faults.unreadable_files > 0) fmt::print(", {} files unreadable", faults.unreadable_files);
  if (faults.torn_bytes > 0) fmt::print(", {} bytes of torn tails", faults.torn_bytes);
  if (lost_notes > 0) fmt::print(", {} notes of frames that were not taped", lost_notes);
  fmt::print("\n");
  return exit_code_of(faults);
}

}  // namespace kd
