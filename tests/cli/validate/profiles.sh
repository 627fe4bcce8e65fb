# Resources against profiles of a file: a line for each, whether it is valid, and which rules it breaks where.
profiles="$TESTS/data/profiles/clinic.json"
url=http://clinic.example.org/fhir/StructureDefinition
say() { # say WHAT PROFILE MEMBERS: a Patient, or an Observation with "Observation" in WHAT
    case $1 in *Observation*) type=Observation ;; *) type=Patient ;; esac
    printf '{"resourceType":"%s","id":"x","meta":{"profile":["%s"]},%s}\n' "$type" "$2" "$3" >>in.ndjson
    echo "$1" >>what
}
chart='"identifier":[{"system":"http://clinic.example.org/fhir/chart","value":"12"}]'
named='"name":[{"use":"official","family":"F"}],"gender":"male"'
lab='"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]'
seen='"status":"final","code":{"text":"c"}'
say 'as it should be' $url/clinic-patient "$chart,$named"
say 'this version' "$url/clinic-patient|1.2.0" "$chart,$named"
say 'another version is not known' "$url/clinic-patient|2.0" "$named"
say 'no gender' $url/clinic-patient "$chart,\"name\":[{\"use\":\"official\",\"family\":\"F\"}]"
say 'no chart' $url/clinic-patient "\"identifier\":[{\"value\":\"1\"}],$named"
say 'too long a number' $url/clinic-patient "\"identifier\":[{\"system\":\"http://clinic.example.org/fhir/chart\",\"value\":\"1234567\"}],$named"
say 'a name of no slice' $url/clinic-patient "$chart,\"name\":[{\"use\":\"nickname\",\"text\":\"n\"}],\"gender\":\"male\""
say 'nothing for a rule' $url/clinic-patient "$chart,\"gender\":\"male\""
say 'a choice that is closed' $url/clinic-patient "$chart,$named,\"deceasedDateTime\":\"2020\""
say 'what may not be there' $url/clinic-patient "$chart,$named,\"photo\":[{\"title\":\"t\"}]"
say 'a target that is too wide' $url/clinic-patient "$chart,$named,\"generalPractitioner\":[{\"reference\":\"Organization/1\"}]"
say 'an extension' $url/clinic-patient "$chart,$named,\"extension\":[{\"url\":\"$url/colour\",\"valueCode\":\"red\"}]"
say 'an extension out of its set' $url/clinic-patient "$chart,$named,\"extension\":[{\"url\":\"$url/colour\",\"valueCode\":\"blue\"}]"
say 'an extension of another type' http://hl7.org/fhir/StructureDefinition/Patient "$named,\"extension\":[{\"url\":\"$url/colour\",\"valueString\":\"red\"}]"
say 'an extension where it may not be' http://hl7.org/fhir/StructureDefinition/Patient "\"name\":[{\"extension\":[{\"url\":\"$url/colour\",\"valueCode\":\"red\"}]}]"
say 'of a derived profile' $url/clinic-inpatient "$chart,$named,\"birthDate\":\"2020\""
say 'Observation' $url/clinic-observation "$seen,$lab,\"valueQuantity\":{\"value\":1,\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg\"}"
say 'Observation without its category' $url/clinic-observation "$seen,\"category\":[{\"text\":\"t\"}]"
say 'Observation with a unit that is fixed' $url/clinic-observation "$seen,$lab,\"valueQuantity\":{\"value\":1,\"system\":\"http://unitsofmeasure.org\",\"code\":\"g\"}"
say 'Observation with a code out of its set' $url/clinic-observation "$seen,$lab,\"interpretation\":[{\"coding\":[{\"system\":\"http://clinic.example.org/fhir/CodeSystem/colours\",\"code\":\"cold\"}]}]"
say 'Observation of a profile for patients' $url/clinic-patient "$seen"
"$FHIRSTAGE" validate in.ndjson --profiles "$profiles" --verdicts verdicts >/dev/null
echo "exit $?"
jq -r '[.ok, ([.issues[] | select(.severity == "error") | .rule + " at " + .expression] | join("; "))] | @tsv' verdicts | paste what - |
    sed 's/[[:space:]]*$//'
"$FHIRSTAGE" validate in.ndjson --profiles "$profiles" --json | jq -c '[.Valid, .Invalid, .UnknownProfiles]'
"$FHIRSTAGE" validate in.ndjson --profiles "$profiles" --json --unknown-profile reject | jq -c '[.Valid, .Invalid]'
"$FHIRSTAGE" validate in.ndjson --profiles "$profiles" --json --level structure-only | jq -c '[.Valid, .Invalid]'

# A package says the same as the file; what is none is told in a line.
mkdir package
jq -c '.entry[].resource' "$profiles" | split -l 1 -a 1 --additional-suffix=.json - package/d
tar czf clinic.tgz package
"$FHIRSTAGE" validate in.ndjson --profiles clinic.tgz --verdicts again >/dev/null
cmp verdicts again && echo "the package does the same"
echo '{"resourceType":"Patient"}' >none.json
echo '{"resourceType":' >cut.json
printf '\037\213broken' >broken.tgz
jq -c '.entry[0].resource | .type = "Patience"' "$profiles" >strange.json
for file in missing.json none.json cut.json broken.tgz strange.json; do
    "$FHIRSTAGE" validate in.ndjson --profiles $file 2>&1
    echo "exit $?"
done
