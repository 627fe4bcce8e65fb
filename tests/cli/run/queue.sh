# A full queue is waited for, as long as --timeout says; the next run goes on. A data store that was imported into before
# is named, or refused. More jobs than the queue has room for, since one may hold so little, are waited for too.
. "$TESTS/lib/service.sh"
start_service state
datastore=$("$FHIRSTAGE" datastore create --datastore-type-version R4 --json | jq -r .DatastoreId)
"$FHIRSTAGE" datastore wait --datastore-id "$datastore" >/dev/null 2>&1
stop_service
"$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir state --quota queued-imports=1 --fault job-stays,count=1 >again 2>again.log &
service=$!
trap 'kill "$service"' EXIT
until [ -s again ]; do sleep 0.1; done
AWS_ENDPOINT_URL=$(jq -r .endpoint again)
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
export AWS_MAX_ATTEMPTS=1 # else throttling is sat out first
run() { # run PREFIX OPTION…
    prefix=$1
    shift
    "$FHIRSTAGE" run "$TESTS/../samples/synthea" --to "s3://bucket/$prefix" --datastore "$datastore" --role arn:aws:iam::000000000000:role/r \
        --kms-key arn:aws:kms:us-east-1:000000000000:key/k --progress none "$@"
}
run first --timeout 1s >/dev/null 2>&1
echo "stays queued: exit $?"
run second --job-name other --timeout 1s --out second 2>&1 >/dev/null | sed "s/$datastore/DATASTORE/"
stop_service
start_service fresh
datastore=$("$FHIRSTAGE" datastore create --datastore-type-version R4 --json | jq -r .DatastoreId)
"$FHIRSTAGE" datastore wait --datastore-id "$datastore" >/dev/null 2>&1
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
run first --require-empty --json | jq -c '[.JobStatus, .JobFound]'
run first --require-empty --json | jq -c '[.JobStatus, .JobFound]'
run second --job-name other --out second --require-empty 2>&1 >/dev/null | sed "s/$datastore/DATASTORE/"
run second --job-name other --out second -v 2>&1 >/dev/null | grep 'data store'
"$FHIRSTAGE" import list --datastore-id "$datastore" --json | jq -c '[.ImportJobPropertiesList[].JobStatus]'
stop_service
start_service small --quota queued-imports=1 --job-delay 300ms
datastore=$("$FHIRSTAGE" datastore create --datastore-type-version R4 --json | jq -r .DatastoreId)
"$FHIRSTAGE" datastore wait --datastore-id "$datastore" >/dev/null 2>&1
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
run third --out third --max-job-files 5 --json 2>waited | jq -c '.JobStatus, [.Jobs[].JobStatus]'
cat waited
