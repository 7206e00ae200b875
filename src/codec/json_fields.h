#pragma once

// The few ways in which we read a JSON value; for the sources of codec/ only.

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "model/price.h"
#include "model/size.h"

namespace kd::json {

namespace ondemand = simdjson::ondemand;

inline tl::unexpected<Error> bad(std::string_view field, std::string_view why) {
  return fail(Remedy::kDropItem, std::string(field) + ": " + std::string(why));
}

inline tl::unexpected<Error> bad(std::string_view field, simdjson::error_code code) {
  return bad(field, simdjson::error_message(code));
}

// The key's text between its quotes, escapes left as they are: no key we know has one.
inline std::string_view raw_key(ondemand::field& field) {
  const char* text = field.key().raw();
  const char* end = text;
  while (*end != '"') ++end;  // the parser has seen to it that there is one
  return {text, static_cast<std::size_t>(end - text)};
}

inline bool is_null(ondemand::value value) {
  ondemand::json_type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == ondemand::json_type::null;
}

inline Expected<std::string_view> text(std::string_view field, ondemand::value value) {
  std::string_view out;
  if (const auto error = value.get_string().get(out)) return bad(field, error);
  return out;
}

inline Expected<std::int64_t> integer(std::string_view field, ondemand::value value) {
  std::int64_t out = 0;
  if (const auto error = value.get_int64().get(out)) return bad(field, error);
  return out;
}

inline Expected<bool> boolean(std::string_view field, ondemand::value value) {
  bool out = false;
  if (const auto error = value.get_bool().get(out)) return bad(field, error);
  return out;
}

// The text of an object or array, as it stands in the frame.
inline Expected<std::string_view> raw_text(std::string_view field, ondemand::value value) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return bad(field, error);
  std::string_view out;
  simdjson::error_code error = simdjson::INCORRECT_TYPE;
  if (ondemand::object object; type == ondemand::json_type::object) {
    error = value.get_object().get(object);
    if (!error) error = object.raw_json().get(out);
  } else if (ondemand::array array; type == ondemand::json_type::array) {
    error = value.get_array().get(array);
    if (!error) error = array.raw_json().get(out);
  }
  if (error) return bad(field, error);
  return out;
}

template <typename T>
Expected<T> named(std::string_view field, Expected<T> parsed) {
  if (!parsed) return bad(field, parsed.error().what);
  return parsed;
}

inline Expected<Price> dollars(std::string_view field, ondemand::value value) {
  KD_TRY(const auto digits, text(field, value));
  return named(field, Price::parse(digits));
}

inline Expected<Size> contracts(std::string_view field, ondemand::value value) {
  KD_TRY(const auto digits, text(field, value));
  return named(field, Size::parse(digits));
}

// Dollars as text, or whole cents as the exchange sent until March 2026.
inline Expected<Price> price(std::string_view field, ondemand::value value, bool cents) {
  if (!cents) return dollars(field, value);
  KD_TRY(const auto whole, integer(field, value));
  return named(field, Price::from_cents(whole));
}

// Contracts as text, or whole ones as a number.
inline Expected<Size> size(std::string_view field, ondemand::value value, bool number) {
  if (!number) return contracts(field, value);
  KD_TRY(const auto whole, integer(field, value));
  return named(field, Size::from_contracts(whole));
}

// A required field that may have come in today's form or, failing that, in whole cents.
inline Expected<Price> current_or_cents(std::string_view field, const std::optional<Price>& current,
                                        const std::optional<std::int64_t>& cents) {
  if (current) return *current;
  if (!cents) return bad(field, "missing");
  return named(field, Price::from_cents(*cents));
}

// The same in whole contracts.
inline Expected<Size> current_or_contracts(std::string_view field,
                                           const std::optional<Size>& current,
                                           const std::optional<std::int64_t>& contracts) {
  if (current) return *current;
  if (!contracts) return bad(field, "missing");
  return named(field, Size::from_contracts(*contracts));
}

}  // namespace kd::json
