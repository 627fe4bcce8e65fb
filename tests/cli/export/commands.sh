# start, list, describe and wait, to an end that is not success.
try() {
    echo "\$ fhirstage $*"
    python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" "$@" 2>&1 | sed 's/ ([0-9]* d ago)//'
    sed 's/^/> /' log
}
cat >answers <<'END'
{"op":"StartFHIRExportJob","body":{"JobId":"e","JobStatus":"SUBMITTED"}}
{"op":"ListFHIRExportJobs","body":{"ExportJobPropertiesList":[]}}
{"op":"DescribeFHIRExportJob","body":{"ExportJobProperties":{"JobId":"e","JobStatus":"IN_PROGRESS"}}}
{"op":"DescribeFHIRExportJob","body":{"ExportJobProperties":{"JobId":"e","JobStatus":"FAILED","SubmitTime":1000000000,"Message":"no key"}}}
END
try export start --datastore-id d --data-access-role-arn arn:aws:iam::123456789012:role/x --client-token t \
    --output-data-config '{"S3Configuration": {"S3Uri": "s3://bbb/out/", "KmsKeyId": "alias/k"}}'
try export list --datastore-id d
try export wait --datastore-id d --job-id e
try export describe --datastore-id d --job-id e
