# What breaks the model is told before anything is sent (2); what the service refuses is told in its words (4).
try() {
    echo "\$ fhirstage $*"
    python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" "$@" 2>&1
    echo "exit $?"
    sed 's/^/> /' log
}
echo '{"op":"DescribeFHIRImportJob","status":400,"body":{"__type":"com.amazonaws.healthlake#ResourceNotFoundException","Message":"no job b"}}' >answers
try import describe --datastore-id d --job-id ''
try import describe --datastore-id d --job-id '' --no-check
try import describe --datastore-id d
try import wait --datastore-id d --job-id b
try import list --datastore-id d --submitted-after yesterday
try import start --datastore-id d --data-access-role-arn r --input-data-config S3Uri=x --job-output-data-config S3Configuration
