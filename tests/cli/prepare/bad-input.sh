# Bad input: one clear line and the right exit code each.
try() {
    echo "\$ fhirstage $*"
    "$FHIRSTAGE" "$@" 2>&1
}
code() {
    "$FHIRSTAGE" "$@" >/dev/null 2>&1
    echo "exit $?"
}
mkdir folder empty
echo notes >folder/notes.txt
head -c 3000 /dev/urandom | tr '{' 'x' >rubbish.bin
printf '{"resourceType":"Bundle","type":"batch","entry":[\n{"resource":{"resourceType":"Patient","id":"x"}},\n{"resource":{"resourceType":"Pat' >cut.json
printf '{"resourceType":"Patient","id":"ok"}\n{"resourceType":"Patient","id":"big","x":"%05000000d"}\n' 0 >big.ndjson
printf '<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"/>' >patient.xml
printf '\377\376{\0' >utf16.json
mkdir theirs
echo mine >theirs/file
for input in missing.json empty folder rubbish.bin patient.xml utf16.json; do
    try prepare $input --out out
    code prepare $input --out out
done
try prepare big.ndjson --out theirs
code prepare big.ndjson --out theirs
try prepare cut.json --out cut-out
code prepare cut.json --out cut-out2
try prepare --max-resource 1MB big.ndjson --out big-out
code prepare --max-resource 1MB big.ndjson --out big-out2
[ "$(cat theirs/file)" = mine ] && [ "$(ls theirs)" = file ] && [ ! -e out ] || echo "something was written"
