# A failure of the import is taken back to the Bundle's entry it came from, and the resource given on request.
. "$TESTS/lib/service.sh"
start_service state
printf '{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","id":"a"}},\n{"resource":{"resourceType":"Patient","id":"b"}}]}' >bundle.json
"$FHIRSTAGE" -q prepare bundle.json --out staged >/dev/null && "$FHIRSTAGE" -q upload staged s3://bucket-a/p --create-bucket >/dev/null || exit 1
printf '{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"?"}\n' >damaged
signed s3 -X PUT --data-binary @damaged "$AWS_ENDPOINT_URL/bucket-a/p/input/Patient/Patient-000001.ndjson"
datastore=$("$FHIRSTAGE" datastore create --datastore-type-version R4 --json | jq -r .DatastoreId)
job=$("$FHIRSTAGE" import start --datastore-id "$datastore" --input-data-config S3Uri=s3://bucket-a/p/input/ \
    --job-output-data-config 'S3Configuration={S3Uri=s3://bucket-a/p/output/,KmsKeyId=arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000}' \
    --data-access-role-arn arn:aws:iam::000000000000:role/local --json | jq -r .JobId)
"$FHIRSTAGE" -q import wait --datastore-id "$datastore" --job-id "$job" >/dev/null 2>&1
echo "exit $?"
"$FHIRSTAGE" errors staged --datastore "$datastore" --job "$job" | cut -d: -f 1-2
"$FHIRSTAGE" errors staged --datastore "$datastore" --job "$job" --json --with-resource |
    jq -c '.[] | [.file, .entry, .chunk, .chunkLine, .statusCode, .resource.id]'
"$FHIRSTAGE" errors --datastore "$datastore" --job "$job" --json | jq -c '.[] | [.file, .chunk, .chunkLine]'
"$FHIRSTAGE" errors 2>&1
echo "exit $?"
