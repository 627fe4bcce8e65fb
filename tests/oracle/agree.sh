#!/bin/sh
# Our verdicts against the oracle's, set by set: the least agreement over all, in every group, and in places, in percent.
oracle=${TESTDATA:?}/oracle
[ -d "$oracle" ] || { echo "the oracle's verdicts are not in $oracle"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

agree() { # agree SET ALL GROUP PLACE [OPTIONS OF validate...]
    set=$1 all=$2 group=$3 place=$4
    shift 4
    xz -dc "$oracle/$set/cases.ndjson.xz" >"$scratch/cases.ndjson" || exit 1
    "$FHIRSTAGE" validate -q "$@" --verdicts "$scratch/ours.ndjson" "$scratch/cases.ndjson" >"$scratch/out" 2>&1
    case $? in
    0 | 3) ;;
    *) cat "$scratch/out"; failed=1; return ;;
    esac
    echo "$set:"
    python3 tests/oracle/compare "$oracle/$set" "$scratch/ours.ndjson" --need "$all" "$group" "$place" || failed=1
}

agree dev 99.5 98 95
agree synthea 100 100 95
agree examples 99.5 99.5 95
for profiles in us-core-5.0.1-subset us-core-3.1.0; do
    xz -dc "$TESTDATA/us-core/$profiles.json.xz" >"$scratch/$profiles.json" || exit 1
    agree "${profiles%-subset}" 98 98 95 --profiles "$scratch/$profiles.json"
done
exit $failed
