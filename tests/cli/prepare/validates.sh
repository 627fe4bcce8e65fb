# What is not valid is set aside at the level asked for, with its rule and place; also what a link will lead to is judged.
cat >in.json <<'JSON'
{"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:0a000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","gender":"Male"},"request":{"method":"POST","url":"Patient"}},
 {"fullUrl":"urn:uuid:0a000000-0000-4000-8000-000000000002","resource":{"resourceType":"Practitioner","id":"dr"},"request":{"method":"POST","url":"Practitioner"}},
 {"resource":{"resourceType":"Observation","id":"by","status":"final","code":{"text":"c"},"performer":[{"reference":"urn:uuid:0a000000-0000-4000-8000-000000000002"}]},"request":{"method":"POST","url":"Observation"}},
 {"resource":{"resourceType":"Observation","id":"of","status":"final","code":{"text":"c"},"subject":{"reference":"urn:uuid:0a000000-0000-4000-8000-000000000002"}},"request":{"method":"POST","url":"Observation"}}]}
JSON
for level in strict structure-only minimal; do
    "$FHIRSTAGE" prepare -q --level $level --out $level in.json >/dev/null 2>&1
    echo "$level: exit $?: $(jq -rc '[.entry, .issues[0].rule, .issues[0].expression]' $level/quarantine/*.issues.ndjson 2>/dev/null | tr '\n' ' ')"
done
cat strict/input/*/*.ndjson | jq -r '.resourceType + "/" + .id' | sort
