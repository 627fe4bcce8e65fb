# What a person is told: what was done, what was rejected, what to try next; exit code 3.
printf '{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"$"}\n' >in.ndjson
"$FHIRSTAGE" -q run in.ndjson --local --out done >out
echo "exit $?"
sed 's/[0-9a-f]\{32\}/ID/; s/ in [0-9.]* s$//; s/, [0-9.]* k*B$/, SIZE/; s/1 file, [0-9]* B/1 file, SIZE/' out
[ -s done/report.html ] && ls -d done-local
