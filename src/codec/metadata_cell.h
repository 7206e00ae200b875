#pragma once

// How one JSON value becomes one column; for the sources of codec/ only.

#include <simdjson.h>

#include <string_view>

#include "base/expected.h"
#include "codec/copy_row.h"
#include "codec/metadata_fields.h"

namespace kd {

// Refuses a NUL, which PostgreSQL cannot store.
Expected<std::string_view> text_of(simdjson::dom::element value);

// Of the types that a single JSON value makes; the value is not null. Exact, or an error without a
// byte written.
Expected<void> put_cell(CopyRowWriter& cell, MetadataType type, simdjson::dom::element value);

}  // namespace kd
