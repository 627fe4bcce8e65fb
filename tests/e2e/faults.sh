# Each operation of a run fails in every way: what is there in the end is right, once, and nothing is left over.
here=$(cd "$(dirname "$0")/.." && pwd)
export FHIRSTAGE="${FHIRSTAGE:-$here/../build/fhirstage}"
mkdir -p "${TMPDIR:-/tmp}"
input=$(mktemp -d)
trap 'rm -rf "$input"' EXIT
cp "$here"/../samples/synthea/hospital*.json "$input" 2>/dev/null || cp "$here"/../samples/synthea/*.json "$input"
# one type in parts
awk 'BEGIN { s = sprintf("%900s", ""); gsub(/ /, "x", s)
    for (i = 0; i < 10000; i++) printf "{\"resourceType\":\"Organization\",\"id\":\"b%d\",\"name\":\"%s\"}\n", i, s }' >"$input/large.ndjson"
export FAULT_KINDS="${FAULT_KINDS-drop}" # make kill has them all
out=$(sh "$here/lib/faults.sh" "$input" --level minimal 2>&1) || { echo "$out"; exit 1; }
