#!/bin/sh
# The service, killed while jobs run, loses and doubles none. `make soak` does it fifty times.
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
python3 tests/soak/kill.py "$FHIRSTAGE" --kills 8 --jobs 6 --lines 30000
