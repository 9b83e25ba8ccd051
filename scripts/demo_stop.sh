#!/usr/bin/env bash
# Stops the demo's servers and removes what `make demo` wrote.
set -euo pipefail

cd "$(dirname "$0")/.."
. scripts/demo_servers.sh
remove_demo
