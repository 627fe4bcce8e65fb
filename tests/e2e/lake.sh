#!/bin/sh
# The local HealthLake from outside: a preloaded data store, exports natively and over REST, validation by level, tags,
# settings, restoring and deleting, quotas, events.
fail() { echo "$*"; exit 1; }
dir=$(mktemp -d)
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_MAX_ATTEMPTS=1 # what is refused is not asked again
unset AWS_PROFILE AWS_SESSION_TOKEN
. tests/lib/service.sh
start_service "$dir/lake" --quota queued-imports=2
trap 'kill "$service" 2>/dev/null; rm -rf "$dir"' EXIT
api() { "$FHIRSTAGE" api "$@"; }
refused() { # refused CODE OPERATION JSON
    code=$1
    shift
    "$FHIRSTAGE" api "$@" --no-check >"$dir/out" 2>&1 && fail "$1 was not refused"
    grep -q "$code" "$dir/out" || fail "$1: not $code but $(cat "$dir/out")"
}
put() { signed s3 -X PUT --data-binary "@$1" "$AWS_ENDPOINT_URL/bucket/$2"; }
rest() { python3 tests/lib/sigv4.py healthlake "$@" 2>"$dir/headers"; } # the status and the headers: in $dir/headers
status() { tail -n 1 "$dir/headers"; }

# preload
create='{"DatastoreTypeVersion":"R4","DatastoreName":"trial","ClientToken":"t","PreloadDataConfig":{"PreloadDataType":"SYNTHEA"},"BackupConfiguration":{"Status":"ENABLED"},"Tags":[{"Key":"a","Value":"1"}]}'
store=$(api CreateFHIRDatastore "$create" | jq -r .DatastoreId)
[ "$(api CreateFHIRDatastore "$create" | jq -r .DatastoreId)" = "$store" ] || fail "the same token made another data store"
refused ValidationException CreateFHIRDatastore '{"DatastoreTypeVersion":"R4","ClientToken":"t"}'
"$FHIRSTAGE" -q datastore wait --datastore-id "$store" --poll 100ms --timeout 60s >/dev/null || fail "not ACTIVE"
base=$(api DescribeFHIRDatastore "{\"DatastoreId\":\"$store\"}" | jq -r .DatastoreProperties.DatastoreEndpoint)
[ "$(rest "${base}Patient?_summary=count" | jq .total)" = 3 ] || fail "not three patients"

