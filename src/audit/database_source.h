#pragma once

#include "audit/auditor.h"
#include "base/expected.h"
#include "database/connection.h"

namespace kd {

// Shows the auditor every row of its tables in this database, in slices of bounded size.
Expected<void> see_database(Auditor& auditor, Connection& connection);

}  // namespace kd
