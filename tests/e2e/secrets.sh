#!/bin/sh
# No secret and no patient's datum in any log, report or message, at any verbosity: a whole run over input that is wrong in
# every way, against a service that throttles, breaks and refuses, and everything that was said is searched for them.
. tests/lib/service.sh
scratch=$(mktemp -d)
failed=0
key=AKIAEXAMPLE secret=SERVICE-CANARY
export AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret
cleanup() {
    kill "$service" 2>/dev/null
    rm -rf "$scratch"
}
trap cleanup EXIT

# Canary words stand where patients' data does: in values that are right, wrong, too long, of the wrong kind, and in broken JSON.
mkdir "$scratch/in"
python3 - "$scratch/in" <<'EOF'
import json, sys
root = sys.argv[1]
C = 'CANARY'
person = {'resourceType': 'Patient', 'id': 'p1', 'text': {'status': 'generated', 'div': '<div xmlns="http://www.w3.org/1999/xhtml">%s</div>' % C},
          'identifier': [{'system': 'http://example.org/mrn', 'value': C}], 'name': [{'family': C, 'given': [C]}], 'birthDate': '1970-01-01',
          'telecom': [{'system': 'phone', 'value': C}], 'address': [{'line': [C], 'city': C}]}


def having(**changes):
    return dict(person, **changes)


people = [
    person, having(id='p2', birthDate=C), having(id='p3', birthDate=C * 3000), having(id='p4', name=C), having(id='p5', name=[C]),
    having(id='p6', deceasedDateTime=C), having(id='p7', multipleBirthInteger=C), having(id='p8', photo=[{'data': C + '!'}]),
    having(id='p9', text={'status': 'generated', 'div': '<div><script>%s</script></div>' % C}), having(id='p10', text={'status': 'generated', 'div': C}),
    having(id='p1', name=[{'family': C + '2'}]), having(id='p11', contact=[{}], name=[{}]), having(id='p12', name=[{'family': ''}]),
    having(id='p13', extension=[{'url': C + ' ' + C, 'valueString': C}]), having(id='p14', address=[{'period': {'start': C}}]),
    having(id='p15', maritalStatus={'text': C, 'coding': [{'system': 'http://example.org', 'display': C}]}),
    having(id='p16', managingOrganization={'reference': 'http://', 'display': C}), having(id='p17', identifier=[{'value': 17, 'type': C}]),
]
with open(root + '/people.ndjson', 'w') as f:
    for p in people:
        f.write(json.dumps(p) + '\n')
    f.write('{"resourceType":"Patient","id":"t1","name":[{"family":"%s\n' % C)          # torn
    f.write('{"resourceType":"Patient","id":"t2","name":[{"family":"%s\x01"}]}\n' % C)  # a control character
    f.write('{"resourceType":"Patient","id":"t3","%s":1,"%s":2}\n' % ('name', 'name'))
    f.write('%s\n' % C)
    f.write(json.dumps({'resourceType': 'Observation', 'id': 'o1', 'status': 'final', 'code': {'text': C}, 'valueString': C, 'effectiveDateTime': C,
                        'subject': {'reference': 'Patient/p1', 'display': C}, 'valueQuantity': {'value': C}}) + '\n')
with open(root + '/bundle.json', 'w') as f:
    json.dump({'resourceType': 'Bundle', 'type': 'transaction', 'entry': [
        {'fullUrl': 'urn:uuid:1', 'resource': having(id='b1', birthDate=C), 'request': {'method': 'POST', 'url': 'Patient?name=' + C}},
        {'fullUrl': 'urn:uuid:2', 'resource': having(id='b2'), 'request': {'method': 'PUT', 'url': 'Patient/b2', 'ifNoneExist': 'identifier=' + C}},
        {'resource': {'resourceType': 'Encounter', 'id': 'e1', 'status': 'finished', 'class': {'code': 'AMB'},
                      'subject': {'reference': 'Patient?identifier=http://example.org/mrn|' + C + '9', 'display': C}}}]}, f, indent=2)
with open(root + '/notes.txt', 'w') as f:
    f.write(C + '\n')
EOF

