# start, list over pages, describe and wait: what is sent, what comes back, the exit code.
try() {
    echo "\$ fhirstage $*"
    python3 "$TESTS/lib/canned.py" "$TESTS/cli/import/answers.ndjson" log "$FHIRSTAGE" "$@" 2>&1 | sed 's/ ([0-9]* d ago)//'
    sed 's/^/> /' log
}
try import start --datastore-id d --data-access-role-arn arn:aws:iam::123456789012:role/x --input-data-config s3://bbb/in/ \
    --job-output-data-config 'S3Configuration={S3Uri=s3://bbb/out/,KmsKeyId=alias/k}' --client-token t --validation-level minimal
try import list --datastore-id d
try import list --datastore-id d --json
try import list --datastore-id d --max-items 1 --json
try import list --datastore-id d --no-paginate
try import list --datastore-id d --submitted-after 2001-09-09 --job-status FAILED --starting-token t1 --page-size 7
try import describe --datastore-id d --job-id b
