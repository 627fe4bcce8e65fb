# Gone is gone: by its state, or when the service has forgotten it.
cat >answers <<'END'
{"op":"DescribeFHIRDatastore","body":{"DatastoreProperties":{"DatastoreId":"d","DatastoreStatus":"DELETING"}}}
{"op":"DescribeFHIRDatastore","status":400,"body":{"__type":"ResourceNotFoundException","Message":"gone"}}
END
python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" -q datastore wait --datastore-id d --deleted || exit
head -n 1 answers >creating
python3 "$TESTS/lib/canned.py" creating log "$FHIRSTAGE" -q datastore wait --datastore-id d --timeout 300ms 2>/dev/null
echo "exit $?"
