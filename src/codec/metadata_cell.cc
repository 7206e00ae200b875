#include "codec/metadata_cell.h"

#include <bit>
#include <limits>

#include "base/decimal.h"
#include "model/rfc3339.h"
#include "model/size.h"

namespace kd {

using simdjson::dom::element;

Expected<std::string_view> text_of(element value) {
  std::string_view text;
  if (const auto error = value.get_string().get(text)) {
    return fail(Remedy::kDropItem, simdjson::error_message(error));
  }
  if (text.find('\0') != std::string_view::npos) return fail(Remedy::kDropItem, "has a NUL");
  return text;
}

namespace {

Expected<void> put_time(CopyRowWriter& cell, element value) {
  KD_TRY(const auto text, text_of(value));
  if (text.starts_with("0001-01-01T00:00:00")) {
    cell.null();
    return {};
  }
  KD_TRY(const auto at, parse_rfc3339(text));
  cell.int8(to_us(at));
  return {};
}

Expected<void> put_dollars(CopyRowWriter& cell, element value) {
  constexpr int kDecimals = 5;
  KD_TRY(const auto text, text_of(value));
  KD_TRY(const auto amount, parse_unsigned_decimal(text, kDecimals));
  if (amount > std::numeric_limits<std::int32_t>::max()) {
    return fail(Remedy::kDropItem, "too large");
  }
  cell.int4(static_cast<std::int32_t>(amount));
  return {};
}

Expected<void> put_contracts(CopyRowWriter& cell, element value) {
  KD_TRY(const auto text, text_of(value));
  KD_TRY(const auto size, Size::parse(text));
  cell.int8(size.hundredths());
  return {};
}

template <typename T>
Expected<T> scalar(element value) {
  T out{};
  if (const auto error = value.get(out)) {
    return fail(Remedy::kDropItem, simdjson::error_message(error));
  }
  return out;
}

}  // namespace

Expected<void> put_cell(CopyRowWriter& cell, MetadataType type, element value) {
  switch (type) {
    case MetadataType::kTime:
      return put_time(cell, value);
    case MetadataType::kDollars:
      return put_dollars(cell, value);
    case MetadataType::kContracts:
      return put_contracts(cell, value);
    case MetadataType::kInteger: {
      KD_TRY(const auto number, scalar<std::int64_t>(value));
      cell.int8(number);
      return {};
    }
    case MetadataType::kNumber: {
      KD_TRY(const auto number, scalar<double>(value));
      cell.int8(std::bit_cast<std::int64_t>(number));  // float8 has the same eight bytes
      return {};
    }
    case MetadataType::kBoolean: {
      KD_TRY(const auto truth, scalar<bool>(value));
      cell.boolean(truth);
      return {};
    }
    case MetadataType::kJson:
      cell.jsonb(simdjson::minify(value));
      return {};
    default:
      break;
  }
  KD_TRY(const auto text, text_of(value));
  cell.bytes(text);
  return {};
}

}  // namespace kd
