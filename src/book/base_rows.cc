#include "book/base_rows.h"

#include "book/stored_values.h"

namespace kd {
namespace {

Expected<std::int64_t> number(const CopyRow& row, std::size_t column) {
  if (const auto value = row.int8(column)) return *value;
  return fail(Remedy::kDropItem, "a stored book has a column that is no number");
}

bool truth(const CopyRow& row, std::size_t column) { return row.bytes(column) == "\1"; }

}  // namespace

Expected<StoredBase> base_of(const CopyRow& row, std::size_t first) {
  StoredBase out;
  out.known.line = row.bytes(first);
  KD_TRY(out.known.since, number(row, first + 1));
  const auto anchor = row.int8(first + 2);
  out.anchored = anchor.has_value();
  out.known.at = anchor.value_or(out.known.since);
  KD_TRY(const auto yes, levels_of(row.bytes(first + 3)));
  KD_TRY(const auto no, levels_of(row.bytes(first + 4)));
  out.known.book = FoldedBook(yes, no);
  if (out.anchored && !row.is_null(first + 5)) {
    KD_TRY(const auto changes, changes_of(row.bytes(first + 5)));
    for (const auto& change : changes) out.known.book.apply(change);
  }
  out.stream_id = row.int8(first + 6).value_or(0);
  KD_TRY(const auto occurrence, number(row, first + 7));
  out.occurrence = static_cast<std::int16_t>(occurrence);
  out.frozen = truth(row, first + 8);
  return out;
}

Expected<std::vector<StoredBase>> bases_of(std::span<const char> rows) {
  std::vector<StoredBase> out;
  CopyReader reader(rows, kBaseColumns);
  for (CopyRow row; reader.next(row);) {
    KD_TRY(auto base, base_of(row, 0));
    out.push_back(std::move(base));
  }
  return out;
}

Expected<BookChange> change_of(const CopyRow& row, std::size_t first) {
  BookChange out;
  KD_TRY(out.ts, number(row, first));
  out.side = truth(row, first + 1) ? Side::kYes : Side::kNo;
  KD_TRY(const auto price, number(row, first + 2));
  KD_TRY(out.price, Price::from_raw(price));
  KD_TRY(const auto by, number(row, first + 3));
  out.by = Size(by);
  return out;
}

Expected<std::vector<BookChange>> change_rows_of(std::span<const char> rows) {
  std::vector<BookChange> out;
  CopyReader reader(rows, kChangeColumns);
  for (CopyRow row; reader.next(row);) {
    KD_TRY(const auto change, change_of(row, 0));
    out.push_back(change);
  }
  return out;
}

std::string copy_of(std::string_view query) {
  return "COPY (" + std::string(query) + ") TO STDOUT (FORMAT binary)";
}

}  // namespace kd
