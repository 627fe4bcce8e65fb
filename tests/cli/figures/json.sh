# The same figures before and after preparing, with the API's names.
"$FHIRSTAGE" -q prepare "$TESTS/../samples/synthea" --out out --json >prepared || exit 1
"$FHIRSTAGE" figures "$TESTS/../samples/synthea" --json >before || exit 1
"$FHIRSTAGE" figures out --json >after || exit 1
for f in prepared before after; do jq -S 'del(.LocalThroughput)' $f >$f.s; done
cmp before.s after.s
cmp before.s prepared.s
cat out/input/*/*.ndjson | wc -lc | awk '{ printf "%d %.6f\n", $1, $2 / 1000000 }'
jq -r '"\(.TotalNumberOfResourcesScanned) \(.TotalSizeOfScannedFilesInMB)"' before
jq -r '[.ByResourceType[].Resources] | add' before
jq -c 'keys' before
