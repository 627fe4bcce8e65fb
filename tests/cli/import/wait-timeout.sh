# A wait that is up leaves the job alone, and tells its state.
echo '{"op":"DescribeFHIRImportJob","body":{"ImportJobProperties":{"JobId":"b","JobStatus":"QUEUED"}}}' >answers
python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" import wait --datastore-id d --job-id b --timeout 300ms --json
