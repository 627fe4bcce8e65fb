#!/bin/sh
# The AWS CLI, unmodified: the nine HealthLake operations and their waiters, s3 and s3api, with pages.
. tests/lib/service.sh
. tests/lib/clients.sh
aws=$(client python/bin/aws) || skip "no AWS CLI"
fail() { echo "$*"; exit 1; }
dir=$(mktemp -d)
start_service "$dir/lake"
trap 'kill "$service"; wait "$service" 2>/dev/null; rm -rf "$dir"' EXIT
export AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER='' AWS_MAX_ATTEMPTS=1 AWS_DEFAULT_OUTPUT=text
unset AWS_PROFILE AWS_SESSION_TOKEN
cat >"$dir/config" <<'C'
[default]
region = us-east-1
s3 =
    multipart_threshold = 5MB
    multipart_chunksize = 5MB
C
aws() { "$aws" "$@" 2>"$dir/err" || fail "aws $*: $(tail -n 2 "$dir/err")"; }

# s3: a folder there and back, in parts where it is large; a copy; a presigned URL
mkdir -p "$dir/there/sub dir"
head -c 12000000 /dev/urandom >"$dir/there/12m"
printf '{"resourceType":"Patient","id":"%s"}\n' 1 2 3 >"$dir/there/Patient.ndjson"
echo x >"$dir/there/sub dir/ü+&.txt"
aws s3 mb s3://cli >/dev/null
aws s3 cp --recursive --only-show-errors "$dir/there" s3://cli/in/
aws s3 sync --only-show-errors s3://cli/in/ s3://cli/copy/
aws s3 sync --only-show-errors s3://cli/copy/ "$dir/back"
diff -r "$dir/there" "$dir/back" || fail "what came back differs"
[ "$(aws s3 ls --recursive s3://cli | wc -l)" = 6 ] || fail "ls: $(aws s3 ls --recursive s3://cli)"
curl -sf "$(aws s3 presign s3://cli/in/Patient.ndjson)" | cmp - "$dir/there/Patient.ndjson" || fail "presigned"

# s3api: pages, conditions, checksums, deleting many
[ "$(aws s3api list-objects-v2 --bucket cli --page-size 1 --query 'Contents[].Key' | wc -w)" = 8 ] || fail "pages"
aws s3api put-object --bucket cli --key k --body "$dir/there/Patient.ndjson" --checksum-algorithm SHA256 --if-none-match '*' \
    --query ChecksumSHA256 >"$dir/sum"
[ "$(cat "$dir/sum")" = "$(openssl dgst -sha256 -binary "$dir/there/Patient.ndjson" | base64)" ] || fail "checksum: $(cat "$dir/sum")"
"$aws" s3api put-object --bucket cli --key k --if-none-match '*' >/dev/null 2>"$dir/err" && fail "put over it"
grep -q PreconditionFailed "$dir/err" || fail "$(cat "$dir/err")"
aws s3api delete-objects --bucket cli --delete 'Objects=[{Key=k},{Key=in/12m}],Quiet=true'
aws s3api wait object-not-exists --bucket cli --key in/12m

# healthlake
lake() { aws healthlake "$@"; }
role=arn:aws:iam::123456789012:role/r
out='S3Configuration={S3Uri=s3://cli/out/,KmsKeyId=alias/k}'
store=$(lake create-fhir-datastore --datastore-type-version R4 --datastore-name cli --query DatastoreId)
settled() { # settled COMMAND...: ask until it says that it is done, since the CLI's waiters look once a minute
    for _ in $(seq 30); do
        case $(aws healthlake "$@") in ACTIVE | COMPLETED | FAILED) return ;; esac
        sleep 0.2
    done
}
settled describe-fhir-datastore --datastore-id "$store" --query DatastoreProperties.DatastoreStatus
lake wait fhir-datastore-active --datastore-id "$store"
[ "$(lake list-fhir-datastores --filter DatastoreStatus=ACTIVE --query 'DatastorePropertiesList[].DatastoreName')" = cli ] || fail "data stores"
job=$(lake start-fhir-import-job --datastore-id "$store" --data-access-role-arn $role --input-data-config S3Uri=s3://cli/in/ --job-output-data-config "$out" --query JobId)
settled describe-fhir-import-job --datastore-id "$store" --job-id "$job" --query ImportJobProperties.JobStatus
lake wait fhir-import-job-completed --datastore-id "$store" --job-id "$job"
imported=$(lake list-fhir-import-jobs --datastore-id "$store" --query 'ImportJobPropertiesList[].JobProgressReport.TotalNumberOfResourcesImported')
[ "$imported" = 3 ] || fail "$imported resources imported"
job=$(lake start-fhir-export-job --datastore-id "$store" --data-access-role-arn $role --output-data-config "$out" --query JobId)
settled describe-fhir-export-job --datastore-id "$store" --job-id "$job" --query ExportJobProperties.JobStatus
lake wait fhir-export-job-completed --datastore-id "$store" --job-id "$job"
[ "$(lake list-fhir-export-jobs --datastore-id "$store" --query 'ExportJobPropertiesList[].JobStatus')" = COMPLETED ] || fail "exports"
lake delete-fhir-datastore --datastore-id "$store" >/dev/null
exit 0
