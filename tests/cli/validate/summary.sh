# Without --verdicts: the first issues, then how often which rule and type.
printf '{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"a b"}\n{"resourceType":"Nope"}\n' >in.ndjson
"$FHIRSTAGE" validate in.ndjson
