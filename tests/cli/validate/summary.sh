# Without --verdicts: the first issues with their places, then how often which rule and type, and the sum.
printf '{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"a b"}\n{"resourceType":"Nope"}\n' >in.ndjson
"$FHIRSTAGE" validate in.ndjson >out
echo "exit $?"
grep -o 'first at in.ndjson:[0-9]*' out | sort -u
grep -A 2 '^type' out
tail -n 1 out
"$FHIRSTAGE" validate --json in.ndjson | jq -c '[.Values, .Valid, .Invalid, .ByResourceType, ([.ByRule[].Errors] | add)]'