# the native export, fetched, is what is in the data store; and comes in again
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
export_job() {
    "$FHIRSTAGE" export start --datastore-id "$store" --data-access-role-arn arn:aws:iam::123456789012:role/x --json \
        --output-data-config 'S3Configuration={S3Uri=s3://bucket/out,KmsKeyId=alias/k}' "$@" | jq -r .JobId
}
job=$(export_job --job-name nightly)
"$FHIRSTAGE" -q export wait --datastore-id "$store" --job-id "$job" --poll 100ms --timeout 60s >/dev/null || fail "export"
"$FHIRSTAGE" -q export download --datastore-id "$store" --job-id "$job" --out "$dir/got" --json >"$dir/figures" || fail "download"
[ "$(jq .ByResourceType.Patient.Resources "$dir/figures")" = 3 ] || fail "figures: $(cat "$dir/figures")"
ls "$dir/got/Patient" | grep -Eqx 'Patient-[0-9]{19}-0-0.ndjson' || fail "names: $(ls "$dir/got/Patient")"
"$FHIRSTAGE" -q validate --staged "$dir/got" >/dev/null || fail "what was exported is not valid"
jq -se 'all(.meta.versionId == "1" and (.meta.lastUpdated | length) > 19)' "$dir"/got/Patient/*.ndjson >/dev/null || fail "meta"
[ "$("$FHIRSTAGE" export list --datastore-id "$store" --job-name nightly --json | jq -r '.ExportJobPropertiesList[0].JobStatus')" = COMPLETED ] || fail "list"
total=$(jq .Resources "$dir/figures")

# $export over REST: all, patients, a Group; by type and time
rest_export() { # rest_export PATH [CURL-ARGUMENTS...]: the status at the end, in $dir/status
    path=$1
    shift
    rest "$base$path" -H 'prefer: respond-async' "$@" >"$dir/body"
    location=$(sed -n 's/^content-location: //p' "$dir/headers")
    [ -n "$location" ] || fail "$path: $(cat "$dir/body")"
    for _ in $(seq 200); do
        [ "$(signed healthlake -o "$dir/status" -w '%{http_code}' "$location")" = 202 ] || break
        sleep 0.1
    done
}
lines() { # lines: of all files of the last export
    jq -r '.output[].url' "$dir/status" | while read -r url; do signed healthlake "$url"; done | wc -l
}
rest_export '$export'
[ "$(lines)" = "$total" ] || fail "system: $(lines) of $total"
[ "$(jq '[.output[].count] | add' "$dir/status")" = "$total" ] || fail "counts"
rest_export '$export?_type=Patient,Observation'
[ "$(jq -r '[.output[].type] | unique | join(",")' "$dir/status")" = Observation,Patient ] || fail "_type"
rest_export '$export?_since=2200-01-01T00:00:00Z'
[ "$(jq '.output | length' "$dir/status")" = 0 ] || fail "_since"
rest_export 'Patient/$export'
jq -r '.output[].type' "$dir/status" | grep -qx Organization && fail "an Organization is no patient's"
one=$(rest "${base}Patient?_count=1" | jq -r '.entry[0].resource.id')
printf '{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/%s"}}]}\n' "$one" >"$dir/group.ndjson"
import_job() { # import_job PREFIX [OPTION...]
    prefix=$1
    shift
    "$FHIRSTAGE" import start --datastore-id "$store" --input-data-config "s3://bucket/$prefix" --data-access-role-arn arn:aws:iam::123456789012:role/x \
        --job-output-data-config 'S3Configuration={S3Uri=s3://bucket/logs/,KmsKeyId=alias/k}' --json "$@" | jq -r .JobId
}
import_ends() { "$FHIRSTAGE" -q import wait --datastore-id "$store" --job-id "$1" --poll 100ms --timeout 60s --progress none --json >"$dir/job" 2>"$dir/err"; }
put "$dir/group.ndjson" group/group.ndjson
import_ends "$(import_job group/)" || fail "import of a Group: $(cat "$dir/job")"
rest_export 'Group/g/$export?_type=Patient'
[ "$(lines)" = 1 ] || fail "a Group's patients: $(lines)"
rest_export 'Group/g/$export?_type=Observation'
[ "$(lines)" = "$(rest "${base}Observation?patient=$one&_summary=count" | jq .total)" ] || fail "a Group's observations: $(lines)"
[ "$(rest "${base}metadata" | jq -c '.rest[0] | [.operation, (.resource[] | select(.operation).operation)] | map(.[0].definition | sub(".*/"; ""))')" = \
    '["export","group-export","patient-export"]' ] || fail "operations in metadata"
[ "$(rest "${base}metadata" | jq '[.rest[0].resource[] | select(.type == "Organization").searchParam[].name] | index("patient")')" = null ] || fail "an Organization's patient"
rest_export '$export?_type=Patient' -X POST -d '{"OutputDataConfig":{"S3Configuration":{"S3Uri":"s3://bucket/rest","KmsKeyId":"alias/k"}},"JobName":"r"}'
jq -r '.output[0].url' "$dir/status" | grep -q "^s3://bucket/rest/$store-FHIR_EXPORT-" || fail "to S3: $(cat "$dir/status")"
answers() { # answers STATUS ARGUMENTS...
    want=$1
    shift
    rest "$@" >"$dir/body"
    [ "$(status)" = "status $want" ] || fail "$*: $(status), not $want: $(cat "$dir/body")"
}
answers 400 "$base\$export"
answers 404 "${base}Group/none/\$export" -H 'prefer: respond-async'
answers 400 "$base\$export?_type=Nothing" -H 'prefer: respond-async'
answers 400 "$base\$export?_since=yesterday" -H 'prefer: respond-async'
answers 202 "$location" -X DELETE
answers 404 "${base}export/none"
answers 404 "${base}export/none" -X DELETE

