# SIGINT and SIGTERM: exit 130 and 143, nothing half-written under a final name, and a second run goes on.
yes '{"resourceType":"Patient"}' | head -n 200000 >in.ndjson
interrupted() { # interrupted SIGNAL COMMAND...
    signal=$1
    shift
    "$@" >/dev/null 2>error &
    sleep 0.2
    kill -s "$signal" $! 2>/dev/null
    wait $!
    echo "exit $?"
    cat error
}
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do cat in.ndjson; done | gzip -1 >in.ndjson.gz
interrupted TERM "$FHIRSTAGE" -q prepare in.ndjson.gz --out out -j 1
interrupted INT "$FHIRSTAGE" -q validate in.ndjson.gz -j 1
[ ! -e out/meta/manifest.json ] || echo "a manifest, although it was broken off"
"$FHIRSTAGE" -q prepare in.ndjson --out out --json | jq .TotalNumberOfResourcesScanned
