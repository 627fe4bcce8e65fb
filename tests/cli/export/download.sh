# An export's files come whole, a second run keeps them, a damaged one is fetched again; what is wrong is not taken.
try() {
    echo "\$ fhirstage export download $*"
    python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" export download --datastore-id d --job-id e "$@" 2>&1
    echo "exit $?"
}
answer() {
    echo "{\"op\":\"DescribeFHIRExportJob\",\"body\":{\"ExportJobProperties\":{\"JobStatus\":\"$1\",\"OutputDataConfig\":{\"S3Configuration\":{\"S3Uri\":\"s3://bucket/$2\"}}}}}" >answers
}
export CANNED_S3="$PWD/s3"
root=s3/bucket/out/d-FHIR_EXPORT-e
mkdir -p $root/Patient "$root/Obser vation" s3/bucket/out/d-FHIR_EXPORT-other
printf '{"resourceType":"Patient"}\n{"resourceType":"Patient"}\n' >$root/Patient/Patient-1-0.ndjson
printf '{"resourceType":"Patient"}' >$root/Patient/Patient-2-0.ndjson
printf '{}\n' >"$root/Obser vation/1+2.ndjson"
printf '{}\n' >s3/bucket/out/d-FHIR_EXPORT-other/x.ndjson
answer COMPLETED out/
try --out got
diff -r $root got && echo same
try --out got --json
printf 'damage' >got/Patient/Patient-2-0.ndjson
answer COMPLETED out/d-FHIR_EXPORT-e/
try --out got --json | grep FilesKept
diff -r $root got && echo same
answer COMPLETED_WITH_ERRORS out
try --out got | tail -n 2
answer IN_PROGRESS out
try --out none
answer FAILED out
try --out none
answer COMPLETED elsewhere/
try --out none
answer COMPLETED out/
CANNED_S3_BREAK=crc try --out broken --connections 1
CANNED_S3_BREAK=short try --out broken --connections 1 | tail -n 1
find broken none -type f