# levels
{
    printf '{"resourceType":"Patient","id":"whole","birthDate":"2000-01-01","gender":"male"}\n'
    printf '{"resourceType":"Patient","id":"code","gender":"unheard-of"}\n'
    printf '{"resourceType":"Patient","id":"shape","name":"a text"}\n'
    printf '{"resourceType":"Patient"\n'
    printf '\n{"resourceType":"Patient","id":"no/id"}\r\n'
    printf '{"resourceType":"CodeSystem","id":"c"}\n{"resourceType":"Nothing","id":"n"}\n{"id":"x"}\n{"resourceType":"Patient"}'
} >"$dir/mixed.ndjson"
put "$dir/mixed.ndjson" mixed/sub/mixed.ndjson
levels=
for level in strict structure-only minimal; do
    job=$(import_job mixed/ --validation-level $level)
    import_ends "$job"
    [ $? = 3 ] || fail "$level: exit $?"
    levels="$levels $(jq -r '.ImportJobProperties.JobProgressReport | "\(.TotalNumberOfResourcesScanned)/\(.TotalNumberOfResourcesImported)/\(.TotalNumberOfResourcesWithCustomerError)"' "$dir/job")"
    root="$AWS_ENDPOINT_URL/bucket/logs/$store-FHIR_IMPORT-$job"
    signed s3 "$root/SUCCESS/sub/mixed.ndjson" | jq -sr 'map(.UpdateResourceResponse.jsonBlob.id) | join(" ")' >>"$dir/levels"
    signed s3 "$root/FAILURE/sub/mixed.ndjson" | jq -sr 'map("\(.lineId):\(.UpdateResourceResponse.jsonBlob.issue[0].code)") | join(" ")' >>"$dir/levels"
    signed s3 "$root/SUCCESS_WITH_SEARCH_VALIDATION_FAILURES/sub/mixed.ndjson" | grep -c lineId >>"$dir/levels"
    signed s3 "$root/Manifest.json" | jq -e '.numberOfScannedFiles == 1 and .numberOfFilesReadWithCustomerError == 1' >/dev/null || fail "manifest"
done
[ "$levels" = ' 9/1/8 9/2/7 9/3/6' ] || fail "counts by level:$levels"
diff - "$dir/levels" <<'END' || fail "logs by level"
whole
2:code-invalid 3:structure 4:invalid 6:processing 7:not-supported 8:processing 9:processing 10:processing
0
whole code
3:structure 4:invalid 6:processing 7:not-supported 8:processing 9:processing 10:processing
0
whole code shape
4:invalid 6:processing 7:not-supported 8:processing 9:processing 10:processing
1
END
rest "${base}Patient/shape" | jq -e '.extension[0].valueBoolean and .name == "a text"' >/dev/null || fail "no extension on what a search may not find"
rest "${base}Patient/whole" | jq -e '.meta.versionId == "3" and (has("extension") | not)' >/dev/null || fail "the version of what came three times"

# a repeated id: the last line of the last file wins, and the job counts as one version
{ for n in 1 2 3; do printf '{"resourceType":"Patient","id":"again","active":%s,"identifier":[{"system":"urn:s","value":"v%s"}]}\n' "$([ $n = 3 ] && echo true || echo false)" $n; done; } >"$dir/again.ndjson"
put "$dir/again.ndjson" again/b.ndjson
head -n 1 "$dir/again.ndjson" >"$dir/first.ndjson"
put "$dir/first.ndjson" again/a.ndjson
import_ends "$(import_job again)" || fail "import of repeats"
rest "${base}Patient/again" | jq -e '.active and .meta.versionId == "1"' >/dev/null || fail "a repeated id"
[ "$(rest "${base}Patient?identifier=urn:s%7Cv3" | jq '.total, .entry[0].resource.id' | paste -sd' ')" = '1 "again"' ] || fail "by identifier"
[ "$(rest "${base}Patient?identifier=urn:s%7Cv1" | jq .total)" = 0 ] || fail "by an identifier that is gone"
[ "$(rest "${base}Patient?_id=again" | jq .total)" = 1 ] || fail "by id"
[ "$(rest "${base}Patient?_id=again,whole,none&_count=1" | jq -c '[.total, (.entry | length), ([.link[].relation] | index("next") > 0)]')" = '[2,1,true]' ] || fail "by ids"
[ "$(rest "${base}Observation?patient=Patient/$one&_summary=count" | jq .total)" = "$(jq -s --arg r "Patient/$one" 'map(select(.subject.reference == $r)) | length' "$dir"/got/Observation/*)" ] ||
    fail "by patient"
