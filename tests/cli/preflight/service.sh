# preflight against the local service: what it has passes, what it has not is not told, what is wrong fails.
. "$TESTS/lib/service.sh"
start_service state
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
store=$(signed healthlake -X POST "$AWS_ENDPOINT_URL/" -H 'Content-Type: application/x-amz-json-1.0' \
    -H 'X-Amz-Target: HealthLake.CreateFHIRDatastore' -d '{"DatastoreTypeVersion":"R4"}' | jq -r .DatastoreId)
look() { # look OPTION...
    "$FHIRSTAGE" preflight --role arn:aws:iam::123456789012:role/import --kms-key arn:aws:kms:us-east-1:123456789012:key/k "$@" 2>&1 |
        sed "s/$store/STORE/; s/(request id [^)]*)/(request id)/; s/[0-9]* s off/N s off/"
}
echo "== all is well"
look --to s3://bucket/p --datastore "$store"
echo "== and nothing is left behind"
signed s3 "$AWS_ENDPOINT_URL/bucket?list-type=2" | grep -c '<Key>'
echo "== no bucket, no data store, a key of another region"
look --to s3://not-there/p --datastore nope --kms-key arn:aws:kms:eu-west-1:123456789012:key/k --json |
    jq -r '.Checks[] | select(.Result == "failed") | .Check, .What, .Remedy // "-"'
echo "== exit codes"
"$FHIRSTAGE" preflight --to s3://bucket/p --datastore "$store" --role arn:aws:iam::123456789012:role/import --kms-key alias/k >/dev/null
echo $?
"$FHIRSTAGE" preflight --to s3://bucket/p --datastore nope --role arn:aws:iam::123456789012:role/import --kms-key alias/k >/dev/null
echo $?
"$FHIRSTAGE" preflight --to nowhere --datastore nope --role r --kms-key k 2>&1
echo $?
stop_service
echo "== without credentials"
(unset AWS_ACCESS_KEY_ID
 AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true look --to s3://bucket/p --datastore "$store" | head -n 3)
