# A wait goes through queueing and throttling to the end; a job with errors makes the exit code 3.
python3 "$TESTS/lib/canned.py" "$TESTS/cli/import/answers.ndjson" log "$FHIRSTAGE" import wait --datastore-id d --job-id b --poll 10ms