[ "$(rest "${base}Observation?_lastUpdated=gt2200&_summary=count" | jq .total)" = 0 ] || fail "by time"
seen=0 next="${base}Patient?_count=2"
while [ -n "$next" ] && [ "$next" != null ]; do
    rest "$next" >"$dir/page"
    seen=$((seen + $(jq '.entry | length' "$dir/page")))
    next=$(jq -r '[.link[] | select(.relation == "next")][0].url' "$dir/page")
done
[ "$seen" = "$(rest "${base}Patient?_summary=count" | jq .total)" ] || fail "pages: $seen"

# tokens, quotas, states
token() { import_job mixed/ --client-token same "$@"; }
first=$(token)
[ "$(token)" = "$first" ] || fail "the same token and request made another job"
refused ValidationException StartFHIRImportJob "{\"DatastoreId\":\"$store\",\"ClientToken\":\"same\",\"InputDataConfig\":{\"S3Uri\":\"s3://bucket/other/\"},\"DataAccessRoleArn\":\"arn:aws:iam::123456789012:role/x\",\"JobOutputDataConfig\":{\"S3Configuration\":{\"S3Uri\":\"s3://bucket/logs/\",\"KmsKeyId\":\"alias/k\"}}}"
import_ends "$first"
refused ResourceNotFoundException DescribeFHIRImportJob "{\"DatastoreId\":\"$store\",\"JobId\":\"none\"}"
refused ResourceNotFoundException ListFHIRExportJobs '{"DatastoreId":"none"}'
refused ValidationException ListFHIRExportJobs "{\"DatastoreId\":\"$store\",\"NextToken\":\"x\"}"

# tags
arn=$(api DescribeFHIRDatastore "{\"DatastoreId\":\"$store\"}" | jq -r .DatastoreProperties.DatastoreArn)
"$FHIRSTAGE" -q tags add --resource-arn "$arn" Key=b,Value=2 Key=a,Value=3 || fail "tags add"
"$FHIRSTAGE" -q tags remove --resource-arn "$arn" b || fail "tags remove"
[ "$("$FHIRSTAGE" tags list --resource-arn "$arn" --json | jq -c .Tags)" = '[{"Key":"a","Value":"3"}]' ] || fail "tags"
refused ResourceNotFoundException ListTagsForResource '{"ResourceARN":"arn:aws:healthlake:us-east-1:000000000000:datastore/fhir/0123456789abcdef0123456789abcdef"}'

# settings, restoring, deleting
api UpdateFHIRDatastore "{\"DatastoreId\":\"$store\",\"DatastoreName\":\"renamed\",\"NlpConfiguration\":{\"Status\":\"DISABLED\"}}" |
    jq -e '.DatastoreProperties.DatastoreStatus == "UPDATING"' >/dev/null || fail "update"
api DescribeFHIRDatastore "{\"DatastoreId\":\"$store\"}" | jq -e '.DatastoreProperties | .DatastoreStatus == "ACTIVE" and .DatastoreName == "renamed" and
    .NlpConfiguration.Status == "DISABLED" and .PreloadDataConfig.PreloadDataType == "SYNTHEA" and .BackupStatusInfo.Configuration.Status == "ENABLED"' >/dev/null || fail "settings"
