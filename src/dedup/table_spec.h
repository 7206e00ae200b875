#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kd {

enum class OddStamp : std::uint8_t {
  kKept,
  kRefused,          // the row goes to quarantine
  kPositionInstead,  // the position is a clock too, one that cannot run away
};

// How the rows of one table travel from a gatherer to production. Column numbers are the
// gatherer's (its COPY order); production gets columns [keep_first, keep_last), then the
// gatherer's id. A value.
struct TableSpec {
  std::string_view name;
  std::size_t columns;
  std::size_t stamp;  // the column whose time decides about partition and horizon
  int stream_column;  // -1: the table has none
  int seq_column;     // -1: the table has none
  std::size_t keep_first;
  std::size_t keep_last;
  std::string_view gatherer_columns;    // all of them, for COPY TO
  std::string_view production_columns;  // those that are copied, gatherer included
  std::array<std::size_t, 8> key;       // columns of the identity; kEnd ends the list
  bool key_has_gatherer;                // each gatherer's rows are rows of their own
  bool remembers;                       // identities are worth remembering
  bool always_staged;                   // production is asked about every row
  OddStamp odd_stamp;                   // what becomes of a stamp outside of the accepted range
  bool sharded;                         // by ticker; other tables are taken by every shard
  int source_column;                    // -1: none; rows from 'rest' are staged
  // Moves the rows of stage_<name>; none: INSERT … ON CONFLICT DO NOTHING.
  std::array<std::string_view, 2> merge_sql;
};

inline constexpr std::size_t kEndOfKey = ~std::size_t{0};
inline constexpr std::size_t kTableCount = 8;
inline constexpr std::size_t kProofs = kTableCount - 1;  // the watermarks, after all they prove

// In the order in which a round writes them: evidence after the rows it speaks of.
std::span<const TableSpec, kTableCount> table_specs();

// The name of its stamp column, which is the same in production.
std::string_view stamp_name(const TableSpec& spec);

// Its index, or kTableCount.
std::size_t table_index(std::string_view name);

}  // namespace kd
