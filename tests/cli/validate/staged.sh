# --staged: one resource a line, with an id.
printf '{"resourceType":"Patient"}\n{"resourceType":"Patient","id":"a"}\n{\n"resourceType":"Patient","id":"b"}\n' >in.ndjson
"$FHIRSTAGE" validate --staged --verdicts - in.ndjson | jq -c '[.line, .ok, any(.issues[]; .severity == "error")]'
