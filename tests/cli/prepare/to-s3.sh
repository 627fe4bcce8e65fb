# Straight to S3: the same objects as a folder uploaded, nothing left on disk; again sends nothing; what is there with
# other bytes of the same size is replaced, small or large; a foreign object is refused beforehand.
. "$TESTS/lib/service.sh"
start_service state
mkdir tmp input
cp "$TESTS"/../samples/synthea/*.json input
"$FHIRSTAGE" -q prepare input --out staged >/dev/null || exit 1
"$FHIRSTAGE" -q upload staged s3://bucket-b/folder --create-bucket >/dev/null || exit 1
to_s3() {
    "$FHIRSTAGE" -q prepare input --out s3://bucket-b/stream --tmp "$PWD/tmp" "$@"
}
objects() { # objects PREFIX: key, size and checksum of the chunks, provenance and manifest
    signed s3 "$AWS_ENDPOINT_URL/bucket-b?list-type=2&prefix=$1%2F" | tr '>' '\n' | sed -n "s:^$1/\(.*\)</Key:\1:p" | grep -v "run.json\|outcome.json" |
        while read -r key; do
            echo "$key $(signed s3 "$AWS_ENDPOINT_URL/bucket-b/$1/$key" | cksum)"
        done
}
to_s3 --verify --json | jq -c '[.TotalNumberOfResourcesScanned > 100, .Quarantined]'
objects folder >a
objects stream >b
[ "$(wc -l <a)" -gt 30 ] || echo "only $(wc -l <a) objects"
diff a b
ls tmp
# as many bytes, others
old=$(signed s3 "$AWS_ENDPOINT_URL/bucket-b/stream/input/Patient/Patient-000001.ndjson" | wc -c)
head -c "$old" /dev/zero | signed s3 -X PUT -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --data-binary @- \
    "$AWS_ENDPOINT_URL/bucket-b/stream/input/Patient/Patient-000001.ndjson"
to_s3 >/dev/null
objects stream | diff a -
signed s3 -X PUT --data foreign "$AWS_ENDPOINT_URL/bucket-b/stream/input/other.txt"
to_s3 2>&1
echo "exit $?"
to_s3 --prune >/dev/null
echo "exit $?"
to_s3 --keep kept >/dev/null
find kept -maxdepth 1 | sort
"$FHIRSTAGE" -q prepare input --out other --keep kept
echo "exit $?"
