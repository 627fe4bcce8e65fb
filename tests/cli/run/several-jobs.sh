# What is more than an import job may hold becomes several: each found again, each told of, failures of all taken to their
# source. What fits into one looks as if there were no limits.
. "$TESTS/lib/service.sh"
samples=$TESTS/../samples/synthea
new_datastore() {
    datastore=$("$FHIRSTAGE" datastore create --datastore-type-version R4 --json | jq -r .DatastoreId)
    "$FHIRSTAGE" datastore wait --datastore-id "$datastore" >/dev/null 2>&1
}
start_service state
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
new_datastore
run() { # run PREFIX OPTION…
    prefix=$1
    shift
    "$FHIRSTAGE" run "$samples" --to "s3://bucket/$prefix" --datastore "$datastore" --role arn:aws:iam::000000000000:role/r \
        --kms-key arn:aws:kms:us-east-1:000000000000:key/k --progress none --out "out-$prefix" "$@"
}
"$FHIRSTAGE" -q prepare "$samples" --out one >/dev/null
"$FHIRSTAGE" -q prepare "$samples" --out wide --max-job-files 23 --max-job-bytes 256MiB >/dev/null
diff -r -x run.json -x outcome.json one wide && echo "the same where it fits"
"$FHIRSTAGE" figures "$samples" --max-job-bytes 1MB --json | jq .ImportJobs
"$FHIRSTAGE" -q prepare "$samples" --out several --max-job-bytes 1MB >/dev/null
"$FHIRSTAGE" figures several --json | jq .ImportJobs
jq -c '.options | [.chunkBytes, .maxJobFiles, .maxJobBytes]' several/meta/manifest.json
echo "$(find several/input -name '*.ndjson' -exec cat {} + | sort | cksum) $(find one/input -name '*.ndjson' -exec cat {} + | sort | cksum)" |
    awk '{ print $1 == $3 ? "the same lines" : "other lines" }'
"$FHIRSTAGE" preflight several --to s3://bucket/p --datastore "$datastore" --role arn:aws:iam::000000000000:role/r \
    --kms-key arn:aws:kms:us-east-1:000000000000:key/k --max-job-bytes 1MB | grep quotas
"$FHIRSTAGE" preflight several --to s3://bucket/p --datastore "$datastore" --role arn:aws:iam::000000000000:role/r \
    --kms-key arn:aws:kms:us-east-1:000000000000:key/k --max-job-bytes 900kB | grep -A 1 quotas
"$FHIRSTAGE" upload several s3://bucket/uploaded | grep jobs
echo "--- run"
run p --max-job-bytes 1MB --require-empty --json >first.json
echo "exit $?"
jq -c '[.JobStatus, .JobFound, (.Reconciled | map(.Differs) | any)], (.Jobs[] | [.Input, .Files, .Bytes, .JobStatus, .JobFound, .Failures])' first.json
jq '(.Jobs | map(.Resources) | add) == .Figures.TotalNumberOfResourcesImported' first.json
run p --max-job-bytes 1MB --require-empty --json | jq -c '[.JobFound, .Upload.FilesKept >= 48], .Jobs[].JobFound'
"$FHIRSTAGE" import list --datastore-id "$datastore" --json | jq -c '.ImportJobPropertiesList | length,
    (sort_by(.JobName)[] | [(.JobName | sub("-.*-"; "-DIGEST-")), (.InputDataConfig.S3Uri | sub(".*/p/"; ""))])'
cmp several/meta/manifest.json out-p/meta/manifest.json
grep -o '<code>input/job-0*[0-9]*/</code>' out-p/report.html
"$FHIRSTAGE" errors out-p
echo "--- what does not belong there"
run p --max-job-bytes 2MB 2>&1 >/dev/null | sed 's/as [0-9]* of/as N of/'
run p --max-job-bytes 2MB --prune --json 2>/dev/null | jq -c '.JobStatus, .Upload.FilesPruned > 0'
echo "--- what no job may hold"
"$FHIRSTAGE" -q prepare "$samples" --out none --max-job-bytes 4kB 2>&1 | sed 's/has [0-9]*/has N/'
"$FHIRSTAGE" -q prepare "$samples" --out none --chunk-size 51GB 2>&1
stop_service
echo "--- a job fails, and the next run starts that alone"
start_service other --fault job-fails=no,count=1
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
new_datastore
run q --max-job-bytes 1MB --json 2>&1 >failed.json | sed 's/job [0-9a-f]*/job ID/'
jq -c '.ExitCode, .JobStatus, (.Jobs[] | [.JobStatus, .Message, (.Reconciled | length)])' failed.json
run q --max-job-bytes 1MB --json | jq -c '.ExitCode, .JobStatus, (.Jobs[] | [.JobFound, .JobStatus])'
stop_service
echo "--- lines are refused by two jobs"
start_service slow --job-delay 3s
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
new_datastore
run r --max-job-bytes 1MB --json >refused.json 2>refused.err &
running=$!
until [ "$("$FHIRSTAGE" import list --datastore-id "$datastore" --json | jq '.ImportJobPropertiesList | length')" = 3 ]; do sleep 0.1; done
for key in job-0002/ExplanationOfBenefit/ExplanationOfBenefit-000001 job-0003/Patient/Patient-000001; do # while the first runs
    signed s3 "$AWS_ENDPOINT_URL/bucket/r/input/$key.ndjson" | sed '2s/"id":/"Id":/' >damaged
    signed s3 -X PUT --data-binary @damaged "$AWS_ENDPOINT_URL/bucket/r/input/$key.ndjson"
done
wait $running
echo "exit $?"
jq -c '.JobStatus, .Failures, (.Jobs[] | [.JobStatus, .Failures, (.Reconciled | map(select(.Differs)) | length)])' refused.json
"$FHIRSTAGE" errors out-r --json | jq -c '.[] | [(.file | endswith(".json")), .entry != null, .chunk, .chunkLine]'
jq -c '[.chunk, .chunkLine]' out-r/failures.ndjson
job=$(jq -r .Jobs[2].JobId out-r/meta/import.json)
"$FHIRSTAGE" errors several --datastore "$datastore" --job "$job" --json | jq -c '.[] | [.entry != null, .chunk, .chunkLine]'