restored=$(api RestoreFHIRDatastore "{\"SourceDatastoreId\":\"$store\",\"RestoreConfiguration\":{\"ContinuousBackupRestoreConfiguration\":{\"RestorePointTime\":\"2200-01-01T00:00:00Z\"}}}" | jq -r .DatastoreId)
"$FHIRSTAGE" -q datastore wait --datastore-id "$restored" --poll 100ms --timeout 60s >/dev/null || fail "restore"
count() { rest "$AWS_ENDPOINT_URL/datastore/$1/r4/Patient?_summary=count" | jq .total; }
[ "$(count "$restored")" = "$(count "$store")" ] || fail "restored: $(count "$restored")"
"$FHIRSTAGE" -q datastore delete --datastore-id "$store" >/dev/null || fail "delete"
"$FHIRSTAGE" -q datastore wait --datastore-id "$store" --deleted --poll 100ms --timeout 60s >/dev/null || fail "not DELETED"
refused ResourceNotFoundException DeleteFHIRDatastore "{\"DatastoreId\":\"$store\"}"
rest "${base}Patient/whole" >"$dir/body"
[ "$(status)" = 'status 404' ] || fail "a deleted data store answers: $(status)"
[ "$(count "$restored")" = 7 ] || fail "the restored one lost something"
refused ValidationException RestoreFHIRDatastore "{\"SourceDatastoreId\":\"$restored\",\"RestoreConfiguration\":{\"ContinuousBackupRestoreConfiguration\":{\"RestorePointTime\":1}}}"
plain=$(api CreateFHIRDatastore '{"DatastoreTypeVersion":"R4"}' | jq -r .DatastoreId)
[ "$(api ListFHIRDatastores '{"Filter":{"DatastoreStatus":"ACTIVE"}}' | jq -r '[.DatastorePropertiesList[].DatastoreId] | join(" ")')" = "$plain $restored" ] || fail "list"

# a clock that is off, a wrong secret, another payload
for off in 1000 -1000; do
    rest "$base" --skew $off >"$dir/body"
    [ "$(status)" = 'status 403' ] || fail "a clock that is $off s off: $(status)"
done
rest "$base" --secret wrong >"$dir/body"
[ "$(status)" = 'status 403' ] || fail "a wrong secret: $(status)"

# events: a line for each change, in the order of the changes
jq -se 'all(.source == "aws.healthlake" and (.detail.datastoreId | length) == 32 and .version == "0") and ([.[].id] | unique | length) == length' \
    "$dir/lake/events.ndjson" >/dev/null || fail "events"
jq -r --arg s "$store" 'select(.detail.datastoreId == $s and (."detail-type" | startswith("Data Store"))) | ."detail-type"' "$dir/lake/events.ndjson" |
    paste -sd, | grep -qx 'Data Store Creating,Data Store Active,Data Store Active,Data Store Deleting,Data Store Deleted' || fail "events of a data store"
[ "$(jq -r --arg j "$first" 'select(.detail.jobId == $j) | .detail.jobStatus' "$dir/lake/events.ndjson" | paste -sd,)" = SUBMITTED,IN_PROGRESS,COMPLETED_WITH_ERRORS ] ||
    fail "events of a job"

# quotas, and what a data store that is not ACTIVE answers
stop_service
start_service "$dir/lake" --quota queued-imports=2 --quota datastores=2 --job-delay 2s --datastore-delay 3s \
    --fault job-stays,op=StartFHIRImportJob,after=3
