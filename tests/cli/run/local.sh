# The whole job against the service within: every resource of the input is in the data store, counted independently; a
# second run finds all done.
. "$TESTS/lib/service.sh"
"$FHIRSTAGE" -q run "$TESTS/../samples/synthea" --local --json >first.json || exit 1
jq -c '[.JobStatus, .Figures.TotalNumberOfResourcesScanned, ([.Reconciled[] | select(.Differs)] | length), .JobFound]' first.json
cat "$TESTS"/../samples/synthea/*.json | jq -s '[.[].entry[].resource] | length'
[ -e fhirstage-out/input ] && echo "chunks are on disk, that went away while they were made"
"$FHIRSTAGE" -q prepare "$TESTS/../samples/synthea" --out staged >/dev/null || exit 1
grep -c 'urn:uuid:\|?identifier=' staged/input/*/*.ndjson | grep -v ':0$' | grep -v 'Provenance\|DocumentReference\|Claim\|ExplanationOfBenefit'
[ -s fhirstage-out/report.html ] || echo "no report"
"$FHIRSTAGE" -q run "$TESTS/../samples/synthea" --local --json >second.json || exit 1
jq -c '[.JobStatus, .JobFound]' second.json
[ "$(jq .JobId first.json)" = "$(jq .JobId second.json)" ] || echo "another job"
start_service fhirstage-out-local
endpoint=$AWS_ENDPOINT_URL/datastore/$(jq -r .DatastoreId first.json)/r4
cat "$TESTS"/../samples/synthea/*.json | jq -r '.entry[].resource.resourceType' | sort | uniq -c | while read -r count type; do
    stored=$(signed healthlake "$endpoint/$type?_summary=count" | jq .total)
    [ "$stored" = "$count" ] || echo "$type: $stored stored, $count in the input"
done
