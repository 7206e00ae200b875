#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/table.h"
#include "codec/tape_record.h"
#include "model/messages.h"

namespace kd {

// A column of a gatherer's table as text.
struct TapeColumn {
  std::string_view name;
  std::string value;  // empty where `null`
  enum class Kind : std::uint8_t { kNull, kBare, kText, kJson } kind = Kind::kNull;
};

// What a frame says, as the row that it becomes, with the connection in place of what the stream
// adds (position, occurrence, ordinal, stream). A value.
struct TapeRow {
  Table table{};
  std::vector<TapeColumn> columns;
};

// Empty columns: the frame answers a command and is no row.
TapeRow row_of(const Frame& frame, const TapeRecord& record);

// The row of a frame that the decoder refused.
TapeRow quarantine_row(std::string_view reason, const TapeRecord& record);

// One line each, without a newline. CSV as PostgreSQL reads it: NULL is empty, "" an empty text.
std::string as_json(const TapeRow& row);
std::string csv_header(const TapeRow& row);
std::string as_csv(const TapeRow& row);

}  // namespace kd
