#pragma once

#include "app/tape_options.h"

namespace kd {

// `kalshi-data tape ls|cat|verify|decode`; each answers an ExitCode.

// A table of the segments, from their headers alone.
int run_tape_ls(const TapeOptions& options);

// Every record on stdout: as a JSON object a line, or (raw) the received frames as they were, one
// a line.
int run_tape_cat(const TapeOptions& options);

// Reads everything. kExitFailure when something but a torn tail cannot be read.
int run_tape_verify(const TapeOptions& options);

// Decodes every received frame again with this program's decoder. kExitFailure when one cannot
// be decoded or read.
int run_tape_decode(const TapeOptions& options);

}  // namespace kd
