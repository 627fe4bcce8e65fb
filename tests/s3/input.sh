#!/bin/sh
# s3:// as INPUT: what is prepared from a bucket is what is prepared from the same files, in the same order, whatever the
# number of threads; gzip too; a single object; and errors that say which object and why.
. tests/lib/service.sh
scratch=$(mktemp -d)
failed=0
fail() {
    echo "$*"
    failed=1
}
start_service "$scratch/state"
cleanup() {
    stop_service
    rm -rf "$scratch"
}
trap cleanup EXIT

# A folder with names that need quoting, a gzip, a file without FHIR, and a line larger than what is read at first.
mkdir -p "$scratch/in/b c" "$scratch/in/a=ü"
cp samples/synthea/hospital*.json "$scratch/in/b c/hospital.json"
python3 - "$scratch/in" <<'EOF'
import json, sys
root = sys.argv[1]
big = {'resourceType': 'Binary', 'id': 'big', 'contentType': 'application/octet-stream', 'data': 'QUJD' * 300000}
with open(root + '/a=ü/big+1.ndjson', 'w') as f:
    for i in range(2000):
        f.write(json.dumps({'resourceType': 'Patient', 'id': 'p%d' % i, 'birthDate': '1970-01-01'}) + '\n')
    f.write(json.dumps(big) + '\n')
    for i in range(3000):
        f.write(json.dumps({'resourceType': 'Encounter', 'id': 'e%d' % i, 'status': 'finished', 'class': {'code': 'AMB'},
                            'subject': {'reference': 'Patient/p%d' % (i % 2000)}}) + '\n')
EOF
sed 's/"id": "\([pe]\)/"id": "z\1/; s/"big"/"zbig"/' "$scratch/in/a=ü/big+1.ndjson" | gzip -nc >"$scratch/in/z.gz"
echo "no FHIR" >"$scratch/in/readme.txt"

signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
(cd "$scratch/in" && find . -type f) | sed 's|^\./||' | while read -r name; do
    path=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "$name")
    signed s3 -f -T "$scratch/in/$name" "$AWS_ENDPOINT_URL/bucket/in/$path" -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" || echo "no upload of $name" >>"$scratch/unsent"
done
[ -e "$scratch/unsent" ] && fail "$(cat "$scratch/unsent")"

"$FHIRSTAGE" -q prepare "$scratch/in" --out "$scratch/local" >/dev/null || fail "prepare from files: $?"
for jobs in 1 4; do
    "$FHIRSTAGE" -q prepare s3://bucket/in --out "$scratch/s3-$jobs" --jobs $jobs >/dev/null || fail "prepare from s3: $?"
    for part in input meta/manifest.json meta/provenance quarantine; do
        [ -e "$scratch/local/$part" ] || continue
        diff -r "$scratch/local/$part" "$scratch/s3-$jobs/$part" >/dev/null || fail "$part differs with $jobs jobs"
    done
done

"$FHIRSTAGE" validate --verdicts - "$scratch/in/a=ü/big+1.ndjson" 2>/dev/null | jq -c 'del(.file)' >"$scratch/1"
"$FHIRSTAGE" validate --verdicts - "s3://bucket/in/a=ü/big+1.ndjson" 2>/dev/null | jq -c 'del(.file)' >"$scratch/2"
cmp -s "$scratch/1" "$scratch/2" && [ "$(wc -l <"$scratch/2")" = 5001 ] || fail "validate differs"

"$FHIRSTAGE" figures --json "s3://bucket/in/z.gz" 2>/dev/null | jq -e '.TotalNumberOfResourcesScanned == 5001' >/dev/null || fail "figures of one object"

# The whole job, from a bucket into it: what is written is not read.
"$FHIRSTAGE" -q run s3://bucket/in --to s3://bucket/in/staged --datastore "$(
    signed healthlake -X POST "$AWS_ENDPOINT_URL/" -H 'Content-Type: application/x-amz-json-1.0' \
        -H 'X-Amz-Target: HealthLake.CreateFHIRDatastore' -d '{"DatastoreTypeVersion":"R4"}' | jq -r .DatastoreId)" \
    --role arn:aws:iam::123456789012:role/import --kms-key arn:aws:kms:us-east-1:123456789012:key/k --out "$scratch/run" \
    --json >"$scratch/run.json" 2>"$scratch/run.err" || fail "run from s3: $? $(cat "$scratch/run.err")"

# Many small objects far away: one is fetched while others are read, so that they do not add up to 20 s.
start_slow() {
    stop_service
    start_service "$scratch/state" --fault latency=100ms,op=GetObject
}
mkdir "$scratch/small"
for i in $(seq 100); do
    echo "{\"resourceType\":\"Patient\",\"id\":\"s$i\"}" >"$scratch/small/$i.ndjson"
    signed s3 -f -T "$scratch/small/$i.ndjson" "$AWS_ENDPOINT_URL/bucket/small/$i.ndjson" -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" || fail "no upload of $i"
done
"$FHIRSTAGE" -q prepare "$scratch/small" --out "$scratch/small-local" >/dev/null || fail "prepare of small files: $?"
start_slow
begun=$(date +%s)
"$FHIRSTAGE" -q prepare s3://bucket/small --out "$scratch/small-s3" --jobs 1 >/dev/null || fail "prepare of small objects: $?"
took=$(($(date +%s) - begun))
[ $took -lt 10 ] || fail "small objects took $took s"
diff -r "$scratch/small-local/input" "$scratch/small-s3/input" >/dev/null || fail "small objects differ"
stop_service
start_service "$scratch/state"

expect() { # expect EXIT TEXT COMMAND...
    want=$1 text=$2
    shift 2
    "$@" >"$scratch/out" 2>&1
    got=$?
    [ "$got" = "$want" ] || fail "$*: exit $got, not $want"
    grep -qF "$text" "$scratch/out" || fail "$*: $(cat "$scratch/out")"
}
expect 1 "s3://bucket/none: no object of that name, and none below it" "$FHIRSTAGE" figures s3://bucket/none
expect 4 "NoSuchBucket" "$FHIRSTAGE" figures s3://other-bucket/none
expect 2 "the name of a bucket has 3 to 63 characters" "$FHIRSTAGE" figures s3://
exit $failed
