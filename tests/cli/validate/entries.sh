# A Bundle's entries carry their number; standard input is "-"; the order is the input's whatever the threads.
printf '{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","id":"x"}},
{"resource":{"resourceType":"Patient","id":"$"}},{"request":{"method":"DELETE","url":"Patient/1"}}]}' >bundle.json
"$FHIRSTAGE" validate --verdicts - - <bundle.json | jq -c '[.file, .entry, has("line"), .ok]'
for i in 1 2 3 4 5 6 7 8 9; do
    yes '{"resourceType":"Patient"}' | head -n 3000
    echo '{"resourceType":"Patient","id":7}'
done >many.ndjson
"$FHIRSTAGE" validate -j 1 --verdicts one many.ndjson >/dev/null
"$FHIRSTAGE" validate -j 4 --verdicts four many.ndjson >/dev/null
cmp one four && jq -r 'select(.ok | not).line' four | tr '\n' ' '
