#!/bin/sh
# The whole job on the samples, its sums held against what jq counts by itself.
set -eu
cd "$(dirname "$0")/../.."
samples=$PWD/samples/synthea
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "samples: $*" >&2; exit 1; }

"$FHIRSTAGE" run "$samples" --local="$scratch/state" --out "$scratch/out" --progress none >"$scratch/summary" ||
    { cat "$scratch/summary"; fail "run: exit $?"; }

# What was staged is what prepare writes, byte for byte: the manifests name the same chunks with the same checksums.
"$FHIRSTAGE" prepare "$samples" --out "$scratch/prepared" --quiet >/dev/null || fail "prepare: exit $?"
cmp "$scratch/prepared/meta/manifest.json" "$scratch/out/meta/manifest.json" || fail "staged other than prepared"

# By type, ours: lines in chunks; jq's: entries in Bundles.
jq -r '.entry[].resource.resourceType' "$samples"/*.json | sort | uniq -c | awk '{print $2, $1}' >"$scratch/jq"
for dir in "$scratch"/prepared/input/*/; do
    echo "$(basename "$dir") $(cat "$dir"*.ndjson | wc -l)"
done | sort >"$scratch/ours"
diff "$scratch/jq" "$scratch/ours" || fail "counts differ from jq's"

# No link between entries and no conditional reference is left in any reference.
cat "$scratch"/prepared/input/*/*.ndjson |
    jq -r '.. | objects | .reference? | strings | select(startswith("urn:") or contains("?"))' >"$scratch/left"
[ -s "$scratch/left" ] && fail "references left: $(head -n 3 "$scratch/left")"

# Every reference points at a resource that was staged.
cat "$scratch"/prepared/input/*/*.ndjson | jq -r '.resourceType + "/" + .id' | sort >"$scratch/ids"
[ "$(uniq -d "$scratch/ids" | wc -l)" = 0 ] || fail "an id twice"
cat "$scratch"/prepared/input/*/*.ndjson | jq -r '.. | objects | .reference? | strings | select(startswith("#") | not)' |
    sort -u >"$scratch/references"
[ "$(comm -13 "$scratch/ids" "$scratch/references" | wc -l)" = 0 ] ||
    fail "dangling: $(comm -13 "$scratch/ids" "$scratch/references" | head -n 3)"

# Nothing but ids and references changed: the rest of each resource is what jq sees in the Bundle.
jq -cS '.entry[].resource | select(.resourceType == "Observation") | [.id, .code, .valueQuantity, .effectiveDateTime]' \
    "$samples"/*.json | sort >"$scratch/before"
jq -cS '[.id, .code, .valueQuantity, .effectiveDateTime]' "$scratch"/prepared/input/Observation/*.ndjson | sort >"$scratch/after"
cmp -s "$scratch/before" "$scratch/after" || fail "observations changed"

# A second run finds its job and the objects that are there.
"$FHIRSTAGE" run "$samples" --local="$scratch/state" --out "$scratch/out" --progress none >"$scratch/again" ||
    { cat "$scratch/again"; fail "second run: exit $?"; }
