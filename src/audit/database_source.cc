#include "audit/database_source.h"

#include <vector>

namespace kd {
namespace {

constexpr std::string_view kNull = "\\N";

Expected<void> see_rows(Auditor& auditor, std::string_view table, const SqlRows& rows) {
  std::vector<std::string_view> fields;
  for (const auto& row : rows) {
    fields.clear();
    for (const auto& value : row) fields.push_back(value ? std::string_view(*value) : kNull);
    KD_DO(auditor.see(table, fields));
  }
  return {};
}

Expected<void> see_table(Auditor& auditor, Connection& connection, std::string_view table) {
  KD_DO(connection.exec("DECLARE audit_rows NO SCROLL CURSOR FOR " + auditor.query(table)));
  for (;;) {
    KD_TRY(const auto rows, connection.query("FETCH 20000 FROM audit_rows"));
    if (rows.empty()) break;
    KD_DO(see_rows(auditor, table, rows));
  }
  KD_DO(connection.exec("CLOSE audit_rows"));
  return {};
}

}  // namespace

Expected<void> see_database(Auditor& auditor, Connection& connection) {
  KD_DO(connection.begin());
  for (const auto table : Auditor::tables()) {
    KD_DO(see_table(auditor, connection, table));
  }
  KD_DO(connection.rollback());
  return {};
}

}  // namespace kd
