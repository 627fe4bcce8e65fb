# An upload sends what is missing and leaves the rest; foreign objects under input/ are refused unless pruned.
. "$TESTS/lib/service.sh"
start_service state
"$FHIRSTAGE" -q prepare "$TESTS/../samples/synthea" --out staged >/dev/null || exit 1
files=$(find staged/input staged/meta -type f | wc -l)
"$FHIRSTAGE" -q upload staged s3://bucket-a/p 2>&1 | sed 's/(.*//'
"$FHIRSTAGE" -q upload staged s3://bucket-a/p --create-bucket --json | jq -c '[.FilesSent > 20, .FilesKept]'
"$FHIRSTAGE" -q upload staged s3://bucket-a/p --json | jq -c '[.FilesSent, .FilesKept > 20]'
signed s3 -X DELETE "$AWS_ENDPOINT_URL/bucket-a/p/input/Patient/Patient-000001.ndjson"
"$FHIRSTAGE" -q upload staged s3://bucket-a/p --json | jq -c '[.FilesSent, .FilesKept > 20]'
signed s3 "$AWS_ENDPOINT_URL/bucket-a/p/input/Patient/Patient-000001.ndjson" | cmp - staged/input/Patient/Patient-000001.ndjson
signed s3 -X PUT --data foreign "$AWS_ENDPOINT_URL/bucket-a/p/input/other.txt"
"$FHIRSTAGE" -q upload staged s3://bucket-a/p >/dev/null 2>&1
echo "exit $?"
"$FHIRSTAGE" -q upload staged s3://bucket-a/p --prune --json | jq -c .FilesPruned
AWS_SECRET_ACCESS_KEY=wrong "$FHIRSTAGE" -q upload staged s3://bucket-a/p 2>&1 | sed 's/(request.*//'
