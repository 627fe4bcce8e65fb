#!/bin/sh
# The table of R4's invariants in docs/validation.md against what the cases break and we catch; --write makes it anew.
cd "$(dirname "$0")/../.."
oracle=${TESTDATA:?}/oracle
[ -d "$oracle" ] || { echo "the oracle's verdicts are not in $oracle"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
pairs=
for set in dev examples; do
    xz -dc "$oracle/$set/cases.ndjson.xz" >"$scratch/cases" || exit 1
    "$FHIRSTAGE" validate -q --verdicts "$scratch/$set" "$scratch/cases" >"$scratch/out" 2>&1
    pairs="$pairs $scratch/$set:$oracle/$set/verdicts.ndjson.xz"
done
jq -c .resource tests/oracle/broken.ndjson >"$scratch/cases" || exit 1
"$FHIRSTAGE" validate -q --verdicts "$scratch/broken" "$scratch/cases" >"$scratch/out" 2>&1
# Each of our own cases must be caught by the rule that it breaks.
missed=$(jq -r .breaks tests/oracle/broken.ndjson | paste -d ' ' - "$scratch/broken" | while read -r rule verdict; do
    case $verdict in *"\"rule\":\"${rule#*#}\""*) ;; *) echo "$rule" ;; esac
done)
[ -z "$missed" ] || { echo "broken, and not caught: $missed"; exit 1; }
case $1 in --write) check= ;; *) check=--check ;; esac
# shellcheck disable=SC2086
python3 tests/oracle/invariants data/r4.facts $pairs "$scratch/broken:tests/oracle/broken.ndjson" --in docs/validation.md $check
