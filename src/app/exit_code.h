#pragma once

namespace kd {

// What every program of ours ends with; documented in docs/kalshi-data/deployment.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,      // anything else that went wrong
  kExitUsage = 2,        // command line or configuration
  kExitCannotStart = 3,  // port in use, database unreachable or not migrated, refused credentials
  kExitIncomplete =
      4,  // `up`: a row is missing or doubled; `verify`: a finding; `backfill`: bad trades
  kExitInterrupted = 130,  // `kalshi-data up`: SIGINT or SIGTERM before its audit
};

}  // namespace kd
