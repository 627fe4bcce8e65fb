# Claims to profiles that are not known: kept, taken out of what is staged (with an array, or a meta, that has nothing
# else), or their resources rejected. Known ones stay, R4's and those of a file.
cat >in.ndjson <<'END'
{"resourceType":"Patient","id":"a","meta":{"profile":["http://x/1","http://hl7.org/fhir/StructureDefinition/Patient","http://x/2"]},"active":true}
{"resourceType":"Patient","id":"b","meta":{"profile":["http://x/1"]},"active":true}
{"resourceType":"Patient","id":"c","meta":{"versionId":"1","profile":["http://x/1","http://x/2"]},"active":true}
{ "resourceType" : "Patient" , "meta" : { "profile" : [ "http://x/1" , "http://x/2" ] , "versionId" : "1" } , "id" : "d" }
{ "resourceType" : "Patient" , "id" : "e" , "meta" : { "profile" : [ "http://x/1" , "http://hl7.org/fhir/StructureDefinition/Patient" , "http://x/2" ] } }
{ "meta" : { "profile" : [ "http://x/1" ] } , "resourceType" : "Patient" , "id" : "f" }
{"resourceType":"Patient","id":"g","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/Patient","http://x/1"]},"contained":[{"resourceType":"Patient","id":"c","meta":{"profile":["http:\/\/x/3"]},"link":[{"other":{"reference":"#"},"type":"refer"}]}]}
{"resourceType":"Observation","id":"h","meta":{"profile":["http://clinic.example.org/fhir/StructureDefinition/milligrams"]},"status":"final","code":{"text":"c"}}
{"resourceType":"Patient","id":"i","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/Patient|4.0.1"]}}
END
for policy in warn strip reject; do
    "$FHIRSTAGE" -q prepare in.ndjson --out $policy --unknown-profile $policy --json | jq -c '[.Quarantined, .Sources.UnknownProfiles]'
    echo "$policy: $(cat $policy/input/*/*.ndjson | wc -l) staged"
done
cat strip/input/*/*.ndjson
cat warn/input/Patient/*.ndjson | head -n 1
"$FHIRSTAGE" -q prepare in.ndjson --out known --unknown-profile strip --profiles "$TESTS/data/profiles/clinic.json" >/dev/null
echo "exit $?"
jq -r '.issues[].rule' known/quarantine/*.issues.ndjson
jq -c '.options | [.unknownProfile, (.profiles | length)]' known/meta/manifest.json warn/meta/manifest.json
