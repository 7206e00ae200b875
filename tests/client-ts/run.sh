#!/bin/sh
# Runs the exchange's own client library against exchange-sim.
#   run.sh <path to exchange-sim> [work folder]
# Exit code 77 (skipped) only where npm is missing.
set -eu
program=$(realpath "${1:?usage: run.sh <path to exchange-sim> [work folder]}")
here=$(dirname "$(realpath "$0")")
work=${2:-$(dirname "$program")/client-ts}

if ! command -v npm >/dev/null 2>&1; then
  echo "skipped: npm is not installed (Debian: apt-get install nodejs npm)"
  exit 77
fi
mkdir -p "$work"
cd "$work"
if ! cmp -s "$here/package-lock.json" package-lock.json || [ ! -d node_modules/kalshi-typescript ]; then
  cp "$here/package.json" "$here/package-lock.json" .
  npm ci --no-audit --no-fund --loglevel=error
fi
cp "$here/client_test.js" .
# The simulator is on this machine: no proxy is asked for it.
no_proxy=127.0.0.1 NO_PROXY=127.0.0.1 node client_test.js "$program"
