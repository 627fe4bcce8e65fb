#!/bin/sh
# The API's commands against the local service: a data store, imports one after another, lists by page and filter, waits.
fail() { echo "$*"; exit 1; }
dir=$(mktemp -d)
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local-secret AWS_REGION=us-east-1 AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_SESSION_TOKEN
"$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir "$dir/lake" >"$dir/ready" 2>"$dir/serve.log" &
service=$!
trap 'kill $service; wait $service 2>/dev/null; rm -rf "$dir"' EXIT
for _ in $(seq 100); do [ -s "$dir/ready" ] && break; sleep 0.1; done
AWS_ENDPOINT_URL=$(jq -r .endpoint "$dir/ready")
export AWS_ENDPOINT_URL

store=$("$FHIRSTAGE" datastore create --datastore-name clinic --json | jq -r .DatastoreId)
[ ${#store} = 32 ] || fail "no data store: '$store'"
"$FHIRSTAGE" -q datastore wait --datastore-id "$store" --timeout 30s >/dev/null || fail "the data store did not become ACTIVE"
[ "$("$FHIRSTAGE" datastore list --filter DatastoreStatus=ACTIVE --json | jq -r '.DatastorePropertiesList[].DatastoreName')" = clinic ] || fail "list"
[ "$("$FHIRSTAGE" -q datastore list --filter DatastoreStatus=DELETED --json | jq '.DatastorePropertiesList | length')" = 0 ] || fail "filter"

"$FHIRSTAGE" -q prepare samples/synthea --out "$dir/staged" >/dev/null || fail "prepare"
"$FHIRSTAGE" -q upload "$dir/staged" s3://bucket/staged --create-bucket >/dev/null || fail "upload"
start() { # start NAME TOKEN
    "$FHIRSTAGE" import start --datastore-id "$store" --job-name "$1" --client-token "$2" --input-data-config s3://bucket/staged/input/ \
        --data-access-role-arn arn:aws:iam::123456789012:role/import --json \
        --job-output-data-config 'S3Configuration={S3Uri=s3://bucket/logs/,KmsKeyId=alias/k}' | jq -r .JobId
}
first=$(start one a)
again=$(start one a)
[ "$first" = "$again" ] || fail "the same token made two jobs: $first, $again"
second=$(start two b)
third=$(start three c)
for job in $first $second $third; do
    "$FHIRSTAGE" import wait --datastore-id "$store" --job-id "$job" --poll 100ms --timeout 120s --json --progress none >"$dir/$job" || fail "job $job: exit $?"
done
want=$(jq .figures.resources "$dir/staged/meta/manifest.json")
got=$(jq .ImportJobProperties.JobProgressReport.TotalNumberOfResourcesImported "$dir/$third")
[ "$want" = "$got" ] || fail "$got resources imported, not $want"

all=$("$FHIRSTAGE" import list --datastore-id "$store" --json | jq -c '[.ImportJobPropertiesList[].JobId] | sort')
[ "$(echo "$all" | jq length)" = 3 ] || fail "jobs: $all"
[ "$("$FHIRSTAGE" import list --datastore-id "$store" --page-size 1 --json | jq -c '[.ImportJobPropertiesList[].JobId] | sort')" = "$all" ] || fail "pages of one"
token=$("$FHIRSTAGE" import list --datastore-id "$store" --max-items 2 --json | jq -r .NextToken)
[ "$("$FHIRSTAGE" import list --datastore-id "$store" --starting-token "$token" --json | jq '.ImportJobPropertiesList | length')" = 1 ] || fail "the rest of a list"
[ "$("$FHIRSTAGE" import list --datastore-id "$store" --job-name two --json | jq -r '.ImportJobPropertiesList[].JobId')" = "$second" ] || fail "by name"
[ "$("$FHIRSTAGE" import list --datastore-id "$store" --job-status COMPLETED --submitted-after 2020-01-01 | wc -l)" = 4 ] || fail "table"
[ "$("$FHIRSTAGE" -q import list --datastore-id "$store" --submitted-before 2020-01-01T00:00:00Z | wc -l)" = 0 ] || fail "by time"

"$FHIRSTAGE" api DescribeFHIRImportJob "{\"DatastoreId\":\"$store\",\"JobId\":\"nothing\"}" 2>"$dir/err"
[ $? = 4 ] && grep -q ResourceNotFoundException "$dir/err" || fail "a job that is not: $(cat "$dir/err")"
"$FHIRSTAGE" import wait --datastore-id "$store" --job-id nothing 2>/dev/null && fail "waited for a job that is not"
exit 0
