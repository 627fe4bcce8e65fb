# A verdict for every line, in order, blank lines passed over, CRLF taken.
printf '%s\n' '{"resourceType":"Patient","id":"a"}' '' '{"resourceType":"Patient","id":"a b"}' >in.ndjson
printf '%s\r\n' '{"resourceType":"Nope"}' '{"resourceType":"Patient"' '{"resourceType":"Patient"}' '[]' >>in.ndjson
"$FHIRSTAGE" validate --verdicts - in.ndjson | jq -c '[.line, .ok, any(.issues[]; .severity == "error")]'
