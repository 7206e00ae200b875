// COPY-binary rows as they come from a database. The first byte says how many columns they have.
#include "base/check.h"
#include "codec/copy_reader.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t columns = 1 + data[0] % kd::CopyRow::kMaxColumns;
  const auto bytes = kd::as_text(data + 1, size - 1);
  kd::CopyReader reader(bytes, columns);
  std::size_t walked = 0;
  for (kd::CopyRow row; reader.next(row);) {
    KD_CHECK(row.columns() == columns);
    for (std::size_t column = 0; column < columns; ++column) {
      KD_CHECK(row.bytes(column).size() <= bytes.size());
      KD_CHECK(!row.is_null(column) || !row.int8(column));
    }
    KD_CHECK(row.encoded(0, columns).size() < row.whole().size());
    walked += row.whole().size();
  }
  KD_CHECK(walked <= bytes.size());
  KD_CHECK(!reader.complete() || walked == bytes.size());
  return 0;
}
