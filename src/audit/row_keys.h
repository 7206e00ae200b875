#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "audit/key.h"

namespace kd {

// What makes two rows of a table the same row; the truth and the databases have them alike.
AuditKey delta_key(std::int64_t at_ms, std::string_view ticker, bool yes, std::int64_t price,
                   std::int64_t size);
// The id in any spelling of the uuid type.
AuditKey trade_key(std::string_view id, std::int64_t price, std::int64_t size);
// Ten figures: yes_bid … last_trade_size, of which any may be absent.
AuditKey ticker_key(std::int64_t at_ms, std::string_view ticker,
                    std::span<const std::string_view> figures);
AuditKey lifecycle_key(std::string_view ticker, std::string_view event_type);

std::vector<std::string_view> split_fields(std::string_view text, char separator);

}  // namespace kd
