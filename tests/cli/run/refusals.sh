# Where to must be said, and whole.
try() {
    "$FHIRSTAGE" run in.ndjson "$@" 2>&1
    echo "exit $?"
}
echo '{"resourceType":"Patient"}' >in.ndjson
try
try --local --to s3://b/p
try --local --region us-east-1
try --to s3://bucket/p --datastore d
mkdir theirs && echo x >theirs/file
try --local=state --out theirs
try --local=in.ndjson
[ "$(ls)" = "in.ndjson
state
theirs" ] || ls
