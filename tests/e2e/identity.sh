#!/bin/sh
# Who a resource becomes and where its references lead, over small inputs whose answers are known.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "identity: $*" >&2; exit 1; }
failed=0

# prepare NAME OPTIONS...: the folder $scratch/NAME becomes $scratch/NAME.out
prepare() {
    name=$1; shift
    code=0
    "$FHIRSTAGE" prepare "$scratch/$name" --out "$scratch/$name.out" --quiet "$@" >/dev/null 2>"$scratch/$name.err" || code=$?
}
# expect NAME WHAT FILTER WANT: what jq makes of all staged lines, sorted
expect() {
    got=$(cat "$scratch/$1".out/input/*/*.ndjson 2>/dev/null | jq -rc "$3" | LC_ALL=C sort | tr '\n' ' ')
    [ "$got" = "$4" ] && return
    echo "$1: $2: got '$got', not '$4'" >&2
    failed=1
}
expect_code() { [ "$code" = "$2" ] || { echo "$1: exit $code, not $2: $(cat "$scratch/$1.err")" >&2; failed=1; }; }

# ids: its own, that of a PUT, the UUID of its fullUrl, one that follows from its content
mkdir "$scratch/ids"
cat >"$scratch/ids/a.json" <<'JSON'
{"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:0a000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","id":"own"},"request":{"method":"POST","url":"Patient"}},
 {"fullUrl":"urn:uuid:0a000000-0000-4000-8000-000000000002","resource":{"resourceType":"Patient"},"request":{"method":"PUT","url":"Patient/put-id"}},
 {"fullUrl":"urn:uuid:0a000000-0000-4000-8000-000000000003","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},
 {"resource":{"resourceType":"Observation","status":"final","code":{"text":"c"},"subject":{"reference":"urn:uuid:0a000000-0000-4000-8000-000000000001"},
   "focus":[{"reference":"urn:uuid:0a000000-0000-4000-8000-000000000002"},{"reference":"urn:uuid:0a000000-0000-4000-8000-000000000003"}]},
   "request":{"method":"POST","url":"Observation"}}]}
JSON
prepare ids
expect_code ids 0
expect ids 'ids of patients' 'select(.resourceType=="Patient").id' '0a000000-0000-4000-8000-000000000003 own put-id '
expect ids 'references' 'select(.resourceType=="Observation") | .subject.reference, .focus[].reference' \
    'Patient/0a000000-0000-4000-8000-000000000003 Patient/own Patient/put-id '
expect ids 'a UUID of version 8' 'select(.resourceType=="Observation").id | test("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")' 'true '

# references: at any depth, in contained resources and extensions; versions and fragments kept; identifiers left alone
mkdir "$scratch/refs"
cat >"$scratch/refs/a.json" <<'JSON'
{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"http://example.org/fhir/Patient/p1","resource":{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:oid:2.16.840.1.113883.4.1","value":"urn:uuid:0b000000-0000-4000-8000-000000000009"}]}},
 {"fullUrl":"urn:uuid:0b000000-0000-4000-8000-000000000009","resource":{"resourceType":"Encounter","id":"e1","status":"planned","class":{"code":"AMB"},
   "contained":[{"resourceType":"Condition","id":"c","subject":{"reference":"http://example.org/fhir/Patient/p1"}}],
   "extension":[{"url":"http://x","valueReference":{"reference":"http://example.org/fhir/Patient/p1/_history/3"}}],
   "subject":{"reference":"http://example.org/fhir/Patient/p1#frag"},"diagnosis":[{"condition":{"reference":"#c"}}]}},
 {"resource":{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"url":"urn:uuid:0b000000-0000-4000-8000-000000000009"}}]}}]}
JSON
prepare refs
expect_code refs 0
expect refs 'the encounter' 'select(.id=="e1") | [.contained[0].subject.reference,.extension[0].valueReference.reference,.subject.reference,.diagnosis[0].condition.reference]' \
    '["Patient/p1","Patient/p1/_history/3","Patient/p1#frag","#c"] '
expect refs 'an identifier stays' 'select(.id=="p1").identifier[0].value' 'urn:uuid:0b000000-0000-4000-8000-000000000009 '
expect refs 'an attachment' 'select(.id=="d").content[0].attachment.url' 'Encounter/e1 '

# conditional references, by the identifiers of all the input, whichever file comes first
mkdir "$scratch/cond"
echo '{"resourceType":"Observation","status":"final","code":{"text":"c"},"id":"o","performer":[{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|99"},{"reference":"Practitioner?identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-npi%7C99"},{"reference":"Practitioner?identifier=nobody|1"}]}' >"$scratch/cond/a.ndjson"
echo '{"resourceType":"Practitioner","id":"doc","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"99"}]}' >"$scratch/cond/z.ndjson"
prepare cond
expect_code cond 0
expect cond 'performers' 'select(.id=="o").performer[].reference' 'Practitioner/doc Practitioner/doc Practitioner?identifier=nobody|1 '
prepare cond --unresolved quarantine
expect_code cond 3
expect cond 'without the observation' '.id' 'doc '
prepare cond --unresolved fail
expect_code cond 3
[ -e "$scratch/cond.out/meta/manifest.json" ] && fail "cond: a manifest in spite of --unresolved fail"

# conditional creates that repeat across files are one resource, and what points to any of them points to it
mkdir "$scratch/create"
for n in 1 2; do
    cat >"$scratch/create/$n.json" <<JSON
{"resourceType":"Bundle","type":"batch","entry":[
 {"fullUrl":"urn:uuid:0c000000-0000-4000-8000-00000000000$n","resource":{"resourceType":"Organization","identifier":[{"system":"http://o","value":"1"}]},
  "request":{"method":"POST","url":"Organization","ifNoneExist":"identifier=http://o|1"}},
 {"resource":{"resourceType":"Location","id":"l$n","managingOrganization":{"reference":"urn:uuid:0c000000-0000-4000-8000-00000000000$n"}},"request":{"method":"PUT","url":"Location/l$n"}}]}
JSON
done
prepare create
expect_code create 0
expect create 'one organization' 'select(.resourceType=="Organization").id' '0c000000-0000-4000-8000-000000000001 '
expect create 'both locations' '.managingOrganization.reference? // empty' \
    'Organization/0c000000-0000-4000-8000-000000000001 Organization/0c000000-0000-4000-8000-000000000001 '

# the same type and id twice: equal ones fold, others are set aside, kept, or a reason to stop
mkdir "$scratch/dup"
printf '%s\n' '{"resourceType":"Patient","id":"a","gender":"male"}' '{"resourceType":"Patient", "id":"a", "gender":"male"}' \
    '{"resourceType":"Patient","id":"a","gender":"female"}' '{"resourceType":"Patient","id":"b"}' >"$scratch/dup/a.ndjson"
prepare dup
expect_code dup 3
expect dup 'the first' '.id + (.gender // "")' 'amale b '
[ "$(cat "$scratch"/dup.out/quarantine/*.json)" = '{"resourceType":"Patient","id":"a","gender":"female"}' ] || fail "dup: quarantine is not byte for byte"
[ "$(jq -r '.figures.skipped.repeated' "$scratch/dup.out/meta/manifest.json")" = 1 ] || fail "dup: the repeat is not counted"
prepare dup --duplicates keep
expect_code dup 0
expect dup 'all' '.id + (.gender // "")' 'afemale amale amale b '
prepare dup --duplicates fail
expect_code dup 3

# ids that a source numbers from 1
mkdir "$scratch/scope"
for n in 1 2; do
    echo "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\",\"birthDate\":\"200$n\"}},{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"id\":\"1\",\"subject\":{\"reference\":\"Patient/1\"}}}]}" >"$scratch/scope/$n.json"
done
prepare scope --ids scope
expect_code scope 0
[ "$(cat "$scratch"/scope.out/input/Patient/*.ndjson | jq -r .id | sort -u | wc -l)" = 2 ] || fail "scope: ids are not told apart"
cat "$scratch"/scope.out/input/Patient/*.ndjson | jq -r '"Patient/" + .id' | sort >"$scratch/have"
cat "$scratch"/scope.out/input/Observation/*.ndjson | jq -r .subject.reference | sort >"$scratch/want"
cmp -s "$scratch/have" "$scratch/want" || fail "scope: references do not follow"

# what is no resource to import is skipped, and counted with its reason
mkdir "$scratch/skip"
cat >"$scratch/skip/a.json" <<'JSON'
{"resourceType":"Bundle","type":"transaction","entry":[
 {"request":{"method":"DELETE","url":"Patient/1"}},{"request":{"method":"GET","url":"Patient"}},{"fullUrl":"urn:x"},
 {"resource":{"resourceType":"Parameters","id":"p"}},{"resource":{"resourceType":"CodeSystem","id":"c","status":"draft","content":"fragment"}},{"resource":{"resourceType":"Patient","id":"1"}}]}
JSON
prepare skip
expect_code skip 0
[ "$(jq -c '.figures.skipped | to_entries | map(select(.value > 0))  | from_entries' "$scratch/skip.out/meta/manifest.json")" = \
    '{"unsupported-type":2,"entry-without-resource":1,"entry-not-a-write":2}' ] || fail "skip: $(jq -c .figures.skipped "$scratch/skip.out/meta/manifest.json")"
prepare skip --unsupported stage
expect skip 'with unsupported types' '.resourceType' 'CodeSystem Parameters Patient '

# every Bundle form; documents stay whole; numbers and texts byte for byte
mkdir "$scratch/forms"
document='{"resourceType":"Bundle","id":"doc","type":"document","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.16.840.1.113883.19"},"timestamp":"2026-01-01T00:00:00Z","entry":['
document=$document'{"fullUrl":"http://x/Composition/c","resource":{"resourceType":"Composition","id":"c","status":"final","type":{"text":"t"},"date":"2026","title":"t","author":[{"reference":"http://x/Patient/in-doc"}]}},'
document=$document'{"fullUrl":"http://x/Patient/in-doc","resource":{"resourceType":"Patient","id":"in-doc"}}]}'
printf '%s\n' '{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"s"}}]}' \
    "$document" >"$scratch/forms/lines.ndjson"
printf '\357\273\277{ "resourceType" : "Observation","status":"final","code":{"text":"c"}, "id":"n",\r\n "valueQuantity":{"value": 1.10e-2, "unit":"\\u00b5g" } }' >"$scratch/forms/crlf.json"
gzip -c >"$scratch/forms/zipped" <<'JSON'
{"resourceType":"Patient","id":"z"}
JSON
prepare forms
expect_code forms 0
expect forms 'ids' '.id' 'doc n s z '
grep -q '{"resourceType":"Observation","status":"final","code":{"text":"c"},"id":"n","valueQuantity":{"value":1.10e-2,"unit":"\\u00b5g"}}' "$scratch"/forms.out/input/Observation/*.ndjson ||
    fail "forms: not byte for byte: $(cat "$scratch"/forms.out/input/Observation/*.ndjson)"
prepare forms --bundles split
expect forms 'the document split' '.id' 'c in-doc n s z '

# the same bytes whatever the order of the files and the number of threads
a=0
for order in "1 2" "2 1"; do
    a=$((a + 1))
    # shellcheck disable=SC2046
    "$FHIRSTAGE" prepare $(for n in $order; do echo "$scratch/create/$n.json"; done) --out "$scratch/order.$a" --quiet --jobs $a >/dev/null
    rm "$scratch/order.$a/meta/run.json"
    rm -f "$scratch/order.$a/meta/outcome.json" "$scratch/order.$a/report.html"
done
diff -r "$scratch/order.1" "$scratch/order.2" || fail "order: the bytes differ"

exit $failed