said=$scratch/said
mkdir "$said"
start_service "$scratch/state" --fault slowdown,op=PutObject,rate=0.2 --fault drop,op=GetObject,rate=0.1 --fault error,op='Describe*',rate=0.1
AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret
signed() { # signed SERVICE CURL-ARGUMENTS...
    signing=$1
    shift
    curl -s --aws-sigv4 "aws:amz:us-east-1:$signing" --user "$key:$secret" "$@"
}
[ -s "$scratch/state.started" ] || { echo "the service does not start: $(cat "$scratch/state.log")"; exit 1; }
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket" >/dev/null
store=$(signed healthlake -X POST "$AWS_ENDPOINT_URL/" -H 'Content-Type: application/x-amz-json-1.0' \
    -H 'X-Amz-Target: HealthLake.CreateFHIRDatastore' -d '{"DatastoreTypeVersion":"R4"}' | jq -r .DatastoreId)
to="--datastore $store --role arn:aws:iam::123456789012:role/import --kms-key arn:aws:kms:us-east-1:123456789012:key/k"
n=0
say() { # say COMMAND...: keep what it says; the exit code is its own
    n=$((n + 1))
    "$FHIRSTAGE" "$@" >"$said/$n.out" 2>"$said/$n.err"
    echo "$n: $* -> $?" >>"$scratch/commands"
}
# shellcheck disable=SC2086
for more in "-q" "" "-v" "-vv" "-v -v --log-format json --progress json"; do
    say $more validate "$scratch/in"
    say $more figures "$scratch/in" --json
    say $more prepare "$scratch/in" --out "$scratch/prepared$n"
    say $more run "$scratch/in" --to "s3://bucket/r$n" $to --out "$scratch/run" --prune
    say $more run "$scratch/in" --local="$scratch/local" --out "$scratch/run-local"
    say $more errors "$scratch/run"
    say $more report "$scratch/run" -o "$said/report.$n.html"
    say $more preflight --to s3://bucket/r $to
    say $more api ListFHIRImportJobs "{\"DatastoreId\":\"$store\"}"
    AWS_SECRET_ACCESS_KEY=SECRET-CANARY AWS_SESSION_TOKEN=TOKEN-CANARY say $more upload "$scratch/run" s3://bucket/r
    AWS_ACCESS_KEY_ID=unknown AWS_SECRET_ACCESS_KEY=SECRET-CANARY say $more api ListFHIRDatastores
    AWS_ENDPOINT_URL=http://user:PASSWORD-CANARY@127.0.0.1:1 AWS_MAX_ATTEMPTS=2 AWS_SECRET_ACCESS_KEY=SECRET-CANARY say $more figures s3://bucket/in
done
printf '[default]\naws_access_key_id = x\naws_secret_access_key SECRET-CANARY\n' >"$scratch/credentials"
(unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
 AWS_SHARED_CREDENTIALS_FILE=$scratch/credentials say -v api ListFHIRDatastores)
stop_service

# The run did what it is about, or the search proves nothing.
grep -q . "$scratch/run/meta/manifest.json" "$scratch/run/report.html" || { echo "nothing was run: $(cat "$scratch/commands")"; failed=1; }
grep -rq CANARY "$scratch/run/quarantine" || { echo "nothing was set aside"; failed=1; }
grep -rq '^PutObject: PUT http://[^?]*Patient-000001.ndjson: 200, ' "$said" || { echo "no request was told of"; failed=1; }
grep -rq '"operation":"PutObject","method":"PUT"' "$said" || { echo "no request was told of as JSON"; failed=1; }
grep -rq 'PutObject: .* 503 SlowDown, .* another follows' "$said" || { echo "no try in vain was told of"; failed=1; }
grep -rqi 'signature=\|credential=\|x-amz-security-token' "$said" && { echo "headers or queries were told"; failed=1; }
cp -r "$scratch/run/report.html" "$scratch/run/meta" "$scratch/state.log" "$said/"

for file in $(grep -rlI CANARY "$said" | sort); do
    failed=1
    number=$(basename "$file" | sed 's/\..*//')
    echo "$file ($(grep "^$number: " "$scratch/commands")):"
    grep -o ".\{0,160\}CANARY" "$file" | head -n 3 | sed 's/^/    /'
done
exit $failed
