#pragma once

#include "backfill/reconcile.h"

namespace kd {

// Writes what an hour's reconciliation found, instead of what an earlier one did; one transaction.
Expected<void> store_hour(Connection& production, std::int64_t hour_us,
                          const ReconcileReport& report);

}  // namespace kd