trap 'kill "$service" 2>/dev/null; rm -rf "$dir"' EXIT
store=$plain
refused ValidationException CreateFHIRDatastore '{"DatastoreTypeVersion":"R4"}'
jobs=$(import_job mixed/)
for _ in $(seq 100); do
    [ "$(api DescribeFHIRImportJob "{\"DatastoreId\":\"$store\",\"JobId\":\"$jobs\"}" | jq -r .ImportJobProperties.JobStatus)" = IN_PROGRESS ] && break
    sleep 0.02
done
refused ConflictException DeleteFHIRDatastore "{\"DatastoreId\":\"$store\"}"
jobs="$jobs $(import_job mixed/) $(import_job mixed/)"
for job in $jobs; do import_ends "$job"; done
[ "$(api ListFHIRImportJobs "{\"DatastoreId\":\"$store\"}" | jq -c '[.ImportJobPropertiesList | reverse | .[] | .EndTime] | . == sort')" = true ] || fail "not in turn"
# an export over REST that is cancelled while it runs
location=
base=$AWS_ENDPOINT_URL/datastore/$store/r4/
rest "$base\$export" -H 'prefer: respond-async' >"$dir/body"
location=$(sed -n 's/^content-location: //p' "$dir/headers")
signed healthlake "$location" >/dev/null
answers 202 "$location" -X DELETE
"$FHIRSTAGE" export wait --datastore-id "$store" --job-id "${location##*/}" --poll 100ms --timeout 60s >"$dir/out" 2>&1
[ $? = 4 ] && grep -q CANCEL_COMPLETED "$dir/out" || fail "cancelled: $(cat "$dir/out")"
answers 404 "$location"

stay=$(import_job mixed/)
import_job mixed/ >/dev/null
refused ThrottlingException StartFHIRImportJob "{\"DatastoreId\":\"$store\",\"InputDataConfig\":{\"S3Uri\":\"s3://bucket/mixed/\"},\"DataAccessRoleArn\":\"arn:aws:iam::123456789012:role/x\",\"JobOutputDataConfig\":{\"S3Configuration\":{\"S3Uri\":\"s3://bucket/logs/\",\"KmsKeyId\":\"alias/k\"}}}"
[ "$(api DescribeFHIRImportJob "{\"DatastoreId\":\"$store\",\"JobId\":\"$stay\"}" | jq -r .ImportJobProperties.JobStatus)" = QUEUED ] || fail "a job that is to stay"
api UpdateFHIRDatastore "{\"DatastoreId\":\"$store\",\"DatastoreName\":\"x\"}" >/dev/null
refused ConflictException UpdateFHIRDatastore "{\"DatastoreId\":\"$store\",\"DatastoreName\":\"y\"}"
"$FHIRSTAGE" -q datastore wait --datastore-id "$store" --poll 100ms --timeout 60s >/dev/null || fail "update"
"$FHIRSTAGE" -q datastore delete --datastore-id "$store" >/dev/null || fail "delete"
refused FailedDependencyException StartFHIRExportJob "{\"DatastoreId\":\"$store\",\"OutputDataConfig\":{\"S3Configuration\":{\"S3Uri\":\"s3://bucket/o\",\"KmsKeyId\":\"k\"}},\"DataAccessRoleArn\":\"arn:aws:iam::123456789012:role/x\"}"
api DescribeFHIRImportJob "{\"DatastoreId\":\"$store\",\"JobId\":\"$stay\"}" | jq -e '.ImportJobProperties | .JobStatus == "FAILED" and (.Message | length) > 0' >/dev/null ||
    fail "a job that waited in a data store that is deleted"
stop_service

# files that are too large
start_service "$dir/lake" --quota file-size=10
trap 'kill "$service" 2>/dev/null; rm -rf "$dir"' EXIT
store=$restored
import_ends "$(import_job mixed/)"
[ $? = 4 ] && jq -e '.ImportJobProperties.Message | test("larger")' "$dir/job" >/dev/null || fail "a file that is too large: $(cat "$dir/job" "$dir/err")"
stop_service

# a pace
start_service "$dir/pace" --tps SearchWithGet=0.01 --tps 1000
trap 'kill "$service" 2>/dev/null; rm -rf "$dir"' EXIT
rest "$AWS_ENDPOINT_URL/datastore/none/r4/Patient" >/dev/null
rest "$AWS_ENDPOINT_URL/datastore/none/r4/Patient" >/dev/null
[ "$(status)" = 'status 429' ] || fail "the second search in a moment: $(status)"
refused ResourceNotFoundException ListFHIRExportJobs '{"DatastoreId":"none"}'
exit 0
